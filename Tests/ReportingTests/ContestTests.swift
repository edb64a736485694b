import Results
import Testing
import Trials

@testable import Reporting

@Suite struct SpeedupTests {
  private func blocks(_ values: [Double]) -> [Int: Double] {
    Dictionary(uniqueKeysWithValues: values.enumerated().map { ($0.offset, $0.element) })
  }

  @Test(
    arguments: [
      (2.0, Outcome.wins), (0.5, .loses), (1.0, .open), (1.01, .open), (1.1, .wins),
    ])
  func theWholeIntervalDecides(ratio: Double, outcome: Outcome) throws {
    let speedup = try #require(
      Speedup(of: blocks(around(100)), over: blocks(around(100 * ratio, upwards: false))))
    #expect(abs(speedup.ratio - ratio) < 0.001)
    #expect(speedup.outcome == outcome)
    #expect(speedup.blocks == 8)
  }

  @Test func onlyBlocksOfBothCount() throws {
    let speedup = try #require(Speedup(of: [1: 10, 2: 10, 3: 0], over: [2: 30, 3: 30, 4: 1]))
    #expect(speedup.blocks == 1)
    #expect(speedup.ratio == 3)
    #expect(speedup.outcome == .unknown)
    #expect(Speedup(of: [1: 10], over: [2: 30]) == nil)
  }
}

@Suite struct CourseTests {
  private static let payloads = [64, 1024, 4096, 16384, 65536]

  /// What a subject does that is so many times as fast as its only rival, size by size.
  private func contest(_ ratios: [Double], trials: Int = 8) -> Contest {
    var run = MadeUpRun()
    for (payload, ratio) in zip(Self.payloads, ratios) {
      run.add("shm-ring", payload: payload, taking: Array(around(1000).prefix(trials)))
      run.add("pipe", payload: payload, taking: around(1000 * ratio, upwards: false))
    }
    let setting = run.evidence.settings[0]
    return Contest(
      of: Contender(mechanism: "shm-ring"), against: [Contender(mechanism: "pipe")], in: setting,
      run.evidence)
  }

  @Test(
    arguments: [
      ([2], "wins at 64 B, the only size measured"),
      ([1], "no winner at 64 B, the only size measured"),
      ([2, 3], "wins at every measured size, 64 B to 1 KiB"),
      ([0.5, 0.3, 0.2, 0.1, 0.5], "loses at every measured size, 64 B to 64 KiB"),
      ([1, 1, 1], "no winner at any measured size, 64 B to 4 KiB"),
      ([1, 2, 2, 2], "no winner at 64 B and wins from 1 KiB on"),
      ([0.5, 0.5, 1, 2], "loses up to 1 KiB, no winner at 4 KiB and wins at 16 KiB, the largest"),
      (
        [2, 1, 1, 0.5, 0.5], "wins at 64 B, no winner from 1 KiB to 4 KiB and loses from 16 KiB on"
      ),
      ([2, 0.5, 2], "wins at 64 B, loses at 1 KiB and wins at 4 KiB, the largest"),
    ] as [([Double], String)])
  func theCourseInWords(ratios: [Double], words: String) {
    #expect(contest(ratios).course == words)
  }

  @Test func withoutIntervalsNothingIsDecided() {
    #expect(
      contest([2, 2], trials: 5).course == "too few blocks at every measured size, 64 B to 1 KiB")
    #expect(contest([2], trials: 5).margins == "2.02× (no interval; pipe, 64 B) as fast")
  }

  @Test func theMarginsAreTheLeastAndTheMost() {
    #expect(
      contest([2, 8, 4]).margins
        == "2.00× (1.92–2.08×; pipe, 64 B) to 8.00× (7.69–8.33×; pipe, 1 KiB) as fast")
  }

  /// Two rings that are so many times as fast as their only rival; 0 where one was not measured.
  private func contest(ring: [Double], plain: [Double]) -> Contest {
    var run = MadeUpRun()
    for (payload, (ring, plain)) in zip(Self.payloads, zip(ring, plain)) {
      if ring > 0 { run.add("shm-ring", payload: payload, taking: around(1000 / ring)) }
      if plain > 0 { run.add("shm-plain", payload: payload, taking: around(1000 / plain)) }
      run.add("pipe", payload: payload, taking: around(1000, upwards: false))
    }
    return Contest(
      of: run.evidence.sharedMemory[0], against: [Contender(mechanism: "pipe")],
      in: run.evidence.settings[0], run.evidence)
  }

  /// Shared memory loses only where all of its implementations do.
  @Test(
    arguments: [
      ([2, 2], [3, 3], "wins at every measured size, 64 B to 1 KiB"),
      ([0.5], [0.4], "loses at 64 B, the only size measured"),
      (
        [0.5, 2], [2, 2],
        "wins with shm-plain only (shm-ring loses) at 64 B and wins at 1 KiB, the largest"
      ),
      ([2], [1], "wins with shm-ring only at 64 B, the only size measured"),
      ([1], [0.5], "no winner (shm-plain loses) at 64 B, the only size measured"),
      ([1, 1], [1, 1], "no winner at any measured size, 64 B to 1 KiB"),
      (
        [0.5, 0.5], [0, 0.5],
        "shm-ring, the only one measured, loses at 64 B and loses at 1 KiB, the largest"
      ),
    ] as [([Double], [Double], String)])
  func theCourseOfSharedMemory(ring: [Double], plain: [Double], words: String) {
    let contest = contest(ring: ring, plain: plain)
    #expect(contest.course == words)
    #expect(contest.subject.name == "shared memory")
    #expect(contest.subject.explainedName == "shared memory (the better of shm-ring and shm-plain)")
  }

  @Test func oneImplementationGoesByItsOwnName() throws {
    let alone = contest(ring: [0.5], plain: [0])
    #expect(alone.subject.name == "shm-ring")
    #expect(alone.subject.explainedName == "shm-ring")
    #expect(alone.course == "loses at 64 B, the only size measured")
    // Of shared memory nothing is found.
    #expect(alone.finding(try #require(alone.rounds.first)) == .unknown)
    let won = contest(ring: [0], plain: [2])
    #expect(won.subject.name == "shm-plain")
    #expect(won.finding(try #require(won.rounds.first)) == .wins)
  }

  @Test func whoDoesBestStandsForAll() throws {
    let round = try #require(contest(ring: [0.5], plain: [2]).rounds.first)
    #expect(round.best.contender.mechanism == "shm-plain")
    #expect(round.entries.map(\.outcome) == [.wins, .loses])
    let bothLose = try #require(contest(ring: [0.5], plain: [0.4]).rounds.first)
    #expect(bothLose.best.contender.mechanism == "shm-ring")
  }

  /// Whoever loses against one does not beat the best, however often it wins against others.
  @Test func oneLostDuelDecides() throws {
    var run = MadeUpRun()
    run.add("shm-ring", taking: around(1000))
    run.add("pipe", taking: around(3000, upwards: false))
    run.add("tcp", taking: around(900, upwards: false))
    run.add("unix-stream", taking: around(1000, upwards: false))
    let contest = Contest(
      of: Contender(mechanism: "shm-ring"), against: run.evidence.contenders(of: .messagePassing),
      in: run.evidence.settings[0], run.evidence)
    let round = try #require(contest.rounds.first)
    #expect(round.outcome == .loses)
    #expect(round.rivals.map(\.contender.mechanism) == ["tcp", "unix-stream", "pipe"])
  }
}

@Suite struct SettingNamesTests {
  private func setting(
    _ pattern: Pattern, _ wait: WaitPolicy, _ touch: Touch,
    cores: CorePair = MadeUpRun.twoCores
  ) -> Setting {
    Setting(
      Configuration(
        mechanism: "pipe",
        workload: Workload(pattern: pattern, payloadBytes: 64, wait: wait, touch: touch),
        cores: cores))
  }

  private var all: [Setting] {
    [WaitPolicy.block, .spin].flatMap { wait in
      [Touch.header, .full].map { setting(.pingPong, wait, $0) }
    } + [
      setting(.stream, .spin, .header), setting(.stream, .block, .header, cores: MadeUpRun.oneCore),
    ]
  }

  @Test func completeGroupsDoNotNameTheirTouches() {
    let names = SettingNames(all)
    #expect(
      names.summary(of: Array(all.prefix(4)), among: all) == "round trips with wait block or spin")
    #expect(
      names.summary(of: [all[0], all[2], all[3]], among: all)
        == "round trips with wait block (touch header) and with wait spin")
    #expect(
      names.summary(of: [all[1], all[3], all[4]], among: all)
        == "round trips with wait block or spin (touch full) and streams with wait spin")
    #expect(
      names.summary(of: [all[2]], among: all, namingPattern: false)
        == "with wait spin (touch header)")
  }

  @Test func onlyUnusualSurroundingsAreNamed() {
    let names = SettingNames(all)
    #expect(names.preamble == "Where nothing else is named: same-l3 (CPU 0 → 1).")
    #expect(names.name(all[0]) == "round trips, wait block, touch header")
    #expect(names.name(all[5]) == "streams, same-core (CPU 0 → 0), wait block, touch header")
    #expect(SettingNames(Array(all.prefix(4))).preamble == "")
  }
}
