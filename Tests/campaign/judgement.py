"""What a run must have written and said, given what happened to it."""

import csv
import io
import json
import re
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import plan as plans

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "schema"))
import validate_run  # noqa: E402  The folder of it has to be in the path first.

RUN_FILES = {"trials.csv", "summary.csv", "run.json", "datapackage.json", "histograms.hlog"}
EXIT_FAILED_TRIALS, EXIT_USAGE, EXIT_INTERRUPTED = 3, 64, 130
KILLS = {signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT}
EXIT_UNAVAILABLE, EXIT_CANNOT_CREATE, EXIT_IO = 69, 73, 74
# What a run says that has found another one on its cores. Whoever shares the machine may be that one.
NOTICE = re.compile(
    r"ipcbench: another ipcbench( \(process [\d, ]+\))? measures on the same cores; .*\n.*\n")
ANOTHER_RUN = "another-run"


@dataclass(frozen=True)
class Expectation:
    """What a run may come to in its surroundings, beside going well."""

    # Exit codes of a run that could not go on, with what it has to say then.
    ends: dict = field(default_factory=dict)
    # Statuses of trials, with what their errors have to say.
    rows: dict = field(default_factory=dict)


NO_FILES, TOO_LARGE, NO_MEMORY = "Too many open files", "File too large", "Cannot allocate memory"
EXPECTATIONS = {
    plans.IGNORED_SIGNAL: Expectation(),
    # As on a full disk: rows that are there stay whole, and what cannot be begun is not begun.
    plans.FILE_SIZE: Expectation(
        {EXIT_UNAVAILABLE: TOO_LARGE, EXIT_CANNOT_CREATE: TOO_LARGE,
         EXIT_IO: f"{TOO_LARGE}|no room"}, {"failed": TOO_LARGE}),
    plans.CPU_TIME: Expectation({EXIT_IO: r"CPU time|SIGXCPU"}, {"died": "SIGXCPU"}),
    plans.OPEN_FILES: Expectation(
        {EXIT_UNAVAILABLE: NO_FILES, EXIT_CANNOT_CREATE: NO_FILES, EXIT_IO: NO_FILES},
        {"failed": NO_FILES}),
    plans.ADDRESS_SPACE: Expectation(
        {EXIT_UNAVAILABLE: NO_MEMORY, EXIT_CANNOT_CREATE: NO_MEMORY, EXIT_IO: NO_MEMORY},
        {"failed": NO_MEMORY}),
    # Before anything starts, or by each trial; never by SIGBUS.
    plans.SMALL_SHM: Expectation({EXIT_UNAVAILABLE: "/dev/shm"}, {"failed": "/dev/shm"}),
    plans.NEIGHBOUR: Expectation(),
    plans.UNREAD: Expectation({EXIT_INTERRUPTED: "interrupted"}),
}

@dataclass
class Delivery:
    """An event that reached a living process."""

    kind: str
    signals: tuple
    # Seen from outside: how far the driver was. A worker's stage is in the error of its row.
    place: str
    row: int | None = None  # Index of the trial whose workers were hit.
    roles: tuple = ()  # Who was hit, where both workers were there to tell them apart.
    rows_before: bytes = b""  # What trials.csv held before, as far as lines were whole.
    outcome: str = ""  # Filled in when the run is over.
    stage: str = ""


@dataclass
class Ending:
    """How a run ended."""

    exit_code: int  # Negative for a signal, as in subprocess.
    output: str
    errors: str
    folder: Path
    deliveries: list = field(default_factory=list)


def judge(plan, ending):
    """Everything that is wrong with what a run wrote and said, one line each; fills in the outcome
    of each delivery."""
    check = validate_run.Check()
    judge_exit(check, plan, ending)
    folder = ending.folder
    if not folder.exists():
        check.require(not any(d.rows_before for d in ending.deliveries), "run folder", "is gone")
        check.require(ending.exit_code not in (0, EXIT_FAILED_TRIALS), "run folder", "is missing")
        return check.complaints
    judge_files(check, plan, ending)
    rows = read_rows(check, ending)
    if rows is None:
        return check.complaints
    judge_sequence(check, plan, rows)
    judge_histograms(check, ending, rows)
    for index, row in enumerate(rows):
        judge_row(check, plan, index, row, [d for d in ending.deliveries if d.row == index])
    if plan.surroundings == plans.NEIGHBOUR:
        judge_disturbance(check, ending, rows)
    if has_report(ending.exit_code):
        judge_report(check, plan, ending, rows)
    elif ending.exit_code >= 0:
        judge_unfinished(check, ending)
    return check.complaints


def has_report(exit_code):
    """Whether a run that ended so has summed itself up."""
    return exit_code in (0, EXIT_FAILED_TRIALS, EXIT_INTERRUPTED)


# What the driver says.

def final_kind(ending):
    kinds = [d.kind for d in ending.deliveries if d.kind in plans.FINAL]
    return kinds[-1] if kinds else None


def judge_exit(check, plan, ending):
    code, final = ending.exit_code, final_kind(ending)
    where = f"exit code {code}"
    said = NOTICE.sub("", ending.errors)
    ends = EXPECTATIONS.get(plan.surroundings, Expectation()).ends
    interrupts = [number for d in ending.deliveries for number in d.signals
                  if d.kind in (plans.INTERRUPT, plans.INTERRUPT_TWICE)]
    if code == -signal.SIGKILL:
        check.require(final == plans.KILL_DRIVER, where,
                      "nobody killed the driver")
    elif code < 0:
        # Before there is anything to keep, a signal may end the program as it ends any other.
        answer = 130 if -code in interrupts else 74 if EXIT_IO in ends else "nothing like it"
        check.require(-code in interrupts and not ending.folder.exists(), where,
                      f"died of a signal that it should have answered with {answer}")
    elif code == EXIT_INTERRUPTED:
        check.require(bool(interrupts), where, "nobody interrupted the run")
    else:
        check.require(code in (0, EXIT_FAILED_TRIALS) or code in ends, where,
                      f"should be {', '.join(map(str, [0, *sorted(ends)]))} or 3: {said.strip()}")
    # One or two lines, whatever went wrong.
    refusal = r"ipcbench: [^\n]+\n([^\n]+\n)?"
    expected = {0: r"", EXIT_FAILED_TRIALS: r"ipcbench: \d+ of \d+ trials failed; .*\n",
                EXIT_INTERRUPTED: rf"ipcbench: interrupted: \d+ of {plan.trials} trials are .*\n"}
    if code == EXIT_INTERRUPTED and (code in ends or not ending.folder.exists()):
        expected[code] = r"(ipcbench: left out: [^\n]+\n)*ipcbench: interrupted\b[^\n]*\n([^\n]+\n)?"
    expected |= {other: refusal for other in ends if other not in expected}
    if code in expected or code < 0:
        check.require(re.fullmatch(expected.get(code, ""), said), where, f"stderr is {said!r}")
    if code in ends:
        check.require(re.search(ends[code], said), where,
                      f"{said.strip()!r} does not say why: {ends[code]}")
    check.require(ending.output == "", where, f"--quiet, but stdout is {ending.output!r}")


def judge_files(check, plan, ending):
    names = {path.name for path in ending.folder.iterdir()}
    parts = {name for name in names if name.endswith(".part")}
    # Only a driver that is killed cannot tidy up a file that it was about to put in place.
    excused = parts if ending.exit_code == -signal.SIGKILL else set()
    for name in sorted(names - RUN_FILES - excused):
        check.require(False, "run folder", f"holds {name}")
    if has_report(ending.exit_code):
        needed = RUN_FILES
    else:
        # A run that cannot go on has no summary; what it was is written down before its first row.
        needed = {"trials.csv", "run.json"} if ending.exit_code >= 0 else set()
    for name in sorted(needed - names):
        check.require(False, "run folder", f"lacks {name}")


def judge_unfinished(check, ending):
    """run.json of a run that could not go on: it is there, and claims no end."""
    try:
        description = validate_run.read_json(ending.folder / "run.json")
    except validate_run.Malformed as error:
        check.require(False, "run folder", str(error))
        return
    check.require(description.get("interrupted") is True, "run.json",
                  f"interrupted is {json.dumps(description.get('interrupted'))}, "
                  f"though it ended with {ending.exit_code}")


# What is in trials.csv.

def read_rows(check, ending):
    """The rows, or None if they cannot be read. Every line must be whole: rows are appended by one
    write, which no signal can cut in two."""
    path = ending.folder / "trials.csv"
    killed = ending.exit_code == -signal.SIGKILL
    content = path.read_bytes() if path.exists() else b""
    if content == b"":
        early = killed and not any(d.rows_before for d in ending.deliveries)
        check.require(early, "trials.csv", "missing or empty")
        return None
    for delivery in ending.deliveries:
        before = untainted(delivery.rows_before)
        check.require(untainted(content)[:len(before)] == before, "trials.csv",
                      f"rows that were there before '{delivery.kind}' are not there any more")
    if not check.require(content.endswith(b"\n"), "trials.csv", "the last line is torn"):
        return None
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        check.require(False, "trials.csv", str(error))
        return None
    header, records = lines[0], lines[1:]
    complaints = len(check.complaints)
    validate_run.check_header(check, header)
    if len(check.complaints) > complaints:
        return None
    whole = [number for number, record in enumerate(records, 1) if len(record) == len(header)]
    if not check.require(len(whole) == len(records), "trials.csv",
                         f"of {len(records)} rows only {whole} have as many fields as the header"):
        return None
    return [dict(zip(header, record)) for record in records]


def untainted(content):
    """The rows without what the end of a run may still add to them: whether they are tainted."""
    lines = list(csv.reader(io.StringIO(content.decode("utf-8", "replace"), newline="")))
    if not lines:
        return []
    kept = [index for index, name in enumerate(lines[0]) if not name.startswith("taint")]
    return [[line[index] for index in kept if index < len(line)] for line in lines]


def judge_histograms(check, ending, rows):
    """Every trial with samples has its histograms. A driver that was killed may leave those of one
    more, whose row was still to come; lines are appended by one write, which no signal can cut in two."""
    if ending.exit_code != -signal.SIGKILL:
        validate_run.check_histograms(check, rows, ending.folder)
        return
    log = validate_run.HISTOGRAM_LOG
    path = ending.folder / log
    tags, complaints = validate_run.read_tags(path) if path.exists() else ([], [])
    for complaint in complaints:
        check.require(False, log, complaint)
    expected = validate_run.expected_tags(rows, validate_run.HOLDS_ALL)
    for tag in sorted(expected - set(tags)):
        check.require(False, log, f"{tag}: missing, although the trial has samples")
    extra = {tag.removesuffix(validate_run.SERVICE_SUFFIX) for tag in set(tags) - expected}
    check.require(len(extra) <= 1, log, f"of no trial: {', '.join(sorted(extra))}")


def judge_sequence(check, plan, rows):
    """One configuration: its trials are the blocks, one after the other."""
    check.require(len(rows) <= plan.trials, "trials.csv",
                  f"{len(rows)} rows of {plan.trials} trials")
    for index, row in enumerate(rows, start=1):
        where = f"trials.csv: row {index}"
        check.require((row["block"], row["position"]) == (str(index), "1"), where,
                      f"is block {row['block']}, position {row['position']}")
        check.require(row["trial_id"] == f"{row['run_id']}-{index:05}", where,
                      f"trial_id is '{row['trial_id']}'")
        for name in ("mechanism", "pattern", "wait", "data_path", "payload_bytes"):
            planned = str(getattr(plan, name))
            check.require(row[name] == planned, where, f"{name} is '{row[name]}', not {planned}")


def judge_disturbance(check, ending, rows):
    """A run that had another one on its cores from its start to its end has said so at once, and marks
    all that it measured."""
    check.require(NOTICE.search(ending.errors), "stderr",
                  f"{ending.errors!r} does not speak of the other run")
    for index, row in enumerate(rows, start=1):
        check.require(row["tainted"] == "true" and ANOTHER_RUN in row["taint_reason"],
                      f"trials.csv: row {index}",
                      f"measured beside another run, but tainted is {row['tainted']}, "
                      f"'{row['taint_reason']}'")


def judge_row(check, plan, index, row, deliveries):
    """A row whose workers were hit says so, or proves that it was finished by then; all others
    are `ok`."""
    where = f"trials.csv: row {index + 1}"
    status, error = row["status"], row["error"]
    kills = [d for d in deliveries if KILLS & set(d.signals)]
    stops = [d for d in deliveries if d.kind in (plans.STOP_WORKER, plans.STOP_BOTH)]
    # A pause ends with SIGCONT, which also ends a stop before it.
    resumed = any(d.kind == plans.PAUSE_WORKER for d in deliveries)
    limited = EXPECTATIONS.get(plan.surroundings, Expectation()).rows.get(status)
    if status == "ok":
        check.require(error == "", where, f"ok, with the error '{error}'")
        validate_run.check_delivery(check, where, row)
        validate_run.check_throughput(check, where, row)
        validate_run.check_latency(check, where, row)
        # A trial that was cut short cannot have been at it for so long.
        check.require(validate_run.number(row["elapsed_ns"]) >= 0.9e6 * plan.duration_ms, where,
                      f"ok after {row['elapsed_ns']} ns, asked for {plan.duration_ms} ms")
    elif status == "died" and kills:
        roles = "|".join(role for d in kills for role in d.roles or ("producer", "consumer"))
        names = "|".join(number.name for d in kills for number in d.signals)
        check.require(re.search(rf"\bthe ({roles}) was killed by ({names})\b", error), where,
                      f"'{error}' does not say what happened: the {roles}, {names}")
    elif limited:
        check.require(re.search(limited, error), where,
                      f"{status}, but '{error}' does not say why: {limited}")
    elif status == "timed-out" and stops:
        check.require("deadline" in error, where, f"'{error}' does not speak of the deadline")
    elif status == "invalid" and plan.pattern == plans.OPEN_LOOP and (
            error.startswith("rate not reached: ") or not kills and (resumed or not stops)):
        # On a busy machine. Delivered to its end, so that whatever hit its workers came after that.
        validate_run.check_delivery(check, where, row)
    else:
        happened = ", ".join(
            [*(d.kind for d in deliveries), *filter(None, [plan.surroundings])]) or "nothing"
        check.require(False, where, f"{status}, '{error}', but to it happened: {happened}")
    for delivery in deliveries:
        delivery.outcome, delivery.stage = status, stage_of(row, delivery)


def stage_of(row, delivery):
    """How far a hit worker was, from what the driver says of it."""
    if row["status"] == "ok":
        return "went on" if delivery.kind == plans.PAUSE_WORKER else "had finished"
    role = delivery.roles[0] if delivery.roles else "producer"
    found = (re.search(r" while (\w+(?: up)?)$", row["error"])
             or re.search(rf"\b{role} ([a-z ]+)[,)]", row["error"]))
    return found[1] if found else "not told"


# What the run says at its end.

def judge_report(check, plan, ending, rows):
    """summary.csv, run.json and datapackage.json of a run that was not killed."""
    interrupted = ending.exit_code == EXIT_INTERRUPTED
    if plan.surroundings == plans.UNREAD and len(rows) == plan.trials:
        interrupted = False  # It was only about to say what it had written.
    failed = any(row["status"] != "ok" for row in rows)
    if not interrupted:
        check.require(len(rows) == plan.trials, "trials.csv",
                      f"{len(rows)} rows of {plan.trials} trials, though not interrupted")
        wanted = [EXIT_FAILED_TRIALS if failed else 0, *EXPECTATIONS.get(
            plan.surroundings, Expectation()).ends]
        check.require(ending.exit_code in wanted,
                      f"exit code {ending.exit_code}", f"trials failed: {failed}")
    else:
        check.require(len(rows) < plan.trials, "trials.csv", "all trials, though interrupted")
        check.require(f" {len(rows)} of " in ending.errors, "stderr",
                      f"'{ending.errors.strip()}', but {len(rows)} rows are kept")
    try:
        summary_header, summary = validate_run.read_table(ending.folder / "summary.csv")
        description = validate_run.read_json(ending.folder / "run.json")
        package = validate_run.read_json(ending.folder / "datapackage.json")
    except validate_run.Malformed as error:
        check.require(False, "run folder", str(error))
        return
    header, _ = validate_run.read_table(ending.folder / "trials.csv")
    columns = validate_run.configuration_columns(summary_header)
    options = SimpleNamespace(trials=None, allow_failed=True, allow_debug=True)
    validate_run.check_trials(check, rows, description, columns, options)
    validate_run.check_summary(check, header, summary, rows, columns, description)
    validate_run.check_package(
        check, package, {"trials.csv": header, "summary.csv": summary_header})
    judge_description(check, plan, description, rows, interrupted)


def judge_description(check, plan, description, rows, interrupted):
    check.require(description.get("interrupted") is interrupted, "run.json",
                  f"interrupted is {json.dumps(description.get('interrupted'))}")
    check.require(bool(description.get("finished_utc")), "run.json", "finished_utc is missing")
    counts = description.get("trials", {})
    found = Counter(row["status"].replace("-", "_") for row in rows)
    for name in ("ok", "failed", "timed_out", "died", "invalid"):
        check.require(counts.get(name) == found[name], "run.json",
                      f"trials.{name} is {counts.get(name)}, trials.csv has {found[name]}")
    check.require(counts.get("planned") == plan.trials, "run.json",
                  f"trials.planned is {counts.get('planned')}, not {plan.trials}")
