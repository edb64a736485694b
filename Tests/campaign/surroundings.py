"""What is arranged around a run before it starts, and taken away after it."""

import os
import resource
import signal
import subprocess
import time
from dataclasses import replace

import judgement
import plan as plans
import traces

START_SECONDS = 20  # How long the other run may take to its first row.
END_SECONDS = 20
# The soft limit sends SIGXCPU; the hard one would send SIGKILL, which nobody can answer.
HARD_CPU_SECONDS = 10
SEARCH_STEP = 1 << 20
LARGEST_SEARCHED = 1 << 30

LIMITS = {plans.FILE_SIZE: resource.RLIMIT_FSIZE, plans.CPU_TIME: resource.RLIMIT_CPU,
          plans.OPEN_FILES: resource.RLIMIT_NOFILE, plans.ADDRESS_SPACE: resource.RLIMIT_AS}

# With a /dev/shm of its own, of so many KiB. Both commands give way to the next one, so that the driver
# has the number of the process that was started.
WITH_SMALL_SHM = ["unshare", "-m", "sh", "-c",
                  'mount -t tmpfs -o "size=${0}k" none /dev/shm && exec "$@"']


def why_not(kind):
    """Why this machine does not offer such surroundings; nothing if it does."""
    if kind != plans.SMALL_SHM:
        return ""
    try:
        done = subprocess.run([*WITH_SMALL_SHM, "64", "true"], capture_output=True, text=True,
                              timeout=20, check=False)
    except OSError as error:
        return str(error)
    return " ".join(done.stderr.split()) if done.returncode != 0 else ""


def least_address_space(binary):
    """With how many bytes the program can be loaded and says its version. The loader's refusal of less
    is none of the program's business."""
    def is_enough(size):
        done = subprocess.run(
            [binary, "--version"], capture_output=True, timeout=20, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)))
        return done.returncode == 0

    low, high = 0, LARGEST_SEARCHED
    while high - low > SEARCH_STEP:
        middle = (low + high) // 2
        if is_enough(middle):
            high = middle
        else:
            low = middle
    return high


class Surroundings:
    """Those of one run. `close` ends whatever is left of them."""

    def __init__(self, plan, binary, scratch, variable):
        self.plan, self.binary, self.scratch, self.variable = plan, binary, scratch, variable
        self.reading_end = None  # Of a pipe that nobody reads.
        self.shm = None  # The run's own /dev/shm, which is gone when nobody has it open any more.
        self.other = None
        self.other_plan = replace(
            plan, surroundings=plans.BESIDE, trials=5000, duration_ms=50, warm_up_ms=1, events=())

    # Before the run.

    def words(self, words):
        """The command, with what has to stand before it."""
        if self.plan.surroundings == plans.SMALL_SHM:
            return [*WITH_SMALL_SHM, str(max(4, self.plan.amount // plans.KIBIBYTE)), *words]
        return words

    def in_child(self, address_space):
        """What the process does before it becomes the driver; None for nothing.

        - address_space: with how many bytes the program starts.
        """
        kind, amount = self.plan.surroundings, self.plan.amount
        if kind == plans.IGNORED_SIGNAL:
            return lambda: signal.signal(amount, signal.SIG_IGN)
        if kind not in LIMITS or not self.plan.is_surrounded_at_start:
            return None
        soft = address_space + amount if kind == plans.ADDRESS_SPACE else amount
        hard = HARD_CPU_SECONDS if kind == plans.CPU_TIME else soft
        return lambda: resource.setrlimit(LIMITS[kind], (soft, hard))

    def output(self):
        """The writing end of a pipe that takes nothing more, for the caller to close; or None."""
        if self.plan.surroundings != plans.UNREAD:
            return None
        self.reading_end, writing_end = os.pipe()
        os.set_blocking(writing_end, False)
        try:
            while True:
                os.write(writing_end, b"x" * plans.KIBIBYTE)
        except BlockingIOError:
            pass
        os.set_blocking(writing_end, True)
        return writing_end

    def begin(self):
        """Starts the other run, and waits until it measures. What went wrong, or nothing."""
        if self.plan.surroundings != plans.NEIGHBOUR:
            return ""
        work, temporary = self.scratch / "other", self.scratch / "other-tmp"
        for folder in (work, temporary):
            folder.mkdir()
        name, value = self.variable.split("=", maxsplit=1)
        with open(self.scratch / "other-stderr", "wb") as errors:
            self.other = subprocess.Popen(
                [self.binary, *self.other_plan.arguments("run")], cwd=work,
                env=os.environ | {name: value, "TMPDIR": str(temporary)}, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        rows = work / "run" / "trials.csv"
        while not rows.exists() or rows.read_bytes().count(b"\n") < 2:
            if self.other.poll() is not None or time.monotonic() > deadline:
                return "the other run measures nothing: " + self.other_errors()
            time.sleep(0.005)
        return ""

    # Beside it, and after it.

    def watch(self, driver):
        """Holds on to what goes with the run's end."""
        if self.plan.surroundings != plans.SMALL_SHM:
            return
        program = f"/proc/{driver.pid}/exe"
        deadline = time.monotonic() + START_SECONDS
        while driver.poll() is None and time.monotonic() < deadline:
            try:
                if os.readlink(program) == str(self.binary):
                    self.shm = os.open(f"/proc/{driver.pid}/root/dev/shm",
                                       os.O_RDONLY | os.O_DIRECTORY)
                    return
            except FileNotFoundError:
                pass
            time.sleep(0.0002)

    def judge(self):
        """What is wrong with what they show of the run, one line each; ends the other run."""
        wrong = []
        if self.shm is not None:
            wrong += [f"left in its /dev/shm: {name}" for name in sorted(os.listdir(self.shm))]
        if self.other is not None:
            wrong += [f"the other run: {line}" for line in self.judge_other()]
        return wrong

    def judge_other(self):
        self.other.send_signal(signal.SIGTERM)
        try:
            code = self.other.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            return ["does not end by SIGTERM"]
        interrupt = judgement.Delivery(plans.INTERRUPT, (signal.SIGTERM,), place="two workers")
        return judgement.judge(self.other_plan, judgement.Ending(
            code, "", self.other_errors(), self.scratch / "other" / "run", [interrupt]))

    def other_errors(self):
        return (self.scratch / "other-stderr").read_text(errors="replace")

    def close(self):
        for descriptor in (self.reading_end, self.shm):
            if descriptor is not None:
                os.close(descriptor)
        self.reading_end = self.shm = None
        if self.other is not None and self.other.poll() is None:
            self.other.kill()
            self.other.wait()
