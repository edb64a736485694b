"""What a run can leave on the machine: processes, names, System V objects."""

import ctypes
import os
import signal
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
SHARED_MEMORY, QUEUES = Path("/dev/shm"), Path("/dev/mqueue")
# The kernel ends the workers of a killed driver, but not before kill(2) returns.
GRACE_SECONDS = 2.0


def adopt_orphans():
    """Makes this process the parent of workers whose driver is gone, so that somebody reaps them
    and nobody takes a zombie for a survivor. prctl(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def reap_orphans():
    """Reaps what was adopted. Only between two runs: it would take a driver from its Popen."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def process_numbers():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def status_of(process):
    """State, parent and start time (in ticks) of a process; None if it is gone. proc(5)."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text[text.rindex(")") + 2:].split()  # The name before may hold anything.
    return fields[0], int(fields[1]), int(fields[19])


def is_alive(process, parent):
    status = status_of(process)
    return status is not None and status[0] not in "ZX" and status[1] == parent


def workers_of(driver):
    """The living workers in the order of their start: the producer comes first."""
    found = []
    for process in process_numbers():
        status = status_of(process)
        if status is None or status[1] != driver or status[0] in "ZX":
            continue
        try:
            command = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        # Between fork and exec it still has the driver's command line.
        if command[1:2] == [b"worker"]:
            found.append((status[2], process))
    return [process for _, process in sorted(found)]


def processes_with(variable):
    """Processes that have this `NAME=value` in their environment: workers inherit the driver's.
    A zombie has none any more."""
    found = []
    for process in process_numbers():
        try:
            environment = Path(f"/proc/{process}/environ").read_bytes()
        except OSError:
            continue
        if variable.encode() in environment.split(b"\0"):
            found.append(process)
    return found


def describe(process):
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        command = "gone by now"
    status = status_of(process)
    return f"process {process} (state {status[0] if status else '?'}): {command.strip()}"


def end_processes_with(variable):
    for process in processes_with(variable):
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass


def names_of_driver(driver, temporary):
    """Names that a link of this driver has, or had when it was killed."""
    found = []
    for folder in (SHARED_MEMORY, QUEUES, temporary):
        try:
            found += [folder / name for name in os.listdir(folder)
                      if name.startswith(f"ipcbench-{driver}-")]
        except OSError:
            continue  # A machine without /dev/mqueue.
    return sorted(found)


def has_living_maker(name):
    """Whether a name is one that ipcbench makes, and carries the number of a living process."""
    parts = name.split("-")
    return parts[0] == "ipcbench" and len(parts) > 1 and status_of(parts[1]) is not None


def is_living_claim(name):
    """Whether an abstract socket is a run's claim on a core, `@ipcbench-cpu-CORE-PROCESS-…`, and that run
    is still there."""
    parts = name.split("-")
    return parts[:2] == ["@ipcbench", "cpu"] and len(parts) > 3 and status_of(parts[3]) is not None


class Machine:
    """What was on the machine before a run, to tell what the run added to it."""

    def __init__(self):
        self.before = self.objects()

    @staticmethod
    def objects():
        """System V objects of this user, names in /dev/shm and /dev/mqueue, abstract sockets.

        What is known to have been made by a process that is still there is others' business: the
        machine may be shared, and a run is over when this is asked.
        """
        found = set()
        for kind in ("shm", "msg", "sem"):
            table = Path(f"/proc/sysvipc/{kind}")
            lines = table.read_text(encoding="ascii").splitlines() if table.exists() else [""]
            columns = lines[0].split()
            for line in lines[1:]:
                row = dict(zip(columns, line.split()))
                maker = row.get("cpid") or row.get("lspid") or "0"
                if row["uid"] == str(os.getuid()) and status_of(maker) is None:
                    found.add(f"System V {kind} {row[columns[1]]}")
        for folder in (SHARED_MEMORY, QUEUES):
            if folder.is_dir():
                found |= {str(folder / name) for name in os.listdir(folder)
                          if not has_living_maker(name)}
        for line in Path("/proc/net/unix").read_text(errors="replace").splitlines():
            name = line.split()[-1]
            if name.startswith("@") and "ipcbench" in name and not is_living_claim(name):
                found.add(f"abstract socket {name}")
        return found

    def added(self):
        return sorted(self.objects() - self.before)


def after_grace(look):
    """What `look` still finds when it has had time to go."""
    deadline = time.monotonic() + GRACE_SECONDS
    while True:
        found = look()
        if not found or time.monotonic() >= deadline:
            return found
        time.sleep(0.005)


def leftovers(variable, temporary, machine, killed_driver=None):
    """One line for everything that a run left.

    - killed_driver: its number if the driver was killed. Then, and only then, workers may outlive
      it for a moment, and names of a link that it was making may stay; see `names_of_driver`.
    """
    wait = after_grace if killed_driver else (lambda look: look())
    wrong = [f"orphan: {describe(process)}"
             for process in wait(lambda: processes_with(variable))]
    excused = names_of_driver(killed_driver, temporary) if killed_driver else []
    machine_wide = after_grace(lambda: set(machine.added()) - set(map(str, excused)))
    wrong += [f"left on the machine: {name}" for name in sorted(machine_wide)]
    wrong += [f"left in TMPDIR: {path.name}" for path in sorted(temporary.iterdir())
              if path not in excused]
    return wrong
