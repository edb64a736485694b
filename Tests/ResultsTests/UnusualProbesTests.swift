import Testing
import Trials

@testable import Results

@Suite struct UnusualProbesTests {
  /// A trial of its number between the cores 0 and 1, with these probes.
  private func trial(
    _ number: Int, _ before: Double?, _ after: Double?, taint: [String] = []
  ) -> TrialOutcome {
    var result = measured(number, configuration("pipe"), fastest: 1000, taintReasons: taint)
    result.probeBeforeNanoseconds = before
    result.probeAfterNanoseconds = after
    return result
  }

  private func finished(_ outcomes: [TrialOutcome]) throws -> (
    rows: [TrialRecord], summary: Summary, run: RunDescription
  ) {
    try withTemporaryFolder { parent in
      let path = "\(parent)/run"
      var folder = try RunFolder.create(at: path, describing: runDescription())
      var summary = Summary(runID: fixtureRunID, outcomes)
      for outcome in outcomes { try folder.append(outcome) }
      try folder.finish(&summary, at: runDescription().started, interrupted: false)
      #expect(try Summary.read(from: path).rows == summary.rows)
      return (
        try TrialRecord.read(from: path), summary,
        try RunDescription.read(fromRunFolder: path)
      )
    }
  }

  @Test func aTrialFarFromTheRunsMedianIsTaintedWhenTheRunEnds() throws {
    let outcomes = [
      trial(1, 100, 110), trial(2, 105, 100), trial(3, 20, 22), trial(4, 100, 149),
      trial(5, 98, 102, taint: ["steal"]), trial(6, 160, 165, taint: ["steal"]),
      trial(7, nil, nil),
    ]
    let (rows, summary, run) = try finished(outcomes)
    #expect(
      rows.map(\.taintReason) == ["", "", "probe-unusual", "", "steal", "steal;probe-unusual", ""])
    #expect(rows.map(\.tainted) == [false, false, true, false, true, true, false])
    #expect(run.trials.tainted == 3)
    #expect(summary.groups[0].tainted == 3)
    #expect(summary.groups[0].estimate(.latencyP50)?.tainted == 3)
    // Marked and counted, not taken out.
    #expect(summary.groups[0].estimate(.latencyP50)?.trials == 7)
  }

  @Test func probesThatAgreeLeaveTheFileAlone() throws {
    let outcomes = (1...5).map { trial($0, 100 + Double($0), 101) }
    let (rows, _, run) = try finished(outcomes)
    #expect(rows == outcomes.map { TrialRecord(outcome: $0, runID: fixtureRunID) })
    #expect(run.trials.tainted == 0)
  }

  @Test func eachPairOfCoresHasItsOwnMedian() throws {
    var outcomes = (1...3).map { trial($0, 100, 100) }
    for number in 4...6 {
      var other = trial(number, 20, 20)
      other.trial.configuration.cores.consumer = 3
      other.consumer?.core = 3
      outcomes.append(other)
    }
    #expect(try finished(outcomes).rows.allSatisfy { !$0.tainted })
  }

  @Test(arguments: [(100, 150, false), (150, 100, false), (100, 151, true), (151, 100, true)])
  func theToleranceHoldsBothWays(first: Double, second: Double, isExceeded: Bool) {
    #expect(ProbeTolerance.isExceeded(by: first, second) == isExceeded)
  }

  @Test func eachTrialIsHeldAgainstItsOwnProbes() throws {
    // The host moves the cores: times and probes double, and their ratio stays.
    var outcomes: [TrialOutcome] = []
    for (number, scale) in [(1, 1), (2, 2), (3, 4)] as [(Int, UInt64)] {
      var result = measured(number, configuration("pipe"), fastest: 1000 * scale)
      result.probeBeforeNanoseconds = 90 * Double(scale)
      result.probeAfterNanoseconds = 110 * Double(scale)
      outcomes.append(result)
    }
    let summary = Summary(runID: fixtureRunID, outcomes)
    let row = try #require(summary.rows.first { $0.metric == .latencyMean })
    let times = try #require(row.timesProbe)
    #expect(abs(times - 15) < 0.1, "\(times)")
    #expect(summary.rows.first { $0.metric == .messageThroughput }?.timesProbe == 15)
    #expect(summary.rows.first { $0.metric == .producerCPU }?.timesProbe == nil)
    #expect(summary.text(as: .table, relativeTo: [.probe]).contains("× probe"))
    #expect(!summary.text(as: .table, relativeTo: [.floor]).contains("× probe"))
  }

  @Test func onOneCoreNothingIsHeldAgainstTheProbe() {
    var result = measured(1, configuration("pipe"), fastest: 1000)
    result.probeBeforeNanoseconds = 5
    result.probeAfterNanoseconds = 5
    result.consumer?.core = 0
    let summary = Summary(runID: fixtureRunID, [result])
    #expect(summary.rows.allSatisfy { $0.timesProbe == nil })
  }
}
