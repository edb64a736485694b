#!/usr/bin/env python3
"""Shows what scripts/publish-run and scripts/make-results take, refuse, change and leave alone."""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import stat
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

sys.dont_write_bytecode = True
SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path[:0] = [str(Path(__file__).resolve().parent), str(SCRIPTS)]
import published_runs  # noqa: E402  The folders of these have to be in the path first.
import test_validate_run  # noqa: E402

NAME = "20261121-debian12-epyc-2vcpu"
# Stands in for ipcbench: a run is a copy of the folder that lies beside it, a report two pictures.
FAKE = f"#!{sys.executable}" + """
import json, shutil, sys
from pathlib import Path
here = Path(__file__).resolve().parent
with open(here / "calls", "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
output = Path(sys.argv[sys.argv.index("--output") + 1])
if sys.argv[1] == "run":
    suite = sys.argv[sys.argv.index("--suite") + 1] if "--suite" in sys.argv else "quick"
    shutil.copytree(here / "run", output)
    if (here / f"{suite}-fails").exists():
        sys.exit(int((here / f"{suite}-fails").read_text()))
else:
    (output / "charts").mkdir(parents=True)
    without = here / "report-without-pictures"
    for suffix in ("vl.json",) if without.exists() else ("vl.json", "svg", "png"):
        (output / "charts" / f"latency.{suffix}").write_text(suffix)
    sys.exit(int(without.read_text()) if without.exists() else 0)
"""


def load_script(name):
    """A script whose name has no suffix, as a module."""
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(SCRIPTS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


publish_run, make_results = load_script("publish-run"), load_script("make-results")
pack_histograms = load_script("pack-histograms")


class Folder(test_validate_run.Folder):
    """A good run as its owner has it."""

    def __init__(self):
        super().__init__()
        self.run["host"] |= {
            "host_name": "brunhild", "cpu_model": "AMD EPYC", "logical_cpus": 2,
            "architecture": "x86_64", "virtualization": "kvm",
            "operating_system": "Debian GNU/Linux 12 (bookworm)"}
        self.run |= {
            "suite": "quick", "started_utc": "2026-11-21T07:41:58.050748Z",
            "doctor": {"grade": "C"},
            "command_line": ["/home/ada/bin/ipcbench", "run", "--output=/home/ada/runs/one"]}
        self.package["description"] = "Measurements on brunhild. An empty field is 'not measured'."


class ScratchTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="published-runs-")
        self.addCleanup(folder.cleanup)
        self.scratch = Path(folder.name)

    def written(self, folder, name="run"):
        path = self.scratch / name
        path.mkdir()
        folder.write(path)
        return path

    def call(self, main, *arguments):
        """The exit code, and what was said."""
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            try:
                code = main([str(argument) for argument in arguments])
            except SystemExit as ending:
                code = ending.code
        return code, said.getvalue()


class NameTests(unittest.TestCase):
    def test_a_name_says_date_system_and_machine(self):
        run = Folder().run
        self.assertEqual(published_runs.run_name(run), NAME)
        self.assertEqual(published_runs.run_name(run, "full"), f"{NAME}-full")
        self.assertEqual(published_runs.run_name(run | {"suite": "My suite"}), f"{NAME}-my-suite")

    def test_systems(self):
        for name, expected in {
            "Debian GNU/Linux 12 (bookworm)": "debian12", "Ubuntu 24.04.1 LTS": "ubuntu24.04",
            "Fedora Linux 41 (Workstation Edition)": "fedora41", "Arch Linux": "arch", "": "linux",
        }.items():
            self.assertEqual(published_runs.operating_system(name), expected)

    def test_machines(self):
        for model, expected in {
            "AMD EPYC": "epyc-8cpu",
            "AMD EPYC 7763 64-Core Processor": "epyc-7763-8cpu",
            "AMD Ryzen 7 7840U w/ Radeon 780M Graphics": "ryzen-7-7840u-8cpu",
            "AMD Ryzen 5 5600G with Radeon Graphics": "ryzen-5-5600g-8cpu",
            "Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz": "xeon-platinum-8370c-8cpu",
            "13th Gen Intel(R) Core(TM) i7-13700K": "core-i7-13700k-8cpu",
            "implementer 0x41 part 0xd0c": "implementer-0x41-part-0xd0c-8cpu",
            "": "x86-64-8cpu",
        }.items():
            host = {"cpu_model": model, "logical_cpus": 8, "architecture": "x86_64",
                    "virtualization": None}
            self.assertEqual(published_runs.machine(host), expected)


class PublishTests(ScratchTest):
    def publish(self, folder, *options):
        into = self.scratch / "results"
        into.mkdir(exist_ok=True)
        code, said = self.call(
            publish_run.main, self.written(folder), "--into", into, *options)
        return code, said, into

    def test_a_run_is_copied_without_names_and_paths(self):
        code, said, into = self.publish(Folder())
        self.assertEqual(code, 0, said)
        self.assertEqual([path.name for path in into.iterdir()], [NAME])
        run = json.loads((into / NAME / "run.json").read_text())
        self.assertEqual(run["host"]["host_name"], "withheld")
        self.assertEqual(run["command_line"], ["ipcbench", "run", "--output=one"])
        self.assertIn("on withheld.", (into / NAME / "datapackage.json").read_text())
        self.assertIn("with histograms, grade C", said)
        # The original is the owner's.
        original = json.loads((self.scratch / "run" / "run.json").read_text())
        self.assertEqual(original["host"]["host_name"], "brunhild")

    def test_what_else_is_in_the_folder_stays_there(self):
        run = self.written(Folder())
        (run / "report").mkdir()
        (run / "notes.txt").touch()
        self.assertEqual(self.call(publish_run.main, run, "--into", self.scratch)[0], 0)
        self.assertEqual(
            sorted(path.name for path in (self.scratch / NAME).iterdir()),
            ["datapackage.json", "histograms.hlog", "run.json", "summary.csv", "trials.csv"])

    def test_large_histograms_stay_out_unless_asked_for(self):
        folder = Folder()
        folder.payload = "HISTF" + "A" * published_runs.LARGEST_HISTOGRAMS_BYTES
        code, said, into = self.publish(folder)
        self.assertEqual(code, 0, said)
        self.assertFalse((into / NAME / "histograms.hlog").exists())
        self.assertNotIn("histograms", json.loads((into / NAME / "run.json").read_text()))
        code, said = self.call(publish_run.main, self.scratch / "run", "--into",
                               self.scratch, "--keep-histograms")
        self.assertEqual(code, 0, said)
        self.assertTrue((self.scratch / NAME / "histograms.hlog").is_file())

    def test_only_what_somebody_reads_of_the_histograms_is_published(self):
        folder = Folder()
        test_validate_run.fail_first_trial(folder)
        code, said, into = self.publish(folder, "--allow-failed")
        self.assertEqual(code, 0, said)
        log = (into / NAME / "histograms.hlog").read_text().splitlines()
        self.assertEqual([line.split(",")[0] for line in log if not line.startswith(("#", '"'))],
                         ["Tag=r-2-2"])
        self.assertEqual(log[1:3], [
            "#[Histogram log format version 1.3]",
            "#[StartTime: 1795246918.050 (seconds since epoch), 2026-11-21T07:41:58.050748Z]"])
        self.assertEqual(json.loads((into / NAME / "run.json").read_text())["histograms"],
                         {"file": "histograms.hlog", "holds": "latency-of-ok-trials"})

    def test_a_file_a_trial_becomes_one_log(self):
        folder = Folder()
        folder.logs = ["r-1-1.hlog", "r-2-2.hlog"]
        del folder.run["histograms"]
        folder.log = ('#x\n"StartTimestamp","y"\n1.5,0.1,0.2,HISTFAAA\n'
                      "Tag=service,1.5,1,1,HISTFB\n")
        run = self.written(folder)
        code, said = self.call(pack_histograms.main, run)
        self.assertEqual(code, 0, said)
        self.assertFalse((run / "histograms").exists())
        log = (run / "histograms.hlog").read_text()
        self.assertTrue(log.endswith(
            "Tag=r-1-1,1.5,0.1,0.2,HISTFAAA\nTag=r-2-2,1.5,0.1,0.2,HISTFAAA\n"), log)
        # Once more changes nothing.
        self.assertEqual(self.call(pack_histograms.main, run)[0], 0)
        self.assertEqual((run / "histograms.hlog").read_text(), log)

    def test_a_missing_histogram_is_named_and_nothing_is_lost(self):
        folder = Folder()
        folder.logs = ["r-1-1.hlog", "r-2-2.hlog"]
        folder.log = ""
        run = self.written(folder)
        code, said = self.call(pack_histograms.main, run)
        self.assertEqual(code, pack_histograms.EXIT_NOT_PACKABLE)
        self.assertIn("no histogram of trial r-1-1", said)
        self.assertEqual(len(list((run / "histograms").iterdir())), 2)

    def test_what_is_none_to_publish_is_refused_and_leaves_nothing(self):
        debug, private, large, failed = Folder(), Folder(), Folder(), Folder()
        debug.run["build"]["mode"] = "debug"
        private.run["note"] = "see /home/ada/runs"
        large.run["note"] = "x" * published_runs.LARGEST_RUN_BYTES
        test_validate_run.fail_first_trial(failed)
        for name, folder, words in (
                ("debug", debug, "debug build"), ("private", private, "still has '/home/'"),
                ("large", large, "too much"), ("failed", failed, "timed-out: no report in 1 s")):
            with self.subTest(name):
                code, said = self.call(
                    publish_run.main, self.written(folder, name), "--into", self.scratch)
                self.assertEqual(code, publish_run.EXIT_NOT_PUBLISHABLE)
                self.assertIn(words, said)
                self.assertFalse((self.scratch / NAME).exists())
                self.assertEqual(list(self.scratch.glob(".publishing*")), [])
        self.assertEqual(self.call(publish_run.main, self.scratch / "failed", "--into",
                                   self.scratch, "--allow-failed")[0], 0)

    def test_nothing_is_overwritten(self):
        self.publish(Folder())
        code, said = self.call(
            publish_run.main, self.scratch / "run", "--into", self.scratch / "results")
        self.assertEqual(code, publish_run.EXIT_OUTPUT)
        self.assertIn("exists already", said)

    def test_a_folder_that_is_no_run_is_named(self):
        code, said = self.call(publish_run.main, self.scratch / "nowhere", "--into", self.scratch)
        self.assertEqual(code, publish_run.EXIT_NOT_PUBLISHABLE)
        self.assertIn("nowhere/run.json", said)


class MakeTests(ScratchTest):
    def setUp(self):
        super().setUp()
        self.fake = self.scratch / "ipcbench"
        self.fake.write_text(FAKE, encoding="utf-8")
        self.fake.chmod(self.fake.stat().st_mode | stat.S_IXUSR)
        self.written(Folder())
        self.base = self.scratch / "rehearsal"

    def make(self, *options):
        return self.call(make_results.main, "--ipcbench", self.fake, "--rehearse", self.base,
                         *options)

    def calls(self):
        """The arguments of all calls of ipcbench."""
        return [json.loads(line)
                for line in (self.scratch / "calls").read_text(encoding="utf-8").splitlines()]

    def names(self, place):
        return sorted(path.name for path in (self.base / place).iterdir())

    def test_all_suites_are_measured_and_drawn(self):
        code, said = self.make()
        self.assertEqual(code, 0, said)
        expected = sorted(f"reference-{NAME}{suffix}"
                          for suffix in ("", "-full", "-load", "-tradeoff"))
        self.assertEqual(self.names("results"), expected)
        self.assertEqual(self.names("plots"), expected)
        self.assertEqual(self.names(f"plots/{expected[0]}"), ["latency.svg"])
        run = json.loads((self.base / "results" / expected[0] / "run.json").read_text())
        self.assertEqual(run["host"]["host_name"], "withheld")
        self.assertEqual([call[0] for call in self.calls()], ["run"] * 5 + ["report"] * 4)

    def test_what_is_there_is_replaced_only_when_told(self):
        self.assertEqual(self.make("--suite", "quick")[0], 0)
        kept = self.base / "plots" / f"reference-{NAME}" / "old"
        kept.touch()
        code, said = self.make("--suite", "quick")
        self.assertEqual(code, make_results.EXIT_OUTPUT)
        self.assertIn("--force replaces it", said)
        self.assertTrue(kept.exists())
        self.assertEqual(self.make("--suite", "quick", "--force")[0], 0)
        self.assertFalse(kept.exists())
        self.assertEqual(self.names("results"), [f"reference-{NAME}"])

    def test_a_run_that_fails_leaves_the_old_one_and_itself(self):
        self.assertEqual(self.make("--suite", "full")[0], 0)
        (self.base / "results" / f"reference-{NAME}-full" / "old").touch()
        (self.scratch / "full-fails").write_text("74")
        code, said = self.make("--suite", "full", "--force")
        self.assertEqual(code, make_results.EXIT_FAILED)
        self.assertIn("exit code 74", said)
        self.assertEqual(self.names("results"),
                         [f"failed-reference-{NAME}-full", f"reference-{NAME}-full"])
        self.assertTrue((self.base / "results" / f"reference-{NAME}-full" / "old").exists())

    def test_failed_trials_belong_to_load_and_to_a_rehearsal_only(self):
        for suite in ("load", "full"):
            (self.scratch / f"{suite}-fails").write_text("3")
            self.assertEqual(self.make("--suite", suite)[0], 0)
        with unittest.mock.patch.object(make_results, "ROOT", self.scratch):
            program = ("--ipcbench", self.fake)
            for code, options in ((0, ["--suite", "load"]),
                                  (make_results.EXIT_FAILED, ["--suite", "full"]),
                                  (0, ["--suite", "full", "--allow-failed"])):
                self.assertEqual(self.call(make_results.main, *program, *options)[0], code)

    def test_pictures_can_be_made_without_measuring(self):
        self.assertEqual(self.make("--suite", "quick")[0], 0)
        code, said = self.make("--suite", "quick", "--pictures-only", "--force")
        self.assertEqual(code, 0, said)
        self.assertEqual([call[0] for call in self.calls()], ["run", "run", "report", "report"])
        code, said = self.make("--suite", "full", "--pictures-only")
        self.assertEqual(code, make_results.EXIT_MISSING)
        self.assertIn("no run of suite full", said)

    def test_a_missing_renderer_costs_no_run(self):
        for code, expected, words in (
                (69, make_results.EXIT_NOT_AVAILABLE, "ended with exit code 69"),
                (1, make_results.EXIT_FAILED, "ended with exit code 1"),
                (0, make_results.EXIT_FAILED, "has no pictures")):
            (self.scratch / "report-without-pictures").write_text(str(code))
            found, said = self.make("--suite", "quick", "--suite", "full", "--force")
            self.assertEqual(found, expected)
            self.assertIn(words, said)
            # What was measured is not lost by it.
            self.assertEqual(self.names("results"),
                             [f"reference-{NAME}", f"reference-{NAME}-full"])
            self.assertEqual(self.names("plots"), [])

    def test_a_missing_program_and_a_wrong_suite_are_refused(self):
        code, said = self.call(make_results.main, "--ipcbench", self.scratch / "none")
        self.assertEqual(code, make_results.EXIT_MISSING)
        self.assertIn("make build", said)
        self.assertEqual(self.make("--suite", "none")[0], make_results.EXIT_USAGE)


if __name__ == "__main__":
    unittest.main()
