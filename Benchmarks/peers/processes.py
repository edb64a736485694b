"""Children that end by a deadline, on cores of our choosing, and of which none outlives us."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

# Nothing here takes longer than six seconds; a child that takes this long hangs.
RUN_SECONDS = 30
START_SECONDS = 10
END_SECONDS = 5
LOOK_SECONDS = 0.001
WATCH_SECONDS = 0.01  # Looking takes 40 µs, so less than half a per cent of a core's time.
# Somebody may take a port between our finding it free and the server's asking for it.
PORT_ATTEMPTS = 3
LONGEST_COMPLAINT = 300
PR_SET_PDEATHSIG = 1  # linux/prctl.h
LISTENING = "0A"  # TCP_LISTEN, as /proc/net/tcp writes it; linux/include/net/tcp_states.h.


class RunFailed(Exception):
    """A child did not do what it was started for; the message names it and what it said."""


class Child:
    """A process in a group of its own, so that all that it starts can be ended with it.

    Not in a session: the kernel shares processor time out by sessions, sched(7), and a server and a
    client in two of them got twice as much of a busy machine as ipcbench in one.
    """

    def __init__(self, command):
        self.command = command
        # Decimal points and messages are read, so they must not depend on who runs this.
        environment = os.environ | {"LC_ALL": "C"}
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, errors="replace", env=environment, preexec_fn=prepare_child)
        except OSError as error:
            raise RunFailed(f"{' '.join(command)}: {error}") from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Kills what is left, and returns what it printed."""
        if self.process.poll() is None:
            # Those that have made a group of their own, too.
            for process in descendants(self.process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process.stdout.closed:
            return ""
        try:
            return "\n".join(self.process.communicate(timeout=END_SECONDS))
        except subprocess.TimeoutExpired:
            return ""  # Somebody else holds the other end of its output.

    def output(self, seconds=RUN_SECONDS):
        """What it prints, once it has ended by itself and with success."""
        try:
            printed, complaint = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.end()
            raise self.failure(f"not done after {seconds} s") from None
        if self.process.returncode != 0:
            said = (complaint.strip() or printed.strip() or "it said nothing")[-LONGEST_COMPLAINT:]
            raise self.failure(f"exit code {self.process.returncode}: {said}")
        # Some tools print their results to the one, some to the other.
        return printed + complaint

    def failure(self, reason):
        return RunFailed(f"{' '.join(self.command)}: {reason}")


LIBRARY = ctypes.CDLL(None)  # Loaded here, because little is safe between fork() and exec().


def prepare_child():
    """Makes a group of a child, and has it killed when we are, who then can kill nothing any more;
    setpgid(2), prctl(2)."""
    os.setpgid(0, 0)
    LIBRARY.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(command):
    """Runs a command to its end and returns what it printed."""
    with Child(command) as child:
        return child.output()


def run_against_server(server_command, client_command):
    """Runs a client against a fresh server; both take the port that they shall use.

    A server that does not come up is tried again on another port.
    """
    for attempt in range(PORT_ATTEMPTS):
        port = free_port()
        with Child(server_command(port)) as server:
            try:
                wait_until_listening(server, port)
            except RunFailed:
                if attempt + 1 == PORT_ATTEMPTS:
                    raise
                continue
            return run(client_command(port))
    raise AssertionError("the last attempt returns or raises")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_listening(server, port):
    """Looks into the kernel's tables; a connection just to try would be the one that a server of a
    single test takes."""
    deadline = time.monotonic() + START_SECONDS
    while not is_listening(port):
        if server.process.poll() is not None:
            said = server.end().strip()[-LONGEST_COMPLAINT:] or "it said nothing"
            raise server.failure(f"the server ended before it listened: {said}")
        if time.monotonic() > deadline:
            raise server.failure(f"does not listen on port {port} after {START_SECONDS} s")
        time.sleep(LOOK_SECONDS)


def is_listening(port):
    """Whether anybody listens on a TCP port of this machine; proc(5), /proc/net/tcp."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                _, local_address, _, state = line.split()[:4]
                if state == LISTENING and int(local_address.rpartition(":")[2], 16) == port:
                    return True
    return False


def run_with_ends_on(cores, command, tree_size):
    """Runs a tool that forks its two ends itself, and puts each on a core as soon as it is there.

    - cores: of the older of the two ends, and of the younger.
    - tree_size: how many processes the tool consists of, once both ends are among them. They are
      the last two.
    """
    with Child(command) as child:
        ends = wait_for_ends(child, tree_size)
        try:
            for process, core in zip(ends, cores):
                os.sched_setaffinity(process, {core})
        except OSError as error:
            raise child.failure(f"its ends cannot be pinned: {error}") from error
        return child.output()


def run_with_ends_watched(command, tree_size):
    """Runs such a tool as it is, and looks on which cores its ends are.

    Returns what it printed, and for each look whether both were on the same core.
    """
    looks = []
    with Child(command) as child:
        ends = wait_for_ends(child, tree_size)
        deadline = time.monotonic() + RUN_SECONDS
        with contextlib.suppress(OSError, IndexError):  # One of them has ended.
            while child.process.poll() is None and time.monotonic() < deadline:
                older, younger = map(last_core, ends)
                looks.append(older == younger)
                time.sleep(WATCH_SECONDS)
        return child.output(), looks


def wait_for_ends(child, tree_size):
    deadline = time.monotonic() + START_SECONDS
    while len(tree := descendants(child.process.pid)) < tree_size:
        if child.process.poll() is not None:
            child.output()  # Says why, if the tool failed.
            raise child.failure(f"ended before its {tree_size} processes were seen")
        if time.monotonic() > deadline:
            raise child.failure(f"{len(tree)} processes after {START_SECONDS} s, "
                                f"{tree_size} were expected")
        time.sleep(LOOK_SECONDS)
    return tree[-2:]


def last_core(process):
    """The core that a process is or was on: field 39 of /proc/PID/stat, of which the second may hold
    spaces and brackets; proc(5)."""
    status = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    return int(status.rpartition(")")[2].split()[39 - 3])


def descendants(process):
    """A process and all that it started, parents before children and the older first; proc(5)."""
    found = [process]
    for parent in found:  # Grows while it is walked.
        with contextlib.suppress(OSError):
            for thread in sorted(Path(f"/proc/{parent}/task").iterdir()):
                found += map(int, (thread / "children").read_text(encoding="ascii").split())
    return found
