#!/usr/bin/env python3
"""Shows that the campaign accepts a good run, and notices each thing that it is there to find.

Needs the release binary, or the one that IPCBENCH_CAMPAIGN_BINARY names: rows and files to spoil are
taken from runs of it.
"""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import execution  # noqa: E402  The folder of these has to be in the path first.
import judgement  # noqa: E402
import plan as plans  # noqa: E402
import surroundings  # noqa: E402
import traces  # noqa: E402

BINARY = Path(os.environ.get(
    "IPCBENCH_CAMPAIGN_BINARY",
    Path(__file__).resolve().parents[2] / ".build" / "release" / "ipcbench")).resolve()
MECHANISM = {"name": "pipe", "patterns": ["ping-pong"], "waits": ["block"], "data_paths": ["copy"],
             "largest_payload_bytes": 1 << 30}
QUIET_PLAN = plans.Plan(
    index=0, mechanism="pipe", pattern="ping-pong", wait="block", data_path="copy",
    payload_bytes=64, placement="default", trials=3, duration_ms=20, warm_up_ms=1, seed=1,
    events=())


def hit(row, *signals, kind=plans.KILL_PRODUCER, roles=("producer",), rows_before=b""):
    return judgement.Delivery(kind, signals, place="", row=row, roles=roles,
                              rows_before=rows_before)


def hit_driver(kind, *signals):
    return judgement.Delivery(kind, signals, place="two workers")


class ScratchTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="campaign-of-ipcbench.")
        self.addCleanup(folder.cleanup)
        self.scratch = Path(folder.name)


class PlanTests(unittest.TestCase):
    def test_a_seed_is_a_campaign(self):
        mechanisms = [MECHANISM | {"name": name} for name in ("pipe", "tcp", "shm-ring")]
        drawn = [plans.draw_plan(7, index, mechanisms) for index in range(60)]
        self.assertEqual(drawn, [plans.draw_plan(7, index, mechanisms) for index in range(60)])
        self.assertNotEqual(drawn[0].events, plans.draw_plan(8, 0, mechanisms).events)
        for first in range(0, 60, 3):
            one_round = drawn[first:first + 3]
            # A small /dev/shm is for what lies in it.
            if plans.SMALL_SHM not in [plan.surroundings for plan in one_round]:
                self.assertEqual({plan.mechanism for plan in one_round}, {"pipe", "tcp", "shm-ring"})

    def test_every_kind_of_event_is_drawn_and_what_ends_a_run_comes_last(self):
        drawn = [plans.draw_plan(7, index, [MECHANISM]) for index in range(300)]
        events = [event for plan in drawn for event in plan.events]
        self.assertEqual({event.kind for event in events},
                         {*plans.PASSING, *plans.FINAL, plans.IGNORED_SIGNAL, plans.FILE_SIZE})
        self.assertEqual({plan.surroundings for plan in drawn}, {"", *plans.SURROUNDINGS})
        for plan in drawn:
            self.assertTrue(plan.events or plan.surroundings)
            moments = [event.at_seconds for event in plan.events]
            self.assertEqual(moments, sorted(moments))
            self.assertTrue(all(event.kind in plans.PASSING for event in plan.events[:-1]))

    def test_the_first_runs_have_each_kind_once(self):
        mechanisms = [MECHANISM | {"name": name} for name in ("pipe", "tcp", "shm-ring")]
        for seed in (3, 7):
            drawn = [plans.draw_plan(seed, index, mechanisms)
                     for index in range(len(plans.ALL_KINDS))]
            kinds = [plan.surroundings or plan.events[0].kind for plan in drawn]
            self.assertEqual(sorted(kinds), sorted(plans.ALL_KINDS))
            self.assertTrue(all(len(plan.events) <= 1 for plan in drawn))

    def test_a_small_dev_shm_is_for_what_lies_in_it(self):
        mechanisms = [MECHANISM | {"name": name} for name in ("pipe", "tcp", "shm-ring")]
        drawn = [plans.draw_plan(1, index, mechanisms) for index in range(300)]
        self.assertEqual({plan.mechanism for plan in drawn
                          if plan.surroundings == plans.SMALL_SHM}, {"shm-ring"})


class SurroundingsTests(ScratchTest):
    """That they are there, asked of a process in the driver's place."""

    def run_in(self, kind, amount, script, address_space=0, **changes):
        plan = replace(QUIET_PLAN, surroundings=kind, amount=amount, **changes)
        around = surroundings.Surroundings(plan, BINARY, self.scratch, "A=b")
        self.addCleanup(around.close)
        done = subprocess.run(
            around.words(["bash", "-c", script]), capture_output=True, text=True, timeout=20,
            check=False, preexec_fn=around.in_child(address_space))
        return (done.stdout + done.stderr).strip()

    def test_limits_are_set(self):
        for kind, amount, option, shown in (
                (plans.FILE_SIZE, 4096, "-f", "4"), (plans.OPEN_FILES, 17, "-n", "17"),
                (plans.CPU_TIME, 1, "-S -t", "1"), (plans.ADDRESS_SPACE, 1024, "-v", "1048577")):
            with self.subTest(kind):
                self.assertEqual(
                    self.run_in(kind, amount, f"ulimit {option}", address_space=1 << 30), shown)

    def test_a_limit_that_comes_later_is_not_there_from_the_start(self):
        event = plans.Event(0.1, plans.FILE_SIZE, room_bytes=1)
        self.assertEqual(self.run_in(plans.FILE_SIZE, 0, "ulimit -f", events=(event,)), "unlimited")

    def test_a_signal_is_ignored(self):
        self.assertEqual(
            self.run_in(plans.IGNORED_SIGNAL, int(signal.SIGHUP), "kill -HUP $$; echo alive"), "alive")

    def test_a_dev_shm_is_small(self):
        reason = surroundings.why_not(plans.SMALL_SHM)
        if reason:
            self.skipTest(reason)
        said = self.run_in(plans.SMALL_SHM, 64 * 1024, "head -c 100000 /dev/zero > /dev/shm/x; "
                           "stat -c %s /dev/shm/x")
        self.assertRegex(said, "(?s)65536.*No space left on device")
        self.assertFalse(Path("/dev/shm/x").exists())

    def test_a_pipe_that_nobody_reads_takes_nothing_more(self):
        around = surroundings.Surroundings(
            replace(QUIET_PLAN, surroundings=plans.UNREAD), BINARY, self.scratch, "A=b")
        self.addCleanup(around.close)
        writing_end = around.output()
        self.addCleanup(os.close, writing_end)
        with self.assertRaises(subprocess.TimeoutExpired):
            subprocess.run(["echo", "more"], stdout=writing_end, timeout=0.2, check=False)

    def test_another_run_that_cannot_be_is_told(self):
        around = surroundings.Surroundings(
            replace(QUIET_PLAN, surroundings=plans.NEIGHBOUR, mechanism="none-such"), BINARY,
            self.scratch, f"IPCBENCH_CAMPAIGN_RUN={self.scratch}")
        self.addCleanup(around.close)
        self.assertRegex(around.begin(), "the other run measures nothing: .*none-such")


class TraceTests(ScratchTest):
    def test_nothing_left_is_no_complaint(self):
        self.assertEqual(traces.leftovers("A=b", self.scratch, traces.Machine()), [])

    def test_an_orphan_is_found(self):
        mark = f"IPCBENCH_CAMPAIGN_RUN={self.scratch}"
        name, value = mark.split("=")
        # The shell leaves, and what it started stays.
        shell = subprocess.run(["sh", "-c", "sleep 60 > /dev/null & echo $!"], check=True,
                               env=os.environ | {name: value}, stdout=subprocess.PIPE, timeout=10)
        self.addCleanup(traces.end_processes_with, mark)
        found = traces.leftovers(mark, self.scratch, traces.Machine())
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], rf"^orphan: process {int(shell.stdout)} \(state .\): sleep 60$")

    def test_what_goes_within_the_grace_of_a_killed_driver_is_no_orphan(self):
        mark = f"IPCBENCH_CAMPAIGN_RUN={self.scratch}"
        name, value = mark.split("=")
        child = subprocess.Popen(["sleep", "0.2"], env=os.environ | {name: value})
        self.addCleanup(child.wait)
        self.assertEqual(
            traces.leftovers(mark, self.scratch, traces.Machine(), killed_driver=child.pid), [])

    def test_a_name_in_shared_memory_is_found_unless_its_maker_lives(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        machine = traces.Machine()
        # Looked for at once, as another run on this machine would sweep the first of them.
        for number, is_left in ((gone.pid, True), (os.getpid(), False)):
            path = traces.SHARED_MEMORY / f"ipcbench-{number}-planted"
            path.touch()
            try:
                found = machine.added()
            finally:
                path.unlink(missing_ok=True)
            self.assertEqual(str(path) in found, is_left, found)

    def test_an_unknown_name_in_shared_memory_is_reported(self):
        machine = traces.Machine()
        with tempfile.NamedTemporaryFile(dir=traces.SHARED_MEMORY, prefix="planted-") as file, \
                mock.patch.object(traces, "GRACE_SECONDS", 0):  # It will not go.
            found = traces.leftovers("A=b", self.scratch, machine)
        self.assertEqual(found, [f"left on the machine: {file.name}"])

    def test_names_of_a_killed_driver_are_left_to_the_next_run(self):
        number = os.getpid()  # Of a living process, so that no run on this machine sweeps them.
        (self.scratch / f"ipcbench-{number}-abcdef").mkdir()
        self.assertEqual(
            traces.leftovers("A=b", self.scratch, traces.Machine(), killed_driver=number), [])
        self.assertEqual(traces.leftovers("A=b", self.scratch, traces.Machine()),
                         [f"left in TMPDIR: ipcbench-{number}-abcdef"])

    def test_a_fifo_a_socket_and_a_queue_are_found(self):
        machine = traces.Machine()
        os.mkfifo(self.scratch / "forth")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.scratch / "listener"))
            self.assertEqual(traces.leftovers("A=b", self.scratch, machine),
                             ["left in TMPDIR: forth", "left in TMPDIR: listener"])

    def test_an_abstract_socket_is_found(self):
        machine = traces.Machine()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"\0ipcbench-{os.getpid()}")
            self.assertEqual(machine.added(), [f"abstract socket @ipcbench-{os.getpid()}"])

    def test_a_claim_on_a_core_is_found_unless_its_maker_lives(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        machine = traces.Machine()
        for number, is_left in ((gone.pid, True), (os.getpid(), False)):
            with socket.socket(socket.AF_UNIX) as claim:
                claim.bind(f"\0ipcbench-cpu-0-{number}-0.abc")
                found = machine.added()
            self.assertEqual(f"abstract socket @ipcbench-cpu-0-{number}-0.abc" in found, is_left, found)

    def test_system_v_objects_are_found(self):
        machine = traces.Machine()
        libc = ctypes.CDLL(None, use_errno=True)
        semaphores = libc.semget(0, 1, 0o600)
        queue = libc.msgget(0, 0o600)
        try:
            found = machine.added()
        finally:
            libc.semctl(semaphores, 0, 0)
            libc.msgctl(queue, 0, None)
        self.assertEqual(found, [f"System V msg {queue}", f"System V sem {semaphores}"])


class JudgementTests(ScratchTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="campaign-of-ipcbench.")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.good = cls.run_ipcbench("good", QUIET_PLAN.arguments("good"), 0)
        died = replace(QUIET_PLAN, mechanism="fault-crash-adopt")
        cls.died = cls.run_ipcbench("died", died.arguments("died"), 3)
        cls.died_plan = died

    @classmethod
    def run_ipcbench(cls, name, arguments, exit_code):
        """The files of a run and what it said."""
        done = subprocess.run([BINARY, *arguments], cwd=cls.folder.name, check=False,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == exit_code, done.stderr
        folder = Path(cls.folder.name) / name
        files = {str(path.relative_to(folder)): path.read_bytes()
                 for path in folder.rglob("*") if path.is_file()}
        return files, done.returncode, done.stderr

    def complaints(self, *, plan=QUIET_PLAN, run=None, files=None, deliveries=(), **changes):
        """What is wrong with a run of which some files are others."""
        old_files, exit_code, errors = run or self.good
        folder = self.scratch / "run"
        folder.mkdir()
        for name, content in (old_files | (files or {})).items():
            if content is not None:
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(content)
        ending = judgement.Ending(exit_code, "", errors, folder, list(deliveries))
        return judgement.judge(plan, replace(ending, **changes))

    def forget_run(self):
        """Makes room for another run in the same test."""
        shutil.rmtree(self.scratch / "run")

    def edited_row(self, number, **fields):
        """trials.csv of the good run with some fields of a row changed."""
        lines = self.good[0]["trials.csv"].decode().splitlines()
        header, row = lines[0].split(","), lines[number].split(",")
        for name, value in fields.items():
            row[header.index(name)] = value
        lines[number] = ",".join(row)
        return {"trials.csv": ("\n".join(lines) + "\n").encode()}

    def assert_complaint(self, pattern, complaints):
        self.assertTrue(complaints, "nothing was noticed")
        self.assertRegex("\n".join(complaints), pattern)

    def test_a_good_run_is_no_complaint(self):
        self.assertEqual(self.complaints(), [])

    def test_a_hit_on_a_trial_that_was_over_is_no_complaint(self):
        delivery = hit(1, signal.SIGKILL)
        self.assertEqual(self.complaints(deliveries=[delivery]), [])
        self.assertEqual((delivery.outcome, delivery.stage), ("ok", "had finished"))

    def test_a_death_that_the_row_tells_of_is_no_complaint(self):
        deliveries = [hit(row, signal.SIGSEGV, kind=plans.CRASH_WORKER, roles=())
                      for row in range(3)]
        self.assertEqual(
            self.complaints(plan=self.died_plan, run=self.died, deliveries=deliveries), [])
        self.assertEqual({delivery.outcome for delivery in deliveries}, {"died"})
        self.assertEqual({delivery.stage for delivery in deliveries}, {"preparing"})

    def test_a_death_that_nobody_brought_about_is_noticed(self):
        self.assert_complaint("row 1: died, .* happened: nothing",
                              self.complaints(plan=self.died_plan, run=self.died))

    def test_a_death_by_another_signal_is_noticed(self):
        deliveries = [hit(row, signal.SIGKILL, roles=()) for row in range(3)]
        self.assert_complaint(
            "was killed by SIGSEGV.* does not say what happened",
            self.complaints(plan=self.died_plan, run=self.died, deliveries=deliveries))

    def test_a_death_of_the_other_worker_is_noticed(self):
        deliveries = [hit(row, signal.SIGSEGV, roles=("producer",)) for row in range(3)]
        self.assert_complaint(
            "the consumer was killed .* does not say what happened",
            self.complaints(plan=self.died_plan, run=self.died, deliveries=deliveries))

    def test_a_pause_excuses_no_failure(self):
        delivery = hit(0, signal.SIGSTOP, signal.SIGCONT, kind=plans.PAUSE_WORKER)
        files = self.edited_row(1, status="timed-out", error="no end before the deadline")
        self.assert_complaint("row 1: timed-out.*happened: pause worker",
                              self.complaints(files=files, deliveries=[delivery]))

    def test_an_ok_without_all_messages_is_noticed(self):
        self.assert_complaint("row 2: .* messages sent, 5 received",
                              self.complaints(files=self.edited_row(2, messages_received="5")))

    def test_an_ok_of_a_trial_cut_short_is_noticed(self):
        self.assert_complaint("row 2: ok after 7000 ns",
                              self.complaints(files=self.edited_row(2, elapsed_ns="7000")))

    def test_a_torn_line_is_noticed(self):
        torn = self.good[0]["trials.csv"][:-30]
        self.assert_complaint("the last line is torn", self.complaints(files={"trials.csv": torn}))
        self.forget_run()
        self.assert_complaint("as many fields as the header",
                              self.complaints(files={"trials.csv": torn + b"\n"}))

    def test_a_lost_or_changed_row_is_noticed(self):
        before = self.good[0]["trials.csv"]
        delivery = hit(2, signal.SIGKILL, rows_before=before)
        self.assert_complaint(
            "before 'kill producer' are not there any more",
            self.complaints(files=self.edited_row(1, steal_ns="7"), deliveries=[delivery]))

    def test_a_rate_that_was_not_reached_is_no_success_whatever_happened(self):
        plan = replace(QUIET_PLAN, pattern="paced")
        check = judgement.validate_run.Check()
        row = {"status": "invalid", "error": "rate not reached: at 1k messages/s, 9 of the 20",
               "messages_sent": "20", "messages_received": "20", "messages_corrupt": "0",
               "messages_lost": "0"}
        judgement.judge_row(check, plan, 0, row, [hit(0, signal.SIGSEGV)])
        self.assertEqual(check.complaints, [])
        judgement.judge_row(check, plan, 0, row | {"messages_received": "9"},
                            [hit(0, signal.SIGSEGV)])
        self.assert_complaint("9 received", check.complaints)

    def test_a_gap_between_trials_is_noticed(self):
        lines = self.good[0]["trials.csv"].splitlines(keepends=True)
        self.assert_complaint("row 2: is block 3", self.complaints(
            files={"trials.csv": b"".join([*lines[:2], *lines[3:]])}))

    def test_a_wrong_header_is_noticed(self):
        renamed = self.good[0]["trials.csv"].replace(b"status", b"state", 1)
        self.assert_complaint("column 7 is state, should be status",
                              self.complaints(files={"trials.csv": renamed}))

    def test_wrong_exit_codes_are_noticed(self):
        for code, pattern in ((69, "should be 0 or 3: "), (74, "should be 0 or 3: "),
                              (3, "trials failed: False"), (1, "should be 0 or 3: "),
                              (130, "nobody interrupted"), (-9, "nobody killed the driver"),
                              (-2, "should have answered with nothing like it"),
                              (-11, "should have answered with nothing like it")):
            with self.subTest(code):
                self.assert_complaint(pattern, self.complaints(exit_code=code))
            self.forget_run()

    def test_an_interrupt_that_ends_the_program_is_noticed_once_there_is_a_folder(self):
        interrupt = hit_driver(plans.INTERRUPT, signal.SIGTERM)
        self.assert_complaint(
            "should have answered with 130",
            self.complaints(exit_code=-signal.SIGTERM, errors="", deliveries=[interrupt]))
        self.forget_run()
        ending = judgement.Ending(-signal.SIGTERM, "", "", self.scratch / "run", [interrupt])
        self.assertEqual(judgement.judge(QUIET_PLAN, ending), [])

    def test_an_interrupted_run_without_a_summary_is_noticed(self):
        interrupt = hit_driver(plans.INTERRUPT, signal.SIGINT)
        trials = self.good[0]["trials.csv"].splitlines(keepends=True)
        self.assert_complaint("lacks summary.csv", self.complaints(
            exit_code=130, deliveries=[interrupt],
            errors="ipcbench: interrupted: 2 of 3 trials are kept in run\n",
            files={"trials.csv": b"".join(trials[:3]), "summary.csv": None}))

    def test_an_unfinished_file_is_noticed_unless_the_driver_was_killed(self):
        part = {"run.json.part": b"{"}
        self.assert_complaint("holds run.json.part", self.complaints(files=part))
        self.forget_run()
        kill = hit_driver(plans.KILL_DRIVER, signal.SIGKILL)
        self.assertEqual(
            self.complaints(files=part, exit_code=-9, errors="", deliveries=[kill]), [])

    def test_a_row_without_its_histogram_is_noticed(self):
        log = self.good[0]["histograms.hlog"]
        lines = log.splitlines(keepends=True)
        tag = lines[-1].split(b",")[0].removeprefix(b"Tag=").decode()
        fewer = {"histograms.hlog": b"".join(lines[:-1])}
        self.assert_complaint(f"{tag}: missing", self.complaints(files=fewer))
        self.forget_run()
        kill = hit_driver(plans.KILL_DRIVER, signal.SIGKILL)
        self.assert_complaint(f"{tag}: missing", self.complaints(
            files=fewer, exit_code=-9, errors="", deliveries=[kill]))
        self.forget_run()
        self.assert_complaint("is torn", self.complaints(
            files={"histograms.hlog": log[:-1]}, exit_code=-9, errors="", deliveries=[kill]))

    def test_a_killed_driver_may_leave_one_histogram_before_its_row(self):
        kill = hit_driver(plans.KILL_DRIVER, signal.SIGKILL)
        log = self.good[0]["histograms.hlog"]
        rest = b",1795230900.1,0.1,0.1,HISTFAAA\n"
        early = log + b"Tag=early" + rest + b"Tag=early/service" + rest
        self.assert_complaint("early: no trial", self.complaints(files={"histograms.hlog": early}))
        self.forget_run()
        self.assertEqual(
            self.complaints(files={"histograms.hlog": early}, exit_code=-9, errors="",
                            deliveries=[kill]), [])
        self.forget_run()
        self.assert_complaint("of no trial: ", self.complaints(
            files={"histograms.hlog": early + b"Tag=other" + rest}, exit_code=-9, errors="",
            deliveries=[kill]))

    def test_a_taint_that_the_end_of_the_run_adds_is_no_lost_row(self):
        before = self.good[0]["trials.csv"]
        after = self.edited_row(1, tainted="true", taint_reason="probe-unusual")
        delivery = hit_driver(plans.PAUSE_DRIVER, signal.SIGSTOP)
        delivery.rows_before = before
        complaints = self.complaints(files=after, deliveries=[delivery])
        self.assertFalse([text for text in complaints if "not there any more" in text], complaints)
        self.forget_run()
        other = self.edited_row(1, messages_sent="1")
        self.assert_complaint("not there any more", self.complaints(
            files=other, deliveries=[delivery]))

    def test_wrong_counts_in_run_json_are_noticed(self):
        description = json.loads(self.good[0]["run.json"])
        description["trials"]["ok"] = 2
        self.assert_complaint("trials.ok is 2, trials.csv has 3", self.complaints(
            files={"run.json": json.dumps(description).encode()}))

    def test_a_crash_report_on_stderr_is_noticed(self):
        self.assert_complaint("stderr is 'Fatal error", self.complaints(errors="Fatal error: x\n"))


    # What a run finds around itself.

    def around(self, kind, signals=(), place="around"):
        """The plan, and the delivery that tells of it."""
        return replace(QUIET_PLAN, surroundings=kind), judgement.Delivery(kind, signals, place=place)

    def cut_short(self, rows=2):
        """The files of a run that could not go on."""
        description = json.loads(self.good[0]["run.json"])
        description["interrupted"] = True
        del description["finished_utc"]
        trials = self.good[0]["trials.csv"].splitlines(keepends=True)
        log = self.good[0]["histograms.hlog"].splitlines(keepends=True)
        tags = [row.split(b",")[2] for row in trials[1:1 + rows]]
        kept = [line for line in log
                if not line.startswith(b"Tag=") or line.split(b",")[0][4:] in tags]
        return {"trials.csv": b"".join(trials[:1 + rows]), "summary.csv": None,
                "histograms.hlog": b"".join(kept), "run.json": json.dumps(description).encode()}

    def test_a_signal_that_is_ignored_changes_nothing(self):
        plan, delivery = self.around(plans.IGNORED_SIGNAL, (signal.SIGHUP,), "two workers")
        self.assertEqual(self.complaints(plan=plan, deliveries=[delivery]), [])
        self.forget_run()
        self.assert_complaint("nobody interrupted the run", self.complaints(
            plan=plan, deliveries=[delivery], exit_code=130, files=self.cut_short(),
            errors="ipcbench: interrupted: 2 of 3 trials are kept in run\n"))
        self.forget_run()
        self.assert_complaint("died of a signal", self.complaints(
            plan=plan, deliveries=[delivery], exit_code=-signal.SIGHUP, errors="",
            files=self.cut_short()))

    def limited(self, kind, code, errors, files=None):
        """The complaints of a run that ended so at a limit."""
        plan, delivery = self.around(kind)
        found = self.complaints(plan=plan, deliveries=[delivery], exit_code=code, errors=errors,
                                files=self.cut_short() if files is None else files)
        self.forget_run()
        return found

    def test_a_limit_on_files_ends_a_run_with_whole_rows(self):
        said = "ipcbench: run/trials.csv: cannot be written (File too large); raise the limit\n"
        self.assertEqual(self.limited(plans.FILE_SIZE, 74, said), [])
        self.assert_complaint("should have answered with 74",
                              self.limited(plans.FILE_SIZE, -signal.SIGXFSZ, ""))
        self.assert_complaint("does not say why", self.limited(
            plans.FILE_SIZE, 74, "ipcbench: run/trials.csv: No space left on device\n"))
        for name, pattern in (("trials.csv", "the last line is torn"), ("histograms.hlog", "torn")):
            torn = self.cut_short()
            torn[name] = torn[name][:-9]
            self.assert_complaint(pattern, self.limited(plans.FILE_SIZE, 74, said, torn))
        self.assert_complaint("trials.csv: missing or empty", self.limited(
            plans.FILE_SIZE, 74, said, self.cut_short() | {"trials.csv": b""}))
        self.assert_complaint("no trial", self.limited(
            plans.FILE_SIZE, 74, said,
            self.cut_short() | {"histograms.hlog": self.good[0]["histograms.hlog"]}))
        self.assert_complaint("though it ended with 74", self.limited(
            plans.FILE_SIZE, 74, said, self.cut_short() | {"run.json": self.good[0]["run.json"]}))
        self.assert_complaint("holds run.json.part", self.limited(
            plans.FILE_SIZE, 74, said, self.cut_short() | {"run.json.part": b"{"}))

    def row_by(self, kind, status, error):
        """The complaints about a row of that status."""
        plan, delivery = self.around(kind)
        files = self.edited_row(1, status=status, error=error)
        found = self.complaints(plan=plan, deliveries=[delivery], files=files)
        self.forget_run()
        return [line for line in found if line.startswith("trials.csv: row 1")]

    def test_rows_say_what_limited_them(self):
        good = {
            plans.FILE_SIZE: ("failed", "ftruncate failed while making x: File too large"),
            plans.CPU_TIME: ("died", "the producer was killed by SIGXCPU while timing"),
            plans.OPEN_FILES: ("failed", "pipe2 failed while making a pipe: Too many open files"),
            plans.ADDRESS_SPACE: ("failed", "mmap failed while mapping: Cannot allocate memory"),
            plans.SMALL_SHM: ("failed", "no room in /dev/shm: 128 KiB are needed and 16 free"),
        }
        bad = {
            plans.FILE_SIZE: ("died", "the producer was killed by SIGXFSZ while ready"),
            plans.CPU_TIME: ("died", "the producer was killed by SIGKILL while timing"),
            plans.OPEN_FILES: ("failed", "pipe2 failed: check that proc is mounted"),
            plans.ADDRESS_SPACE: ("died", "the consumer was killed by SIGILL while ready"),
            plans.SMALL_SHM: ("died", "the producer was killed by SIGBUS while preparing"),
            plans.NEIGHBOUR: ("failed", "any reason"),
            plans.UNREAD: ("timed-out", "no end before the deadline"),
            plans.IGNORED_SIGNAL: ("died", "the producer was killed by SIGHUP while timing"),
        }
        self.assertEqual({*bad}, {*plans.SURROUNDINGS})
        for kind, (status, error) in good.items():
            with self.subTest(kind):
                self.assertEqual(self.row_by(kind, status, error), [])
        for kind, (status, error) in bad.items():
            with self.subTest(kind):
                self.assert_complaint(
                    f"{status}, .*(does not say why|{kind})", self.row_by(kind, status, error))

    def test_refusals_say_what_limits_them(self):
        for kind, code, good, bad in (
                (plans.CPU_TIME, 74, "out of CPU time (SIGXCPU)", "the disk is full"),
                (plans.OPEN_FILES, 69, "hwloc: Too many open files", "check that /sys is mounted"),
                (plans.ADDRESS_SPACE, 69, "mmap: Cannot allocate memory", "something is wrong"),
                (plans.SMALL_SHM, 69, "shm-ring: /dev/shm has no room", "shm-ring: Bus error")):
            plan, delivery = self.around(kind)
            for words, is_good in ((good, True), (bad, False)):
                ending = judgement.Ending(code, "", f"ipcbench: {words}\n", self.scratch / "run",
                                          [delivery])
                with self.subTest(kind, is_good=is_good):
                    found = judgement.judge(plan, ending)
                    self.assertEqual(["does not say why" in line for line in found],
                                     [] if is_good else [True])
        # Nothing that a limit of one kind excuses is excused by another.
        self.assert_complaint("should be 0, 69 or 3: ", judgement.judge(
            replace(QUIET_PLAN, surroundings=plans.SMALL_SHM), judgement.Ending(
                74, "", "ipcbench: /dev/shm\n", self.scratch / "run", [])))

    def test_a_crash_for_want_of_memory_is_noticed(self):
        self.assert_complaint("died of a signal", self.limited(
            plans.ADDRESS_SPACE, -signal.SIGABRT, "Fatal error: failed to allocate\n"))

    def test_a_run_beside_another_is_told_and_tainted(self):
        notice = ("ipcbench: another ipcbench (process 7) measures on the same cores; both runs are "
                  "disturbed\nwait until it is done\n")
        row = {"tainted": "true", "taint_reason": "another-run probe-changed"}
        for errors, rows, pattern in (
                (notice, [row, row], ""), ("", [row, row], "does not speak of the other run"),
                (notice, [row, {"tainted": "false", "taint_reason": ""}], "row 2: measured beside"),
                (notice, [{"tainted": "true", "taint_reason": "preempted"}], "row 1: measured beside")):
            check = judgement.validate_run.Check()
            judgement.judge_disturbance(
                check, judgement.Ending(0, "", errors, self.scratch / "run"), rows)
            with self.subTest(pattern):
                self.assertEqual(bool(check.complaints), bool(pattern), check.complaints)
                if pattern:
                    self.assert_complaint(pattern, check.complaints)
        plan, delivery = self.around(plans.NEIGHBOUR)
        # Tests may run beside another ipcbench as well.
        files = self.edited_row(1, tainted="false", taint_reason="")
        self.assert_complaint("row 1: measured beside", self.complaints(
            plan=plan, deliveries=[delivery], errors=notice, files=files))

    def test_whoever_shares_the_machine_may_be_told_of_in_any_run(self):
        notice = "ipcbench: another ipcbench measures on the same cores; both\nwait until it is done\n"
        self.assertEqual(self.complaints(errors=notice), [])
        self.forget_run()
        self.assert_complaint("stderr is 'more", self.complaints(errors=f"{notice}more\n"))

    def test_output_that_nobody_reads_costs_no_file(self):
        plan, delivery = self.around(plans.UNREAD)
        interrupt = hit_driver(plans.INTERRUPT, signal.SIGTERM)
        said = "ipcbench: interrupted: 3 of 3 trials are kept in run\n"
        ending = {"plan": plan, "exit_code": 130, "errors": said}
        self.assertEqual(self.complaints(deliveries=[delivery, interrupt], **ending), [])
        self.forget_run()
        self.assert_complaint("nobody interrupted", self.complaints(deliveries=[delivery], **ending))
        self.forget_run()
        self.assert_complaint("lacks summary.csv", self.complaints(
            deliveries=[delivery, interrupt], files=self.cut_short(),
            **ending | {"errors": said.replace("3 of", "2 of")}))
        self.forget_run()
        self.assert_complaint("should have answered with 130", self.complaints(
            deliveries=[delivery, interrupt], **ending | {"exit_code": -15, "errors": ""}))

    def test_a_run_without_a_folder_did_not_go_well(self):
        self.assert_complaint("run folder: is missing", judgement.judge(
            QUIET_PLAN, judgement.Ending(0, "", "", self.scratch / "run")))


class ExecutionTests(ScratchTest):
    def test_a_driver_that_does_not_end_is_noticed_and_ended(self):
        hanging = self.scratch / "hanging"
        hanging.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
        hanging.chmod(0o755)

        class Impatient(plans.Plan):
            deadline_seconds = 0.2

        plan = Impatient(**vars(QUIET_PLAN))
        report = execution.carry_out(hanging, plan, self.scratch / "run-0")
        self.assertRegex(report.violations[0], r"^not ended after 0 s; process \d+ .*: sleep 60$")
        self.assertEqual(
            traces.processes_with(f"IPCBENCH_CAMPAIGN_RUN={self.scratch}/run-0"), [])
        self.assertTrue((self.scratch / "run-0").exists())

    def test_an_undisturbed_run_is_no_violation_and_leaves_no_folder(self):
        report = execution.carry_out(BINARY, QUIET_PLAN, self.scratch / "run-0")
        self.assertEqual((report.violations, report.exit_code), ([], 0))
        self.assertFalse((self.scratch / "run-0").exists())


if __name__ == "__main__":
    unittest.main()
