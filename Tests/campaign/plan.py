"""What a run of the campaign will be and what will happen to it: decisions, and nothing else.

All of them come from the campaign's seed and the number of the run, so that either a whole
campaign or one run of it can be repeated. What the kernel makes of them is not in our hands.
"""

import random
import signal
from dataclasses import dataclass

KILL_PRODUCER = "kill producer"
KILL_CONSUMER = "kill consumer"
CRASH_WORKER = "crash worker"
STOP_WORKER = "stop worker"
STOP_BOTH = "stop both"
PAUSE_WORKER = "pause worker"
PAUSE_DRIVER = "pause driver"
KILL_DRIVER = "kill driver"
INTERRUPT = "interrupt"
INTERRUPT_TWICE = "interrupt twice"

# What a run finds around itself, from its start on: one thing at the most. It counts as an event.
IGNORED_SIGNAL = "ignored signal"  # As by nohup; the signal is sent as well.
FILE_SIZE = "file size limit"  # From the start, or from a moment on, as that of a disk's share.
CPU_TIME = "CPU time limit"
OPEN_FILES = "open files limit"
ADDRESS_SPACE = "address space limit"
SMALL_SHM = "small /dev/shm"  # As containers have it.
NEIGHBOUR = "other run beside"
UNREAD = "unread output"  # Into a pipe that is full and stays so.
BESIDE = "beside the run"  # What that other run itself finds: no kind of a campaign's.
SURROUNDINGS = (IGNORED_SIGNAL, FILE_SIZE, CPU_TIME, OPEN_FILES, ADDRESS_SPACE, SMALL_SHM, NEIGHBOUR,
                UNREAD)
SURROUNDED_PART = 0.45  # Of all runs: theirs have hardly any other event.

# Kinds with their weights. A stop costs the whole timeout of a trial, so there are fewer of them.
PASSING = {KILL_PRODUCER: 5, KILL_CONSUMER: 5, CRASH_WORKER: 5, STOP_WORKER: 2, STOP_BOTH: 1,
           PAUSE_WORKER: 3, PAUSE_DRIVER: 2}
FINAL = {KILL_DRIVER: 5, INTERRUPT: 3, INTERRUPT_TWICE: 2}
WORKER_KINDS = tuple(kind for kind in PASSING if kind != PAUSE_DRIVER)
DRIVER_KINDS = (PAUSE_DRIVER, IGNORED_SIGNAL, FILE_SIZE, *FINAL)
# The first runs of a campaign have one kind each, so that it has all of them however short it is.
ALL_KINDS = (*PASSING, *FINAL, *SURROUNDINGS)
# What the end of a run may wait for, from its moment on, as chance alone would hardly hit it: that
# the driver has a name in /dev/shm or TMPDIR, or that only the report is left to write.
CUES = {"": 5, "name": 3, "last row": 2}

OPEN_LOOP = "paced"
MOST_PASSING_EVENTS = 6
LARGEST_PAYLOAD_BYTES = 1 << 20
TIMEOUT_SECONDS = 2.0
PATIENT_TIMEOUT_SECONDS = 15.0  # Where a trial is long, or shares its cores with those of another run.
KIBIBYTE = 1 << 10
# A limit that comes in the midst of a run leaves this much room at the most, behind the rows so far:
# less than a row to a few of them.
MOST_ROOM_BYTES = 1500
LONGEST_PAUSE_SECONDS = 0.25  # A trial that has all pauses of a run still ends before its timeout.
# What a run and each of its trials take beside warm-up and the timed part, roughly, here.
START_SECONDS, TRIAL_SECONDS = 0.02, 0.013


@dataclass(frozen=True)
class Event:
    at_seconds: float  # After the start of the run.
    kind: str
    side: str = ""  # "producer", "consumer" or, for the driver and for both workers, nothing.
    signals: tuple = ()
    pause_seconds: float = 0.0  # Before SIGCONT, or before the second interrupt.
    cue: str = ""
    room_bytes: int = 0  # What a limit leaves.
    # Whether nothing else happens until the row of the trial is there.
    is_left_alone: bool = False

    def __str__(self):
        names = "+".join(number.name for number in self.signals)
        pause = f", {self.pause_seconds * 1e3:.1f} ms between" if self.pause_seconds else ""
        cue = f", waits for {self.cue}" if self.cue else ""
        cue += ", then left alone" if self.is_left_alone else ""
        cue += f", {self.room_bytes} bytes of room" if self.kind == FILE_SIZE else ""
        whom = f"{self.side} " if self.side else ""
        return f"{self.at_seconds * 1e3:.1f} ms: {self.kind} ({whom}{names}{pause}{cue})"


@dataclass(frozen=True)
class Plan:
    index: int
    mechanism: str
    pattern: str
    wait: str
    data_path: str
    payload_bytes: int
    placement: str
    trials: int
    duration_ms: int
    warm_up_ms: int
    seed: int
    events: tuple
    surroundings: str = ""
    # Of the surroundings: the limit, the number of the signal, the size of /dev/shm. For the address
    # space it is what there is beyond the least with which the program starts.
    amount: int = 0

    @property
    def is_surrounded_at_start(self):
        """Whether the surroundings are not told by an event."""
        return bool(self.surroundings) and self.surroundings not in [event.kind for event in self.events]

    @property
    def timeout_seconds(self):
        needs_patience = self.surroundings in (CPU_TIME, NEIGHBOUR, BESIDE)
        return PATIENT_TIMEOUT_SECONDS if needs_patience else TIMEOUT_SECONDS

    @property
    def life_seconds(self):
        return expected_life_seconds(self.trials, self.duration_ms, self.warm_up_ms)

    @property
    def deadline_seconds(self):
        """When a run has hung. Generous: it must not pass because the machine is busy."""
        stops = sum(event.kind in (STOP_WORKER, STOP_BOTH) for event in self.events)
        pauses = sum(event.pause_seconds for event in self.events)
        return 30 + 10 * self.life_seconds + stops * self.timeout_seconds + pauses

    def arguments(self, output):
        # A constant rate, as a share of the peak would take trials of its own first; and one whose
        # schedule is as long as the timed part.
        rate = ["--rate", "1k", "--arrivals", "fixed"] if self.pattern == OPEN_LOOP else []
        quiet = [] if self.surroundings == UNREAD else ["--quiet"]
        return [
            # In a debug build the campaign is as good: it looks at no figure.
            "run", *quiet, "--allow-debug-build", "--no-floors", *rate,
            "--mechanism", self.mechanism, "--pattern", self.pattern, "--wait", self.wait, "--data-path", self.data_path,
            "--payload", str(self.payload_bytes), "--placement", self.placement,
            "--trials", str(self.trials), "--duration", f"{self.duration_ms}ms",
            "--warmup", f"{self.warm_up_ms}ms", "--timeout", f"{self.timeout_seconds:g}s",
            "--seed", str(self.seed), "--output", output,
        ]


def expected_life_seconds(trials, duration_ms, warm_up_ms):
    return START_SECONDS + trials * (TRIAL_SECONDS + (duration_ms + warm_up_ms) / 1e3)


def draw_plan(seed, index, mechanisms):
    """The plan of one run.

    - mechanisms: what `ipcbench list --format json` says, without those that are not available.
    """
    dice = random.Random(f"{seed}/{index}")
    only = kind_of_run(seed, index)
    surroundings, amount = draw_surroundings(dice, only)
    mechanism = mechanism_of_run(seed, index, mechanisms_within(mechanisms, surroundings))
    wait = dice.choice(mechanism["waits"])
    if surroundings == CPU_TIME and "spin" in mechanism["waits"]:
        wait = "spin"
    # Only waits that give the core away are allowed where both workers share it.
    placements = ["default", "same-core"] if wait == "block" else ["default"]
    largest = min(LARGEST_PAYLOAD_BYTES, mechanism["largest_payload_bytes"])
    trials, duration_ms, warm_up_ms = draw_length(dice, only, surroundings)
    life = expected_life_seconds(trials, duration_ms, warm_up_ms)
    return Plan(
        index=index, mechanism=mechanism["name"], pattern=dice.choice(mechanism["patterns"]),
        wait=wait, data_path=dice.choice(mechanism["data_paths"]),
        payload_bytes=int(largest ** dice.random()), placement=dice.choice(placements),
        trials=trials, duration_ms=duration_ms, warm_up_ms=warm_up_ms,
        seed=dice.randrange(1 << 32), surroundings=surroundings, amount=amount,
        events=draw_events(dice, life, only, surroundings, amount))


def kind_of_run(seed, index):
    """The one kind of one of the first runs; nothing for all others."""
    if index >= len(ALL_KINDS):
        return ""
    return random.Random(f"{seed}/kinds").sample(ALL_KINDS, len(ALL_KINDS))[index]


def mechanisms_within(mechanisms, surroundings):
    """Those that the surroundings are about, if there are any."""
    if surroundings == SMALL_SHM:
        return [row for row in mechanisms if row["name"].startswith("shm-")] or mechanisms
    if surroundings == CPU_TIME:
        return [row for row in mechanisms if "spin" in row["waits"]] or mechanisms
    return mechanisms


def draw_surroundings(dice, only):
    """What there is around the run, if anything, and how much of it."""
    kind = only if only in SURROUNDINGS else ""
    if not only and dice.random() < SURROUNDED_PART:
        kind = dice.choice(SURROUNDINGS)
    amounts = {
        IGNORED_SIGNAL: lambda: int(dice.choice([signal.SIGHUP, signal.SIGINT, signal.SIGTERM])),
        # There from the first file on; 0 where the limit comes later.
        FILE_SIZE: lambda: dice.choice([0, 0, int(KIBIBYTE * 300 ** dice.random())]),
        CPU_TIME: lambda: 1,
        OPEN_FILES: lambda: dice.randint(4, 30),
        # Not so little that an array cannot grow, which ends any program in Swift.
        ADDRESS_SPACE: lambda: int(2048 * KIBIBYTE * 16 ** dice.random()),
        SMALL_SHM: lambda: int(4 * KIBIBYTE * 512 ** dice.random()),
    }
    return kind, amounts.get(kind, lambda: 0)()


def draw_length(dice, only, surroundings):
    """Trials, the length of each and of its warm-up in milliseconds."""
    if surroundings == CPU_TIME:
        return 1, 1500, 1
    trials = dice.choice([1, dice.randint(2, 5), dice.randint(6, 30)])
    duration_ms, warm_up_ms = dice.randint(20, 100), dice.randint(1, 20)
    # Long enough that the one event comes to something.
    return (10 if only else trials), duration_ms, warm_up_ms


def mechanism_of_run(seed, index, mechanisms):
    """Every mechanism once in each round, so that a campaign of some length has them all."""
    round_number, place = divmod(index, len(mechanisms))
    order = random.Random(f"{seed}/round {round_number}").sample(mechanisms, len(mechanisms))
    return order[place]


def draw_events(dice, life_seconds, only, surroundings, amount):
    """Moments are uniform over the run's life; what ends the run is the last one."""
    if surroundings == IGNORED_SIGNAL:
        number = signal.Signals(amount)
        return (Event(life_seconds * dice.uniform(0, 0.9), IGNORED_SIGNAL, signals=(number,)),)
    if surroundings == FILE_SIZE and amount == 0:
        return (Event(life_seconds * dice.uniform(0, 0.9), FILE_SIZE,
                      room_bytes=dice.randint(0, MOST_ROOM_BYTES)),)
    if surroundings == UNREAD:
        # Mostly when there is nothing left to do but to print the summary.
        moment = life_seconds * dice.random() + dice.choice([0.0, 1.0, 1.0])
        return (Event(moment, INTERRUPT, signals=(draw_interrupt(dice),)),)
    if surroundings:
        return ()
    if only:
        weights = PASSING if only in PASSING else FINAL
        return (draw_event(dice, life_seconds * dice.uniform(0, 0.5), {only: weights[only]}),)
    end, final = life_seconds, ()
    if dice.random() < 0.6:
        end *= dice.random()
        final = (draw_event(dice, end, FINAL),)
    count = dice.randint(0 if final else 1, MOST_PASSING_EVENTS)
    moments = sorted(dice.uniform(0, end) for _ in range(count))
    return (*(draw_event(dice, moment, PASSING) for moment in moments), *final)


def draw_interrupt(dice):
    return dice.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP])


def draw_event(dice, moment, weights):
    kind = dice.choices(list(weights), list(weights.values()))[0]
    side = dice.choice(["producer", "consumer"])
    pause = dice.uniform(0.001, LONGEST_PAUSE_SECONDS)
    if kind in (PAUSE_WORKER, PAUSE_DRIVER):
        side = side if kind == PAUSE_WORKER else ""
        return Event(moment, kind, side, (signal.SIGSTOP, signal.SIGCONT), pause)
    if kind in FINAL:
        return draw_final_event(dice, moment, kind)
    if kind == CRASH_WORKER:
        return Event(moment, kind, side, (dice.choice([signal.SIGSEGV, signal.SIGABRT]),))
    if kind in (STOP_WORKER, STOP_BOTH):
        side = side if kind == STOP_WORKER else ""
        # Else most would be killed before the timeout comes.
        return Event(moment, kind, side, (signal.SIGSTOP,), is_left_alone=dice.random() < 0.6)
    return Event(moment, kind, kind.removeprefix("kill "), (signal.SIGKILL,))


def draw_final_event(dice, moment, kind):
    cue = dice.choices(list(CUES), list(CUES.values()))[0]
    if kind == KILL_DRIVER:
        return Event(moment, kind, signals=(signal.SIGKILL,), cue=cue)
    number = draw_interrupt(dice)
    if kind == INTERRUPT:
        return Event(moment, kind, signals=(number,), cue=cue)
    # The second one from at once to when the program is about to end.
    gap = dice.choice([0.0, dice.uniform(0, 0.003), dice.uniform(0, 0.02)])
    return Event(moment, kind, "", (signal.SIGINT, number), gap, cue)
