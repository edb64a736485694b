import Foundation
import Testing
import Trials

@testable import Results

@Suite struct SummaryTests {
  private let summary = Summary(runID: "run", outcomesOfEveryKind())

  private func group(_ configuration: Configuration) throws -> Summary.Group {
    try #require(summary.group(configuration))
  }

  @Test func configurationsKeepTheOrderOfTheirFirstTrial() {
    #expect(
      summary.groups.map(\.configuration.mechanism) == [
        "pipe", "shared-memory", "unix-stream", "pipe", "shared-memory", "fifo", "fault-error",
        "fault-hang", "fault-corrupt",
      ])
  }

  @Test func estimatesAreOverTrials() throws {
    let estimate = try #require(try group(configuration("pipe")).estimate(.latencyMean))
    // Trials are `fastest` = 9000 + 11·block; the mean of the samples is 1.5 times that.
    #expect(abs(estimate.median - 1.5 * 9033) < 1)
    #expect(abs(estimate.minimum - 1.5 * 9000) < 1)
    #expect(estimate.trials == 7)
    let interval = try #require(estimate.interval)
    #expect(interval.lowerBound == estimate.minimum)
    #expect(abs(interval.upperBound - 1.5 * 9066) < 1)
  }

  @Test func taintedTrialsCountAndAreCounted() throws {
    let tainted = try group(configuration("shared-memory", wait: .spin))
    #expect(tainted.estimate(.latencyP50)?.trials == 7)
    #expect(tainted.estimate(.latencyP50)?.tainted == 1)
  }

  /// In files from when each trial chose its batch. A trial that failed had none, and belongs to those that
  /// have one, whichever came first.
  @Test func trialsOfDifferentBatchesAreOfDifferentConfigurations() throws {
    func record(_ number: Int, batch: Int?, _ status: TrialStatus = .ok) -> TrialRecord {
      var outcome = measured(number, configuration("pipe"), fastest: 1000)
      outcome.latency?.roundTripsPerSample = batch ?? 1
      outcome.status = status
      var record = TrialRecord(outcome: outcome, runID: "run")
      record.configuration.workload.roundTripsPerSample = batch
      return record
    }
    let records = [
      record(1, batch: nil, .failed), record(2, batch: 8), record(3, batch: 4),
      record(4, batch: 8), record(5, batch: nil, .died),
    ]
    var summary = Summary(runID: "run")
    var stored = StoredRun()
    for record in records {
      summary.add(record, LatencyHistograms())
      stored.add(record)
    }
    #expect(summary.groups.map(\.configuration.workload.roundTripsPerSample) == [8, 4])
    #expect(summary.groups.map(\.trials) == [4, 1] && summary.groups.map(\.failed) == [2, 0])
    #expect(stored.groups.map(\.configuration.workload.roundTripsPerSample) == [8, 4])
    #expect(stored.groups.map(\.trials) == [4, 1])
    #expect(stored.group(ofAnyBatch: configuration("pipe"))?.trials == 4)
    #expect(stored.group(configuration("pipe")) == nil)
    #expect(records.map(summary.place) == [0, 0, 1, 0, 0])
    // Medians of such groups are not of one thing; means are.
    #expect(summary.roundTripMetric == .latencyMean && stored.roundTripMetric == .latencyMean)
    let text = summary.text(as: .table)
    #expect(text.contains("batch") && text.contains("compared by the mean round trip alone"))
    #expect(self.summary.roundTripMetric == .latencyP50)
    #expect(!self.summary.text(as: .table).contains("batch"))
  }

  @Test func failedTrialsAreCountedAndAddNothing() throws {
    let invalid = try group(configuration("fault-corrupt"))
    #expect(invalid.failed == 1)
    #expect(invalid.firstError?.hasPrefix("3 of 1000") == true)
    for metric in Metric.allCases { #expect(invalid.estimate(metric) == nil) }
  }

  @Test func percentilesWithoutEnoughSamplesAreEmpty() throws {
    let short = try group(configuration("fifo"))
    #expect(short.estimate(.latencyP50) == nil)
    #expect(short.estimate(.latencyMean) != nil)
    #expect(short.estimate(.latencyMean)?.interval == nil)
  }

  @Test func streamsHaveNoLatencyRows() {
    let metrics = summary.rows
      .filter { $0.configuration.workload.pattern == .stream }.map(\.metric)
    #expect(!metrics.contains { $0.rawValue.hasPrefix("latency") })
    #expect(metrics.contains(.byteThroughput))
  }

  @Test func metricsThatTrialsHaveToo() {
    let columns = Set(TrialRecord.columns.map(\.name))
    for metric in Metric.allCases
    where !metric.rawValue.contains("switches") && !metric.rawValue.contains("merged") {
      #expect(columns.contains(metric.rawValue))
    }
  }

  @Test func aStoredSummaryIsReadable() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/summary.csv"
      try write(summary.csv(), to: path)
      let blank = try #require(summary.rows.last)
      var reader = try TableReader.open(path, columns: SummaryRow.columns, blank: blank)
      var rows: [SummaryRow] = []
      while let read = try reader.next() { rows.append(read.row) }
      #expect(rows == summary.rows)
    }
  }

  @Test func jsonHoldsTheRowsAndTheirRun() throws {
    let data = Data(summary.text(as: .json).utf8)
    let rows = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    #expect(rows.count == summary.rows.count)
    let first = try #require(rows.first)
    #expect(Set(first.keys) == Set(SummaryRow.columns.map(\.name) + ["run_id"]))
    #expect(first["run_id"] as? String == "run")
    #expect(first["payload_bytes"] as? Int == 64)
    #expect(first["memory_node"] is NSNull)
    #expect(Summary(runID: "none").text(as: .json) == "[]\n")
  }

  @Test func noTrialsIsSaid() {
    #expect(Summary(runID: "none").text(as: .table) == "Run none\n\nNo trials.\n")
  }

  @Test func tableFitsInOneHundredColumns() {
    for line in summary.text(as: .table).split(separator: "\n") where line.contains("  ") {
      #expect(line.count <= 100, "\(line)")
    }
  }

  @Test func anIdlePolicyIsKeptAndSaidUnlessItIsTheHostsOwn() throws {
    func records(_ policy: IdlePolicy) -> [TrialRecord] {
      outcomesOfEveryKind().map {
        TrialRecord(outcome: $0, runID: policy.rawValue, idlePolicy: policy)
      }
    }
    try withTemporaryFolder { folder in
      let path = "\(folder)/trials.csv"
      for (policies, said) in [
        ([.standard], nil), ([.poll], ", idle policy poll\n"),
        ([.standard, .poll], ", idle policy default and poll\n"),
      ] as [([IdlePolicy], String?)] {
        let all = policies.flatMap(records)
        let lines = all.map { CSV.line($0, TrialRecord.columns) }
        try write(CSV.header(TrialRecord.columns) + lines.joined(), to: path)
        let stored = try Summary.read(from: path)
        #expect(stored.idlePolicies == policies)
        let table = stored.text(as: .table)
        #expect(said.map { table.contains($0) } ?? !table.contains("idle policy"), "\(table)")
      }
    }
  }

  @Test func factorsThatDifferGetAColumn() {
    let outcomes = [Touch.none, .full].map { touch in
      var configuration = configuration("pipe")
      configuration.workload.touch = touch
      return measured(1, configuration, fastest: 1000)
    }
    let text = Summary(runID: "run", outcomes).text(as: .table)
    #expect(text.contains("wait   touch  "))
    #expect(!text.contains("touch header"))
    // A pipe is its own measure only where all else is equal.
    #expect(text.split(separator: "1.00×").count == 3)
  }
}

@Suite struct QuantityTests {
  @Test(
    arguments: [
      (0, "0"), (1, "1.00"), (0.1, "0.100"), (0.012_345, "0.0123"), (12.345, "12.3"),
      (123.45, "123"), (999.4, "999"), (999.6, "1000"), (9.996, "10.0"), (12_345, "12300"),
      (-1.5, "-1.50"), (0.000_099_96, "0.000100"), (1e9, "1000000000"),
    ] as [(Double, String)])
  func threeDigitsAreSignificant(value: Double, text: String) {
    #expect(Quantity.significant(value) == text)
  }

  @Test(
    arguments: [
      (0.953, "0.953 ns"), (245, "245 ns"), (999.6, "1.00 µs"), (1234, "1.23 µs"),
      (45_678_901, "45.7 ms"), (12e9, "12.0 s"), (0, "0 ns"),
    ] as [(Double, String)])
  func timesTakeTheUnitThatKeepsThemShort(nanoseconds: Double, text: String) {
    #expect(Quantity.text(nanoseconds, in: Quantity.time) == text)
  }

  @Test func ratesAndSizes() {
    #expect(Quantity.text(3.214e9, in: Quantity.byteRate) == "3.21 GB/s")
    #expect(Quantity.text(1_234_567, in: Quantity.messageRate) == "1.23 M/s")
    #expect(Quantity.text(950...1200, in: Quantity.time) == "0.950–1.20 µs")
    #expect(Quantity.bytes(64) == "64 B")
    #expect(Quantity.bytes(4096) == "4 KiB")
    #expect(Quantity.bytes(1500) == "1500 B")
    #expect(Quantity.bytes(3 << 20) == "3 MiB")
  }
}
