#!/usr/bin/env python3
"""Shows that recorded outputs of the tools are read as what they mean, and that no tool is needed,
waited for without end, or left behind."""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import stat
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import comparison  # noqa: E402  The folder of these has to be in the path first.
import pairings  # noqa: E402
import processes  # noqa: E402
import readings  # noqa: E402

LOADER = importlib.machinery.SourceFileLoader("peers", str(HERE / "peers"))
peers = importlib.util.module_from_spec(importlib.util.spec_from_loader("peers", LOADER))
LOADER.exec_module(peers)

# A trial of 1000 messages in 5 ms, as far as it is read.
FAKE_IPCBENCH = f"""#!{sys.executable}
import sys
from pathlib import Path
if sys.argv[1] == "--version":
    print("0.0.0")
else:
    folder = Path(sys.argv[sys.argv.index("--output") + 1])
    folder.mkdir()
    (folder / "trials.csv").write_text("elapsed_ns,messages_received\\n5000000,1000\\n")
"""
# Two processes, which wait for their cores and then say on which they are.
FORKS_BOTH_ENDS = """
import os, time
for name in ("older", "younger"):
    if os.fork() == 0:
        deadline = time.monotonic() + 20
        while len(os.sched_getaffinity(0)) > 1 and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.2)  # The core of the other one has to be set as well.
        os.write(1, f"{name}={sorted(os.sched_getaffinity(0))} ".encode())
        os._exit(0)
for _ in range(2):
    os.wait()
"""
SERVES_ONCE = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
connection, _ = listener.accept()
connection.sendall(b"hello")
connection.close()
listener.accept()  # Never ends by itself, as most servers.
"""
ASKS_ONCE = """
import socket, sys
print(socket.create_connection(("127.0.0.1", int(sys.argv[1]))).recv(100).decode())
"""


def python(program, *arguments):
    return [sys.executable, "-c", program, *map(str, arguments)]


def recorded(name):
    return (HERE / "recorded" / name).read_text(encoding="utf-8")


def goes(process):
    """Whether a process ends, as one that was killed does soon, but not at once."""
    deadline = time.monotonic() + processes.RUN_SECONDS
    while time.monotonic() < deadline:
        try:
            status = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            return True
        if status.rpartition(")")[2].split()[0] == "Z":  # Nobody has waited for it yet.
            return True
        time.sleep(0.001)
    return False


class ReadingTests(unittest.TestCase):
    """Each recorded with the versions of Debian 12."""

    def check(self, read, name, said, value, payload_bytes=64, messages=0):
        reading = read(recorded(name), readings.Work(payload_bytes, messages))
        self.assertEqual(reading.said, said)
        self.assertAlmostEqual(reading.value / value, 1, places=6)


    def test_perf(self):
        self.check(readings.perf_pipe, "perf_pipe.txt", "4.8718 usecs/op", 4871.8)
        # One group of 20 to 20, 200 times.
        self.check(readings.perf_messaging, "perf_messaging.txt", "0.096 sec", 80_000 / 0.096,
                   messages=80_000)

    def test_hackbench(self):
        self.check(readings.hackbench, "hackbench.txt", "Time: 0.526", 500_000 / 0.526,
                   messages=500_000)

    def test_sockperf_halves_round_trips(self):
        self.check(readings.sockperf_ping_pong, "sockperf_ping_pong.txt",
                   "Latency is 13.887 usec", 27774)
        self.check(readings.sockperf_throughput, "sockperf_throughput.txt",
                   "Message Rate is 164791 [msg/sec]", 164791)

    def test_qperf_halves_round_trips(self):
        self.check(readings.qperf_latency, "qperf_tcp_lat.txt", "latency = 13.23 us", 26460)
        self.check(readings.qperf_bandwidth, "qperf_tcp_bw.txt", "bw = 1.3012 GB/sec",
                   1.3012e9 / 65536, payload_bytes=65536)

    def test_qperf_puts_commas_into_large_numbers(self):
        reading = readings.qperf_latency("    latency  =  1,234.5 us\n", readings.Work(64, 0))
        self.assertEqual(reading.value, 2_469_000)

    def test_iperf3_is_read_at_its_receiver(self):
        self.check(readings.iperf3_stream, "iperf3.json",
                   "sender 9.96, receiver 9.93 Gbits/sec", 9925973865.7372 / 8 / 65536,
                   payload_bytes=65536)

    def test_stress_ng(self):
        self.check(readings.stress_ng, "stress_ng_pipe.txt", "225800 bogo ops/s", 225800.31)
        self.check(readings.stress_ng, "stress_ng_sock.txt", "225 bogo ops/s", 225.26)

    def test_a_time_of_nothing_is_an_error(self):
        with self.assertRaisesRegex(readings.Unreadable, "no time"):
            readings.hackbench("Time: 0.000\n", readings.Work(64, 10))

    def test_other_output_is_an_error_that_shows_it(self):
        for read in (readings.perf_pipe, readings.perf_messaging, readings.hackbench,
                     readings.sockperf_ping_pong, readings.sockperf_throughput,
                     readings.qperf_latency, readings.qperf_bandwidth, readings.stress_ng):
            with self.subTest(read.__name__), \
                    self.assertRaisesRegex(readings.Unreadable, "Usage of it"):
                read("Usage of it", readings.Work(64, 1))
        for text in ("", "{}", '{"end": {"sum_sent": {"bits_per_second": "fast"}}}', "[]"):
            with self.subTest(text), self.assertRaisesRegex(readings.Unreadable, "both sides"):
                readings.iperf3_stream(text, readings.Work(64, 1))


class PairingTests(unittest.TestCase):
    def test_each_has_a_name_of_its_own_and_says_what_it_means(self):
        every = pairings.all_pairings()
        self.assertEqual(len({pairing.name for pairing in every}), len(every))
        self.assertEqual(
            {pairing.package for pairing in every},
            {"linux-perf", "rt-tests", "sockperf", "qperf", "iperf3", "stress-ng"})
        for pairing in every:
            self.assertGreater(len(pairing.means), 20, pairing.name)

    def test_the_tool_is_told_the_payload_unless_it_has_its_own(self):
        for pairing in pairings.all_pairings():
            command = pairing.client(pairings.Ask(pairing.payload_bytes, 5, 7))
            if pairing.package in ("linux-perf", "stress-ng"):
                continue
            self.assertIn(str(pairing.payload_bytes), command, pairing.name)

    def test_both_sides_are_on_the_same_cores(self):
        bench = peers.Bench(Path("ipcbench"), [2, 5], 300, Path("/tmp"))
        on = {pairings.SAME_CORE: ("2", "2", "2"), pairings.PINNED: ("5", "2", "5"),
              pairings.PINNED_BY_US: ("2,5", "2,5", "5"), pairings.UNPINNED: ("2,5", "2,5", "5")}
        for pairing in pairings.all_pairings():
            server, client = bench.tool_commands(pairing, 1, 7)
            server_cores, client_cores, consumer_core = on[pairing.cores]
            self.assertEqual(client[:3], ["taskset", "--cpu-list", client_cores])
            if server:
                self.assertEqual(server[:3], ["taskset", "--cpu-list", server_cores])
            if pairing.mechanism:
                command = bench.ipcbench_command(pairing, "x")
                self.assertEqual(command[command.index("--producer-core") + 1], "2")
                self.assertEqual(command[command.index("--consumer-core") + 1], consumer_core)


class ProcessTests(unittest.TestCase):
    def test_what_hangs_is_ended_with_all_that_it_started(self):
        with processes.Child(["sh", "-c", "sleep 300 & echo $!; wait"]) as child:
            grandchild = int(child.process.stdout.readline())
            with self.assertRaisesRegex(processes.RunFailed, "not done after 0.1 s"):
                child.output(seconds=0.1)
        self.assertTrue(goes(grandchild))

    def test_a_server_goes_even_if_nobody_can_end_it(self):
        program = (f"import sys; sys.path.insert(0, {str(HERE)!r}); sys.dont_write_bytecode = True\n"
                   "import os, processes, signal\n"
                   "child = processes.Child(['sleep', '300'])\n"
                   "print(child.process.pid, flush=True)\n"
                   "os.kill(os.getpid(), signal.SIGKILL)")
        with processes.Child(python(program)) as parent:
            server = int(parent.process.stdout.readline())
            parent.process.wait(processes.RUN_SECONDS)
            self.assertTrue(goes(server))

    def test_a_failure_names_the_command_and_what_it_said(self):
        with self.assertRaisesRegex(processes.RunFailed, "sh -c .*: exit code 3: oh no"):
            processes.run(["sh", "-c", "echo oh no >&2; exit 3"])
        with self.assertRaisesRegex(processes.RunFailed, "/no/such/tool"):
            processes.run(["/no/such/tool"])

    def test_a_server_is_there_before_its_client_and_gone_after(self):
        servers = []

        def server(port):
            servers.append(port)
            return python(SERVES_ONCE, port)

        printed = processes.run_against_server(server, lambda port: python(ASKS_ONCE, port))
        self.assertIn("hello", printed)
        self.assertFalse(processes.is_listening(servers[0]))

    def test_a_server_that_does_not_come_up_is_tried_on_other_ports(self):
        ports = []

        def server(port):
            ports.append(port)
            return ["sh", "-c", "echo the port is taken >&2; exit 1"]

        with self.assertRaisesRegex(processes.RunFailed, "before it listened: the port is taken"):
            processes.run_against_server(server, lambda port: ["true"])
        self.assertEqual(len(ports), processes.PORT_ATTEMPTS)

    def test_ends_that_a_tool_forks_are_put_on_a_core_each(self):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            self.skipTest("one core only")
        printed = processes.run_with_ends_on(cores[:2], python(FORKS_BOTH_ENDS), tree_size=3)
        self.assertIn(f"older=[{cores[0]}]", printed)
        self.assertIn(f"younger=[{cores[1]}]", printed)

    def test_ends_are_watched_where_nobody_pins_them(self):
        program = "import os, time\nif os.fork() == 0: time.sleep(0.2)\nelse: os.wait(); print('x')"
        core = min(os.sched_getaffinity(0))
        printed, looks = processes.run_with_ends_watched(
            ["taskset", "--cpu-list", str(core), *python(program)], tree_size=2)
        self.assertEqual(printed, "x\n")
        self.assertTrue(looks)
        self.assertTrue(all(looks))

    def test_a_tool_that_forks_nothing_is_an_error(self):
        with self.assertRaisesRegex(processes.RunFailed, "before its 3 processes were seen"):
            processes.run_with_ends_on([0, 0], ["true"], tree_size=3)


class UnitTests(unittest.TestCase):
    def test_three_digits_in_the_unit_that_people_read(self):
        pairing = pairings.all_pairings()[0]
        for nanoseconds, text in (
                ([999], "999 ns (999 to 999)"), ([4400, 4530, 4600], "4.53 µs (4.40 to 4.60)"),
                ([800, 45300, 1.2e6], "45.3 µs (0.8 to 1200.0)"),
                ([2.5e9], "2.50 s (2.50 to 2.50)"), ([0.5], "0.50 ns (0.50 to 0.50)")):
            self.assertEqual(comparison.spread(pairing, nanoseconds), text)
        stream = next(p for p in pairings.all_pairings() if p.quantity == "bytes")
        self.assertEqual(comparison.spread(stream, [1e5]), "410 MB/s (410 to 410)")


class CommandTests(unittest.TestCase):
    """The whole script, with tools of our own making."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="test-of-peers.")
        self.addCleanup(folder.cleanup)
        self.tools = Path(folder.name)
        self.write("ipcbench", FAKE_IPCBENCH)
        for name in ("taskset", "sh", "sleep"):
            (self.tools / name).symlink_to(peers.shutil.which(name))
        path = mock.patch.dict(os.environ, {"PATH": str(self.tools)})
        path.start()
        self.addCleanup(path.stop)

    def write(self, name, text):
        path = self.tools / name
        path.write_text(text, encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def call(self, *arguments):
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            try:
                code = peers.main(["--ipcbench", str(self.tools / "ipcbench"), *arguments])
            except SystemExit as ending:
                code = ending.code
        return code, output.getvalue(), errors.getvalue()

    def fake_perf(self, then=""):
        self.write("perf", f"#!/bin/sh\n{then}\necho '      4.000000 usecs/op'\n")

    def test_a_tool_is_held_against_ipcbench(self):
        self.fake_perf()
        code, output, errors = self.call(
            "--only", "pipe: round trip, 4 B, one core", "--pairs", "2", "--format", "json")
        self.assertEqual(code, 0, errors)
        row, = json.loads(output)["pairings"]
        self.assertEqual(row["tool_values"], [4000.0, 4000.0])
        self.assertEqual(row["ipcbench_values"], [5000.0, 5000.0])
        self.assertEqual((row["ratio_median"], row["ratio_low"]), (1.25, 1.25))
        self.assertIn("--loop 75000", row["tool_command"])  # 300 ms of 4 µs each.

    def test_missing_tools_have_rows_that_say_so(self):
        self.fake_perf()
        for form in ("table", "markdown"):
            code, output, errors = self.call(
                "--only", "one core", "--pairs", "1", "--format", form)
            self.assertEqual(code, 0, errors)
            for words in ("apt-get install sockperf", "apt-get install rt-tests",
                          "4.00 µs (4.00 to 4.00)", "1.25 (1.25 to 1.25)",
                          "it says: ", "a write and a read on each side"):
                self.assertIn(words, output)

    def test_a_tool_that_fails_has_a_row_that_says_so_and_the_rest_goes_on(self):
        self.fake_perf()
        self.write("hackbench", "#!/bin/sh\necho no more processes >&2\nexit 1\n")
        code, output, errors = self.call("--only", "4 B, one core", "--pairs", "1")
        self.assertEqual(code, peers.EXIT_RUN_FAILED)
        self.assertIn("no more processes", errors)
        self.assertIn("1.25 (1.25 to 1.25)", output)

    def test_a_tool_that_hangs_is_given_up(self):
        self.fake_perf("sleep 300")
        with mock.patch.object(processes.Child.output, "__defaults__", (0.2,)):
            code, _, errors = self.call("--only", "pipe: round trip, 4 B, one core", "--pairs", "1")
        self.assertEqual(code, peers.EXIT_RUN_FAILED)
        self.assertIn("not done after 0.2 s", errors)

    def test_what_cannot_be_done_is_said_before_anything_is_measured(self):
        for code, words, arguments in (
                (peers.EXIT_USAGE, "no row contains nothing", ["--only", "nothing"]),
                (peers.EXIT_USAGE, "not a number from 1", ["--pairs", "0"]),
                (peers.EXIT_USAGE, "not a time up to", ["--duration", "1h"]),
                (peers.EXIT_NOT_AVAILABLE, "iperf3 is not installed", ["--only", "iperf3"]),
                (peers.EXIT_OUTPUT, "no such folder", ["--output", "/no/such/file"]),
                (peers.EXIT_MISSING, "make build", ["--ipcbench", "/no/such/file"])):
            with self.subTest(words):
                found, output, errors = self.call(*arguments)
                self.assertEqual((found, output), (code, ""))
                self.assertIn(words, errors)


if __name__ == "__main__":
    unittest.main()
