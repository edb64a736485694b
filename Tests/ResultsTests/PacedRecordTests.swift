import Testing
import Trials

@testable import Results

/// What becomes of a paced trial in the files and the tables.
@Suite struct PacedRecordTests {
  private func paced(
    _ mechanism: String, at rate: Double, _ arrivals: Arrivals = .poisson, wait: WaitPolicy = .block
  ) -> Configuration {
    configuration(
      mechanism, .paced, wait: wait, pace: Pace(messagesPerSecond: rate, arrivals: arrivals))
  }

  @Test func responseAndServiceHaveTheirOwnColumns() {
    let record = TrialRecord(
      outcome: measured(1, paced("pipe", at: 12_300), messages: 2000, fastest: 1000), runID: "run")
    #expect(record.latencyKind == .response)
    #expect(record.latencySamples == 2000)
    #expect(record.latencyMinimumNanoseconds == 1000 && record.latencyMaximumNanoseconds == 2000)
    #expect(record.latencyRoundTripsPerSample == nil)
    let (response, service) = (record.latencyP50Nanoseconds, record.serviceP50Nanoseconds)
    #expect(response != nil && service.map { $0 * 2 } == response.map { $0 / 2 * 2 })
    #expect(record.serviceP99Nanoseconds != nil)
    #expect(record.clockAgreementNanoseconds == 70)
  }

  @Test func aRateThatWasNotReachedKeepsItsCountsOnly() {
    var trial = measured(1, paced("pipe", at: 1e6), messages: 2000, fastest: 1000)
    trial.status = .invalid
    trial.error = "rate not reached"
    let record = TrialRecord(outcome: trial, runID: "run")
    #expect(record.messagesReceived == 2000 && record.elapsedNanoseconds == 3_000_000)
    #expect(record.latencyKind == .response && record.latencySamples == 2000)
    #expect(record.latencyP50Nanoseconds == nil && record.serviceP50Nanoseconds == nil)
    #expect(record.throughputMessagesPerSecond == nil)
  }

  @Test func bothTablesSayWhatWasOffered() {
    for name in ["offered_rate_per_s", "arrivals"] {
      #expect(TrialRecord.columns.count { $0.name == name } == 1)
      #expect(SummaryRow.columns.count { $0.name == name } == 1)
    }
    #expect(TrialRecord.columns.contains { $0.name == "clock_agreement_ns" })
  }

  @Test(arguments: Arrivals.allCases, [0.001, 0.25, 1500, 12_300, 1_234_567.5, 1e9])
  func aRowReadsBackAsItWas(arrivals: Arrivals, rate: Double) throws {
    try withTemporaryFolder { folder in
      let records = [paced("pipe", at: rate, arrivals), configuration("pipe")].enumerated().map {
        TrialRecord(outcome: measured($0 + 1, $1, messages: 2000, fastest: 1000), runID: "run")
      }
      let path = "\(folder)/trials.csv"
      try write(
        CSV.header(TrialRecord.columns)
          + records.map { CSV.line($0, TrialRecord.columns) }.joined(), to: path)
      #expect(try TrialRecord.read(from: path) == records)
    }
  }

  private func text(_ configurations: [(Configuration, fastest: UInt64)]) -> String {
    let outcomes = configurations.enumerated().map { number, item in
      measured(number, item.0, messages: 20_000, fastest: item.fastest)
    }
    return Summary(runID: "run", outcomes).text(as: .table)
  }

  @Test func aCurveStandsTogetherFromItsSlowestRateToItsFastest() throws {
    let text = text([
      (paced("pipe", at: 9000), 3000), (paced("shm-ring", at: 400), 100),
      (paced("pipe", at: 1000), 2000), (paced("shm-ring", at: 50_000), 5000),
    ])
    let rows = text.split(separator: "\n").map(String.init)
    let title = try #require(rows.firstIndex { $0.hasPrefix("paced, 64 B, poisson arrivals; ") })
    #expect(rows[title + 1].contains("response") && rows[title + 1].contains("service"))
    #expect(rows[title + 2].contains("p99.9"))
    let found = rows[(title + 3)..<(title + 7)].map { row in
      row.split(separator: " ").prefix(4).joined(separator: " ")
    }
    #expect(
      found == [
        "shm-ring block 400 /s", "shm-ring block 50.0 k/s", "pipe block 1.00 k/s",
        "pipe block 9.00 k/s",
      ])
    for row in rows[title..<(title + 7)] { #expect(row.count <= 100, "\(row)") }
    #expect(text.contains("response: from when a message was due"))
    #expect(!text.contains("vs pipe"))
  }

  @Test func eachKindOfArrivalsHasATable() {
    let text = text([
      (paced("pipe", at: 1000, .fixed), 10), (paced("pipe", at: 1000), 10),
      (configuration("pipe"), 10),
    ])
    #expect(text.contains("\npaced, 64 B, fixed arrivals; "))
    #expect(text.contains("\npaced, 64 B, poisson arrivals; "))
    #expect(text.contains("\nping-pong, 64 B; CPU time is per round trip\n"))
  }

  @Test func aFailureNamesItsRate() {
    var trial = measured(1, paced("pipe", at: 5e7), fastest: 1000)
    trial.status = .invalid
    trial.error = "rate not reached"
    let text = Summary(runID: "run", [trial]).text(as: .table)
    #expect(text.contains(", 50.0 M/s: 1 of 1: rate not reached"), "\(text)")
  }

  @Test func theSummaryHasResponseAndServiceOfPacedTrialsOnly() {
    let outcomes = [paced("pipe", at: 1000), configuration("pipe"), configuration("pipe", .stream)]
      .map { measured(1, $0, messages: 20_000, fastest: 1000) }
    let summary = Summary(runID: "run", outcomes)
    func metrics(_ pattern: Pattern, _ prefix: String) -> [String] {
      summary.rows.filter { $0.configuration.workload.pattern == pattern }.map(\.metric.rawValue)
        .filter { $0.hasPrefix(prefix) }
    }
    let latencies = [
      "latency_p50_ns", "latency_p99_ns", "latency_p99_9_ns", "latency_mean_ns",
      "latency_merged_p50_ns", "latency_merged_p90_ns", "latency_merged_p99_ns",
      "latency_merged_p99_9_ns", "latency_merged_p99_99_ns", "latency_merged_max_ns",
    ]
    #expect(metrics(.paced, "latency") == latencies)
    #expect(metrics(.pingPong, "latency") == latencies)
    #expect(metrics(.paced, "service") == ["service_p50_ns", "service_p99_ns"])
    #expect(metrics(.pingPong, "service") == [] && metrics(.stream, "service") == [])
  }

  @Test func peaksAreKeptWithTheRun() throws {
    let stream = configuration("pipe", .stream)
    var run = runDescription()
    #expect(try !run.json().contains("peaks"))
    run.peaks = [
      PeakRate(of: stream, messagesPerSecond: 602_412),
      PeakRate(of: stream, messagesPerSecond: nil, error: "it fell over"),
    ]
    let json = try run.json()
    #expect(json.contains("\"messages_per_s\" : 602412") && json.contains("it fell over"))
    try withTemporaryFolder { folder in
      try write(json, to: "\(folder)/run.json")
      #expect(try RunDescription.read(fromRunFolder: folder).peaks == run.peaks)
    }
  }
}
