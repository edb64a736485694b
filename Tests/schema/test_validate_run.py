#!/usr/bin/env python3
"""Shows that validate_run.py accepts a good run folder and notices each thing that can be wrong."""

import contextlib
import csv
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import validate_run  # noqa: E402  The folder of this file has to be in the path first.

COLUMNS = [*validate_run.CONTRACT_COLUMNS, "added_later"]
CONFIGURATION = ["mechanism", "pattern", "payload_bytes"]
SUMMARY = [*CONFIGURATION, *validate_run.SUMMARY_COLUMNS, "added_later", "floor", "times_floor"]


def trial(block, position, pattern):
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "schema_version": "1", "run_id": "r", "trial_id": f"r-{block}-{position}",
        "block": str(block), "position": str(position), "status": "ok", "tainted": "false",
        "mechanism": "pipe", "pattern": pattern, "payload_bytes": "64", "wait": "block",
        "producer_core": "0", "consumer_core": "1", "messages_sent": "100",
        "messages_received": "100", "messages_corrupt": "0", "messages_lost": "0",
        "elapsed_ns": "1000000", "throughput_messages_per_s": "100000",
        "throughput_bytes_per_s": "6400000",
    }
    if pattern == "ping-pong":
        row |= {
            "latency_kind": "round-trip", "latency_samples": "100", "latency_min_ns": "7000",
            "latency_mean_ns": "10000", "latency_p50_ns": "9500", "latency_p90_ns": "12000",
            "latency_max_ns": "20000",
        }
    return row


def summary_line(pattern, metric, estimate, n="2", floor="", times_floor=""):
    return {
        "added_later": "", "floor": floor, "times_floor": times_floor,
        "mechanism": "pipe", "pattern": pattern, "payload_bytes": "64", "metric": metric,
        "estimate": estimate, "interval_low": "", "interval_high": "", "minimum": estimate,
        "n": n, "n_tainted": "0", "n_failed": "0",
    }


HEADER = """#ipcbench r: latency in ns
#[Histogram log format version 1.3]
#[StartTime: 1795230900.000 (seconds since epoch), 2026-11-21T03:15:00.000000Z]
"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
"""


class Folder:
    """A good run, for a test to spoil."""

    def __init__(self):
        self.columns, self.summary_columns = list(COLUMNS), list(SUMMARY)
        self.trials = [trial(1, 1, "ping-pong"), trial(1, 2, "stream"),
                       trial(2, 1, "stream"), trial(2, 2, "ping-pong")]
        self.summary = [
            summary_line("ping-pong", "latency_p50_ns", "9500", floor="950", times_floor="10"),
            summary_line("ping-pong", "latency_p99_ns", "", n="0"),
            summary_line("ping-pong", "throughput_messages_per_s", "100000"),
            summary_line("stream", "throughput_messages_per_s", "100000", floor="500000",
                         times_floor="5"),
            summary_line("stream", "switches_per_message", "1"),
        ]
        self.tags, self.payload, self.log_end = ["r-1-1", "r-2-2"], "HISTFAAA", ""
        # The names of files, one a trial, as it was before there was one log a run.
        self.logs, self.log = None, "A histogram.\n"
        self.run = {
            "schema_version": 1, "run_id": "r", "command_line": ["ipcbench"], "seed": "1",
            "build": {"mode": "release", "packages": {"yams": "6.2.2"},
                      "libraries": {"glibc": "2.36"}}, "host": {"allowed_cpus": [0, 1]},
            "clock": {"name": "CLOCK_MONOTONIC"}, "finished_utc": "2026-11-21T03:15:00Z",
            "interrupted": False,
            "histograms": {"file": "histograms.hlog", "holds": "all"},
            "trials": {"planned": 4, "ok": 4, "failed": 0, "timed_out": 0, "died": 0,
                       "invalid": 0, "tainted": 0},
            "floors": [
                {"mechanism": "floor-bounce-2", "pattern": "ping-pong", "placement": "same-l3",
                 "producer_core": 0, "consumer_core": 1, "n": 3, "latency_p50_ns": 950,
                 "latency_mean_ns": 960.5, "minimum": 940},
                {"mechanism": "floor-copy-cross", "pattern": "stream", "payload_bytes": 64,
                 "placement": "same-l3", "producer_core": 0, "consumer_core": 1, "n": 3,
                 "throughput_bytes_per_s": 32000000, "minimum": 31000000},
            ],
        }
        self.package = {}
        self.describe_columns()

    def describe_columns(self):
        """Makes the package that of the tables as they are now."""
        self.package["resources"] = [
            {"path": path, "schema": {"fields": [
                {"name": name, "type": "string", "description": "What it is.", "unit": "u"}
                for name in columns]}}
            for path, columns in (("trials.csv", self.columns),
                                  ("summary.csv", self.summary_columns))]

    def write(self, path):
        for name, columns, rows in (("trials.csv", self.columns, self.trials),
                                    ("summary.csv", self.summary_columns, self.summary)):
            with open(path / name, "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerows([columns, *([row[name] for name in columns] for row in rows)])
        if self.logs is None:
            lines = [f"Tag={tag},1795230900.123,0.005000,0.002000,{self.payload}\n"
                     for tag in self.tags]
            (path / "histograms.hlog").write_text(
                HEADER + "".join(lines) + self.log_end, encoding="utf-8")
        else:
            (path / "histograms").mkdir()
            for name in self.logs:
                (path / "histograms" / name).write_text(self.log, encoding="utf-8")
        (path / "run.json").write_text(json.dumps(self.run), encoding="utf-8")
        (path / "datapackage.json").write_text(json.dumps(self.package), encoding="utf-8")


def with_a_file_a_trial():
    """A good folder from before there was one log a run."""
    folder = Folder()
    folder.logs = ["r-1-1.hlog", "r-2-2.hlog"]
    del folder.run["histograms"]
    return folder


def fail_first_trial(folder):
    folder.trials[0] |= {"status": "timed-out", "error": "no report in 1 s"}
    folder.run["trials"] |= {"ok": 3, "timed_out": 1}
    for line in folder.summary[:3]:
        line |= {"n_failed": "1", "n": "0" if line["n"] == "0" else "1"}


def rename_column(folder):
    folder.columns[4] = "blocks"
    for row in folder.trials:
        row["blocks"] = row["block"]


def make_floors_of_ping_pong(folder):
    for row in folder.trials + folder.summary:
        if row["pattern"] == "ping-pong":
            row["mechanism"] = "floor-wake"


# What is done to a good folder, and what the complaint must speak of.
SPOILT = {
    "column renamed": (rename_column, "column 5 is blocks, should be block"),
    "column gone": (lambda f: f.columns.remove("major_faults"), "should be major_faults"),
    "no trial": (lambda f: f.trials.clear(), "no trial"),
    "trial failed": (fail_first_trial, "timed-out: no report in 1 s"),
    "failed without error": (lambda f: f.trials[0].update(status="died"), "died without an error"),
    "ok with an error": (lambda f: f.trials[0].update(error="oh"), "ok, with the error 'oh'"),
    "message lost": (lambda f: f.trials[0].update(messages_received="99"), "99 received"),
    "message corrupt": (lambda f: f.trials[0].update(messages_corrupt="1"), "messages_corrupt"),
    "losses not counted": (lambda f: f.trials[0].update(messages_lost=""), "messages_lost is ''"),
    "nothing sent": (
        lambda f: f.trials[0].update(messages_sent="0", messages_received="0"), "messages_sent"),
    "no core": (lambda f: f.trials[0].update(consumer_core=""), "consumer_core is ''"),
    "core of another": (lambda f: f.trials[0].update(producer_core="7"), "7 was not allowed"),
    "no throughput": (
        lambda f: f.trials[1].update(throughput_messages_per_s=""), "throughput_messages_per_s"),
    "wrong throughput": (
        lambda f: f.trials[1].update(throughput_bytes_per_s="6400001000"), "make 6400000"),
    "latency of a stream": (
        lambda f: f.trials[1].update(latency_p50_ns="5"), "should be empty for stream"),
    "kind of a stream": (
        lambda f: f.trials[1].update(latency_kind="round-trip"), "should be '' for stream"),
    "ping-pong without latency": (
        lambda f: f.trials[0].update(latency_samples=""), "latency_samples is ''"),
    "percentile of too few": (
        lambda f: f.trials[0].update(latency_p99_ns="15000"), "100 samples are too few"),
    "percentiles out of order": (
        lambda f: f.trials[0].update(latency_p90_ns="9000"), "is above latency_p90_ns"),
    "tainted without reason": (lambda f: f.trials[0].update(tainted="true"), "taint_reason ''"),
    "trial_id twice": (lambda f: f.trials[1].update(trial_id="r-1-1"), "trial_id r-1-1 stands 2"),
    "block incomplete": (lambda f: f.trials[3].update(block="1"), "instead of once in each"),
    "other run_id": (lambda f: f.trials[0].update(run_id="q"), "run_id 'q'"),
    "wrong median": (lambda f: f.summary[0].update(estimate="9600"), "the median 9500"),
    "wrong n": (lambda f: f.summary[0].update(n="1"), "the trials hold 2 values"),
    "n beyond the trials": (lambda f: f.summary[4].update(n="3"), "of the trials 2 are ok"),
    "configuration not summed up": (lambda f: f.summary.pop(2), "ping-pong, 64, : no throughput"),
    "summary of nothing": (lambda f: f.summary[3].update(payload_bytes="9"), "no such trials"),
    "metric twice": (lambda f: f.summary.append(f.summary[0]), "stands twice"),
    "interval beside the estimate": (
        lambda f: f.summary[0].update(interval_low="1", interval_high="2"), "outside its interval"),
    "run.json counts otherwise": (
        lambda f: f.run["trials"].update(ok=3), "trials.ok is 3, trials.csv has 4"),
    "trials missing": (lambda f: f.run["trials"].update(planned=5), "5 trials planned"),
    "interrupted": (lambda f: f.run.update(interrupted=True), "was interrupted"),
    "no seed": (lambda f: f.run.pop("seed"), "seed is missing"),
    "debug build": (lambda f: f.run["build"].update(mode="debug"), "by a debug build"),
    "a library without a version": (
        lambda f: f.run["build"]["libraries"].update(zlib=""), "build.libraries.zlib is ''"),
    "a version that is a number": (
        lambda f: f.run["build"]["packages"].update(yams=6.2), "build.packages.yams is 6.2"),
    "no package": (lambda f: f.run["build"].update(packages={}), "build.packages is {}"),
    "no libraries beside packages": (
        lambda f: f.run["build"].pop("libraries"), "build.libraries is None"),
    "column not described": (
        lambda f: f.package["resources"][0]["schema"]["fields"].pop(), "not the file's columns"),
    "table not described": (lambda f: f.package["resources"].pop(), "should be ['summary.csv'"),
    "no histogram": (lambda f: f.tags.pop(), "histograms.hlog: r-2-2: missing"),
    "histogram of nothing": (
        lambda f: f.tags.append("r-1-2"), "r-1-2: no trial whose samples are kept"),
    "service times of ping-pong": (
        lambda f: f.tags.append("r-1-1/service"), "r-1-1/service: no trial"),
    "two histograms of one trial": (lambda f: f.tags.append("r-1-1"), "r-1-1: stands 2 times"),
    "torn histogram": (
        lambda f: setattr(f, "log_end", "Tag=r-1-1/service,17952309"), "line 7 is torn"),
    "histogram without a tag": (
        lambda f: setattr(f, "log_end", "1795230900.1,0.1,0.1,HISTFAAA\n"),
        "line 7 is no histogram"),
    "a histogram of a failed trial": (
        lambda f: (fail_first_trial(f), f.run["histograms"].update(holds="latency-of-ok-trials")),
        "r-1-1: no trial whose samples are kept"),
    "nobody says what the log holds": (
        lambda f: f.run.pop("histograms"), "run.json: histograms is {}"),
    "floor twice": (lambda f: f.run["floors"].append(f.run["floors"][0]), "stands twice"),
    "floor of other cores": (
        lambda f: f.run["floors"][0].update(consumer_core=7), "(0, 7) were not allowed"),
    "floor of no trial": (lambda f: f.run["floors"][0].update(n=0), "n is 0"),
    "floor without its figure": (
        lambda f: f.run["floors"][1].pop("throughput_bytes_per_s"), "throughput_bytes_per_s is nan"),
    "floor with two figures": (
        lambda f: f.run["floors"][1].update(latency_p50_ns=1), "has latency_p50_ns"),
    "floor above its minimum": (
        lambda f: f.run["floors"][0].update(minimum=951), "minimum 951, latency_p50_ns 950"),
    "floor of nothing measured": (lambda f: f.run.pop("floors"), "run.json has no floors"),
    "no such multiple": (
        lambda f: f.summary[0].update(times_floor="9"), "estimate and floor make 10.0"),
    "rate below its floor": (
        lambda f: f.summary[3].update(times_floor="0.2"), "estimate and floor make 5.0"),
    "multiple of nothing": (
        lambda f: f.summary[2].update(times_floor="1"), "but there is no floor"),
    "floor of a percentile": (lambda f: f.summary[1].update(floor="1"), "of what has none"),
    "floor of a floor": (make_floors_of_ping_pong, "a floor of a floor"),
    "no unit": (
        lambda f: f.package["resources"][0]["schema"]["fields"][27].pop("unit"),
        "elapsed_ns has no unit"),
}


def probed_folder(times_probe):
    """A good run whose trials have probes, and a summary that holds the round trips against them."""
    folder = Folder()
    folder.columns += ["probe_before_ns", "probe_after_ns"]
    folder.summary_columns += ["times_probe"]
    for row in folder.trials:
        row |= {"probe_before_ns": "90", "probe_after_ns": "100"}
    for line in folder.summary:
        line["times_probe"] = {
            "latency_p50_ns": times_probe, "throughput_messages_per_s": "105.263158",
        }.get(line["metric"], "")
    folder.describe_columns()
    return folder


def sampled_folder():
    """A good run of two in-place round trips, from since rows say which sample was the slowest."""
    folder = Folder()
    folder.columns += [validate_run.BATCH, "scheduled_messages", "latency_slowest_sample"]
    folder.summary_columns += [validate_run.BATCH]
    for row in folder.trials:
        row |= {"data_path": "in-place", "touch": "header", "throughput_bytes_per_s": "",
                validate_run.BATCH: "", "scheduled_messages": "", "latency_slowest_sample": ""}
        if row["pattern"] == "ping-pong":
            row |= {validate_run.BATCH: "4", "latency_samples": "25", "latency_slowest_sample": "24",
                    "latency_min_ns": "", "latency_max_ns": "", "latency_p90_ns": ""}
    for line in folder.summary:
        line[validate_run.BATCH] = "4" if line["pattern"] == "ping-pong" else ""
    folder.describe_columns()
    return folder


SPOILT_SAMPLES = {
    "bytes that nobody moved": (
        lambda f: f.trials[1].update(throughput_bytes_per_s="6400000"), "but no payload moved"),
    "bytes that moved left out": (
        lambda f: f.trials[1].update(touch="full"), "counts and elapsed_ns make 6400000"),
    "longest mean": (lambda f: f.trials[0].update(latency_max_ns="20000"), "of means of several"),
    "percentile of means": (
        lambda f: f.trials[0].update(latency_p90_ns="12000"), "of means of several"),
    "batch of a stream": (
        lambda f: f.trials[1].update({validate_run.BATCH: "1"}), ", 1: in blocks 1 instead"),
    "slowest sample of a stream": (
        lambda f: f.trials[1].update(latency_slowest_sample="1"), "is '1' of a stream"),
    "no batch": (lambda f: f.trials[0].update({validate_run.BATCH: ""}), "is ''"),
    "three round trips a sample": (
        lambda f: f.trials[0].update({validate_run.BATCH: "3"}), "is '3'"),
    "another number of samples": (
        lambda f: f.trials[0].update(latency_samples="24"), "should be 25"),
    "slowest sample beyond the last": (
        lambda f: f.trials[0].update(latency_slowest_sample="25"), "is '25' of 25"),
    "schedule of a round trip": (
        lambda f: f.trials[0].update(scheduled_messages="100"), "should be empty for ping-pong"),
}


def folder_of_two_worlds(estimate="9500"):
    """A good run of five round trips, two of which ran in another world than the three of the summary."""
    folder = probed_folder("100")
    folder.trials = [trial(block, 1, "ping-pong") | {"probe_before_ns": "90", "probe_after_ns": "100"}
                     for block in range(1, 6)]
    for row in folder.trials[3:]:
        row |= {"probe_before_ns": "400", "probe_after_ns": "410", "latency_p50_ns": "11000"}
    folder.summary = [line | {"n": line["n"].replace("2", "3"), "floor": "", "times_floor": ""}
                      for line in folder.summary if line["pattern"] == "ping-pong"]
    folder.summary[0]["estimate"] = estimate
    folder.logs = [f"{row['trial_id']}.hlog" for row in folder.trials]
    folder.run["trials"] |= {"planned": 5, "ok": 5}
    del folder.run["floors"]
    folder.run["probe_worlds"] = [{
        "producer_core": 0, "consumer_core": 1,
        "worlds": [{"probe_ns": 95, "trials": 3}, {"probe_ns": 405, "trials": 2}]}]
    return folder


def paced_folder():
    """A good run of two paced trials."""
    folder = Folder()
    folder.columns += ["arrivals", "clock_agreement_ns"]
    folder.summary_columns += ["offered_rate_per_s", "arrivals"]
    pace = {"offered_rate_per_s": "99000", "arrivals": "poisson"}
    folder.trials = [
        trial(block, 1, "paced") | pace | {
            "clock_agreement_ns": "120", "latency_kind": "response", "latency_samples": "100",
            "latency_min_ns": "7000", "latency_mean_ns": "10000", "latency_p50_ns": "9500",
            "latency_p90_ns": "12000", "latency_max_ns": "20000", "service_p50_ns": "9000",
        } for block in (1, 2)]
    folder.summary = [
        summary_line("paced", metric, estimate) | pace
        for metric, estimate in (("latency_p50_ns", "9500"), ("service_p50_ns", "9000"),
                                 ("throughput_messages_per_s", "100000"))]
    folder.tags = ["r-1-1", "r-1-1/service", "r-2-1", "r-2-1/service"]
    folder.run["trials"] |= {"planned": 2, "ok": 2}
    folder.describe_columns()
    return folder


def buffered_folder():
    """A good run that says what its links held."""
    folder = Folder()
    folder.columns += ["capacity_bytes", "working_set_bytes"]
    for row in folder.trials:
        row |= {"data_path": "copy", "buffer_bytes": "131072", "capacity_bytes": "130000",
                "working_set_bytes": "65536"}
    folder.run["buffers"] = [
        {"mechanism": "pipe", "payload_bytes": 64, "data_path": "copy", "buffer_bytes": 131072,
         "setting_bytes": 65536, "capacity_bytes": 130000}]
    folder.describe_columns()
    return folder


SPOILT_BUFFERS = {
    "row of another capacity": (
        lambda f: f.trials[0].update(capacity_bytes="1"), "'1', run.json has 130000"),
    "row without a capacity": (
        lambda f: f.trials[3].update(capacity_bytes=""), "'', run.json has 130000"),
    "capacity of nothing measured": (
        lambda f: f.run["buffers"].clear(), "'130000', run.json has None"),
    "no working set": (
        lambda f: f.trials[0].update(working_set_bytes=""), "working_set_bytes is ''"),
    "working set in place": (
        lambda f: f.trials[0].update(data_path="in-place"), "'65536', data path in-place"),
    "buffer twice": (lambda f: f.run["buffers"].append(f.run["buffers"][0]), "stands twice"),
    "buffer of nothing": (
        lambda f: f.run["buffers"][0].update(capacity_bytes=0), "capacity_bytes is 0"),
    "setting of nothing": (
        lambda f: f.run["buffers"][0].update(setting_bytes=0), "setting_bytes is 0"),
}

SPOILT_PACED = {
    "no rate": (lambda f: f.trials[0].update(offered_rate_per_s=""), "offered_rate_per_s is ''"),
    "no arrivals": (lambda f: f.trials[0].update(arrivals=""), "arrivals is ''"),
    "other arrivals": (lambda f: f.trials[0].update(arrivals="bursts"), "arrivals is 'bursts'"),
    "kind of ping-pong": (
        lambda f: f.trials[0].update(latency_kind="round-trip"), "should be 'response' for paced"),
    "clocks not compared": (
        lambda f: f.trials[0].update(clock_agreement_ns=""), "clock_agreement_ns is ''"),
    "messages without a time": (
        lambda f: f.trials[0].update(latency_samples="99"), "99 latency samples of 100 messages"),
    "served for longer than in all": (
        lambda f: f.trials[0].update(service_p50_ns="9501"), "is above latency_p50_ns"),
    "no service": (lambda f: f.trials[0].update(service_p50_ns=""), "is above latency_p50_ns"),
    "service of too few": (
        lambda f: f.trials[0].update(service_p99_ns="15000"), "100 samples are too few"),
    "one core": (lambda f: f.trials[0].update(consumer_core="0"), "paced on one core"),
    "rate of a stream": (
        lambda f: f.trials[0].update(pattern="stream"), "should be empty for stream"),
}


def sides():
    """A good interleaved run: both of its folders, by side."""
    folders = {"base": Folder(), "head": Folder()}
    for side, folder in folders.items():
        other = validate_run.SIDES[side]
        folder.run |= {
            "run_id": f"r-{side}", "started_utc": "2026-11-21T03:14:00.000000Z",
            "interleaving": {"id": "r-versus", "side": side, "other_run_id": f"r-{other}"}}
        for number, row in enumerate(folder.trials):
            # Either side may go first.
            goes_second = (side == "head") != bool(number % 2)
            row |= {"run_id": f"r-{side}",
                    "started_utc": f"2026-11-21T03:14:{10 + 2 * number + goes_second}.000000Z"}
    return folders


# What is done to a good interleaved run, and what is said of its head.
SPOILT_SIDES = {
    "no id": (lambda s: s["head"].run["interleaving"].pop("id"), "interleaving.id is None"),
    "another side": (
        lambda s: s["head"].run["interleaving"].update(side="left"), "interleaving.side is 'left'"),
    "its own other side": (
        lambda s: s["head"].run["interleaving"].update(other_run_id="r-head"), "is the run's own"),
    "another base": (
        lambda s: s["base"].run.update(run_id="q"), "run_id is 'q', head says 'r-base'"),
    "a base that knows nothing of it": (
        lambda s: s["base"].run.pop("interleaving"), "interleaving is None, should be {"),
    "another seed": (lambda s: s["base"].run.update(seed="2"), "seed is not that of head"),
    "other floors": (lambda s: s["base"].run["floors"].pop(), "floors is not that of head"),
    "a trial without its pair": (lambda s: s["base"].trials.pop(), "are not pairs"),
    "a pair of two things": (
        lambda s: s["base"].trials[0].update(payload_bytes="4096"), "are not pairs"),
    "a pair with something in between": (
        lambda s: s["base"].trials[1].update(started_utc="2026-11-21T03:14:59.000000Z"),
        "ran between a pair"),
}


class ValidateRunTests(unittest.TestCase):
    def complaints(self, folder, *options):
        with tempfile.TemporaryDirectory(prefix="validate-run-") as path:
            folder.write(Path(path))
            return validate_run.validate(
                Path(path), validate_run.parse_options([path, *options]))

    def test_a_good_folder_passes(self):
        self.assertEqual(self.complaints(Folder(), "--trials", "2"), [])

    def test_each_fault_is_noticed(self):
        for name, (spoil, words) in SPOILT.items():
            with self.subTest(name):
                folder = Folder()
                spoil(folder)
                self.assertIn(words, "\n".join(self.complaints(folder)))

    def test_multiples_of_the_probes_are_those_of_the_trials(self):
        self.assertEqual(self.complaints(probed_folder("100")), [])
        found = self.complaints(probed_folder("90"))
        self.assertEqual(len(found), 1, found)
        self.assertIn("the trials make 100.0", found[0])

    def test_samples_have_one_meaning(self):
        self.assertEqual(self.complaints(sampled_folder()), [])
        for name, (spoil, words) in SPOILT_SAMPLES.items():
            with self.subTest(name):
                folder = sampled_folder()
                spoil(folder)
                self.assertIn(words, "\n".join(self.complaints(folder)))

    def test_a_summary_is_of_the_first_world(self):
        self.assertEqual(self.complaints(folder_of_two_worlds(), "--trials", "5"), [])
        # What the median over both would be, if it were one.
        found = "\n".join(self.complaints(folder_of_two_worlds("11000"), "--trials", "5"))
        self.assertIn("estimate is '11000', the median 9500", found)
        folder = folder_of_two_worlds()
        folder.run["probe_worlds"][0]["worlds"][0]["trials"] = 5
        self.assertIn("trials.csv has 3", "\n".join(self.complaints(folder)))

    def test_a_good_paced_folder_passes(self):
        self.assertEqual(self.complaints(paced_folder(), "--trials", "2"), [])

    def test_each_fault_of_a_paced_trial_is_noticed(self):
        for name, (spoil, words) in SPOILT_PACED.items():
            with self.subTest(name):
                folder = paced_folder()
                spoil(folder)
                self.assertIn(words, "\n".join(self.complaints(folder)))

    def test_what_links_held_stands_in_every_row(self):
        self.assertEqual(self.complaints(buffered_folder()), [])
        for name, (spoil, words) in SPOILT_BUFFERS.items():
            with self.subTest(name):
                folder = buffered_folder()
                spoil(folder)
                self.assertIn(words, "\n".join(self.complaints(folder)))

    def complaints_of_head(self, folders):
        with tempfile.TemporaryDirectory(prefix="validate-run-") as path:
            for side, folder in folders.items():
                (Path(path) / side).mkdir()
                folder.write(Path(path) / side)
            head = str(Path(path) / "head")
            return validate_run.validate(Path(head), validate_run.parse_options([head]))

    def test_both_sides_of_a_good_interleaved_run_pass(self):
        self.assertEqual(self.complaints_of_head(sides()), [])
        self.assertEqual(self.complaints_of_head({"head": sides()["head"]}), [])

    def test_each_fault_of_an_interleaved_run_is_noticed(self):
        for name, (spoil, words) in SPOILT_SIDES.items():
            with self.subTest(name):
                folders = sides()
                spoil(folders)
                self.assertIn(words, "\n".join(self.complaints_of_head(folders)))

    def test_an_other_side_that_cannot_be_read_is_named(self):
        with tempfile.TemporaryDirectory(prefix="validate-run-") as path:
            (Path(path) / "head").mkdir()
            (Path(path) / "base").mkdir()
            sides()["head"].write(Path(path) / "head")
            head = str(Path(path) / "head")
            found = validate_run.validate(Path(head), validate_run.parse_options([head]))
            self.assertIn("the other side: trials.csv", "\n".join(found))

    def test_failed_trials_can_be_allowed(self):
        folder = Folder()
        fail_first_trial(folder)
        self.assertEqual(self.complaints(folder, "--allow-failed"), [])

    def test_histograms_can_be_left_out_but_not_in_part(self):
        folder = Folder()
        self.assertEqual(self.complaints(folder, "--without-histograms"),
                         ["histograms.hlog: should not be there",
                          "run.json: speaks of histograms"])
        del folder.run["histograms"]
        with tempfile.TemporaryDirectory(prefix="validate-run-") as path:
            folder.write(Path(path))
            (Path(path) / "histograms.hlog").unlink()
            options = validate_run.parse_options([path, "--without-histograms"])
            self.assertEqual(validate_run.validate(Path(path), options), [])

    def test_a_file_a_trial_is_read_as_before(self):
        self.assertEqual(self.complaints(with_a_file_a_trial()), [])
        for name, spoil, words in (
                ("none", lambda f: f.logs.pop(), "r-2-2.hlog: missing"),
                ("of nothing", lambda f: f.logs.append("r-1-2.hlog"), "r-1-2.hlog: no trial"),
                ("part", lambda f: f.logs.append("r-1-1.hlog.part"), "hlog.part: no trial"),
                ("empty", lambda f: setattr(f, "log", ""), "r-1-1.hlog: empty")):
            with self.subTest(name):
                folder = with_a_file_a_trial()
                spoil(folder)
                self.assertIn(words, "\n".join(self.complaints(folder)))

    def test_a_published_log_holds_the_latency_of_ok_trials(self):
        folder = paced_folder()
        folder.run["histograms"]["holds"] = "latency-of-ok-trials"
        self.assertIn("r-1-1/service: no trial", "\n".join(self.complaints(folder)))
        folder.tags = ["r-1-1", "r-2-1"]
        self.assertEqual(self.complaints(folder), [])

    def test_the_number_of_trials_is_held(self):
        self.assertIn("2 blocks, should be 3", self.complaints(Folder(), "--trials", "3")[0])

    def test_a_missing_file_and_a_torn_row_are_named(self):
        with tempfile.TemporaryDirectory(prefix="validate-run-") as path:
            errors = io.StringIO()
            with contextlib.redirect_stderr(errors):
                self.assertEqual(validate_run.main([path]), 1)
            self.assertIn("trials.csv", errors.getvalue())
            Folder().write(Path(path))
            with open(Path(path) / "trials.csv", "a", encoding="utf-8") as file:
                file.write("1,r,r-3")
            with contextlib.redirect_stderr(errors):
                self.assertEqual(validate_run.main([path]), 1)
            self.assertIn("row 5 has not as many fields", errors.getvalue())


if __name__ == "__main__":
    unittest.main()
