#!/usr/bin/env python3
"""Checks what `ipcbench compare --export` and `ipcbench export` write with readers that are not ipcbench's.

XML by the standard library's expat, JSON by its json, the text of Go's benchmarks by a reader written from the
specification (golang.org/design/14313-benchmark-format). Needs nothing but Python 3.10.
"""

import argparse
import json
import math
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from validate_run import MOST_COMPLAINTS, Check

OUTCOMES = ("regression", "pass", "inconclusive", "not comparable")
# GitHub refuses a longer comment.
MOST_CHARACTERS_OF_A_COMMENT = 65536


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


# --- Of a gate


def check_junit(check, path):
    """One suite; its counts are those of its cases; a failure or a skip has a reason."""
    root = ElementTree.parse(path).getroot()
    check.require(root.tag == "testsuites", path, f"the root is <{root.tag}>")
    suites = root.findall("testsuite")
    check.require(len(suites) == 1, path, f"{len(suites)} suites, should be 1")
    for suite in suites:
        cases = suite.findall("testcase")
        counts = {
            "tests": len(cases),
            "failures": len(suite.findall("testcase/failure")),
            "errors": len(suite.findall("testcase/error")),
            "skipped": len(suite.findall("testcase/skipped")),
        }
        for element in (root, suite):
            for name, count in counts.items():
                check.require(element.get(name) == str(count), path,
                              f"<{element.tag} {name}={element.get(name)!r}>, counted {count}")
        names = [(case.get("classname"), case.get("name")) for case in cases]
        check.require(all(kind and name for kind, name in names), path, "a case has no name")
        check.require(len(set(names)) == len(names), path, "two cases have one name")
        for finding in suite.findall("testcase/failure") + suite.findall("testcase/skipped"):
            check.require(finding.get("message") and finding.text, path,
                          f"a <{finding.tag}> has no reason")


def check_gate_json(check, path):
    """The counts are those of the rows, and every regression is one by the rule."""
    gate = json.loads(path.read_text(encoding="utf-8"))
    check.require(gate["outcome"] in OUTCOMES, path, f"outcome {gate['outcome']!r}")
    for outcome in OUTCOMES:
        counted = sum(row["outcome"] == outcome for row in gate["rows"])
        check.require(gate["counts"][outcome] == counted, path,
                      f"{gate['counts'][outcome]} rows of {outcome}, counted {counted}")
    for index, row in enumerate(gate["rows"] + gate["together"]):
        where = f"{path}: row {index + 1}"
        check.require(row["outcome"] in OUTCOMES, where, f"outcome {row['outcome']!r}")
        if row["outcome"] not in ("regression", "pass"):
            continue
        low, high = row["slowdown_interval"]
        limit = 1 + row["threshold"]
        check.require(low <= row["slowdown"] <= high, where, "the ratio is not in its interval")
        if row["outcome"] == "regression":
            check.require(low > limit, where, f"a regression from {low}, the limit is {limit}")
            check.require(row["p_adjusted"] < gate["significance"], where,
                          f"a regression with p = {row['p_adjusted']}")
        else:
            check.require(high < limit, where, f"a pass up to {high}, the limit is {limit}")
    regressions = any(row["outcome"] == "regression" for row in gate["rows"] + gate["together"])
    check.require(regressions == (gate["outcome"] == "regression"), path,
                  f"the outcome is {gate['outcome']}, and regressions: {regressions}")
    check.require(len(gate["comparison"]["rows"]) >= len(gate["rows"]), path,
                  "the comparison has fewer rows than the gate")


def check_markdown(check, path):
    """A heading first, tables with as many cells in each row, and all that is folded unfolds."""
    text = path.read_text(encoding="utf-8")
    check.require(text.startswith("## "), path, "does not begin with a heading")
    check.require(len(text) <= MOST_CHARACTERS_OF_A_COMMENT, path, f"{len(text)} characters")
    check.require(text.count("<details>") == text.count("</details>"), path, "a fold is left open")
    tags = set(re.findall(r"<[^>]*>", text))
    check.require(tags <= {"<details>", "</details>", "<summary>", "</summary>"}, path,
                  f"foreign tags {tags}")
    cells = None
    for line in text.splitlines():
        if not line.startswith("|"):
            cells = None
            continue
        # A bar that belongs to a cell has a backslash before it.
        count = len(re.findall(r"(?<!\\)\|", line))
        check.require(cells in (None, count), path, f"{count} bars, not {cells}: {line}")
        cells = count


# --- Of a run


def check_bencher(check, path):
    """https://bencher.dev/docs/reference/bencher-metric-format/ and its limits on names."""
    metrics = json.loads(path.read_text(encoding="utf-8"))
    check.require(isinstance(metrics, dict) and metrics, path, "no object with benchmarks")
    for name, measures in metrics.items():
        check.require(0 < len(name) <= 1024, path, f"a name of {len(name)} characters")
        check.require(measures, path, f"{name}: no measure")
        for measure, metric in measures.items():
            where = f"{path}: {name}: {measure}"
            check.require(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", measure) and len(measure) <= 64,
                          where, "no slug")
            check.require(set(metric) <= {"value", "lower_value", "upper_value"}, where,
                          f"keys {sorted(metric)}")
            check.require(all(is_number(value) for value in metric.values()), where, "no numbers")
            check.require(metric.get("lower_value", -math.inf) <= metric["value"]
                          <= metric.get("upper_value", math.inf), where, "not within its bounds")


def check_github_action_benchmark(check, path):
    """An array of {name, unit, value} and, if they are there, texts in range and extra."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    check.require(isinstance(entries, list) and entries, path, "no array with entries")
    for entry in entries:
        where = f"{path}: {entry.get('name')}"
        check.require(set(entry) <= {"name", "unit", "value", "range", "extra"}, where,
                      f"keys {sorted(entry)}")
        check.require(is_number(entry.get("value")), where, f"value {entry.get('value')!r}")
        for key in ("name", "unit"):
            check.require(isinstance(entry.get(key), str) and entry[key], where, f"no {key}")
    names = [entry.get("name") for entry in entries]
    check.require(len(set(names)) == len(names), path, "two entries have one name")


def check_go(check, path):
    """Every line is a result, a key, a unit or a comment, as the specification has them."""
    results = 0
    units = set()
    with open(path, encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            where = f"{path}:{number}"
            line = line.removesuffix("\n")
            if line.startswith("Benchmark"):
                results += 1
                units |= check_go_result(check, where, line)
            elif line.startswith("Unit "):
                _, _, *pairs = line.split()
                check.require(pairs and all(re.fullmatch(r"\w+=\w+", pair) for pair in pairs),
                              where, "no key=value behind the unit")
            elif not line.startswith("#"):
                key, colon, _ = line.partition(":")
                check.require(colon and re.fullmatch(r"[a-z][^A-Z\s]*", key), where,
                              f"neither a result nor a key: {line!r}")
    check.require(results > 0, path, "no results")
    check.require("ns/op" in units, path, f"no ns/op among {sorted(units)}")


def check_go_result(check, where, line):
    """The units of a result line: name, number of operations, and pairs of value and unit."""
    name, operations, *pairs = line.split()
    check.require(re.fullmatch(r"Benchmark[A-Z]\w*(/[^/\s=]+=[^/\s]+)*", name), where,
                  f"the name {name!r}")
    check.require(operations.isascii() and operations.isdigit() and int(operations) > 0, where,
                  f"{operations!r} operations")
    check.require(pairs and len(pairs) % 2 == 0, where, "values and units are not in pairs")
    for value in pairs[::2]:
        try:
            check.require(math.isfinite(float(value)), where, f"the value {value!r}")
        except ValueError:
            check.require(False, where, f"the value {value!r}")
    return set(pairs[1::2])


CHECKS = {
    "junit": check_junit, "json": check_gate_json, "markdown": check_markdown,
    "bencher": check_bencher, "github-action-benchmark": check_github_action_benchmark,
    "go": check_go,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in CHECKS:
        parser.add_argument(f"--{name}", type=Path, action="append", default=[], metavar="FILE")
    arguments = vars(parser.parse_args())
    check = Check()
    files = 0
    for name, examine in CHECKS.items():
        for path in arguments[name.replace("-", "_")]:
            files += 1
            try:
                examine(check, path)
            except (OSError, ValueError, KeyError, TypeError, AttributeError,
                    ElementTree.ParseError) as error:
                check.require(False, path, f"{type(error).__name__}: {error}")
    if files == 0:
        parser.error("give at least one file")
    for complaint in check.complaints[:MOST_COMPLAINTS]:
        print(complaint, file=sys.stderr)
    if len(check.complaints) > MOST_COMPLAINTS:
        print(f"… and {len(check.complaints) - MOST_COMPLAINTS} more", file=sys.stderr)
    if not check.complaints:
        print(f"{files} files are as they should be")
    return 1 if check.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
