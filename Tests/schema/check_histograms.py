#!/usr/bin/env python3
"""Holds the histogram log of a run folder against its rows, by the public HdrHistogram tools.

Every histogram is decoded by the `hdrhistogram` package of PyPI; counts, extremes and percentiles
have to be those of the trial's row in trials.csv, and merged over the trials those of summary.csv.
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import validate_run  # noqa: E402  The folder of this file has to be in the path first.

# What the workers count: 1 ns to 2^40 − 1 ns with three significant digits.
LARGEST_NS = (1 << 40) - 1
MERGED = {name.replace("latency_", "latency_merged_"): share
          for name, share in validate_run.PERCENTILES.items()}


def new_histogram():
    return HdrHistogram(1, LARGEST_NS, 3)


def read_log(path):
    """Histograms by their tags; the one without has None."""
    reader = HistogramLogReader(str(path), new_histogram())
    histograms = {}
    try:
        while (histogram := reader.get_next_interval_histogram()) is not None:
            tag = histogram.get_tag()
            if tag in histograms:
                raise ValueError(f"two histograms with the tag {tag}")
            histograms[tag] = histogram
    finally:
        reader.input_file.close()
    return histograms


def logs_by_trial(check, folder, rows):
    """For each of the rows with histograms, those of latency (None) and of service times.

    One log a run, where the tags name the trials; or a file a trial, as it was before that.
    """
    if (folder / "histograms").is_dir():
        for row in rows:
            where = f"histograms/{row['trial_id']}.hlog"
            try:
                yield row, where, read_log(folder / where)
            except Exception as error:  # The package lets through whatever its parts raise.
                check.require(False, where, f"{type(error).__name__}: {error}")
        return
    try:
        log = read_log(folder / validate_run.HISTOGRAM_LOG)
    except Exception as error:
        check.require(False, validate_run.HISTOGRAM_LOG, f"{type(error).__name__}: {error}")
        return
    for row in rows:
        name = row["trial_id"]
        service = log.get(name + validate_run.SERVICE_SUFFIX)
        yield row, f"{validate_run.HISTOGRAM_LOG}: {name}", {
            None: log.get(name)} | ({"service": service} if service else {})


def value_at(histogram, share, low, high):
    """The smallest value that at least this share of the samples does not exceed, in ns.

    The package rounds a rank to the nearest, we round up; so it is asked for the rank itself. The
    answer stays within the exact extremes, because a bucket's highest value can lie beyond them.
    """
    total = histogram.get_total_count()
    rank = -(-share.numerator * total // share.denominator)
    value = histogram.get_value_at_percentile(100 * rank / total)
    return min(max(value, low), high)


def check_percentiles(check, where, histogram, row, names, extremes):
    """`names` are columns and the share of samples that each stands for."""
    total = histogram.get_total_count()
    for name, share in names.items():
        expected = ""
        if total * (1 - share) >= validate_run.FEWEST_SAMPLES_BEYOND:
            expected = str(value_at(histogram, share, *extremes))
        check.require(row.get(name) == expected, where,
                      f"{name} is '{row.get(name)}', the histogram says '{expected}'")


def check_trial(check, where, row, histogram):
    total = histogram.get_total_count()
    check.require(row["latency_samples"] == str(total), where,
                  f"{total} samples, trials.csv says {row['latency_samples']}")
    if row["status"] != "ok":
        return
    if validate_run.has_one_meaning(row) and validate_run.samples_are_means(row):
        # Of means there is a median and nothing beyond it, and no extremes that it could be held to.
        name, share = next(iter(validate_run.PERCENTILES.items()))
        if row[name] != "":
            value = value_at(histogram, share, histogram.get_lowest_equivalent_value(
                histogram.get_min_value()), histogram.get_max_value())
            check.require(histogram.get_lowest_equivalent_value(value) <= int(row[name]) <= value,
                          where, f"{name} is '{row[name]}', the histogram says '{value}'")
        return
    low, high = int(row["latency_min_ns"]), int(row["latency_max_ns"])
    lowest = histogram.get_lowest_equivalent_value(min(low, LARGEST_NS))
    highest = histogram.get_highest_equivalent_value(min(high, LARGEST_NS))
    check.require(histogram.get_min_value() == lowest, where,
                  f"at least {histogram.get_min_value()} ns, should be {lowest} for {low}")
    check.require(histogram.get_max_value() == highest, where,
                  f"at most {histogram.get_max_value()} ns, should be {highest} for {high}")
    check_percentiles(check, where, histogram, row, validate_run.PERCENTILES, (low, high))


def check_service(check, where, row, histogram):
    """The times from the actual send, which only a paced trial has."""
    where = f"{where}, service"
    if not check.require(row["pattern"] == "paced", where, "of a trial that is not paced"):
        return
    check.require(row["latency_samples"] == str(histogram.get_total_count()), where,
                  f"{histogram.get_total_count()} samples, trials.csv says "
                  f"{row['latency_samples']}")
    if row["status"] == "ok":
        # The exact extremes are not in the row; a bucket's highest value is what is left then.
        extremes = (histogram.get_min_value(), histogram.get_max_value())
        low = histogram.get_lowest_equivalent_value(extremes[0])
        for name, share in validate_run.SERVICE_PERCENTILES.items():
            if row[name] != "":
                value = value_at(histogram, share, low, extremes[1])
                check.require(low <= int(row[name]) <= value, where,
                              f"{name} is '{row[name]}', the histogram says '{value}'")


def check_merged(check, columns, configuration, rows, histograms, summary):
    """The percentiles of all samples of a configuration's ok trials, of the commonest world if there
    were several."""
    where = f"summary.csv: {', '.join(configuration)}"
    metrics = {line["metric"]: line["estimate"] for line in summary
               if tuple(line[name] for name in columns) == configuration}
    names = [*MERGED, "latency_merged_max_ns"]
    if len({row["latency_round_trips_per_sample"] for row in rows}) != 1:
        for name in names:
            check.require(metrics.get(name) == "", where,
                          f"{name} is '{metrics.get(name)}', but the trials' samples differ")
        return
    merged = new_histogram()
    for row in rows:
        merged.add(histograms[row["trial_id"]])
    if validate_run.has_one_meaning(rows[0]) and validate_run.samples_are_means(rows[0]):
        for name in names[1:]:
            check.require(metrics.get(name) == "", where,
                          f"{name} is '{metrics.get(name)}' of means of several")
        name, share = next(iter(MERGED.items()))
        check_percentiles(check, where, merged, metrics, {name: share},
                          (merged.get_min_value(), merged.get_max_value()))
        return
    extremes = (min(int(row["latency_min_ns"]) for row in rows),
                max(int(row["latency_max_ns"]) for row in rows))
    check_percentiles(check, where, merged, metrics, MERGED, extremes)
    check.require(metrics.get(names[-1]) == str(extremes[1]), where,
                  f"{names[-1]} is '{metrics.get(names[-1])}', should be {extremes[1]}")


def check_folder(folder):
    """What is wrong, one line each, and how many logs were looked at."""
    check = validate_run.Check()
    _, rows = validate_run.read_table(folder / "trials.csv")
    header, summary = validate_run.read_table(folder / "summary.csv")
    columns = validate_run.configuration_columns(header)
    description = validate_run.read_json(folder / "run.json")
    about = description.get("histograms") or {}
    has_all = about.get("holds") != validate_run.HOLDS_LATENCY_OF_OK
    kept = [row for row in rows
            if validate_run.has_samples(row) and (has_all or row["status"] == "ok")]
    histograms, configurations = {}, defaultdict(list)
    for row, where, log in logs_by_trial(check, folder, kept):
        if check.require(log.get(None) is not None, where, "no histogram of its latency"):
            histograms[row["trial_id"]] = log[None]
            check_trial(check, where, row, log[None])
            if "service" in log or (row["pattern"] == "paced" and has_all):
                if check.require("service" in log, where, "no service times"):
                    check_service(check, where, row, log["service"])
            if row["status"] == "ok" and validate_run.in_first_world(row, description):
                configurations[tuple(row[column] for column in columns)].append(row)
    if not check.complaints:  # A wrong log would only be complained about again.
        for configuration, group in configurations.items():
            check_merged(check, columns, configuration, group, histograms, summary)
    check.require(histograms or check.complaints, "histograms", "no trial has one")
    return check.complaints, len(histograms)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    try:
        complaints, count = check_folder(folder)
    except validate_run.Malformed as error:
        complaints, count = [str(error)], 0
    for complaint in complaints[:validate_run.MOST_COMPLAINTS]:
        print(f"check_histograms: {complaint}", file=sys.stderr)
    if not complaints:
        print(f"check_histograms: {count} histograms agree with their rows")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
