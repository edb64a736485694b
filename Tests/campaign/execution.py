"""One run: starts it, does to it what the plan says, and looks at what it leaves."""

import fcntl
import os
import resource
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field

import judgement
import plan as plans
import surroundings
import traces

LOOK_SECONDS = 0.0002
# What a run may say on standard error before it waits for a reader.
MOST_ERROR_BYTES = 1 << 20
# How long an event waits for its cue before it happens all the same.
CUE_PATIENCE_SECONDS = 0.5
# What a plan may be refused for: a payload that does not fit into the buffer.
NOTHING_LEFT = "nothing is left to measure"


@dataclass
class Report:
    """What came of a run."""

    plan: plans.Plan
    deliveries: list = field(default_factory=list)
    violations: list = field(default_factory=list)
    exit_code: int | None = None
    swept_names: int = 0  # Names that a killed driver left, and the next run took away.
    part_files: int = 0  # Unfinished files in the run folder of a killed driver.
    refusal: str = ""


class Run:
    """A run under way, in a scratch folder of its own."""

    def __init__(self, binary, plan, scratch, address_space=0):
        self.address_space = address_space
        self.binary, self.plan, self.scratch = binary, plan, scratch
        self.work, self.temporary = scratch / "work", scratch / "tmp"
        for folder in (self.work, self.temporary):
            folder.mkdir(parents=True)
        self.variable = f"IPCBENCH_CAMPAIGN_RUN={scratch}"
        self.trials_file = self.work / "run" / "trials.csv"
        self.deliveries = []
        self.driver = None
        self.errors = None  # The reading end of what the program says on standard error.
        self.around = surroundings.Surroundings(plan, binary, scratch, self.variable)

    def start(self, arguments):
        """The program with the surroundings' limits and what else is theirs."""
        output = self.around.output()
        try:
            driver = self.start_program(
                self.around.words([self.binary, *arguments]), output=output,
                preexec_fn=self.around.in_child(self.address_space))
        finally:
            if output is not None:
                os.close(output)
        self.around.watch(driver)
        return driver

    def start_program(self, words, output=None, **options):
        name, value = self.variable.split("=", maxsplit=1)
        environment = os.environ | {name: value, "TMPDIR": str(self.temporary)}
        # A pipe, because a file would be cut where a limit on files is, and with it what is said of that.
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, MOST_ERROR_BYTES)
        try:
            with open(self.scratch / "stdout", "wb") as file:
                driver = subprocess.Popen(
                    words, cwd=self.work, env=environment, stdin=subprocess.DEVNULL,
                    stdout=file if output is None else output, stderr=writing,
                    start_new_session=True, **options)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        if self.errors is not None:
            os.close(self.errors)
        self.errors = reading
        return driver

    def read_errors(self):
        """What was written to standard error so far; somebody may still have it open."""
        os.set_blocking(self.errors, False)
        text = b""
        try:
            while block := os.read(self.errors, MOST_ERROR_BYTES):
                text += block
        except BlockingIOError:
            pass
        (self.scratch / "stderr").write_bytes(text)
        return text.decode(errors="replace")

    def carry_out(self):
        """Starts the run, lets everything happen, and waits for the end of the driver.

        Returns its exit code, or None if it did not end before the deadline.
        """
        self.driver = self.start(self.plan.arguments("run"))
        if self.plan.is_surrounded_at_start:
            self.deliveries.append(judgement.Delivery(self.plan.surroundings, (), place="around"))
        started = time.monotonic()
        for event in self.plan.events:
            if self.ends_before(started + event.at_seconds):
                break
            begun = time.monotonic()
            self.deliver(event)
            if event.pause_seconds or event.is_left_alone:
                # The life of the run is that much longer; the moments stay where they are in it.
                started += time.monotonic() - begun
        try:
            return self.driver.wait(timeout=self.plan.deadline_seconds)
        except subprocess.TimeoutExpired:
            return None

    def ends_before(self, moment):
        """Waits until then, or until the driver has ended."""
        try:
            self.driver.wait(timeout=max(0.0, moment - time.monotonic()))
            return True
        except subprocess.TimeoutExpired:
            return False

    # Events.

    def deliver(self, event):
        if event.kind in plans.WORKER_KINDS:
            delivery = self.hit_workers(event)
        elif event.kind == plans.FILE_SIZE:
            delivery = self.limit_driver(event)
        else:
            delivery = self.hit_driver(event)
        if delivery is not None:
            self.deliveries.append(delivery)
            if event.is_left_alone:
                self.wait_for_row(delivery.row)

    def wait_for_row(self, index):
        """Until the driver has written a row, or has ended, or can be said to hang."""
        deadline = time.monotonic() + self.plan.deadline_seconds
        while row_count(self.whole_rows()) <= index and time.monotonic() < deadline:
            if self.ends_before(time.monotonic() + 0.01):
                return

    def hit_workers(self, event):
        """Sends the event to workers of the trial under way, or of the next one if there are none.
        None if the run ends before."""
        wants_both = event.kind == plans.STOP_BOTH
        while self.driver.poll() is None:
            workers = traces.workers_of(self.driver.pid)
            # Rows are read while the workers are seen: their own is the one that comes next.
            rows = self.whole_rows()
            targets = workers[:2] if wants_both else self.target(workers, event.side)
            if targets and len(targets) == (2 if wants_both else 1):
                delivery = judgement.Delivery(
                    event.kind, event.signals, place="", row=row_count(rows), rows_before=rows,
                    roles=() if wants_both or len(workers) < 2 else (event.side,))
                if self.send_all(targets, event):
                    return delivery
            time.sleep(LOOK_SECONDS)
        return None

    @staticmethod
    def target(workers, side):
        """One that is alone is the producer before the consumer starts, mostly."""
        if side == "producer":
            return workers[:1]
        return workers[1:2]

    def send_all(self, targets, event):
        """Whether the signals reached processes that lived. pidfd_open(2) holds on to a process,
        so that no other one with its number can be hit."""
        descriptors = []
        try:
            for process in targets:
                descriptors.append(os.pidfd_open(process))
            if not all(traces.is_alive(process, self.driver.pid) for process in targets):
                return False
            for descriptor in descriptors:
                signal.pidfd_send_signal(descriptor, event.signals[0])
            for number in event.signals[1:]:
                time.sleep(event.pause_seconds)
                for descriptor in descriptors:
                    send_if_there(descriptor, number)
            return True
        except ProcessLookupError:
            return False
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def hit_driver(self, event):
        """Sends the event to the driver; None if that has ended."""
        rows = self.whole_rows()
        # Where the cue is seen, nothing may come before the signal: it is gone in microseconds.
        place = self.place_of_cue(event.cue) or self.place(self.whole_rows())
        if self.driver.poll() is not None:
            return None
        self.driver.send_signal(event.signals[0])
        for number in event.signals[1:]:
            time.sleep(event.pause_seconds)
            self.driver.send_signal(number)
        return judgement.Delivery(event.kind, event.signals, place, rows_before=rows)

    def limit_driver(self, event):
        """From now on no file of the driver grows beyond its rows and a little; None if it has ended."""
        rows = self.whole_rows()
        place = self.place(rows)
        most = len(rows) + event.room_bytes
        try:
            resource.prlimit(self.driver.pid, resource.RLIMIT_FSIZE, (most, most))
        except ProcessLookupError:
            return None
        return judgement.Delivery(event.kind, (), place, rows_before=rows)

    def place_of_cue(self, cue):
        """Waits for the cue. Where the driver is then, or nothing if it does not come for some
        time: most mechanisms need no name, and the last row may be far."""
        deadline = time.monotonic() + CUE_PATIENCE_SECONDS
        while cue and self.driver.poll() is None and time.monotonic() < deadline:
            if cue == "name" and traces.names_of_driver(self.driver.pid, self.temporary):
                return "making a link"
            if cue == "last row" and row_count(self.whole_rows()) == self.plan.trials:
                return "reporting"
        return ""

    def place(self, rows):
        """How far the driver is, as far as can be seen from outside."""
        if not rows:
            return "starting"
        if row_count(rows) == self.plan.trials:
            return "reporting"
        workers = len(traces.workers_of(self.driver.pid))
        return ("between trials", "one worker", "two workers")[min(workers, 2)]

    def whole_rows(self):
        """What trials.csv holds, without a line that is being written."""
        try:
            content = self.trials_file.read_bytes()
        except FileNotFoundError:
            return b""
        return content[:content.rfind(b"\n") + 1]

    # Afterwards.

    def ending(self, exit_code):
        return judgement.Ending(
            exit_code, (self.scratch / "stdout").read_text(errors="replace"),
            self.read_errors(), self.work / "run",
            self.deliveries)

    def sweep(self, names):
        """What of these names the next run leaves in place."""
        arguments = ["run", "--quiet", "--mechanism", self.plan.mechanism, "--trials", "1",
                     "--pattern", self.plan.pattern, "--wait", self.plan.wait, "--payload", "1",
                     "--messages", "1", "--allow-debug-build", "--warmup", "1ms", "--output", "next"]
        self.start_program([self.binary, *arguments]).wait(timeout=60)
        shutil.rmtree(self.work / "next", ignore_errors=True)
        return [str(name) for name in names if name.exists()]

    def end(self):
        """Whatever went wrong, nothing of the run goes on."""
        if self.driver is not None and self.driver.poll() is None:
            self.driver.kill()
            self.driver.wait()
        self.around.close()
        traces.end_processes_with(self.variable)
        if self.errors is not None:
            os.close(self.errors)
            self.errors = None


def send_if_there(descriptor, number):
    """A worker may have been ended by the driver during a pause."""
    try:
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        pass


def row_count(rows):
    return max(0, rows.count(b"\n") - 1)


def carry_out(binary, plan, scratch, address_space=0):
    """Carries out a plan and judges the run. The scratch folder stays if something was wrong.

    - address_space: with how many bytes the program can be loaded.
    """
    report = Report(plan)
    machine = traces.Machine()
    run = Run(binary, plan, scratch, address_space)
    try:
        problem = run.around.begin()
        if problem and NOTHING_LEFT in problem:
            report.refusal = " ".join(problem.split())
        elif problem:
            report.violations.append(problem)
        if problem:
            return finish(report, scratch)
        exit_code = report.exit_code = run.carry_out()
        report.deliveries = run.deliveries
        if exit_code is None:
            report.violations.append(
                f"not ended after {plan.deadline_seconds:.0f} s; "
                + "; ".join(map(traces.describe, traces.processes_with(run.variable))))
            return report
        judge(run, report, machine)
    finally:
        run.end()
        traces.reap_orphans()
    return finish(report, scratch)


def finish(report, scratch):
    if not report.violations:
        shutil.rmtree(scratch)
    return report


def judge(run, report, machine):
    ending = run.ending(report.exit_code)
    if report.exit_code == judgement.EXIT_USAGE and not ending.folder.exists() \
            and NOTHING_LEFT in ending.errors:
        report.refusal = " ".join(ending.errors.split())
        return
    report.violations += run.around.judge()
    killed = run.driver.pid if report.exit_code == -signal.SIGKILL else None
    report.violations += traces.leftovers(run.variable, run.temporary, machine, killed)
    report.violations += judgement.judge(run.plan, ending)
    for path in sorted(run.work.iterdir()):
        if path.name != "run":
            report.violations.append(f"left in the current folder: {path.name}")
    if killed:
        names = traces.names_of_driver(killed, run.temporary)
        left = run.sweep(names) if names else []
        report.swept_names = len(names) - len(left)
        report.violations += [f"the next run left in place: {name}" for name in left]
        if ending.folder.exists():
            report.part_files = sum(
                path.name.endswith(".part") for path in ending.folder.iterdir())
    for delivery in report.deliveries:
        delivery.stage = delivery.stage or delivery.place or "no row"
        delivery.outcome = delivery.outcome or outcome_of(run.plan, delivery, report.exit_code)


def outcome_of(plan, delivery, exit_code):
    """What an event came to that no row tells of."""
    if exit_code < 0:
        return f"ended by {signal.Signals(-exit_code).name}"
    if delivery.kind in judgement.EXPECTATIONS:
        return "went on" if exit_code == 0 else f"exit {exit_code}"
    if delivery.kind == plans.INTERRUPT and plan.surroundings == plans.UNREAD:
        return f"exit {exit_code}"
    if delivery.kind in plans.FINAL:
        return "exit 130" if exit_code == judgement.EXIT_INTERRUPTED else "came too late"
    return "trial abandoned" if delivery.row is not None else "went on"
