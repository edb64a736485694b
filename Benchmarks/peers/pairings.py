"""What is held against what: a configuration of each tool, and that of ipcbench which is nearest.

Statements about a tool are from its source, whose functions are named, and were checked with the
versions of Debian 12 by strace: `strace -f -e trace=%network,%desc` shows sizes, flags and options.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import readings

# What the two ends of a pairing run on.
SAME_CORE = "one core"
PINNED = "two cores"
# The tool forks its ends itself and has no option for it: each is put on its core once it is there.
PINNED_BY_US = "two cores, pinned by us"
UNPINNED = "two cores, unpinned"

# Capacity that the kernel gives a pipe nobody resizes; pipe(7).
DEFAULT_PIPE_BYTES = 64 * 1024
# The default of ipcbench. The kernel doubles it, for tools that set SO_SNDBUF as well; socket(7).
BUFFER_BYTES = 128 * 1024
# Here ipcbench with that was as fast as qperf and iperf3, whose buffers grow by themselves.
LARGE_BUFFER_BYTES = 2 * 1024 * 1024
# Senders, and receivers, of a group of perf: num_fds in bench_sched_messaging(), no option of it.
PERF_FDS_PER_GROUP = 20
# The shortest that sockperf, qperf, iperf3 and stress-ng can be told: they take whole seconds.
TOOL_SECONDS = 1


@dataclass(frozen=True)
class Ask:
    """What is put into a tool's command line."""

    payload_bytes: int
    loops: int
    port: int | None


@dataclass(frozen=True)
class Pairing:
    tool: str
    package: str  # Debian's.
    quantity: str
    cores: str
    payload_bytes: int
    client: Callable[[Ask], list[str]]
    read: Callable[[str, readings.Work], readings.Reading]
    means: str  # What the tool's number is, in truth.
    mechanism: str | None  # Of ipcbench; None where it has nothing like it.
    pattern: str = "ping-pong"
    buffer_bytes: int = BUFFER_BYTES
    server: Callable[[Ask], list[str]] | None = None
    # To be found by a first short run; 0 for tools that are told a time instead.
    first_loops: int = 0
    messages_per_loop: int = 1
    # How many processes there are once both ends have been forked, and which of them sends; 0 where
    # nobody has to know.
    tree_size: int = 0
    sender_is_younger: bool = False
    notes: tuple[str, ...] = ()

    @property
    def name(self):
        size = f", {self.payload_bytes} B" if self.payload_bytes else ""
        return f"{self.tool}: {self.quantity}{size}, {self.cores}"

    @property
    def program(self):
        return self.tool.split()[0]

    @property
    def needs_two_cores(self):
        return self.cores != SAME_CORE


def kernel_limit(name):
    """A number of /proc/sys; None where there is none."""
    try:
        return int(Path("/proc/sys", name).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def unix_socket_buffer_bytes():
    """What to ask for to get the buffer that a unix socket has by default: its half; socket(7)."""
    default = kernel_limit("net/core/wmem_default")
    return default // 2 if default else BUFFER_BYTES


def large_socket_buffer_bytes():
    """As large as buffers become that are left to the kernel, as far as somebody may ask for that."""
    limits = [kernel_limit(f"net/core/{name}") for name in ("wmem_max", "rmem_max")]
    return min([LARGE_BUFFER_BYTES, *(limit or BUFFER_BYTES for limit in limits)])


def perf_pipe(ask):
    return ["perf", "bench", "sched", "pipe", "--loop", str(ask.loops)]


def perf_messaging(ask):
    return ["perf", "bench", "sched", "messaging", "--pipe", "--group", "1",
            "--nr_loops", str(ask.loops)]


def hackbench(*options):
    return lambda ask: ["hackbench", *options, "--groups", "1", "--fds", "1",
                        "--datasize", str(ask.payload_bytes), "--loops", str(ask.loops)]


def sockperf(mode, *options):
    return lambda ask: ["sockperf", mode, "--tcp", "--ip", "127.0.0.1", "--port", str(ask.port),
                        "--msg-size", str(ask.payload_bytes), "--time", str(TOOL_SECONDS), *options]


def sockperf_server(*options):
    return lambda ask: ["sockperf", "server", "--tcp", "--ip", "127.0.0.1",
                        "--port", str(ask.port), *options]


def qperf(test):
    return lambda ask: ["qperf", "--listen_port", str(ask.port), "--time", str(TOOL_SECONDS),
                        "--precision", "5", "--msg_size", str(ask.payload_bytes), "127.0.0.1", test]


def qperf_server(ask):
    return ["qperf", "--listen_port", str(ask.port)]


def iperf3(*options):
    return lambda ask: ["iperf3", "--client", "127.0.0.1", "--port", str(ask.port),
                        "--time", str(TOOL_SECONDS), "--length", str(ask.payload_bytes),
                        "--json", *options]


def iperf3_server(ask):
    return ["iperf3", "--server", "--one-off", "--bind", "127.0.0.1", "--port", str(ask.port)]


def stress_ng(stressor):
    return lambda ask: ["stress-ng", f"--{stressor}", "1", "--timeout", str(TOOL_SECONDS),
                        "--metrics-brief"]


CHECKS_NOTHING = ("it looks at no byte that arrives; ipcbench checks number and length of each "
                  "message")
GROWING_BUFFERS = ("it leaves its buffers to the kernel, which lets them grow to megabytes, up to "
                   "net.ipv4.tcp_wmem and tcp_rmem; ipcbench is given large ones")


def of_perf():
    """worker_thread() and bench_sched_pipe() in tools/perf/bench/sched-pipe.c, sender() and
    bench_sched_messaging() in sched-messaging.c, of the kernel's source."""
    pipe = dict(
        tool="perf bench sched pipe", package="linux-perf", payload_bytes=4, client=perf_pipe,
        read=readings.perf_pipe, mechanism="pipe", buffer_bytes=DEFAULT_PIPE_BYTES,
        quantity="round trip", first_loops=2000, tree_size=2,
        means="a round trip: an operation is a write and a read on each side. Messages have 4 "
              "bytes, and no option changes that; the time includes a fork() and a waitpid()")
    return [
        Pairing(cores=SAME_CORE, notes=(CHECKS_NOTHING,), **pipe),
        Pairing(cores=PINNED_BY_US, notes=(CHECKS_NOTHING,), **pipe),
        Pairing(
            cores=UNPINNED,
            notes=("as people run it: it pins no end, so that the scheduler decides whether a "
                   "wake-up crosses to the other core or both ends share one. Where they share "
                   "one, it times switches and no wake-up of a core; ipcbench's are on a core each",
                   ),
            **pipe),
        Pairing(
            tool="perf bench sched messaging", package="linux-perf", payload_bytes=100,
            client=perf_messaging, read=readings.perf_messaging, mechanism="pipe",
            pattern="stream", buffer_bytes=DEFAULT_PIPE_BYTES, quantity="messages",
            cores=UNPINNED, first_loops=20, messages_per_loop=PERF_FDS_PER_GROUP**2,
            means="the time in which 20 senders write to 20 receivers each, 40 processes in all, "
                  "until the last of them is reaped; it prints that time alone",
            notes=("it shows how the scheduler copes with a crowd, not what one pair gets: a "
                   "process runs until its pipe is full or empty, and there is always another one "
                   "that can run meanwhile",)),
    ]


def of_hackbench():
    """sender(), receiver() and main() in src/hackbench/hackbench.c of rt-tests."""
    common = dict(
        package="rt-tests", read=readings.hackbench, pattern="stream", quantity="messages",
        payload_bytes=64, first_loops=200_000, tree_size=3, sender_is_younger=True,
        means="the time from the start signal until both ends are reaped, here for one sender and "
              "one receiver; by default for 400 processes")
    pipe = dict(common, tool="hackbench --pipe", client=hackbench("--pipe"), mechanism="pipe",
                buffer_bytes=DEFAULT_PIPE_BYTES)
    unix = dict(common, tool="hackbench", client=hackbench(), mechanism="unix-stream",
                buffer_bytes=unix_socket_buffer_bytes())
    return [
        Pairing(cores=SAME_CORE, notes=(CHECKS_NOTHING,), **pipe),
        Pairing(cores=PINNED_BY_US, notes=(CHECKS_NOTHING,), **pipe),
        Pairing(cores=PINNED_BY_US, notes=(CHECKS_NOTHING,), **unix),
    ]


def of_sockperf():
    """client_statistics() and stream_statistics() in src/client.cpp of sockperf."""
    ping_pong = dict(
        tool="sockperf ping-pong", package="sockperf", payload_bytes=64, quantity="round trip",
        client=sockperf("ping-pong"), server=sockperf_server(), read=readings.sockperf_ping_pong,
        mechanism="tcp",
        means="half of the mean round trip, called latency; doubled here. --full-rtt prints the "
              "whole")
    buffers = ("--buffer-size", str(BUFFER_BYTES))
    throughput = dict(
        package="sockperf", payload_bytes=4096, quantity="bytes", pattern="stream", cores=PINNED,
        server=sockperf_server(*buffers), read=readings.sockperf_throughput, mechanism="tcp",
        means="what the sender wrote, until its last write and by its own clock; nobody asks "
              "whether it arrived. Its MBps are of 2^20 bytes")
    reading = ("its server reads up to 65507 bytes at a time and takes them apart; ipcbench reads "
               "each message by a call of its own")
    return [
        Pairing(cores=SAME_CORE, **ping_pong),
        Pairing(cores=PINNED, **ping_pong),
        Pairing(
            tool="sockperf throughput", client=sockperf("throughput", *buffers),
            notes=("it leaves Nagle's algorithm on, so that the kernel joins messages into large "
                   "segments; ipcbench sets TCP_NODELAY and sends each as it comes. The next row "
                   "is the same without that difference", reading), **throughput),
        # In this mode the option turns Nagle's algorithm off, whatever its name says.
        Pairing(
            tool="sockperf throughput --tcp-avoid-nodelay",
            client=sockperf("throughput", *buffers, "--tcp-avoid-nodelay"),
            notes=("the option sets TCP_NODELAY in this mode, whatever its name says; so it does "
                   "what ipcbench does", reading), **throughput),
    ]


def of_qperf():
    """stream_client_lat(), stream_client_bw(), client_init() and set_socket_buffer_size() in
    src/socket.c, calc_results() and get_times() in src/qperf.c, of qperf."""
    latency = dict(
        tool="qperf tcp_lat", package="qperf", payload_bytes=64, quantity="round trip",
        client=qperf("tcp_lat"), server=qperf_server, read=readings.qperf_latency,
        mechanism="tcp",
        means="half of the mean round trip, called latency; doubled here",
        notes=("its clock is times(2), with 10 ms a tick: within 1 % of a second",))
    return [
        Pairing(cores=SAME_CORE, **latency),
        Pairing(cores=PINNED, **latency),
        Pairing(
            tool="qperf tcp_bw", package="qperf", payload_bytes=65536, quantity="bytes",
            pattern="stream", cores=PINNED, client=qperf("tcp_bw"), server=qperf_server,
            read=readings.qperf_bandwidth, mechanism="tcp",
            buffer_bytes=large_socket_buffer_bytes(),
            means="bytes of whole messages that the receiver read, by the sender's clock",
            notes=(GROWING_BUFFERS + "; --sock_buf_size sets the receiver's only",)),
    ]


def of_iperf3():
    """iperf_tcp_send(), iperf_tcp_recv() and iperf_tcp_connect() in src/iperf_tcp.c of iperf3."""
    common = dict(
        package="iperf3", payload_bytes=65536, quantity="bytes", pattern="stream",
        cores=PINNED, server=iperf3_server, read=readings.iperf3_stream, mechanism="tcp",
        means="bytes that the receiver read, whole messages or not, by its own clock; the sender's "
              "rate, which it prints as well, counts what is still under way")
    waiting = ("its sockets do not block: a write that finds the buffer full takes what fits, is "
               "tried again up to nine times, and then waits in select(); ipcbench's write sleeps")
    return [
        Pairing(
            tool="iperf3", client=iperf3(), buffer_bytes=large_socket_buffer_bytes(),
            notes=(GROWING_BUFFERS, waiting), **common),
        Pairing(
            tool=f"iperf3 --window {BUFFER_BYTES} --no-delay",
            client=iperf3("--window", str(BUFFER_BYTES), "--no-delay"),
            notes=("the same buffers as ipcbench's default, and TCP_NODELAY as there", waiting),
            **common),
    ]


def of_stress_ng():
    """stress_pipe() in stress-pipe.c and stress_sock_server() in stress-sock.c of stress-ng."""
    return [
        Pairing(
            tool="stress-ng --pipe", package="stress-ng", payload_bytes=512, quantity="messages",
            pattern="stream", cores=PINNED_BY_US, tree_size=3, client=stress_ng("pipe"),
            read=readings.stress_ng, mechanism="pipe", buffer_bytes=DEFAULT_PIPE_BYTES,
            means="writes of 512 bytes (bogo operations) by the sender's clock. --pipe-data-size "
                  "has no effect in version 0.15.06",
            # A bare loop of writes against one of reads was half as fast with O_DIRECT as without.
            notes=("its pipe has O_DIRECT: each write is a packet with a page of its own, so that "
                   "16 are under way at most; ipcbench's holds 64 KiB",)),
        Pairing(
            tool="stress-ng --sock", package="stress-ng", payload_bytes=0,
            quantity="connections", pattern="stream", cores=UNPINNED,
            client=stress_ng("sock"), read=readings.stress_ng, mechanism=None,
            means="connections (bogo operations): each is an accept() and all that is sent over "
                  "it, 511 messages of 16 to 8176 bytes",
            notes=("not comparable: ipcbench counts messages over one connection",)),
    ]


def all_pairings():
    return [*of_perf(), *of_hackbench(), *of_sockperf(), *of_qperf(), *of_iperf3(),
            *of_stress_ng()]
