"""What a run folder needs to become one of results/: a name, nothing private, and a size.

For scripts/publish-run and scripts/make-results.
"""

import csv
import json
import math
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VALIDATOR = ROOT / "Tests" / "schema" / "validate_run.py"
VALIDATION_SECONDS = 300
WITHHELD = "withheld"
# A quick run's are a seventh of that. Packed already, they stay in the repository for good, and
# trials.csv and summary.csv have their percentiles.
LARGEST_HISTOGRAMS_BYTES = 1_000_000
LARGEST_RUN_BYTES = 4_000_000
# What a folder of somebody's own begins with, on Linux; a path may stand in an error message.
HOMES = ("/home/", "/root/")
# Of a host name that is shorter any word may be a part.
SHORTEST_TELLING_NAME = 4
HISTOGRAM_LOG = "histograms.hlog"
LOG_LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n'
# What run.json says of a log that has only what charts and merged percentiles are made of.
PUBLISHED_LOG = {"file": HISTOGRAM_LOG, "holds": "latency-of-ok-trials"}
TEXT_FILES = ("run.json", "datapackage.json", "trials.csv", "summary.csv")
# What a processor's name says beside which one it is.
CPU_NOISE = re.compile(
    r"\((?:r|tm)\)|@.*|\bw(?:ith|/) .*|\b\d+-core\b|\b(?:amd|intel|cpu|processor|gen|\d+th)\b")


class NotPublishable(Exception):
    """Why a run folder is none to publish; the message says what to do."""


def read_description(folder):
    path = folder / "run.json"
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        # What is asked of it further down.
        description["host"]["host_name"], description["started_utc"], description["suite"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotPublishable(f"{path}: not that of a run of ipcbench: {error!r}") from error
    return description


def run_name(description, suite=None):
    """`<date>-<os>-<machine>`, and the suite unless it is quick."""
    host = description["host"]
    date = description["started_utc"][:10].replace("-", "")
    suite = description["suite"] if suite is None else suite
    parts = [date, operating_system(host["operating_system"]), machine(host)]
    return "-".join(parts if suite == "quick" else [*parts, slug(suite)])


def operating_system(name):
    """The first word of a distribution's name and its version: debian12, ubuntu24.04, arch."""
    version = re.search(r"\d+(?:\.\d+)?", name)
    return slug(name.split()[0] if name.split() else "linux") + (version[0] if version else "")


def machine(host):
    """What the processor is called, and how many there are: epyc-2vcpu, ryzen-9-7950x-32cpu."""
    model = slug(CPU_NOISE.sub(" ", host["cpu_model"].lower())) or slug(host["architecture"])
    kind = "vcpu" if host.get("virtualization") else "cpu"
    return f"{model}-{host['logical_cpus']}{kind}"


def slug(text):
    """Lower case, with a hyphen for whatever has no place in a folder's name."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")


def copy_run(run, target):
    """What a run consists of. A report, or what else somebody has put into its folder, stays there."""
    target.mkdir()
    for name in TEXT_FILES:
        shutil.copy(run / name, target)
    if (run / HISTOGRAM_LOG).is_file():
        shutil.copy(run / HISTOGRAM_LOG, target)
    elif (run / "histograms").is_dir():
        shutil.copytree(run / "histograms", target / "histograms")


def strip_private_facts(folder):
    """Takes the host's name out, and of the command line's paths all but the last part."""
    description = read_description(folder)
    name = description["host"]["host_name"]
    description["host"]["host_name"] = WITHHELD
    description["command_line"] = [without_folders(part) for part in description["command_line"]]
    write_json(folder / "run.json", description)
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    if name and "description" in package:
        # DataPackage.swift has one sentence with it, at whose end it stands.
        package["description"] = package["description"].replace(f" on {name}.", f" on {WITHHELD}.")
        write_json(folder / "datapackage.json", package)
    refuse_private_facts(folder, name)


def without_folders(argument):
    """Of an argument that is a path from the root the last part: it may go through a home."""
    option, equals, value = argument.rpartition("=")
    return option + equals + (value.rpartition("/")[2] if value.startswith("/") else value)


def write_json(path, value):
    """As ipcbench writes it, but for the spaces in empty lists."""
    text = json.dumps(value, indent=2, ensure_ascii=False, separators=(",", " : "))
    path.write_text(text + "\n", encoding="utf-8")


def refuse_private_facts(folder, host_name):
    telling = [*HOMES]
    if len(host_name) >= SHORTEST_TELLING_NAME and host_name != WITHHELD:
        telling.append(host_name)
    for file in TEXT_FILES:
        text = (folder / file).read_text(encoding="utf-8")
        for words in telling:
            if words in text:
                raise NotPublishable(
                    f"{file} still has '{words}' in it; take it out by hand where it is private")


def trials_to_keep(folder):
    """The trial_id of each trial whose samples are read: merged percentiles are of ok trials."""
    with open(folder / "trials.csv", newline="", encoding="utf-8") as file:
        return [row["trial_id"] for row in csv.DictReader(file)
                if row["status"] == "ok" and row["latency_samples"] not in ("", "0")]


def latency_lines(folder, trial_ids):
    """The line of each trial's latency, by trial_id, from one log a run or from a file a trial."""
    if (folder / HISTOGRAM_LOG).is_file():
        with open(folder / HISTOGRAM_LOG, encoding="utf-8") as file:
            tagged = (line[len("Tag="):].partition(",") for line in file
                      if line.startswith("Tag=") and line.endswith("\n"))
            lines = {tag: rest for tag, _, rest in tagged}
    else:
        lines = {}
        for trial_id in trial_ids:
            path = folder / "histograms" / f"{trial_id}.hlog"
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
                # What has a tag in there are service times.
                if not line.startswith(("#", '"', "Tag=")):
                    lines[trial_id] = line
    missing = [trial_id for trial_id in trial_ids if trial_id not in lines]
    if missing:
        raise NotPublishable(f"{folder}: no histogram of trial {missing[0]}")
    return lines


def pack_histograms(folder):
    """Makes the histograms of a run one log with the latency of its ok trials, each under its tag.

    Does nothing where there are none. What it replaces goes last, so that a crash loses nothing.
    """
    if not (folder / HISTOGRAM_LOG).is_file() and not (folder / "histograms").is_dir():
        return
    trial_ids = trials_to_keep(folder)
    lines = latency_lines(folder, trial_ids)
    description = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    started = description["started_utc"]
    seconds = datetime.fromisoformat(started.replace("Z", "+00:00")).timestamp()
    part = folder / f"{HISTOGRAM_LOG}.part"
    with open(part, "w", encoding="utf-8") as file:
        file.write(f"#ipcbench {description['run_id']}: latency in ns, tagged with the trial_id\n")
        file.write("#[Histogram log format version 1.3]\n")
        file.write(f"#[StartTime: {math.floor(seconds * 1000) / 1000:.3f} (seconds since epoch), "
                   f"{started}]\n{LOG_LEGEND}")
        file.writelines(f"Tag={trial_id},{lines[trial_id]}" for trial_id in trial_ids)
    part.replace(folder / HISTOGRAM_LOG)
    write_json(folder / "run.json", description | {"histograms": PUBLISHED_LOG})
    if (folder / "histograms").is_dir():
        shutil.rmtree(folder / "histograms")


def folder_bytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def limit_size(folder, keeps_histograms):
    """Takes large histograms out. Returns whether they are left."""
    log = folder / HISTOGRAM_LOG
    if log.is_file() and log.stat().st_size > LARGEST_HISTOGRAMS_BYTES and not keeps_histograms:
        log.unlink()
    kept = log.is_file()
    if not kept:
        description = read_description(folder)
        description.pop("histograms", None)
        write_json(folder / "run.json", description)
    size = folder_bytes(folder)
    if not keeps_histograms and size > LARGEST_RUN_BYTES:
        raise NotPublishable(f"{size / 1e6:.1f} MB are too much for the repository, which takes "
                             f"{LARGEST_RUN_BYTES / 1e6:g} MB a run; link to it instead")
    return kept


def validate(folder, *options):
    """Raises what Tests/schema/validate_run.py has to say."""
    try:
        done = subprocess.run(
            [sys.executable, str(VALIDATOR), str(folder), *options], capture_output=True,
            text=True, timeout=VALIDATION_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotPublishable(f"{folder}: not validated after {error.timeout} s") from error
    if done.returncode != 0:
        raise NotPublishable(f"{folder} is not valid:\n{done.stderr.strip()}")


def make_publishable(folder, keeps_histograms, *options):
    """Takes out of a valid run what is not to be published, and shows that it still is one.

    Returns whether its histograms are left.
    """
    strip_private_facts(folder)
    pack_histograms(folder)
    kept = limit_size(folder, keeps_histograms)
    validate(folder, *options, *([] if kept else ["--without-histograms"]))
    return kept
