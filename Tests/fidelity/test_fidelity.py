#!/usr/bin/env python3
"""Shows that Benchmarks/fidelity tells worlds apart, pairs and judges rightly; measures nothing."""

import contextlib
import importlib.machinery
import importlib.util
import io
import itertools
import random
import sys
import types
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
PATH = Path(__file__).resolve().parents[2] / "Benchmarks" / "fidelity"
loader = importlib.machinery.SourceFileLoader("fidelity", str(PATH))
spec = importlib.util.spec_from_loader("fidelity", loader)
fidelity = importlib.util.module_from_spec(spec)
sys.modules["fidelity"] = fidelity
loader.exec_module(fidelity)

FAST, SLOW = fidelity.Yardstick("fast"), fidelity.Yardstick("slow")
NEAR, FAR = (60.0, 62.0), (340.0, 330.0)


def cell(**values):
    return fidelity.Cell(**{
        "mechanism": "shm-ring", "pattern": "stream", "wait": "spin", "payload_bytes": 48,
        "same_core": False, "yardsticks": (FAST, SLOW), "lowest": 1.0} | values)


def sample(ns, probes=NEAR):
    return fidelity.Sample(ns, probes_ns=probes)


def series(rounds, of=None):
    return fidelity.Series(of or cell(), rounds=rounds)


def worlds_of(*all_series):
    return fidelity.judge_all(all_series, seed=1)


class LateYardstickTests(unittest.TestCase):
    def test_a_stream_is_not_judged_against_a_ring_that_shows_messages_late(self):
        late, early = fidelity.Yardstick("ring-packed"), fidelity.Yardstick("ring-stamp")
        of = cell(yardsticks=(late, early))
        rounds = [(sample(10), {late: sample(5), early: sample(12)}) for _ in range(8)]
        _, [judgement] = worlds_of(series(rounds, of))
        self.assertEqual(judgement.yardstick, early)
        self.assertAlmostEqual(judgement.ratio, 1.2)
        self.assertEqual(judgement.best, late)
        self.assertAlmostEqual(judgement.ratio_to_best, 0.5)

    def test_who_wakes_the_receiver_at_each_message_shows_it_at_once(self):
        for wakes, late in (((50, 0), False), ((100, 100), True), ((12, 12), True), (None, False)):
            with self.subTest(wakes):
                self.assertEqual(fidelity.Yardstick("ring-bytes", wakes).shows_late, late)


class WorldTests(unittest.TestCase):
    def test_two_groups_are_two_worlds_and_the_boundary_lies_between(self):
        generator = random.Random(7)
        for near, far in ((60, 340), (25, 90), (100, 1000)):
            with self.subTest(f"{near} and {far}"):
                probes = [near * generator.uniform(0.9, 1.15) for _ in range(90)]
                probes += [far * generator.uniform(0.9, 1.15) for _ in range(30)]
                worlds = fidelity.Worlds.of(probes)
                self.assertEqual(len(worlds.medians_ns), 2)
                self.assertGreater(worlds.boundary_ns, near * 1.15)
                self.assertLess(worlds.boundary_ns, far * 0.9)

    def test_one_group_is_one_world(self):
        generator = random.Random(7)
        probes = [80 * generator.uniform(0.85, 1.2) for _ in range(100)]
        self.assertEqual(len(fidelity.Worlds.of(probes).medians_ns), 1)
        self.assertEqual(len(fidelity.Worlds.of([60.0]).medians_ns), 1)
        self.assertEqual(fidelity.Worlds.of([]).medians_ns, ())

    def test_a_few_disturbed_probes_make_no_world(self):
        worlds = fidelity.Worlds.of([60.0] * 97 + [2e6, 4e6, 5e5])
        self.assertEqual(worlds.medians_ns, (60.0,))
        self.assertIsNone(worlds.index(sample(1, (60.0, 2e6))))
        self.assertIsNone(worlds.index(sample(1, (2e6, 2e6))))

    def test_disturbed_probes_do_not_hide_two_worlds(self):
        worlds = fidelity.Worlds.of([60.0] * 60 + [340.0] * 57 + [2e6, 4e6, 5e5])
        self.assertEqual(len(worlds.medians_ns), 2)
        self.assertLess(worlds.boundary_ns, 340)

    def test_a_run_is_in_the_world_of_both_its_probes_or_in_none(self):
        worlds = fidelity.Worlds.of([60.0] * 50 + [340.0] * 50)
        for probes, world in (
                (NEAR, 0), (FAR, 1), ((60.0, 340.0), None), ((340.0, 60.0), None),
                ((60.0, 95.0), None), ((5000.0, 5100.0), None)):
            with self.subTest(str(probes)):
                self.assertEqual(worlds.index(sample(1, probes)), world)

    def test_on_one_core_there_is_one_world(self):
        self.assertEqual(fidelity.Worlds(()).index(sample(1, None)), 0)


class JudgementTests(unittest.TestCase):
    def test_the_best_yardstick_of_each_world_is_the_one_that_counts(self):
        near = [(sample(10), {FAST: sample(12), SLOW: sample(30)}) for _ in range(8)]
        far = [(sample(10, FAR), {FAST: sample(50, FAR), SLOW: sample(9, FAR)}) for _ in range(8)]
        worlds, judgements = worlds_of(series(near + far))
        self.assertEqual(len(worlds.medians_ns), 2)
        self.assertEqual([each.yardstick for each in judgements], [FAST, SLOW])
        self.assertEqual([each.verdict for each in judgements], ["ok", "missed"])
        self.assertAlmostEqual(judgements[0].ratio, 1.2)
        self.assertAlmostEqual(judgements[1].ratio, 0.9)
        self.assertEqual([each.dropped for each in judgements], [0, 0])

    def test_pairs_of_different_worlds_are_dropped_and_counted(self):
        good = [(sample(10), {FAST: sample(12)}) for _ in range(6)]
        good += [(sample(20, FAR), {FAST: sample(30, FAR)}) for _ in range(6)]
        bad = [(sample(10), {FAST: sample(1, FAR)}),
               (sample(10, (60.0, 340.0)), {FAST: sample(1)}),
               (sample(10), {FAST: sample(1, (340.0, 60.0))})]
        _, judgements = worlds_of(series(good + bad, of=cell(yardsticks=(FAST,))))
        self.assertEqual([len(each.pairs) for each in judgements], [6, 6])
        self.assertEqual([each.dropped for each in judgements], [3, 3])
        self.assertTrue(all(reference > 1 for each in judgements for reference, _ in each.pairs))

    def test_a_cell_without_any_pair_says_so(self):
        bad = [(sample(10), {FAST: sample(1, FAR)}) for _ in range(7)]
        worlds, judgements = worlds_of(series(bad, of=cell(yardsticks=(FAST,))))
        self.assertEqual([(each.verdict, each.dropped) for each in judgements],
                         [("inconclusive", 7)])
        self.assertIn("| 0 | 7 |", "\n".join(fidelity.table(judgements, worlds)))

    def test_a_yardstick_with_hardly_any_pairs_is_not_the_best(self):
        rounds = [(sample(10), {SLOW: sample(20)}) for _ in range(8)]
        rounds[0][1][FAST] = sample(1)
        _, judgements = worlds_of(series(rounds))
        self.assertEqual(judgements[0].yardstick, SLOW)

    def test_a_cell_may_name_what_it_is_judged_against(self):
        rounds = [(sample(18), {FAST: sample(12), SLOW: sample(20)}) for _ in range(8)]
        _, judgements = worlds_of(series(rounds, of=cell(
            pattern="ping-pong", lowest=None, highest=0.9, judged_against=SLOW)))
        self.assertEqual(judgements[0].yardstick, SLOW)
        self.assertAlmostEqual(judgements[0].ratio, 0.9)
        self.assertEqual(judgements[0].verdict, "ok")
        self.assertEqual(judgements[0].best, FAST)
        self.assertAlmostEqual(judgements[0].ratio_to_best, 1.5)

    def test_few_pairs_and_bounds_inside_the_interval_decide_nothing(self):
        five = [(sample(10), {FAST: sample(20)}) for _ in range(5)]
        self.assertEqual(worlds_of(series(five))[1][0].verdict, "inconclusive")
        both = [(sample(10), {FAST: sample(ns)}) for ns in (8, 8, 8, 8, 12, 12, 12, 12)]
        self.assertEqual(worlds_of(series(both))[1][0].verdict, "inconclusive")


class FakeBench:
    """Messages take as long as their names say; nothing is run."""

    TIMES = {None: 10, FAST: 12, SLOW: 15}

    def __init__(self):
        self.orders = []

    def prepare(self, of):
        of.batch = 1

    def run_round(self, of, order):
        self.orders.append(tuple(order))
        of.rounds.append((sample(10), {FAST: sample(12), SLOW: sample(15)}))


class RunTests(unittest.TestCase):
    def test_every_round_runs_every_side_once_in_changing_order(self):
        bench = FakeBench()
        all_series = fidelity.measure(bench, [cell()], 30, seed=3)
        self.assertEqual(len(all_series[0].rounds), 30)
        self.assertEqual(set(bench.orders), set(itertools.permutations([None, FAST, SLOW])))

    def test_time_that_is_up_ends_it_after_a_whole_round(self):
        all_series = fidelity.measure(FakeBench(), [cell(), cell(payload_bytes=8)], 30, 3, 0)
        self.assertEqual([len(each.rounds) for each in all_series], [1, 1])

    def test_the_document_holds_every_cell_and_yardstick(self):
        all_series = fidelity.measure(FakeBench(), [cell()], 8, seed=3)
        worlds, judgements = fidelity.judge_all(all_series, seed=1)
        options = types.SimpleNamespace(duration=100_000_000, seed=1)
        text = fidelity.document(all_series, judgements, worlds, options)
        self.assertIn("| shm-ring stream spin 48 B cross-core | only one, 61 ns | fast |", text)
        self.assertIn("fast 12.0 (8); slow 15.0 (8)", text)

    def test_what_is_asked_of_each_cell(self):
        cells = {each.name: each for each in fidelity.all_cells()}
        self.assertEqual(len(cells), len(fidelity.all_cells()), "two cells share a name")
        round_trip = cells["shm-ring ping-pong spin 48 B cross-core"]
        self.assertEqual((round_trip.highest, round_trip.judged_against.name), (0.9, "ring-index"))
        for size in (8, 24, 48, 56, 64, 128, 256, 1024, 4096, 16384, 65536):
            stream = cells[f"shm-ring stream spin {size} B cross-core"]
            self.assertEqual((stream.lowest, stream.touch, stream.buffer_bytes),
                             (1.0, "none", 256 * 1024))
        for size, cores in itertools.product((4096, 1 << 22), ("same-core", "cross-core")):
            stream = cells[f"shm-ring stream block {size} B {cores}"]
            names = {each.mechanism for each in stream.yardsticks}
            self.assertLessEqual({"pipe", "unix-stream", "ring-bytes"}, names)
            self.assertEqual("ring-give-back" in names, size == 4096)

    def test_wrong_options_are_refused(self):
        for arguments in (["--rounds", "0"], ["--seconds", "x"], ["--duration", "0s"]):
            with self.subTest(" ".join(arguments)), contextlib.redirect_stderr(io.StringIO()):
                with self.assertRaises(SystemExit) as ended:
                    fidelity.parse_options(arguments)
                self.assertEqual(ended.exception.code, fidelity.EXIT_USAGE)


if __name__ == "__main__":
    unittest.main()
