#!/usr/bin/env python3
"""Checks a run folder of ipcbench against the contract, beyond what Table Schema can say.

Types and required fields are for `frictionless validate datapackage.json`. Here are the promises
that tie columns, rows and files to each other. Needs nothing but Python 3.10.
"""

import argparse
import csv
import json
import math
import statistics
import sys
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path

# The public interface, in this order. New columns come after these; none ever goes or moves.
CONTRACT_COLUMNS = """
    schema_version run_id trial_id started_utc block position status error tainted taint_reason
    mechanism pattern payload_bytes wait data_path touch buffer_bytes offered_rate_per_s idle_policy
    placement producer_core consumer_core memory_node
    messages_sent messages_received messages_corrupt messages_lost elapsed_ns
    throughput_messages_per_s throughput_bytes_per_s
    latency_kind latency_samples latency_min_ns latency_mean_ns latency_p50_ns latency_p90_ns
    latency_p99_ns latency_p99_9_ns latency_p99_99_ns latency_max_ns
    service_p50_ns service_p99_ns
    producer_cpu_ns_per_message consumer_cpu_ns_per_message
    producer_context_switches consumer_context_switches
    producer_waits consumer_waits producer_wakes consumer_wakes
    steal_ns migrations major_faults
""".split()

SUMMARY_COLUMNS = "metric estimate interval_low interval_high minimum n n_tainted n_failed".split()
# Appended later: what a row is held against, and how many times that it is.
FLOOR_COLUMNS = ["floor", "times_floor"]
# Appended behind those.
PROBE_COLUMNS = ["times_probe"]
FLOOR_METRICS = ("latency_p50_ns", "latency_mean_ns", "throughput_messages_per_s",
                 "throughput_bytes_per_s")
PERCENTILES = {
    "latency_p50_ns": Fraction(50, 100),
    "latency_p90_ns": Fraction(90, 100),
    "latency_p99_ns": Fraction(99, 100),
    "latency_p99_9_ns": Fraction(999, 1000),
    "latency_p99_99_ns": Fraction(9999, 10000),
}
# METHOD: a percentile with fewer samples beyond it is left empty.
FEWEST_SAMPLES_BEYOND = 10
SERVICE_PERCENTILES = {
    "service_p50_ns": Fraction(50, 100),
    "service_p99_ns": Fraction(99, 100),
}
# How many round trips a latency sample is the mean of.
BATCH = "latency_round_trips_per_sample"
# Floors whose messages have no bytes that go anywhere.
FLOORS_WITHOUT_PAYLOAD = ("floor-null", "floor-clock", "floor-syscall", "floor-bounce-1",
                          "floor-bounce-2", "floor-wake")
ARRIVALS = ("poisson", "fixed")
# A saturating run measures queueing, and shows no latency.
LATENCY_KINDS = {"ping-pong": "round-trip", "paced": "response", "stream": ""}
# The two builds of an interleaved run, each with the other; also the names of their folders.
SIDES = {"base": "head", "head": "base"}
SHARED_BY_SIDES = ("started_utc", "suite", "seed", "command_line", "host", "idle_policy", "floors",
                   "excluded", "placements", "interrupted")
PAIRED_COLUMNS = ("block", "position", "mechanism", "pattern", "payload_bytes", "wait", "data_path",
                  "touch", "buffer_bytes", "offered_rate_per_s", "placement", "memory_node")
MOST_COMPLAINTS = 20

# Where the samples of a run's trials are, and what run.json may say of it.
HISTOGRAM_LOG, SERVICE_SUFFIX = "histograms.hlog", "/service"
HOLDS_ALL, HOLDS_LATENCY_OF_OK = "all", "latency-of-ok-trials"
LOG_HOLDS = {HOLDS_ALL, HOLDS_LATENCY_OF_OK}


class Check:
    """Collects what is wrong, so that one run of the check shows all of it."""

    def __init__(self):
        self.complaints = []

    def require(self, holds, where, message):
        if not holds:
            self.complaints.append(f"{where}: {message}")
        return holds


class Malformed(Exception):
    """A file cannot be read as what it should be; the message names it."""


def read_table(path):
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Malformed(f"{path.name}: {error}") from error
    header = reader.fieldnames or []
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise Malformed(f"{path.name}: row {number} has not as many fields as the header")
    return header, rows


def read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Malformed(f"{path.name}: {error}") from error


def number(text):
    """The number that a field holds; NaN, which no comparison accepts, for anything else."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def is_index(text):
    return text.isascii() and text.isdigit()


def has_samples(row):
    return row["latency_samples"] not in ("", "0")


def has_one_meaning(row):
    """Whether the run is from since columns that would say something else are left empty."""
    return "latency_slowest_sample" in row


def samples_are_means(row):
    return int(row.get(BATCH) or 1) > 1


def moves_payload(row):
    """Whether every byte of a message gets from one side to the other."""
    return row["mechanism"] not in FLOORS_WITHOUT_PAYLOAD and (
        row["data_path"] == "copy" or row["touch"] == "full")


def expected_tags(rows, holds):
    """The tags in a run's histogram log: the trial_id, and of paced trials also that of service times.

    `holds` is what run.json says of the log. A published run has what charts and merged percentiles are
    made of, and no more.
    """
    only_latency_of_ok = holds == HOLDS_LATENCY_OF_OK
    tags = set()
    for row in rows:
        if has_samples(row) and (row["status"] == "ok" or not only_latency_of_ok):
            tags.add(row["trial_id"])
            if row["pattern"] == "paced" and not only_latency_of_ok:
                tags.add(row["trial_id"] + SERVICE_SUFFIX)
    return tags


def read_tags(path):
    """The tag of each line of a histogram log, and what is wrong with lines.

    The last line may be torn after a crash; it counts as not there.
    """
    tags, complaints = [], []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.startswith(("#", '"')):
                continue
            if not line.endswith("\n"):
                complaints.append(f"line {number} is torn")
                continue
            fields = line.rstrip("\n").split(",")
            if len(fields) != 5 or not fields[0].startswith("Tag=") \
                    or not fields[4].startswith("HISTF"):
                complaints.append(f"line {number} is no histogram with a tag")
                continue
            tags.append(fields[0][len("Tag="):])
    return tags, complaints


def close(left, right):
    """Equal but for the three decimals that a column has."""
    return math.isclose(left, right, rel_tol=1e-6, abs_tol=2e-3)


def check_header(check, header):
    for index, name in enumerate(CONTRACT_COLUMNS):
        found = header[index] if index < len(header) else "nothing"
        if not check.require(found == name, "trials.csv",
                             f"column {index + 1} is {found}, should be {name}"):
            break  # All the others would only be shifted.
    check.require(len(set(header)) == len(header), "trials.csv", "a column's name stands twice")


def check_delivery(check, where, row):
    sent, received = row["messages_sent"], row["messages_received"]
    check.require(number(sent) > 0, where, f"messages_sent is '{sent}'")
    check.require(sent == received, where, f"{sent} messages sent, {received} received")
    for name in ("messages_corrupt", "messages_lost"):
        check.require(row[name] == "0", where, f"{name} is '{row[name]}', should be 0")


def check_throughput(check, where, row):
    elapsed = number(row["elapsed_ns"])
    if not check.require(elapsed > 0, where, f"elapsed_ns is '{row['elapsed_ns']}'"):
        return
    rate = number(row["messages_received"]) / elapsed * 1e9
    for name, expected in (
            ("throughput_messages_per_s", rate),
            ("throughput_bytes_per_s", rate * number(row["payload_bytes"]))):
        if name == "throughput_bytes_per_s" and has_one_meaning(row) and not moves_payload(row):
            check.require(row[name] == "", where, f"{name} is '{row[name]}', but no payload moved")
            continue
        check.require(close(number(row[name]), expected), where,
                      f"{name} is '{row[name]}', counts and elapsed_ns make {expected:.3f}")


def check_latency(check, where, row):
    pattern, kind = row["pattern"], row["latency_kind"]
    if not check.require(pattern in LATENCY_KINDS, where, f"pattern '{pattern}' is not known"):
        return
    expected = LATENCY_KINDS[pattern]
    check.require(kind == expected, where,
                  f"latency_kind is '{kind}', should be '{expected}' for {pattern}")
    values = [name for name in CONTRACT_COLUMNS if name.startswith(("latency_", "service_"))]
    if expected == "":
        for name in values:
            check.require(row[name] == "" or name == "latency_kind", where,
                          f"{name} is '{row[name]}', should be empty for {pattern}")
        return

    samples = row["latency_samples"]
    if not check.require(is_index(samples) and int(samples) > 0, where,
                         f"latency_samples is '{samples}'"):
        return
    means = has_one_meaning(row) and samples_are_means(row)
    if means:
        for name in ("latency_min_ns", "latency_max_ns", *list(PERCENTILES)[1:]):
            check.require(row[name] == "", where, f"{name} is '{row[name]}' of means of several")
    for name in ["latency_mean_ns"] if means else ("latency_min_ns", "latency_mean_ns", "latency_max_ns"):
        # A pass of the null loop can take less than half a nanosecond, which is kept as 0.
        check.require(number(row[name]) > 0 or row["mechanism"] == "floor-null"
                      and number(row[name]) == 0, where, f"{name} is '{row[name]}'")
    percentiles = PERCENTILES | (SERVICE_PERCENTILES if pattern == "paced" else {})
    for name, share in percentiles.items():
        if int(samples) * (1 - share) < FEWEST_SAMPLES_BEYOND:
            check.require(row[name] == "", where,
                          f"{name} is {row[name]}, but {samples} samples are too few for it")
    ascending = ["latency_min_ns", *PERCENTILES, "latency_max_ns"]
    measured = [(name, number(row[name])) for name in ascending if row[name] != ""]
    for (low_name, low), (high_name, high) in zip(measured, measured[1:]):
        check.require(low <= high, where, f"{low_name} {low:g} is above {high_name} {high:g}")


def check_sampling(check, where, row):
    """How many round trips a sample is the mean of, and which sample was the slowest."""
    slowest = row["latency_slowest_sample"]
    if row["pattern"] != "ping-pong":
        for name in (BATCH, "latency_slowest_sample"):
            check.require(row[name] == "", where, f"{name} is '{row[name]}' of a {row['pattern']}")
        return
    batch = number(row[BATCH])
    if check.require(batch >= 1 and math.log2(batch).is_integer(), where, f"{BATCH} is '{row[BATCH]}'"):
        expected = number(row["messages_received"]) // batch
        check.require(number(row["latency_samples"]) == expected, where,
                      f"latency_samples is '{row['latency_samples']}', should be {expected:g}")
    check.require(is_index(slowest) and int(slowest) < number(row["latency_samples"]), where,
                  f"latency_slowest_sample is '{slowest}' of {row['latency_samples']}")


def check_pace(check, where, row):
    """A schedule belongs to paced trials, and to them alone."""
    if row["pattern"] != "paced":
        for name in ("offered_rate_per_s", "arrivals", "clock_agreement_ns", "scheduled_messages",
                     *SERVICE_PERCENTILES):
            check.require(row.get(name, "") == "", where,
                          f"{name} is '{row.get(name)}', should be empty for {row['pattern']}")
        return
    check.require(number(row["offered_rate_per_s"]) > 0, where,
                  f"offered_rate_per_s is '{row['offered_rate_per_s']}'")
    check.require(row.get("arrivals") in ARRIVALS, where, f"arrivals is '{row.get('arrivals')}'")
    check.require(row["producer_core"] != row["consumer_core"], where, "paced on one core")
    if row["status"] != "ok":
        return
    check.require(row["latency_samples"] == row["messages_received"], where,
                  f"{row['latency_samples']} latency samples of {row['messages_received']} messages")
    if "scheduled_messages" in row:
        check.require(row["scheduled_messages"] == row["messages_received"], where,
                      f"{row['scheduled_messages']} messages on the schedule, "
                      f"{row['messages_received']} received")
    agreement = row.get("clock_agreement_ns", "")
    check.require(is_index(agreement), where, f"clock_agreement_ns is '{agreement}'")
    # No message is sent before it is due, so that none is served for longer than it took in all.
    for latency, service in (("latency_p50_ns", "service_p50_ns"),
                             ("latency_p99_ns", "service_p99_ns")):
        if row[latency] != "":
            check.require(number(row[service]) <= number(row[latency]), where,
                          f"{service} '{row[service]}' is above {latency} '{row[latency]}'")


def check_cores(check, where, row, allowed):
    for name in ("producer_core", "consumer_core"):
        core = row[name]
        if check.require(is_index(core), where, f"{name} is '{core}'") and allowed:
            check.require(int(core) in allowed, where, f"{name} {core} was not allowed to the run")


def check_buffers(check, description, rows):
    """What links held, in each row and in run.json's table: one entry for each buffer."""
    factors = ("mechanism", "payload_bytes", "data_path", "buffer_bytes")
    table = {}
    for entry in description.get("buffers", []):
        where = f"run.json: buffer of {entry.get('mechanism')} for {entry.get('payload_bytes')} B"
        key = tuple(str(entry.get(name)) for name in factors)
        check.require(key not in table, where, "stands twice")
        for name in ("capacity_bytes", *(["setting_bytes"] if "setting_bytes" in entry else [])):
            check.require(isinstance(entry.get(name), int) and entry[name] > 0, where,
                          f"{name} is {entry.get(name)}")
        table[key] = entry.get("capacity_bytes")
    for index, row in enumerate(rows, start=1):
        capacity = row.get("capacity_bytes", "")
        where = f"trials.csv: trial {index} ({row['mechanism']} {row['payload_bytes']} B)"
        known = table.get(tuple(row[name] for name in factors))
        check.require(capacity == ("" if known is None else str(known)), where,
                      f"capacity_bytes is '{capacity}', run.json has {known}")


def configuration_columns(summary_header):
    """Those before the metric, and those that were appended behind n_failed since."""
    return [name for name in summary_header if name not in SUMMARY_COLUMNS + FLOOR_COLUMNS + PROBE_COLUMNS]


def check_trials(check, rows, description, columns, options):
    """Each row by itself, and the design: every configuration once in each block."""
    allowed = set(description.get("host", {}).get("allowed_cpus", []))
    configurations = defaultdict(list)
    for index, row in enumerate(rows, start=1):
        where = f"trials.csv: trial {index} ({row['mechanism']} {row['pattern']} {row['wait']} " \
            f"{row['payload_bytes']} B)"
        configurations[tuple(row[name] for name in columns)].append(row["block"])
        check.require(row["run_id"] == description.get("run_id"), where,
                      f"run_id '{row['run_id']}' is not run.json's")
        check.require(row["schema_version"] == str(description.get("schema_version")), where,
                      f"schema_version '{row['schema_version']}' is not run.json's")
        check_pace(check, where, row)
        working_set = row.get("working_set_bytes", "0")
        check.require(is_index(working_set) and (working_set == "0" or row["data_path"] != "in-place"),
                      where, f"working_set_bytes is '{working_set}', data path {row['data_path']}")
        if row["status"] != "ok":
            check.require(row["error"] != "", where, f"{row['status']} without an error")
            check.require(options.allow_failed, where, f"{row['status']}: {row['error']}")
            continue
        check.require(row["error"] == "", where, f"ok, with the error '{row['error']}'")
        check.require((row["tainted"] == "true") == (row["taint_reason"] != ""), where,
                      f"tainted is {row['tainted']}, taint_reason '{row['taint_reason']}'")
        check_delivery(check, where, row)
        check_throughput(check, where, row)
        check_latency(check, where, row)
        if has_one_meaning(row):
            check_sampling(check, where, row)
        check_cores(check, where, row, allowed)

    for name, key in (("trial_id", lambda row: row["trial_id"]),
                      ("block and position", lambda row: (row["block"], row["position"]))):
        for value, count in Counter(map(key, rows)).items():
            check.require(count == 1, "trials.csv", f"{name} {value} stands {count} times")
    blocks = {row["block"] for row in rows}
    if options.trials is not None:
        check.require(len(blocks) == options.trials, "trials.csv",
                      f"{len(blocks)} blocks, should be {options.trials}")
    for configuration, found in configurations.items():
        check.require(len(found) == len(blocks) == len(set(found)), "trials.csv",
                      f"{', '.join(configuration)}: in blocks {', '.join(found)} "
                      f"instead of once in each of {len(blocks)}")


def check_times_floor(check, where, line):
    """A time is so many times its floor, a rate so many times below it."""
    floor, times = (line.get(name, "") for name in FLOOR_COLUMNS)
    if floor == "":
        check.require(times == "", where, f"times_floor is '{times}', but there is no floor")
        return
    check.require(line["metric"] in FLOOR_METRICS, where, f"floor is '{floor}' of what has none")
    check.require(not line["mechanism"].startswith("floor-"), where, "a floor of a floor")
    if not check.require(number(floor) > 0, where, f"floor is '{floor}'"):
        return
    check.require((times == "") == (line["estimate"] == ""), where,
                  f"times_floor is '{times}', estimate '{line['estimate']}'")
    if times != "" and number(line["estimate"]) > 0:
        ratio = number(line["estimate"]) / number(floor)
        expected = ratio if line["metric"].startswith("latency_") else 1 / ratio
        check.require(math.isclose(number(times), expected, rel_tol=1e-4, abs_tol=2e-6), where,
                      f"times_floor is '{times}', estimate and floor make {expected:.6f}")


def check_floors(check, description, summary):
    """The floors of run.json: each once, on allowed cores, with the figure of its pattern."""
    floors = description.get("floors")
    if floors is None:
        for line in summary:
            check.require(line.get("floor", "") == "", "summary.csv",
                          f"floor is '{line.get('floor')}', but run.json has no floors")
        return
    allowed = set(description.get("host", {}).get("allowed_cpus", []))
    seen = set()
    for floor in floors:
        name = floor.get("mechanism")
        where = f"run.json: {name} {floor.get('pattern')} {floor.get('payload_bytes', '')}".rstrip()
        cores = (floor.get("producer_core"), floor.get("consumer_core"))
        key = (name, floor.get("pattern"), floor.get("payload_bytes"), floor.get("placement"), cores)
        check.require(key not in seen, where, "stands twice")
        seen.add(key)
        check.require(str(name).startswith("floor-"), where, "not a floor's name")
        check.require(set(cores) <= allowed, where, f"cores {cores} were not allowed to the run")
        check.require(isinstance(floor.get("n"), int) and floor["n"] > 0, where,
                      f"n is {floor.get('n')}")
        is_stream = floor.get("pattern") == "stream"
        figure = "throughput_bytes_per_s" if is_stream else "latency_p50_ns"
        other = "latency_p50_ns" if is_stream else "throughput_bytes_per_s"
        check.require(other not in floor, where, f"has {other}")
        # A pass of the null loop can take less than half a nanosecond, which is kept as 0.
        least = 0 if name == "floor-null" else 1e-9
        value, minimum = floor.get(figure, math.nan), floor.get("minimum", math.nan)
        check.require(value >= least, where, f"{figure} is {value}")
        check.require(least <= minimum <= value, where, f"minimum {minimum}, {figure} {value}")


def times_probe(row, metric):
    """A trial's time as a multiple of its own probes; None where there is no such thing."""
    value = number(row[metric]) if row.get(metric) else 0
    probes = [number(row[name]) for name in ("probe_before_ns", "probe_after_ns") if row.get(name)]
    if value <= 0 or len(probes) < 2 or row["producer_core"] == row["consumer_core"]:
        return None
    nanoseconds = value if metric.endswith("_ns") else 1e9 / value
    return nanoseconds / statistics.mean(probes)


def check_times_probe(check, where, line, rows):
    """Holds the medians against the trials' own values and probes."""
    metric = line["metric"]
    if "times_probe" not in line or metric not in ("latency_p50_ns", "throughput_messages_per_s"):
        return
    multiples = [times for row in rows if (times := times_probe(row, metric)) is not None]
    if not multiples:
        check.require(line["times_probe"] == "", where,
                      f"times_probe is {line['times_probe']}, but no trial has one")
        return
    median = statistics.median(multiples)
    check.require(math.isclose(number(line["times_probe"]), median, rel_tol=2e-3, abs_tol=1e-5),
                  where, f"times_probe is '{line['times_probe']}', the trials make {median:.6f}")


def in_first_world(row, description):
    """Whether figures are of this trial: where a pair of cores had several worlds, of the first one's."""
    for place in description.get("probe_worlds") or []:
        if [row[name] for name in ("producer_core", "consumer_core")] == [
                str(place["producer_core"]), str(place["consumer_core"])]:
            typical = place["worlds"][0]["probe_ns"]
            probes = [number(row[name]) for name in ("probe_before_ns", "probe_after_ns")
                      if row.get(name)]
            return len(probes) == 2 and all(
                max(probe, typical) <= 1.5 * min(probe, typical) for probe in probes)
    return True


def check_worlds(check, description, rows):
    """Worlds are told from each other by their probes, and the first one has the most trials."""
    for place in description.get("probe_worlds") or []:
        cores = [str(place["producer_core"]), str(place["consumer_core"])]
        where = f"run.json: probe_worlds of {' → '.join(cores)}"
        worlds = place["worlds"]
        counts = [world["trials"] for world in worlds]
        check.require(len(worlds) > 1 and counts == sorted(counts, reverse=True), where,
                      f"has the trials {counts}")
        probes = sorted(world["probe_ns"] for world in worlds)
        check.require(all(high > 1.5 * low for low, high in zip(probes, probes[1:])), where,
                      f"has the probes {probes}")
        first = sum([row["producer_core"], row["consumer_core"]] == cores
                    and in_first_world(row, description) for row in rows)
        check.require(counts and counts[0] == first, where,
                      f"says {counts[:1]} trials, trials.csv has {first}")


def check_summary(check, header, summary, rows, columns, description):
    """The summary says nothing that the trials do not, and leaves no configuration out."""
    trials = defaultdict(list)
    for row in rows:
        trials[tuple(row[name] for name in columns)].append(row)
    metrics = defaultdict(set)
    for line in summary:
        configuration = tuple(line[name] for name in columns)
        metric = line["metric"]
        where = f"summary.csv: {', '.join(configuration)}: {metric}"
        check.require(metric not in metrics[configuration], where, "stands twice")
        metrics[configuration].add(metric)
        group = trials.get(configuration)
        if not check.require(group is not None, where, "no such trials"):
            continue
        succeeded = [row for row in group if row["status"] == "ok"]
        failed = len(group) - len(succeeded)
        succeeded = [row for row in succeeded if in_first_world(row, description)]
        check.require(line["n_failed"] == str(failed), where,
                      f"n_failed is {line['n_failed']}, of the trials {failed} failed")
        if metric in header:  # Some are derived, as switches per message are.
            values = [number(row[metric]) for row in succeeded if row[metric] != ""]
            check.require(line["n"] == str(len(values)), where,
                          f"n is {line['n']}, the trials hold {len(values)} values")
            if values:
                median = statistics.median(values)
                check.require(math.isclose(number(line["estimate"]), median, rel_tol=1e-4,
                                           abs_tol=1.0 if metric.endswith("_ns") else 2e-3),
                              where, f"estimate is '{line['estimate']}', the median {median:.3f}")
        else:
            check.require(is_index(line["n"]) and int(line["n"]) <= len(succeeded), where,
                          f"n is {line['n']}, of the trials {len(succeeded)} are ok")
        if line["interval_low"] != "":
            low, estimate, high = map(number, (
                line["interval_low"], line["estimate"], line["interval_high"]))
            check.require(low <= estimate <= high, where, "the estimate is outside its interval")
        check_times_floor(check, where, line)
        check_times_probe(check, where, line, succeeded)
    for configuration in trials:
        check.require("throughput_messages_per_s" in metrics[configuration], "summary.csv",
                      f"{', '.join(configuration)}: no throughput")


def check_description(check, description, rows, options):
    """run.json counts the rows that are there."""
    counts = description.get("trials", {})
    for status, count in Counter(row["status"] for row in rows).items():
        name = status.replace("-", "_")
        check.require(counts.get(name) == count, "run.json",
                      f"trials.{name} is {counts.get(name)}, trials.csv has {count}")
    total = sum(counts.get(name, 0) for name in ("ok", "failed", "timed_out", "died", "invalid"))
    check.require(total == len(rows), "run.json",
                  f"counts {total} trials, trials.csv has {len(rows)}")
    tainted = sum(row["tainted"] == "true" for row in rows)
    check.require(counts.get("tainted") == tainted, "run.json",
                  f"trials.tainted is {counts.get('tainted')}, trials.csv has {tainted}")
    check.require(counts.get("planned") == len(rows), "run.json",
                  f"{counts.get('planned')} trials planned, trials.csv has {len(rows)}")
    check.require(description.get("interrupted") is False, "run.json", "the run was interrupted")
    check.require(bool(description.get("finished_utc")), "run.json", "finished_utc is missing")
    for name in ("command_line", "seed", "build", "host", "clock"):
        check.require(bool(description.get(name)), "run.json", f"{name} is missing")
    mode = description.get("build", {}).get("mode")
    check.require(mode == "release" or options.allow_debug, "run.json",
                  f"measured by a {mode} build")
    check_dependencies(check, description.get("build", {}))


def check_dependencies(check, build):
    """What the program was built with: every name has a version. Runs from before that was written down
    have neither of the two."""
    if not ({"packages", "libraries"} & set(build)):
        return
    for kind in ("packages", "libraries"):
        versions = build.get(kind)
        if not check.require(isinstance(versions, dict) and versions, "run.json",
                             f"build.{kind} is {versions!r}"):
            continue
        for name, version in versions.items():
            # A package may come from a folder beside this one or from a branch; a library without a
            # file for pkg-config has no number.
            check.require(isinstance(version, str) and version != "", "run.json",
                          f"build.{kind}.{name} is {version!r}")


def check_interleaving(check, folder, description, rows):
    """A side of an interleaved run names the other one; where that lies beside it, the two are pairs."""
    interleaving = description.get("interleaving")
    if interleaving is None:
        return
    side, other_id = interleaving.get("side"), interleaving.get("other_run_id")
    for name in ("id", "other_run_id"):
        check.require(interleaving.get(name) and isinstance(interleaving[name], str), "run.json",
                      f"interleaving.{name} is {interleaving.get(name)!r}")
    check.require(other_id != description.get("run_id"), "run.json",
                  "interleaving.other_run_id is the run's own")
    if not check.require(side in SIDES, "run.json", f"interleaving.side is {side!r}"):
        return
    other_folder = folder.resolve().parent / SIDES[side]
    if folder.resolve().name != side or not other_folder.is_dir():
        return  # It was taken away from where the run left it, as anybody may.
    _, other_rows = read_table(other_folder / "trials.csv")
    other = read_json(other_folder / "run.json")
    check.require(other.get("run_id") == other_id, f"{SIDES[side]}/run.json",
                  f"run_id is '{other.get('run_id')}', {side} says '{other_id}'")
    expected = {"id": interleaving.get("id"), "side": SIDES[side],
                "other_run_id": description.get("run_id")}
    check.require(other.get("interleaving") == expected, f"{SIDES[side]}/run.json",
                  f"interleaving is {other.get('interleaving')}, should be {expected}")
    for name in SHARED_BY_SIDES:
        check.require(other.get(name) == description.get(name), f"{SIDES[side]}/run.json",
                      f"{name} is not that of {side}")
    check_pairs(check, rows, other_rows)


def check_pairs(check, rows, other_rows):
    """Each trial has its pair on the other side, and nothing ran between the two."""
    pairs = [[tuple(row[name] for name in PAIRED_COLUMNS) for row in side]
             for side in (rows, other_rows)]
    if not check.require(pairs[0] == pairs[1], "trials.csv", "the sides' trials are not pairs"):
        return
    in_time = [pair for _, pair in sorted(
        (row["started_utc"], pair)
        for side, its_pairs in zip((rows, other_rows), pairs)
        for row, pair in zip(side, its_pairs))]
    for first, second in zip(in_time[::2], in_time[1::2]):
        if not check.require(first == second, "trials.csv",
                             f"block {second[0]} position {second[1]} ran between a pair"):
            break


def check_package(check, package, headers):
    """datapackage.json describes both tables, column by column, in their order."""
    resources = {resource.get("path"): resource for resource in package.get("resources", [])}
    check.require(set(resources) == set(headers), "datapackage.json",
                  f"describes {sorted(map(str, resources))}, should be {sorted(headers)}")
    for path, header in headers.items():
        fields = resources.get(path, {}).get("schema", {}).get("fields", [])
        names = [field.get("name") for field in fields]
        check.require(names == header, "datapackage.json",
                      f"its fields of {path} are not the file's columns")
        for field in fields:
            name = field.get("name")
            for key in ("type", "description"):
                check.require(field.get(key), "datapackage.json", f"{path}: {name} has no {key}")
            if str(name).endswith(("_ns", "_bytes", "_per_s", "_ns_per_message")):
                check.require(field.get("unit"), "datapackage.json", f"{path}: {name} has no unit")


def check_histograms(check, rows, folder):
    """Every trial with samples has its histogram, and every histogram its trial.

    What is in them is for check_histograms.py, which needs the HdrHistogram tools.
    """
    if not (folder / "histograms").is_dir():
        check_histogram_log(check, rows, folder)
        return
    # As they were before there was one log a run: a file a trial.
    check.require(not (folder / HISTOGRAM_LOG).exists(), "histograms",
                  f"there is a {HISTOGRAM_LOG}, too")
    expected = {f"{row['trial_id']}.hlog" for row in rows if has_samples(row)}
    found = {path.name: path for path in (folder / "histograms").glob("*")}
    for name in sorted(expected - found.keys()):
        check.require(False, f"histograms/{name}", "missing, although the trial has samples")
    for name in sorted(found.keys() - expected):
        check.require(False, f"histograms/{name}", "no trial with samples has this name")
    for name in sorted(expected & found.keys()):
        check.require(found[name].stat().st_size > 0, f"histograms/{name}", "empty")


def check_histogram_log(check, rows, folder):
    """The one log of a run: a line a histogram, with the tag of its trial."""
    path = folder / HISTOGRAM_LOG
    if not check.require(path.is_file(), HISTOGRAM_LOG, "missing"):
        return
    try:
        tags, complaints = read_tags(path)
        about = read_json(folder / "run.json").get("histograms") or {}
    except (OSError, UnicodeDecodeError, Malformed) as error:
        check.require(False, HISTOGRAM_LOG, str(error))
        return
    for complaint in complaints:
        check.require(False, HISTOGRAM_LOG, complaint)
    check.require(about.get("file") == HISTOGRAM_LOG and about.get("holds") in LOG_HOLDS,
                  "run.json", f"histograms is {about}")
    expected = expected_tags(rows, about.get("holds"))
    for tag, count in sorted(Counter(tags).items()):
        check.require(count == 1, HISTOGRAM_LOG, f"{tag}: stands {count} times")
    for tag in sorted(expected - set(tags)):
        check.require(False, HISTOGRAM_LOG, f"{tag}: missing, although the trial has samples")
    for tag in sorted(set(tags) - expected):
        check.require(False, HISTOGRAM_LOG, f"{tag}: no trial whose samples are kept has this name")


def validate(folder, options):
    """Everything that is wrong with a run folder, one line each."""
    check = Check()
    try:
        header, rows = read_table(folder / "trials.csv")
        summary_header, summary = read_table(folder / "summary.csv")
        description = read_json(folder / "run.json")
        package = read_json(folder / "datapackage.json")
    except Malformed as error:
        return [str(error)]
    check_header(check, header)
    columns = configuration_columns(summary_header)
    figures = [name for name in summary_header if name not in columns]
    check.require(figures in (SUMMARY_COLUMNS, SUMMARY_COLUMNS + FLOOR_COLUMNS,
                              SUMMARY_COLUMNS + FLOOR_COLUMNS + PROBE_COLUMNS)
                  and set(columns) <= set(header),
                  "summary.csv", "should have columns of trials.csv and "
                  + ", ".join(SUMMARY_COLUMNS + FLOOR_COLUMNS))
    check.require(rows, "trials.csv", "holds no trial")
    if check.complaints:
        return check.complaints  # Without columns and rows nothing below means anything.
    check_trials(check, rows, description, columns, options)
    check_summary(check, header, summary, rows, columns, description)
    check_worlds(check, description, rows)
    check_description(check, description, rows, options)
    check_floors(check, description, summary)
    check_buffers(check, description, rows)
    try:
        check_interleaving(check, folder, description, rows)
    except Malformed as error:
        check.require(False, "the other side", str(error))
    check_package(check, package, {"trials.csv": header, "summary.csv": summary_header})
    if options.without_histograms:
        for name in ("histograms", HISTOGRAM_LOG):
            check.require(not (folder / name).exists(), name, "should not be there")
        check.require(not description.get("histograms"), "run.json", "speaks of histograms")
    else:
        check_histograms(check, rows, folder)
    return check.complaints


def parse_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, metavar="N", help="trials of each configuration")
    parser.add_argument("--allow-failed", action="store_true",
                        help="failed trials are no fault of the folder")
    parser.add_argument("--allow-debug", action="store_true", help="nor is a debug build")
    parser.add_argument("--without-histograms", action="store_true",
                        help="they were left out of a published run")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse_options(arguments)
    complaints = validate(options.folder, options)
    for complaint in complaints[:MOST_COMPLAINTS]:
        print(f"validate_run: {complaint}", file=sys.stderr)
    if len(complaints) > MOST_COMPLAINTS:
        print(f"validate_run: and {len(complaints) - MOST_COMPLAINTS} more", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
