import Testing
import Trials

@testable import Results

@Suite struct ProbeWorldsTests {
  /// Probes around a value, some per cent apart.
  private func around(
    _ nanoseconds: Double, _ count: Int, by part: Double = 0.15
  ) -> [ProbePair] {
    (0..<count).map { number in
      let step = count > 1 ? 2 * Double(number) / Double(count - 1) - 1 : 0
      let value = Float(nanoseconds * (1 + part * step))
      return ProbePair(before: value, after: value * 1.02)
    }
  }

  private func near(_ worlds: ProbeWorlds) -> [Int] {
    worlds.worlds.map { Int($0.nanoseconds.rounded()) }
  }

  @Test func twoGroupsAreTwoWorldsTheLargerFirst() {
    let worlds = ProbeWorlds(around(340, 8) + around(60, 20))
    #expect(worlds.areSeveral)
    #expect(worlds.worlds.map(\.trials) == [20, 8])
    #expect(near(worlds).map { $0 / 10 } == [6, 34])
    #expect(worlds.trials == 28)
    #expect(worlds.world(of: ProbePair(before: 55, after: 70)) == 0)
    #expect(worlds.world(of: ProbePair(before: 400, after: 300)) == 1)
  }

  @Test func aTrialBetweenTheWorldsBelongsToNone() {
    let moved = ProbePair(before: 60, after: 340)
    let worlds = ProbeWorlds(around(340, 8) + around(60, 20) + [moved])
    #expect(worlds.areSeveral)
    #expect(worlds.world(of: moved) == nil)
    #expect(worlds.isUnusual(moved))
    #expect(worlds.world(of: ProbePair(before: 150, after: 150)) == nil)
    #expect(worlds.world(of: nil) == nil)
    #expect(!worlds.isUnusual(ProbePair(before: 340, after: 350)))
  }

  @Test func threeGroupsAreThreeWorlds() {
    let worlds = ProbeWorlds(around(60, 10) + around(340, 9) + around(1500, 8))
    #expect(worlds.worlds.map(\.trials) == [10, 9, 8])
  }

  /// What one world spreads over by itself, and what lies far out in it.
  @Test func ordinarySpreadIsOneWorld() {
    #expect(!ProbeWorlds(around(60, 50, by: 0.4)).areSeveral)
    // Twofold, but with nothing between the halves missing.
    #expect(
      !ProbeWorlds((0..<60).map { ProbePair(before: 50 + Float($0), after: 50 + Float($0)) })
        .areSeveral)
    // A long tail, each step of it half as far again.
    let tail = (1...8).flatMap { step -> [ProbePair] in
      let value = 60 * Float(1 << step).squareRoot()
      return [ProbePair(before: value, after: value)]
    }
    #expect(!ProbeWorlds(around(60, 40) + tail).areSeveral)
    #expect(!ProbeWorlds([]).areSeveral)
    #expect(ProbeWorlds([]).world(of: nil) == 0)
  }

  @Test func aFewTrialsFarAwayAreNoWorld() {
    let far = around(340, 2)
    let worlds = ProbeWorlds(around(60, 30) + far)
    #expect(!worlds.areSeveral)
    // They count, and are tainted, as before there were worlds.
    #expect(worlds.world(of: far[0]) == 0)
    #expect(worlds.isUnusual(far[0]))
    // Three of three hundred are too few as well, ten are not.
    #expect(!ProbeWorlds(around(60, 300) + around(340, 3)).areSeveral)
    #expect(ProbeWorlds(around(60, 300) + around(340, 10)).areSeveral)
  }

  /// The host moved the cores while a probe ran: its median is of both.
  @Test func aStrayInTheValleyDoesNotFillIt() {
    let strays = [110, 180].map { ProbePair(before: $0, after: $0) }
    #expect(ProbeWorlds(around(60, 40) + around(340, 30) + strays).areSeveral)
  }

  @Test func aProbeThatWasSwitchedOutIsInNoWorld() {
    let late = ProbePair(before: 446_088, after: 50)
    let worlds = ProbeWorlds(around(60, 40) + around(340, 30) + [late])
    #expect(worlds.worlds.map(\.trials) == [40, 30])
    #expect(worlds.world(of: late) == nil)
  }

  @Test func onOneCoreNothingTravels() {
    #expect(!ProbeWorlds(around(6, 20) + around(30, 20), onOneCore: true).areSeveral)
  }

  // MARK: - A run of two worlds

  /// Twelve trials between the cores 0 and 1, of which every third ran five times as slow in another world,
  /// and one in both.
  private func outcomes() -> [TrialOutcome] {
    (1...13).map { number in
      let isFar = number % 3 == 0
      var result = measured(
        number, configuration("pipe"), fastest: (isFar ? 5000 : 1000) + UInt64(number))
      result.probeBeforeNanoseconds = isFar ? 340 : 60
      result.probeAfterNanoseconds = number == 13 ? 345 : isFar ? 350 : 62
      return result
    }
  }

  @Test func figuresAreOfTheWorldOfMostTrials() throws {
    try withTemporaryFolder { parent in
      let path = "\(parent)/run"
      var folder = try RunFolder.create(at: path, describing: runDescription())
      var summary = Summary(runID: fixtureRunID, outcomes())
      for outcome in outcomes() { try folder.append(outcome) }
      try folder.finish(&summary, at: runDescription().started, interrupted: false)

      let group = summary.groups[0]
      #expect(group.trials == 13 && group.elsewhere == 5)
      let estimate = try #require(group.estimate(.latencyMean))
      #expect(estimate.trials == 8)
      #expect(estimate.interval.map { $0.upperBound < 2000 } == true)
      #expect(group.merged.trials == 8)
      #expect(group.merged.maximumNanoseconds.map { $0 < 5000 } == true)
      #expect(try Summary.read(from: path).rows == summary.rows)
      // Another world is no disturbance; two within one trial are.
      #expect(
        try TrialRecord.read(from: path).map(\.taintReason).filter { $0 != "" } == [
          "probe-unusual"
        ])
      let said =
        "Two worlds (CPU 0 → 1): probes near 61.0 ns in 8 trials, near 345 ns in 4; "
        + "medians are of the first 8 of 13."
      #expect(summary.worlds.sentences == [said])
      let table = summary.text(as: .table)
      #expect(table.contains(said) && table.contains("5 in another world"))
      let run = try RunDescription.read(fromRunFolder: path)
      #expect(run.probeWorlds?.map(\.worlds.count) == [2])
      #expect(run.probeWorlds?[0].worlds.map(\.trials) == [8, 4])

      let stored = try StoredRun.read(from: path)
      #expect(stored.worlds.sentences == [said])
      #expect(stored.samplesOfOneWorld(.latencyMean, configuration("pipe")).count == 8)
      #expect(stored.samplesOfWorlds(.latencyMean, configuration("pipe")).count == 12)
      #expect(stored.estimate(.latencyMean, configuration("pipe"))?.median == estimate.median)
    }
  }

  @Test func aRunOfOneWorldSaysNothingOfWorlds() {
    let summary = Summary(runID: fixtureRunID, outcomes().filter { $0.trial.number % 3 != 0 })
    #expect(summary.worlds.sentences == [])
    #expect(!summary.text(as: .table).contains("world"))
  }
}

@Suite struct TaintSentenceTests {
  private func summary(of trials: Int, _ taints: [[String]]) -> Summary {
    Summary(
      runID: fixtureRunID,
      (0..<trials).map { number in
        measured(
          number + 1, configuration("pipe"), fastest: 1000,
          taintReasons: number < taints.count ? taints[number] : [])
      })
  }

  @Test func nothingIsSaidOfARunThatNobodyDisturbed() {
    #expect(summary(of: 5, []).taintSentence == nil)
  }

  @Test func manyTaintsComeWithWhatToDo() {
    let preempted = "preempted: producer had 46 % of its core"
    #expect(
      summary(of: 20, [[preempted], [preempted, "steal"], ["unheard-of"]]).taintSentence
        == "3 of 20 trials tainted (1 steal, 2 preempted): other programs ran on the same cores: "
        + "end them, or move them to other cores (taskset).")
  }

  /// Who takes a core away disturbs the probes as well, and a second run does both.
  @Test func whatToDoIsAboutTheCauseAndNotItsTraces() throws {
    let preempted = "preempted: consumer had 50 % of its core"
    let traces = ["probe-changed", "probe-unusual"]
    let one = try #require(summary(of: 4, [[preempted] + traces, traces, traces]).taintSentence)
    #expect(one.hasSuffix("\(TaintReason.preempted.remedy)."))
    let two = try #require(
      summary(of: 4, [["another-run", preempted] + traces, [preempted]]).taintSentence)
    #expect(two.hasSuffix("\(TaintReason.anotherRun.remedy)."))
    let host = try #require(summary(of: 4, [traces]).taintSentence)
    #expect(host.hasSuffix("\(TaintReason.probeChanged.remedy)."))
  }

  @Test func aFewAreOnlyCounted() {
    #expect(
      summary(of: 20, [["steal"]]).taintSentence
        == "1 of 20 trials tainted (1 steal); they count all the same.")
  }

  @Test func everyReasonIsKnownByItsEntry() {
    for reason in TaintReason.allCases {
      #expect(TaintReason(entry: reason.rawValue) == reason)
      #expect(TaintReason(entry: "\(reason.rawValue): more") == reason)
      #expect(!reason.remedy.isEmpty)
    }
  }
}
