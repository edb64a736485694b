#!/usr/bin/env python3
"""Tests of check_exports.py: whatever is damaged in an export is noticed."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "ComparisonTests" / "Golden"

GO = """\
# run r, ipcbench 0.1.0, release build
goos: linux
cpu: Some CPU
Unit p99-ns/op better=lower
BenchmarkIpcbench/pattern=ping-pong/mechanism=pipe/payload=64-2\t1000\t9011 ns/op\t18022 p99-ns/op
# left out: 3 trials that failed
"""
BENCHER = {"pattern=stream/payload=64": {
    "throughput": {"value": 5.5, "lower_value": 5, "upper_value": 6}, "producer-cpu": {"value": 3}}}
GITHUB = [
    {"name": "a", "unit": "ns/message", "value": 1.5, "range": "± 0.1", "extra": "7 trials"},
    {"name": "b", "unit": "ns/message", "value": 2}]


class CheckExportsTests(unittest.TestCase):
    def check(self, kind, text):
        """What the check exits with and says of a file with this text."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export"
            path.write_text(text, encoding="utf-8")
            done = subprocess.run(
                [sys.executable, HERE / "check_exports.py", f"--{kind}", path],
                capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stderr

    def expect(self, kind, text, said):
        """A file is refused with these words."""
        code, errors = self.check(kind, text)
        self.assertEqual(code, 1, errors)
        self.assertIn(said, errors)
        self.assertNotIn("Traceback", errors)

    def replaced(self, text, old, new):
        self.assertIn(old, text)
        return text.replace(old, new, 1)

    def golden(self, name):
        return (GOLDEN / name).read_text(encoding="utf-8")

    def test_what_ipcbench_writes_is_accepted(self):
        for kind, text in [
            ("junit", self.golden("gate.xml")), ("json", self.golden("gate.json")),
            ("markdown", self.golden("gate.md")), ("go", GO), ("bencher", json.dumps(BENCHER)),
            ("github-action-benchmark", json.dumps(GITHUB)),
        ]:
            with self.subTest(kind):
                self.assertEqual(self.check(kind, text), (0, ""))

    def test_a_missing_file_is_said_to_be_missing(self):
        done = subprocess.run(
            [sys.executable, HERE / "check_exports.py", "--json", "/nonexistent"],
            capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent: FileNotFoundError", done.stderr)

    def test_junit(self):
        text = self.golden("gate.xml")
        for old, new, said in [
            ("&lt;", "<", "ParseError"), ('failures="3"', 'failures="2"', "counted 3"),
            ("</testsuites>", "", "ParseError"), ("tcp, block", "fifo, block", "one name"),
            ("type=\"regression\" message=", "type=\"regression\" text=", "no reason"),
        ]:
            with self.subTest(old):
                self.expect("junit", self.replaced(text, old, new), said)

    def test_json(self):
        text = self.golden("gate.json")
        for old, new, said in [
            ('"outcome": "regression"', '"outcome": "pass"', "the outcome is pass"),
            ('"pass":3', '"pass":4', "counted 3"), ('"rows": [', '"lines": [', "KeyError"),
            ("[1.08,1.15]", "[1.04,1.15]", "a regression from 1.04"),
            ("[1.08,1.15]", "[1.13,1.15]", "not in its interval"),
            ('"significance": 0.01', '"significance": 1e-9', "a regression with p"),
            ("{", "", "JSONDecodeError"),
        ]:
            with self.subTest(old):
                self.expect("json", self.replaced(text, old, new), said)

    def test_markdown(self):
        text = self.golden("gate.md")
        for old, new, said in [
            ("## ", "", "heading"), ("</details>", "", "left open"), ("&lt;c&gt;", "<c>", "foreign"),
            ("| regression |", "| regres|sion |", "bars"),
        ]:
            with self.subTest(old):
                self.expect("markdown", self.replaced(text, old, new), said)

    def test_go(self):
        for old, new, said in [
            ("goos: linux", "Goos: linux", "neither"), ("\t1000\t", "\t0\t", "'0' operations"),
            ("9011 ns/op", "9011", "not in pairs"), ("9011 ns/op", "nan ns/op", "'nan'"),
            ("9011 ns/op", "9011 ns/message", "no ns/op"), ("BenchmarkI", "Benchmarki", "the name"),
            ("=ping-pong", "=ping pong", "operations"), ("better=lower", "", "no key=value"),
        ]:
            with self.subTest(old):
                self.expect("go", self.replaced(GO, old, new), said)

    def test_bencher(self):
        for old, new, said in [
            ('"value": 5.5', '"value": 7', "bounds"), ('"value": 3', '"value": "3"', "no numbers"),
            ("producer-cpu", "producer cpu", "no slug"), ('"value": 3', '"median": 3', "keys"),
        ]:
            with self.subTest(old):
                self.expect("bencher", self.replaced(json.dumps(BENCHER), old, new), said)

    def test_github_action_benchmark(self):
        for old, new, said in [
            ('"name": "b"', '"name": "a"', "one name"), ('"value": 2', '"value": null', "value None"),
            ('"unit": "ns/message"', '"unit": ""', "no unit"), ('"range"', '"interval"', "keys"),
        ]:
            with self.subTest(old):
                text = self.replaced(json.dumps(GITHUB), old, new)
                self.expect("github-action-benchmark", text, said)


if __name__ == "__main__":
    unittest.main()
