#!/usr/bin/env python3
"""Shows that check_histograms.py accepts good histogram logs and notices each kind of wrong one."""

import contextlib
import io
import math
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import check_histograms  # noqa: E402  The folder of this file has to be in the path first.
import test_validate_run  # noqa: E402
import validate_run  # noqa: E402

ROUND_TRIPS = "latency_round_trips_per_sample"
# Below 2048 ns every value has a count of its own, so that nothing is rounded.
SAMPLES = {"r-1-1": [1000 + 7 * i % 1000 for i in range(1500)],
           "r-2-2": [300 + 11 * i % 1700 for i in range(9000)]}


def percentiles(samples, names):
    """By sorting the samples, which takes no histogram."""
    ordered = sorted(samples)
    return {name: str(ordered[math.ceil(share * len(ordered)) - 1])
            if len(ordered) * (1 - share) >= validate_run.FEWEST_SAMPLES_BEYOND else ""
            for name, share in names.items()}


class Folder(test_validate_run.Folder):
    """A good run with histograms, for a test to spoil."""

    def __init__(self):
        super().__init__()
        self.columns.append(ROUND_TRIPS)
        for row in self.trials:
            samples = SAMPLES.get(row["trial_id"])
            row[ROUND_TRIPS] = "1" if samples else ""
            if samples:
                row |= {"latency_samples": str(len(samples)), "latency_min_ns": str(min(samples)),
                        "latency_max_ns": str(max(samples))}
                row |= percentiles(samples, validate_run.PERCENTILES)
        merged = [value for samples in SAMPLES.values() for value in samples]
        estimates = percentiles(merged, check_histograms.MERGED)
        estimates["latency_merged_max_ns"] = str(max(merged))
        self.summary = [test_validate_run.summary_line("ping-pong", name, estimate)
                        for name, estimate in estimates.items()]
        # Histograms by their tags.
        self.texts, self.has_a_file_a_trial = {}, False
        for name, samples in SAMPLES.items():
            histogram = check_histograms.new_histogram()
            for value in samples:
                histogram.record_value(value)
            self.texts[name] = f"1795230900.123,0.005000,0.002000,{histogram.encode().decode()}\n"

    def write(self, path):
        super().write(path)
        version = "#[Histogram log format version 1.3]\n"
        log = path / "histograms.hlog"
        log.write_text(version + "".join(f"Tag={tag},{text}" for tag, text in self.texts.items()),
                       encoding="utf-8")
        if self.has_a_file_a_trial:
            log.unlink()
            (path / "histograms").mkdir()
            for name, text in self.texts.items():
                (path / "histograms" / f"{name}.hlog").write_text(version + text, encoding="utf-8")


def spoil_in_a_file(spoil):
    """The same fault in a folder with a file a trial."""
    def spoil_folder(folder):
        folder.has_a_file_a_trial = True
        spoil(folder)
    return spoil_folder


def swap_logs(folder):
    first, second = SAMPLES
    folder.texts = {first: folder.texts[second], second: folder.texts[first]}


def repeat_log(folder):
    folder.texts["r-1-1"] += "Tag=r-1-1," + folder.texts["r-1-1"]


def change_text(old, new):
    def spoil(folder):
        assert old in folder.texts["r-1-1"]
        folder.texts["r-1-1"] = folder.texts["r-1-1"].replace(old, new)
    return spoil


def flip_payload(folder):
    """One wrong letter in the middle of the compressed counts."""
    text = folder.texts["r-1-1"]
    place = text.index("HIST") + 60
    folder.texts["r-1-1"] = text[:place] + ("B" if text[place] == "A" else "A") + text[place + 1:]


# What is done to a good folder, and what the complaint must speak of.
SPOILT = {
    "payload damaged": (flip_payload, "histograms.hlog: error: Error -3"),
    "payload damaged in a file": (spoil_in_a_file(flip_payload), "r-1-1.hlog: error: Error -3"),
    "payload cut off": (
        lambda f: f.texts.update({"r-1-1": f.texts["r-1-1"][:-9] + "\n"}), "histograms.hlog: "),
    "cookie of another version": (change_text("HISTF", "HISTE"), "HdrCookieException"),
    "no interval": (change_text("1795230900.123,", ""), "r-1-1: no histogram of its latency"),
    "only a tagged interval in a file": (
        spoil_in_a_file(change_text("17952", "Tag=x,17952")), "r-1-1.hlog: no histogram of its"),
    "a line that is no histogram": (
        change_text("\n", "\nTag=r-2-2,1795230900.123,1.0,1.0,HISTFAAA\n"), "histograms.hlog: "),
    "two histograms of a trial": (repeat_log, "two histograms with the tag r-1-1"),
    "histograms exchanged": (swap_logs, "9000 samples, trials.csv says 1500"),
    "histogram missing": (lambda f: f.texts.pop("r-1-1"), "r-1-1: no histogram of its latency"),
    "log missing": (
        spoil_in_a_file(lambda f: f.texts.pop("r-1-1")), "r-1-1.hlog: FileNotFoundError"),
    "minimum": (lambda f: f.trials[0].update(latency_min_ns="999"), "should be 999 for 999"),
    "maximum": (lambda f: f.trials[0].update(latency_max_ns="2000"), "should be 2000 for 2000"),
    "median": (lambda f: f.trials[0].update(latency_p50_ns="1501"), "latency_p50_ns is '1501'"),
    "percentile of too few": (
        lambda f: f.trials[0].update(latency_p99_9_ns="1999"), "the histogram says ''"),
    "percentile left out": (
        lambda f: f.trials[3].update(latency_p99_ns=""), "latency_p99_ns is ''"),
    "merged percentile": (
        lambda f: f.summary[2].update(estimate="1"), "latency_merged_p99_ns is '1'"),
    "merged maximum": (
        lambda f: f.summary[5].update(estimate="1"), "latency_merged_max_ns is '1'"),
    "merged metric missing": (
        lambda f: f.summary.pop(0), "latency_merged_p50_ns is 'None'"),
    "merged means of several": (
        lambda f: f.trials[0].update({ROUND_TRIPS: "2"}), "the trials' samples differ"),
    "no histogram at all": (lambda f: f.trials.clear(), "no trial has one"),
}


class CheckHistogramsTests(unittest.TestCase):
    def complaints(self, folder):
        with tempfile.TemporaryDirectory(prefix="check-histograms-") as path:
            folder.write(Path(path))
            return check_histograms.check_folder(Path(path))

    def test_merged_percentiles_are_of_the_commonest_world(self):
        folder = Folder()
        folder.columns += ["probe_before_ns", "probe_after_ns"]
        for row in folder.trials:
            probe = "400" if row["trial_id"] == "r-2-2" else "90"
            row |= {"probe_before_ns": probe, "probe_after_ns": probe}
        cores = {name: int(folder.trials[0][name]) for name in ("producer_core", "consumer_core")}
        folder.run["probe_worlds"] = [cores | {"worlds": [
            {"probe_ns": 90, "trials": 3}, {"probe_ns": 400, "trials": 1}]}]
        self.assertIn("latency_merged", "\n".join(self.complaints(folder)[0]))
        samples = SAMPLES["r-1-1"]
        estimates = percentiles(samples, check_histograms.MERGED)
        estimates["latency_merged_max_ns"] = str(max(samples))
        folder.summary = [test_validate_run.summary_line("ping-pong", name, estimate)
                          for name, estimate in estimates.items()]
        self.assertEqual(self.complaints(folder)[0], [])

    def test_a_good_folder_passes(self):
        self.assertEqual(self.complaints(Folder()), ([], 2))
        folder = Folder()
        folder.has_a_file_a_trial = True
        self.assertEqual(self.complaints(folder), ([], 2))

    def test_each_fault_is_noticed(self):
        for name, (spoil, words) in SPOILT.items():
            with self.subTest(name):
                folder = Folder()
                spoil(folder)
                self.assertIn(words, "\n".join(self.complaints(folder)[0]))

    def test_means_of_several_have_a_median_only(self):
        """As they are kept since rows say which of their samples was the slowest."""
        def means():
            folder = Folder()
            folder.columns.append("latency_slowest_sample")
            for row in folder.trials:
                row["latency_slowest_sample"] = "0" if row["latency_samples"] else ""
                if row["latency_samples"]:
                    row |= dict.fromkeys(list(validate_run.PERCENTILES)[1:], "")
                    row |= {ROUND_TRIPS: "2", "latency_min_ns": "", "latency_max_ns": ""}
            for line in folder.summary[1:]:
                line["estimate"] = ""
            return folder

        self.assertEqual(self.complaints(means()), ([], 2))
        folder = means()
        folder.trials[0]["latency_p50_ns"] = "1999"
        self.assertIn("latency_p50_ns is '1999'", "\n".join(self.complaints(folder)[0]))
        folder = means()
        folder.summary[2]["estimate"] = "1999"
        self.assertIn("'1999' of means of several", "\n".join(self.complaints(folder)[0]))

    def test_the_exit_code_tells(self):
        with tempfile.TemporaryDirectory(prefix="check-histograms-") as path:
            output = io.StringIO()
            with contextlib.redirect_stderr(output), contextlib.redirect_stdout(output):
                self.assertEqual(check_histograms.main([path]), 1)
                Folder().write(Path(path))
                self.assertEqual(check_histograms.main([path]), 0)
            self.assertIn("trials.csv", output.getvalue())
            self.assertIn("2 histograms agree", output.getvalue())


if __name__ == "__main__":
    unittest.main()
