"""What the tools print, and what that is in the units of ipcbench.

A reading is of a ping-pong the mean time of a round trip in nanoseconds, of a stream messages a
second. The functions say where in a tool's source its number comes from; versions are Debian 12's.
"""

import json
import re
from dataclasses import dataclass

NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "sec": 1e9}
# qperf counts in thousands; view_band() in its src/qperf.c.
BYTES_PER_SECOND = {"bytes/sec": 1.0, "KB/sec": 1e3, "MB/sec": 1e6, "GB/sec": 1e9, "TB/sec": 1e12}


class Unreadable(Exception):
    """A tool printed something else than it should; the message says what was looked for."""


@dataclass(frozen=True)
class Reading:
    said: str  # The tool's own number with its own unit.
    value: float  # In the unit of ipcbench, see above.


@dataclass(frozen=True)
class Work:
    """How much a tool was asked to do."""

    payload_bytes: int
    messages: int  # In all; 0 for a tool that is told a time instead.


def find(pattern, text, what):
    match = re.search(pattern, text)
    if match is None:
        raise Unreadable(f"its output has no {what}: {text.strip()[-200:] or 'it is empty'}")
    return match


def number(text):
    """A number with commas between its thousands, as qperf writes it."""
    return float(text.replace(",", ""))


def positive(text):
    """A time to divide by. The tools round it to milliseconds."""
    value = float(text)
    if value <= 0:
        raise Unreadable("it says that it took no time; give it more to do")
    return value


def perf_pipe(text, _):
    """An operation is one pass of worker_thread(), a write and a read on each side: both ways."""
    microseconds = float(find(r"([\d.]+) usecs/op", text, "'usecs/op'")[1])
    return Reading(f"{microseconds:g} usecs/op", microseconds * 1e3)


def perf_messaging(text, work):
    """From the start signal to the last wait(): bench_sched_messaging()."""
    seconds = positive(find(r"Total time: ([\d.]+) \[sec\]", text, "'Total time'")[1])
    return Reading(f"{seconds:g} sec", work.messages / seconds)


def hackbench(text, work):
    """The same of the program that perf took it from; main()."""
    seconds = positive(find(r"Time: ([\d.]+)", text, "'Time'")[1])
    return Reading(f"Time: {seconds:g}", work.messages / seconds)


def sockperf_ping_pong(text, _):
    """client_statistics() halves every round trip, unless it is told --full-rtt."""
    microseconds = float(find(r"Summary: Latency is ([\d.]+) usec", text, "'Summary: Latency'")[1])
    return Reading(f"Latency is {microseconds:g} usec", microseconds * 2e3)


def sockperf_throughput(text, _):
    """stream_statistics() divides the messages sent by the time that the client took."""
    rate = float(find(r"Summary: Message Rate is (\d+) \[msg/sec\]", text, "'Message Rate'")[1])
    return Reading(f"Message Rate is {rate:.0f} [msg/sec]", rate)


def qperf_latency(text, _):
    """calc_results() divides the time by what both sides received, so by twice the round trips."""
    match = find(r"latency\s*=\s*([\d.,]+) (ns|us|ms|sec)\b", text, "'latency'")
    nanoseconds = number(match[1]) * NANOSECONDS[match[2]]
    return Reading(f"latency = {match[1]} {match[2]}", 2 * nanoseconds)


def qperf_bandwidth(text, work):
    """What the server received, by the client's time: show_info() shows Res.recv_bw as bw."""
    match = find(r"\bbw\s*=\s*([\d.,]+) ([KMGT]?B/sec|bytes/sec)", text, "'bw'")
    bytes_per_second = number(match[1]) * BYTES_PER_SECOND[match[2]]
    return Reading(f"bw = {match[1]} {match[2]}", bytes_per_second / work.payload_bytes)


def iperf3_stream(text, work):
    """The receiver's rate of --json; a write of --length bytes counts as a message."""
    try:
        end = json.loads(text)["end"]
        sent, received = (float(end[side]["bits_per_second"])
                          for side in ("sum_sent", "sum_received"))
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"its JSON has no rates of both sides: {error!r}") from error
    return Reading(f"sender {sent / 1e9:.2f}, receiver {received / 1e9:.2f} Gbits/sec",
                   received / 8 / work.payload_bytes)


def stress_ng(text, _):
    """Bogo operations a second of real time, the fifth number of --metrics-brief."""
    metrics = r"(?:metrc|info): .*?\b(?:pipe|sock)\s+\d+(?:\s+[\d.]+){3}\s+([\d.]+)"
    rate = float(find(metrics, text, "line of metrics")[1])
    return Reading(f"{rate:.0f} bogo ops/s", rate)
