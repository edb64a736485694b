#!/usr/bin/env python3
"""Median round trip against payload, one line a mechanism, by pandas and matplotlib.

Usage: latency.py SUMMARY.CSV PICTURE [WAIT]

PICTURE ends in .svg, .png or .pdf. WAIT is block (the default), spin or adaptive.
"""

import sys

import matplotlib
import pandas

matplotlib.use("Agg")  # Draws into files; needs no screen.
from matplotlib import pyplot, ticker  # noqa: E402

# The colours and marks that ipcbench itself uses (Sources/Reporting/MechanismStyle.swift).
STYLES = {
    "pipe": ("#0072B2", "o"), "fifo": ("#56B4E9", "v"), "unix-stream": ("#009E73", "s"),
    "tcp": ("#E69F00", "D"), "shm-ring": ("#D55E00", "^"), "onc-rpc-unix": ("#CC79A7", "P"),
    "onc-rpc-tcp": ("#808080", ">"), "shm-plain": ("#8C510A", "p"),
}
OTHER_STYLE = ("#999999", "<")


def fail(code, message):
    print(f"latency.py: {message}", file=sys.stderr)
    sys.exit(code)


def bytes_text(size):
    for power, unit in ((20, "MiB"), (10, "KiB"), (0, "B")):
        if size >= 1 << power:
            return f"{size / (1 << power):g} {unit}"


def main(arguments):
    if len(arguments) not in (2, 3):
        fail(64, "usage: latency.py SUMMARY.CSV PICTURE [WAIT]")
    summary, picture = arguments[:2]
    wait = arguments[2] if len(arguments) == 3 else "block"
    try:
        rows = pandas.read_csv(summary)
    except FileNotFoundError:
        fail(66, f"{summary}: not there; give the summary.csv of a run")

    # All other factors are held constant: a line is only a line if nothing else changes along it.
    rows = rows.query(
        "metric == 'latency_p50_ns' and pattern == 'ping-pong' and wait == @wait"
        " and data_path == 'copy' and touch == 'header' and placement != 'same-core'"
        " and estimate.notna()")
    if rows.empty:
        fail(65, f"{summary}: no round trips with wait {wait}; give another run, or another wait")
    rows = rows[rows.placement == rows.placement.iloc[0]].sort_values("payload_bytes")

    figure, axes = pyplot.subplots(figsize=(9, 5.5), layout="constrained")
    names = [name for name in STYLES if name in set(rows.mechanism)]
    names += sorted(set(rows.mechanism) - set(names))
    for name in names:
        line = rows[rows.mechanism == name]
        colour, mark = STYLES.get(name, OTHER_STYLE)
        # Without an interval (fewer than six trials) there is no bar.
        below = (line.estimate - line.interval_low).fillna(0) / 1000
        above = (line.interval_high - line.estimate).fillna(0) / 1000
        axes.errorbar(
            line.payload_bytes, line.estimate / 1000, yerr=[below, above], label=name,
            color=colour, marker=mark, markersize=6, linewidth=1.5, elinewidth=1, capsize=3)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    payloads = sorted(rows.payload_bytes.unique())
    axes.set_xticks(payloads, [bytes_text(size) for size in payloads])
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.grid(which="major", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("payload")
    axes.set_ylabel("median round trip, µs (bars: 95 % interval)")
    axes.set_title(f"Round trip, wait {wait}, touch header, {rows.placement.iloc[0]}")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    try:
        figure.savefig(picture, dpi=120)
    except (OSError, ValueError) as error:
        fail(73, f"{picture}: cannot be written ({error}); give a name that ends in .svg or .png")


if __name__ == "__main__":
    main(sys.argv[1:])
