"""What came of all pairings, as a table for people or as JSON."""

import json
import statistics
from dataclasses import dataclass, field

import pairings
import readings

# ipcbench over tool. Within, a difference needs no explanation: hosts differ more between runs.
ALIKE = (0.8, 1.25)


@dataclass(frozen=True)
class Pair:
    """A run of the tool and one of ipcbench, right after each other."""

    tool: readings.Reading
    ipcbench: float | None

    @property
    def ratio(self):
        return self.ipcbench / self.tool.value


@dataclass
class Row:
    """A pairing, and what has been measured of it so far."""

    pairing: pairings.Pairing
    loops: int = 0
    pairs: list[Pair] = field(default_factory=list)
    looks: list[bool] = field(default_factory=list)  # Of unpinned ends: were both on one core?
    tool_command: str = ""
    ipcbench_command: str = ""
    missing: str = ""  # Why it cannot be measured here; nobody's fault.
    failure: str = ""

    @property
    def is_open(self):
        return not self.missing and not self.failure

    @property
    def ratios(self):
        if self.pairing.mechanism is None:
            return []
        return sorted(pair.ratio for pair in self.pairs)

    @property
    def remark(self):
        if self.missing:
            return self.missing
        if self.failure:
            return f"failed: {self.failure}"
        if self.pairing.mechanism is None:
            return "not comparable"
        low, high = ALIKE
        return "" if low <= statistics.median(self.ratios) <= high else "see below"


def unit_of(pairing, value):
    """The largest unit that leaves a reading at least 1: its factor, its name and the digits behind
    the point that make three in all."""
    if pairing.pattern == "ping-pong":
        units, largest = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")], value
    elif pairing.quantity == "bytes":
        units = [(1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s")]
        largest = value * pairing.payload_bytes
    else:
        units, largest = [(1e6, "M/s"), (1e3, "k/s"), (1.0, "/s")], value
    factor, unit = next((each for each in units if largest >= each[0]), units[-1])
    digits = max(0, 3 - len(str(int(largest / factor))))
    return largest / value / factor, unit, digits


def spread(pairing, values):
    """The median, and the lowest and highest behind it in the same unit."""
    factor, unit, digits = unit_of(pairing, statistics.median(values))
    low, middle, high = (f"{value * factor:.{digits}f}"
                         for value in (min(values), statistics.median(values), max(values)))
    return f"{middle} {unit} ({low} to {high})"


def ratio_with_range(ratios):
    if not ratios:
        return ""
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def cells(number, row):
    """A row of the table for people."""
    pairing = row.pairing
    titles = [str(number), pairing.tool, pairing.quantity,
              f"{pairing.payload_bytes} B" if pairing.payload_bytes else "", pairing.cores]
    if not row.is_open or not row.pairs:
        return [*titles, "", "", "", row.remark]
    tool = spread(pairing, [pair.tool.value for pair in row.pairs])
    if pairing.mechanism is None:
        return [*titles, tool, "", "", row.remark]
    ipcbench = spread(pairing, [pair.ipcbench for pair in row.pairs])
    return [*titles, tool, f"{ipcbench}, {pairing.mechanism}", ratio_with_range(row.ratios),
            row.remark]


TITLES = ["", "tool", "what", "payload", "both ends on", "tool, median (range)",
          "ipcbench, median (range)", "ipcbench : tool", ""]


def middle_pair(row):
    """The pair whose tool's value is the median's, or just below."""
    return sorted(row.pairs, key=lambda pair: pair.tool.value)[(len(row.pairs) - 1) // 2]


def explanation(row, item, code):
    """What stands behind a row, one line each."""
    lines = [f"tool: {code(row.tool_command)}"] if row.tool_command else []
    if row.ipcbench_command:
        lines.append(f"ipcbench: {code(row.ipcbench_command)}")
    if row.pairs:
        lines.append(f"it says: {code(middle_pair(row).tool.said)}")
    lines.append(f"that is: {row.pairing.means}")
    lines += [f"note: {note}" for note in row.pairing.notes]
    if row.looks:
        lines.append(f"seen: both ends on one core in {sum(row.looks)} of {len(row.looks)} looks")
    return [item + line for line in lines]


READING = ("A ratio is ipcbench over the tool: of times for round trips, of rates for messages and "
           "bytes; the median of the ratios within pairs, lowest and highest behind it.")


def as_table(rows, facts):
    """Aligned columns; what each number is follows below."""
    lines = [TITLES] + [cells(number, row) for number, row in enumerate(rows, start=1)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(TITLES))]
    text = [facts.sentence, ""]
    text += ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
             for line in lines]
    text += ["", READING]
    for number, row in enumerate(rows, start=1):
        text += ["", f"{number} {row.pairing.name}"]
        text += explanation(row, "  ", lambda command: command)
    return "\n".join(text) + "\n"


def as_markdown(rows, facts):
    def line(columns):
        return "| " + " | ".join(columns) + " |"

    text = [facts.sentence, "", line(TITLES), "|---:|---|---|---:|---|---:|---:|---:|---|"]
    text += [line(cells(number, row)) for number, row in enumerate(rows, start=1)]
    text += ["", READING, ""]
    for number, row in enumerate(rows, start=1):
        text.append(f"{number}. {row.pairing.name}")
        text += explanation(row, "   - ", lambda command: f"`{command}`")
    return "\n".join(text) + "\n"


def as_json(rows, facts):
    """Every reading; times in nanoseconds, rates in messages a second."""
    return json.dumps({"facts": facts.values, "pairings": [
        {
            "tool": row.pairing.tool,
            "package": row.pairing.package,
            "quantity": row.pairing.quantity,
            "unit": "ns" if row.pairing.pattern == "ping-pong" else "messages/s",
            "payload_bytes": row.pairing.payload_bytes,
            "cores": row.pairing.cores,
            "tool_command": row.tool_command,
            "tool_says": [pair.tool.said for pair in row.pairs],
            "looks": len(row.looks),
            "looks_with_both_ends_on_one_core": sum(row.looks),
            "tool_values": [pair.tool.value for pair in row.pairs],
            "ipcbench_mechanism": row.pairing.mechanism,
            "ipcbench_command": row.ipcbench_command,
            "ipcbench_values": [pair.ipcbench for pair in row.pairs if pair.ipcbench is not None],
            "ratio_median": statistics.median(row.ratios) if row.ratios else None,
            "ratio_low": row.ratios[0] if row.ratios else None,
            "ratio_high": row.ratios[-1] if row.ratios else None,
            "means": row.pairing.means,
            "notes": row.pairing.notes,
            "missing": row.missing or None,
            "failure": row.failure or None,
        } for row in rows]}, indent=2, ensure_ascii=False) + "\n"


FORMATS = {"table": as_table, "markdown": as_markdown, "json": as_json}
