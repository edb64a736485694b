import Foundation
import Testing
import Trials

@testable import Results

@Suite struct MergedLatencyTests {
  private func value(_ metric: Metric, _ outcomes: [TrialOutcome]) throws -> SummaryRow {
    try #require(
      Summary(runID: fixtureRunID, outcomes).rows.first { $0.metric == metric })
  }

  /// 1000 samples of 1 µs but for the `tail` slow ones; 10 are just beyond p99.
  private func trial(
    _ number: Int, slow: UInt64, tail: UInt64 = 10, roundTrips: Int = 1
  ) -> TrialOutcome {
    var outcome = measured(number, configuration("pipe"), fastest: 1000)
    outcome.latency = LatencyRecord(
      counts: [
        LatencyCount(nanoseconds: 1000, samples: 1000 - tail),
        LatencyCount(nanoseconds: slow, samples: tail),
      ], minimumNanoseconds: 1000, maximumNanoseconds: slow, roundTripsPerSample: roundTrips)
    return outcome
  }

  @Test func percentilesAreThoseOfAllSamples() throws {
    // p99.9 needs 10 000 samples, which no trial has by itself. A tenth of the trials has a slow
    // tail: 10 of 10 000 samples, which lie beyond p99.9, and 90 at 3 µs, beyond p99.
    let outcomes = (1...10).map { trial($0, slow: $0 == 5 ? 9_000_000 : 3000) }
    let expected: [(Metric, Double?)] = [
      (.mergedP50, 1000), (.mergedP90, 1000), (.mergedP99, 1000), (.mergedP999, 3001),
      (.mergedP9999, nil), (.mergedMaximum, 9_000_000),
    ]
    for (metric, estimate) in expected {
      let row = try value(metric, outcomes)
      #expect(row.estimate == estimate, "\(metric)")
      #expect(row.trials == (estimate == nil ? 0 : 10))
      #expect(row.intervalLow == nil && row.intervalHigh == nil && row.minimum == nil)
    }
    #expect(try value(.mergedP999, Array(outcomes.dropLast())).estimate == nil)
  }

  @Test func theyAreNoAverageOfTheTrialsPercentiles() throws {
    let outcomes = [trial(1, slow: 3000), trial(2, slow: 3000, tail: 500)]
    // 510 of 2000 samples are slow. By itself one trial has its p90 among them, the other has not.
    #expect(try value(.latencyP50, outcomes).estimate == 1000)
    #expect(try value(.mergedP50, outcomes).estimate == 1000)
    #expect(try value(.mergedP90, outcomes).estimate == 3000)
    let halves = [trial(1, slow: 3000, tail: 499), trial(2, slow: 3000, tail: 503)]
    #expect(try value(.latencyP50, halves).estimate == 2000)
    #expect(try value(.mergedP50, halves).estimate == 3000)
  }

  @Test func onlyOkTrialsAreMerged() throws {
    var invalid = trial(3, slow: 8000)
    invalid.status = .invalid
    let outcomes = [trial(1, slow: 3000), trial(2, slow: 4000), invalid]
    let row = try value(.mergedMaximum, outcomes)
    #expect(row.estimate == 4000)
    #expect(row.trials == 2)
    #expect(row.failed == 1)
  }

  @Test func taintedTrialsAreMergedAndCounted() throws {
    var tainted = trial(1, slow: 3000)
    tainted.taintReasons = ["steal"]
    let row = try value(.mergedP50, [tainted, trial(2, slow: 3000)])
    #expect(row.trials == 2)
    #expect(row.tainted == 1)
  }

  /// The mean of two round trips is not a round trip: such trials are of two configurations.
  @Test func samplesOfDifferentMeaningAreNotMerged() throws {
    let outcomes = [1, 2, 1, 2, 1].enumerated()
      .map { trial($0.offset + 1, slow: 3000, roundTrips: $0.element) }
    let rows = Summary(runID: fixtureRunID, outcomes).rows.filter { $0.metric == .mergedP50 }
    #expect(rows.map(\.configuration.workload.roundTripsPerSample) == [1, 2])
    #expect(rows.map(\.trials) == [3, 2] && rows.map(\.estimate) == [1000, 1000])
  }

  @Test func meansOfSeveralHaveAMedianAndNothingBeyondIt() throws {
    let outcomes = (1...10).map { trial($0, slow: 3000, roundTrips: 2) }
    #expect(try value(.mergedP50, outcomes).estimate == 1000)
    for metric in [Metric.mergedP90, .mergedP99, .mergedP999, .mergedP9999, .mergedMaximum] {
      #expect(try value(metric, outcomes).estimate == nil, "\(metric)")
    }
  }

  @Test func aStoredRunIsMergedFromItsLogsIfAllAreThere() throws {
    try withTemporaryFolder { parent in
      let path = "\(parent)/run"
      var folder = try RunFolder.create(at: path, describing: runDescription())
      let outcomes = (1...10).map { trial($0, slow: $0 == 5 ? 9_000_000 : 3000) }
      for outcome in outcomes { try folder.append(outcome) }
      let stored = try Summary.read(from: path)
      #expect(stored.rows == Summary(runID: fixtureRunID, outcomes).rows)
      let merged: (Summary) -> [SummaryRow] = { summary in
        summary.rows.filter { $0.metric.rawValue.contains("merged") && $0.estimate != nil }
      }
      #expect(merged(stored).count == 5)

      // The rows alone hold no samples.
      #expect(merged(try Summary.read(from: "\(path)/trials.csv")).isEmpty)

      let log = "\(path)/histograms.hlog"
      let text = try contents(log)
      let fifth = TrialRecord(outcome: outcomes[4], runID: fixtureRunID)
      let line = HistogramLog.lines(of: fifth, LatencyHistograms(outcome: outcomes[4]))
      #expect(text.contains(line))
      let fewer = HistogramLog.lines(
        of: fifth, LatencyHistograms(latency: [LatencyCount(nanoseconds: 1000, samples: 999)]))
      try write(text.replacingOccurrences(of: line, with: fewer), to: log)
      expectError(
        .malformed, saying: log,
        "999 samples of trial \(fifth.trialID), but the trial's row says 1000"
      ) {
        _ = try Summary.read(from: path)
      }
      // Without one trial, what is left is not all samples.
      try write(text.replacingOccurrences(of: line, with: ""), to: log)
      #expect(merged(try Summary.read(from: path)).isEmpty)
      #expect(try Summary.read(from: path).rows.count == stored.rows.count)
    }
  }

  /// Folders from before there was one log a run.
  @Test func aStoredRunIsMergedFromALogATrial() throws {
    try withTemporaryFolder { parent in
      let path = "\(parent)/run"
      var folder = try RunFolder.create(at: path, describing: runDescription())
      let outcomes = (1...10).map { trial($0, slow: $0 == 5 ? 9_000_000 : 3000) }
      for outcome in outcomes { try folder.append(outcome) }
      let stored = try Summary.read(from: path)
      try FileManager.default.removeItem(atPath: "\(path)/histograms.hlog")
      #expect(try Summary.read(from: path).rows != stored.rows)
      try FileManager.default.createDirectory(
        atPath: "\(path)/histograms", withIntermediateDirectories: false)
      for outcome in outcomes {
        let record = TrialRecord(outcome: outcome, runID: fixtureRunID)
        let line = HistogramLog.line(
          of: record, tag: nil, LatencyHistograms(outcome: outcome).latency)
        try write(
          "\(HistogramLog.versionLine)\n\(line)", to: "\(path)/histograms/\(record.trialID).hlog")
      }
      #expect(try Summary.read(from: path).rows == stored.rows)
    }
  }

  @Test(arguments: [seedOfThisRun])
  func mergingIsAddingUp(seed: UInt64) {
    var numbers = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let parts = (0..<2).map { _ in
        (0..<numbers.next(below: 20)).reduce(into: [UInt64: UInt64]()) { sums, _ in
          sums[UInt64(numbers.next(below: 30)), default: 0] += 1
        }
      }
      let arrays = parts.map { part in
        part.sorted { $0.key < $1.key }
          .map { LatencyCount(nanoseconds: $0.key, samples: $0.value) }
      }
      let expected = parts[0].merging(parts[1], uniquingKeysWith: +).sorted { $0.key < $1.key }
        .map { LatencyCount(nanoseconds: $0.key, samples: $0.value) }
      #expect(arrays[0].merged(with: arrays[1]) == expected)
    }
  }
}
