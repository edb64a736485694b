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

# Kinds with their weights. A stop costs the whole timeout of a trial, so there are fewer of them.
PASSING = {KILL_PRODUCER: 5, KILL_CONSUMER: 5, CRASH_WORKER: 5, STOP_WORKER: 2, STOP_BOTH: 1,
           PAUSE_WORKER: 3, PAUSE_DRIVER: 2}
FINAL = {KILL_DRIVER: 5, INTERRUPT: 3, INTERRUPT_TWICE: 2}
WORKER_KINDS = tuple(kind for kind in PASSING if kind != PAUSE_DRIVER)
DRIVER_KINDS = (PAUSE_DRIVER, *FINAL)
# What the end of a run may wait for, from its moment on, as chance alone would hardly hit it: that
# the driver has a name in /dev/shm or TMPDIR, or that only the report is left to write.
CUES = {"": 5, "name": 3, "last row": 2}

OPEN_LOOP = "paced"
MOST_PASSING_EVENTS = 6
LARGEST_PAYLOAD_BYTES = 1 << 20
TIMEOUT_SECONDS = 2.0
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
    # Whether nothing else happens until the row of the trial is there.
    is_left_alone: bool = False

    def __str__(self):
        names = "+".join(number.name for number in self.signals)
        pause = f", {self.pause_seconds * 1e3:.1f} ms between" if self.pause_seconds else ""
        cue = f", waits for {self.cue}" if self.cue else ""
        cue += ", then left alone" if self.is_left_alone else ""
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

    @property
    def life_seconds(self):
        return expected_life_seconds(self.trials, self.duration_ms, self.warm_up_ms)

    @property
    def deadline_seconds(self):
        """When a run has hung. Generous: it must not pass because the machine is busy."""
        stops = sum(event.kind in (STOP_WORKER, STOP_BOTH) for event in self.events)
        pauses = sum(event.pause_seconds for event in self.events)
        return 30 + 10 * self.life_seconds + stops * TIMEOUT_SECONDS + pauses

    def arguments(self, output):
        # A constant rate, as a share of the peak would take trials of its own first; and one whose
        # schedule is as long as the timed part.
        rate = ["--rate", "1k", "--arrivals", "fixed"] if self.pattern == OPEN_LOOP else []
        return [
            "run", "--quiet", "--no-floors", *rate, "--mechanism", self.mechanism, "--pattern", self.pattern,
            "--wait", self.wait, "--data-path", self.data_path,
            "--payload", str(self.payload_bytes), "--placement", self.placement,
            "--trials", str(self.trials), "--duration", f"{self.duration_ms}ms",
            "--warmup", f"{self.warm_up_ms}ms", "--timeout", f"{TIMEOUT_SECONDS:g}s",
            "--seed", str(self.seed), "--output", output,
        ]


def expected_life_seconds(trials, duration_ms, warm_up_ms):
    return START_SECONDS + trials * (TRIAL_SECONDS + (duration_ms + warm_up_ms) / 1e3)


def draw_plan(seed, index, mechanisms):
    """The plan of one run.

    - mechanisms: what `ipcbench list --format json` says, without those that are not available.
    """
    dice = random.Random(f"{seed}/{index}")
    mechanism = mechanism_of_run(seed, index, mechanisms)
    wait = dice.choice(mechanism["waits"])
    # Only waits that give the core away are allowed where both workers share it.
    placements = ["default", "same-core"] if wait == "block" else ["default"]
    largest = min(LARGEST_PAYLOAD_BYTES, mechanism["largest_payload_bytes"])
    trials = dice.choice([1, dice.randint(2, 5), dice.randint(6, 30)])
    duration_ms, warm_up_ms = dice.randint(20, 100), dice.randint(1, 20)
    life = expected_life_seconds(trials, duration_ms, warm_up_ms)
    return Plan(
        index=index, mechanism=mechanism["name"], pattern=dice.choice(mechanism["patterns"]),
        wait=wait, data_path=dice.choice(mechanism["data_paths"]),
        payload_bytes=int(largest ** dice.random()), placement=dice.choice(placements),
        trials=trials, duration_ms=duration_ms, warm_up_ms=warm_up_ms,
        seed=dice.randrange(1 << 32), events=draw_events(dice, life))


def mechanism_of_run(seed, index, mechanisms):
    """Every mechanism once in each round, so that a campaign of some length has them all."""
    round_number, place = divmod(index, len(mechanisms))
    order = random.Random(f"{seed}/round {round_number}").sample(mechanisms, len(mechanisms))
    return order[place]


def draw_events(dice, life_seconds):
    """Moments are uniform over the run's life; what ends the run is the last one."""
    end, final = life_seconds, ()
    if dice.random() < 0.6:
        end *= dice.random()
        final = (draw_event(dice, end, FINAL),)
    count = dice.randint(0 if final else 1, MOST_PASSING_EVENTS)
    moments = sorted(dice.uniform(0, end) for _ in range(count))
    return (*(draw_event(dice, moment, PASSING) for moment in moments), *final)


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
    number = dice.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    if kind == INTERRUPT:
        return Event(moment, kind, signals=(number,), cue=cue)
    # The second one from at once to when the program is about to end.
    gap = dice.choice([0.0, dice.uniform(0, 0.003), dice.uniform(0, 0.02)])
    return Event(moment, kind, "", (signal.SIGINT, number), gap, cue)
