#!/usr/bin/env python3
"""Shows that Benchmarks/gate counts, pairs and ends things rightly; measures nothing."""

import contextlib
import csv
import importlib.machinery
import importlib.util
import io
import os
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
PATH = Path(__file__).resolve().parents[2] / "Benchmarks" / "gate"
loader = importlib.machinery.SourceFileLoader("gate", str(PATH))
spec = importlib.util.spec_from_loader("gate", loader)
gate = importlib.util.module_from_spec(spec)
loader.exec_module(gate)

# scipy.stats.binomtest(successes, count).proportion_ci(method='exact') of SciPy 1.17.1.
EXACT = [(0, 10, 0, 0.3084971), (10, 10, 0.6915029, 1), (1, 100, 0.0002531460, 0.05445939),
         (95, 100, 0.8871651, 0.9835681), (7, 20, 0.1539092, 0.5921885)]

COLUMNS = [*gate.FACTORS, "block", "status", "latency_p50_ns", "throughput_messages_per_s"]


def trial(block, pattern="ping-pong", status="ok", **values):
    row = dict.fromkeys(COLUMNS, "")
    return row | {"mechanism": "pipe", "pattern": pattern, "block": str(block),
                  "status": status} | values


def write_runs(folder, base, head):
    for side, rows in (("base", base), ("head", head)):
        (folder / side).mkdir()
        with open(folder / side / "trials.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


class GateTests(unittest.TestCase):
    def test_intervals_are_exact(self):
        for successes, count, low, high in EXACT:
            with self.subTest(f"{successes} of {count}"):
                found = gate.exact_interval(successes, count)
                self.assertAlmostEqual(found[0], low, places=6)
                self.assertAlmostEqual(found[1], high, places=6)

    def test_slowdowns_are_of_pairs_and_above_one_is_worse(self):
        with tempfile.TemporaryDirectory(prefix="gate-test-") as path:
            write_runs(
                Path(path),
                [trial(1, latency_p50_ns="100"), trial(2, latency_p50_ns="200"),
                 trial(3, latency_p50_ns="100"), trial(1, "stream", throughput_messages_per_s="50")],
                [trial(1, latency_p50_ns="110"), trial(2, latency_p50_ns="210"),
                 trial(3, status="died"), trial(1, "stream", throughput_messages_per_s="40")])
            found = {key[1]: values for key, values in gate.slowdowns(Path(path)).items()}
        self.assertEqual(found, {"ping-pong": [1.1, 1.05], "stream": [1.25]})

    def test_a_command_that_fails_is_named_with_what_it_said(self):
        with self.assertRaisesRegex(gate.Failed, "exit code 7: oh"):
            gate.call(["sh", "-c", "echo oh >&2; exit 7"], 30)
        self.assertEqual(gate.call(["sh", "-c", "echo red; exit 2"], 30, (0, 2)), (2, "red\n"))

    def test_a_command_that_hangs_is_ended_with_its_children(self):
        nap = f"1000.{os.getpid()}"
        with self.assertRaisesRegex(gate.Failed, "no end after 0.2 s"):
            gate.call(["sh", "-c", f"sleep {nap} & wait"], 0.2)
        for _ in range(1000):  # What has been killed may take a moment to go.
            if not any(f"sleep\0{nap}" in line for line in command_lines()):
                return
            time.sleep(0.01)
        self.fail("a child of the command is left")

    def test_what_stands_behind_two_dashes_is_for_the_runs(self):
        options = gate.parse_options(["--runs", "3", "--", "--trials", "6"])
        self.assertEqual((options.runs, options.run_options), (3, ["--trials", "6"]))

    def test_only_what_is_sure_is_a_miss(self):
        options = gate.parse_options(["--check"])
        for name, red, count, exit_code in (
                ("A/A", 0, 10, 0), ("A/A", 1, 10, 0), ("A/A", 3, 10, 1),
                ("A/B", 10, 10, 0), ("A/B", 8, 10, 0), ("A/B", 3, 10, 1)):
            with self.subTest(f"{name} {red} of {count}"):
                series = gate.Series(name, None, None, options)
                series.verdicts = [gate.COMPARE_RED] * red + [gate.COMPARE_GREEN] * (count - red)
                with contextlib.redirect_stdout(io.StringIO()) as output:
                    self.assertEqual(gate.report([series], options), exit_code)
                self.assertIn(f"red {red} of {count} times", output.getvalue())


def command_lines():
    """Those of all processes, with a NUL between the words. proc_pid_cmdline(5)."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # It has ended meanwhile.
            yield path.read_text(errors="replace")


if __name__ == "__main__":
    unittest.main()
