import Testing
import Trials

@testable import Results

@Suite struct TrialRecordTests {
  /// CONTRACT.md's list, which other people's scripts rely on, and what was appended to it.
  @Test func columnsAreThoseOfTheContract() {
    let contract = """
      schema_version, run_id, trial_id, started_utc, block, position, status, error, tainted,
      taint_reason, mechanism, pattern, payload_bytes, wait, data_path, touch, buffer_bytes,
      offered_rate_per_s, idle_policy, placement, producer_core, consumer_core, memory_node,
      messages_sent, messages_received, messages_corrupt, messages_lost, elapsed_ns,
      throughput_messages_per_s, throughput_bytes_per_s, latency_kind, latency_samples,
      latency_min_ns, latency_mean_ns, latency_p50_ns, latency_p90_ns, latency_p99_ns,
      latency_p99_9_ns, latency_p99_99_ns, latency_max_ns, service_p50_ns, service_p99_ns,
      producer_cpu_ns_per_message, consumer_cpu_ns_per_message, producer_context_switches,
      consumer_context_switches, producer_waits, consumer_waits, producer_wakes, consumer_wakes,
      steal_ns, migrations, major_faults, latency_round_trips_per_sample, spin_budget_ns,
      producer_voluntary_switches, producer_involuntary_switches, consumer_voluntary_switches,
      consumer_involuntary_switches, producer_frequency_hz, consumer_frequency_hz,
      probe_before_ns, probe_after_ns, arrivals, clock_agreement_ns,
      capacity_bytes, scheduled_messages, working_set_bytes, latency_slowest_sample
      """
    let names = contract.split { $0 == "," || $0.isWhitespace }.map { String($0) }
    #expect(TrialRecord.columns.map(\.name) == names)
  }

  @Test func everyColumnSaysWhatItMeans() {
    for column in TrialRecord.columns {
      #expect(column.meaning.hasSuffix("."), "\(column.name)")
      for (ending, unit) in [("_ns", "ns"), ("_bytes", "bytes"), ("_bytes_per_s", "bytes/s")]
      where column.name.hasSuffix(ending) {
        #expect(column.unit == unit, "\(column.name)")
      }
    }
  }

  @Test func pingPongIsDerivedFromRoundTrips() {
    var trial = measured(42, configuration("pipe"), fastest: 1000)
    trial.elapsedNanoseconds = 3_000_000
    let record = TrialRecord(outcome: trial, runID: "run")
    #expect(record.trialID == "run-00042")
    #expect(record.throughputMessagesPerSecond == 333_333.333)
    #expect(record.throughputBytesPerSecond == 21_333_333.333)
    #expect(record.latencyKind == .roundTrip)
    #expect(record.latencySamples == 1000)
    #expect(record.latencyMinimumNanoseconds == 1000)
    #expect(record.latencyMaximumNanoseconds == 2000)
    #expect(record.latencyRoundTripsPerSample == 1)
    #expect(record.producerCPUNanosecondsPerMessage == 333.333)
    #expect(record.producerContextSwitches == 1003)
    #expect(record.migrations == 1)
    #expect(record.majorFaults == 1)
    #expect(record.producerWakes == nil)
  }

  /// A mean of round trips has no p99, and the smallest of several is no shortest round trip.
  @Test func meansOfSeveralRoundTripsHaveAMedianAndAMeanOnly() throws {
    var trial = measured(1, configuration("pipe"), messages: 100_000, fastest: 1000)
    let single = TrialRecord(outcome: trial, runID: "run")
    #expect(single.latencyP99Nanoseconds != nil && single.latencyMaximumNanoseconds == 2000)
    trial.latency?.roundTripsPerSample = 8
    trial.slowestSample = 17
    let record = TrialRecord(outcome: trial, runID: "run")
    #expect(record.latencyRoundTripsPerSample == 8)
    #expect(record.latencyP50Nanoseconds == single.latencyP50Nanoseconds)
    #expect(record.latencyMeanNanoseconds == single.latencyMeanNanoseconds)
    #expect(record.latencySlowestSample == 17)
    #expect(record.latencyMinimumNanoseconds == nil && record.latencyMaximumNanoseconds == nil)
    #expect(record.latencyP90Nanoseconds == nil && record.latencyP99Nanoseconds == nil)
    #expect(record.latencyP999Nanoseconds == nil && record.latencyP9999Nanoseconds == nil)
  }

  /// A row from when such percentiles were written, and bytes that nobody moved.
  @Test func whatAnOlderFileSaysOfMeansAndOfBytesIsNotTakenForMore() throws {
    var record = TrialRecord(
      outcome: measured(1, configuration("pipe"), messages: 100_000, fastest: 1000), runID: "run")
    #expect(Metric.latencyP99.value(of: record) != nil)
    #expect(Metric.byteThroughput.value(of: record) != nil)
    record.configuration.workload.roundTripsPerSample = 8
    record.configuration.workload.dataPath = .inPlace
    #expect(record.latencyP99Nanoseconds != nil && record.throughputBytesPerSecond != nil)
    #expect(Metric.latencyP99.value(of: record) == nil)
    #expect(Metric.latencyP999.value(of: record) == nil)
    #expect(Metric.latencyP50.value(of: record) != nil)
    #expect(Metric.byteThroughput.value(of: record) == nil)
  }

  @Test(arguments: [
    ("shm-ring", DataPath.copy, Touch.none, true), ("shm-ring", .inPlace, .none, false),
    ("shm-ring", .inPlace, .header, false), ("shm-ring", .inPlace, .full, true),
    ("floor-null", .copy, .header, false), ("floor-wake", .copy, .none, false),
    ("floor-copy-cross", .copy, .none, true),
  ])
  func bytesASecondAreOfBytesThatMoved(
    mechanism: String, dataPath: DataPath, touch: Touch, moves: Bool
  ) {
    var configuration = configuration(mechanism, .stream, wait: .spin)
    configuration.workload.dataPath = dataPath
    configuration.workload.touch = touch
    let record = TrialRecord(outcome: measured(1, configuration, fastest: 1000), runID: "run")
    #expect((record.throughputBytesPerSecond != nil) == moves)
    #expect(record.throughputMessagesPerSecond != nil)
  }

  @Test func streamHasNoLatency() {
    var trial = measured(1, configuration("pipe", .stream), fastest: 1000)
    trial.latency = measured(1, configuration("pipe"), fastest: 1000).latency
    let record = TrialRecord(outcome: trial, runID: "run")
    #expect(record.latencyKind == nil)
    #expect(record.latencySamples == nil)
    #expect(record.latencyP50Nanoseconds == nil)
    #expect(record.latencyRoundTripsPerSample == nil)
    #expect(record.throughputMessagesPerSecond != nil)
  }

  @Test(arguments: TrialStatus.allCases.filter { $0 != .ok })
  func nothingIsDerivedFromATrialThatIsNotOk(status: TrialStatus) {
    var trial = measured(1, configuration("pipe"), fastest: 1000)
    trial.status = status
    let record = TrialRecord(outcome: trial, runID: "run")
    #expect(record.messagesReceived == 1000)
    #expect(record.latencySamples == 1000)
    #expect(record.throughputMessagesPerSecond == nil)
    #expect(record.throughputBytesPerSecond == nil)
    #expect(record.latencyMinimumNanoseconds == nil)
    #expect(record.latencyMeanNanoseconds == nil)
    #expect(record.latencyP50Nanoseconds == nil)
    #expect(record.producerCPUNanosecondsPerMessage == nil)
  }

  @Test func whatOneSideDidNotReportIsNotSummed() {
    var trial = measured(1, configuration("pipe"), fastest: 1000)
    trial.consumer = nil
    let record = TrialRecord(outcome: trial, runID: "run")
    #expect(record.majorFaults == nil)
    #expect(record.migrations == nil)
    #expect(record.producerContextSwitches == 1003)
  }

  @Test func aRowReadsBackAsTheRecord() throws {
    let records = recordsOfEveryKind()
    try withTemporaryFolder { folder in
      let path = "\(folder)/some.csv"
      try write(
        CSV.header(TrialRecord.columns)
          + records.map { CSV.line($0, TrialRecord.columns) }.joined(), to: path)
      #expect(try TrialRecord.read(from: path) == records)
    }
  }

  @Test(arguments: [
    configuration("pipe", memoryNode: 1), configuration("pipe", wait: .adaptive),
    // Its rate makes the pace that its arrivals belong to, and stands behind them here.
    configuration("tcp", .paced, pace: Pace(messagesPerSecond: 500, arrivals: .fixed)),
  ])
  func columnsMayStandInAnyOrderAndUnknownOnesArePassedOver(configuration: Configuration) throws {
    let record = TrialRecord(outcome: measured(1, configuration, fastest: 1000), runID: "run")
    let columns = Array(TrialRecord.columns.reversed())
    try withTemporaryFolder { folder in
      let path = "\(folder)/trials.csv"
      try write(
        CSV.line(["colour"] + columns.map(\.name))
          + CSV.line(["red"] + columns.map { $0.text(record) }), to: path)
      #expect(try TrialRecord.read(from: folder) == [record])
    }
  }

  @Test func aFileFromBeforeAColumnWasAddedIsReadable() throws {
    let firstAppended = try #require(
      TrialRecord.columns.firstIndex { $0.name == "latency_round_trips_per_sample" })
    var outcome = measured(1, configuration("pipe", wait: .adaptive), fastest: 1000)
    outcome.slowestSample = 7
    let complete = TrialRecord(outcome: outcome, runID: "run")
    for count in firstAppended..<TrialRecord.columns.count {
      let columns = Array(TrialRecord.columns.prefix(count))
      var record = complete
      for absent in TrialRecord.columns.dropFirst(count) {
        #expect(absent.store("", in: &record), "\(absent.name)")
      }
      // The fixture is no paced trial, and has nothing in the columns of those; and its messages are hot.
      let isEmpty = [
        "arrivals", "clock_agreement_ns", "scheduled_messages", "working_set_bytes",
      ]
      let lost = TrialRecord.columns.dropFirst(count).map(\.name)
      #expect((record != complete) == !lost.allSatisfy { isEmpty.contains($0) }, "\(lost)")
      try withTemporaryFolder { folder in
        let path = "\(folder)/trials.csv"
        try write(CSV.header(columns) + CSV.line(record, columns), to: path)
        #expect(try TrialRecord.read(from: path) == [record])
      }
    }
  }

  @Test func whatIsWrongWithAFileIsSaidWithItsPlace() throws {
    let header = CSV.header(TrialRecord.columns)
    let record = recordsOfEveryKind()[0]
    let good = CSV.line(record, TrialRecord.columns)
    func text(_ column: String, _ value: String) -> String {
      header + good
        + CSV.line(
          TrialRecord.columns.map {
            $0.name == column ? value : $0.text(record)
          })
    }
    let cases = [
      ("", "trials.csv:1: ", "the file is empty"),
      ("run_id,run_id\n", "trials.csv:1: ", "'run_id' stands there twice"),
      ("run_id\n", "trials.csv:1: ", "no column 'schema_version', 'trial_id'"),
      (
        header + good + "1,2\n", "trials.csv:3: ",
        "2 fields, but the header has \(TrialRecord.columns.count)"
      ),
      (text("pattern", "pong"), "trials.csv:3: ", "pattern is 'pong'; write one of ping-pong, "),
      (text("messages_sent", "-1"), "trials.csv:3: ", "messages_sent is '-1'; write a whole"),
      (text("latency_mean_ns", "nan"), "trials.csv:3: ", "latency_mean_ns is 'nan'; write a dec"),
      (text("schema_version", "2"), "trials.csv:3: ", "schema_version 2 is not known here"),
    ]
    try withTemporaryFolder { folder in
      for (text, place, what) in cases {
        try write(text, to: "\(folder)/trials.csv")
        expectError(.malformed, saying: folder, place, what) {
          _ = try TrialRecord.read(from: folder)
        }
      }
    }
  }

  @Test func aMissingFileIsNamed() throws {
    try withTemporaryFolder { folder in
      expectError(.missing, saying: "\(folder)/trials.csv", "give a run folder") {
        _ = try TrialRecord.read(from: folder)
      }
    }
  }
}

@Suite struct PercentilesTests {
  private func latency(_ samples: UInt64) -> LatencyRecord {
    LatencyRecord(
      counts: [LatencyCount(nanoseconds: 100, samples: samples)], minimumNanoseconds: 100,
      maximumNanoseconds: 100, roundTripsPerSample: 1)
  }

  @Test(
    arguments: [
      (2, 20), (10, 100), (100, 1000), (1000, 10_000), (10_000, 100_000),
    ] as [(UInt64, UInt64)])
  func tenSamplesBeyondAreNeeded(fraction: UInt64, samples: UInt64) {
    #expect(Percentiles(latency(samples - 1)).value(exceededByOneIn: fraction) == nil)
    #expect(Percentiles(latency(samples)).value(exceededByOneIn: fraction) == 100)
  }

  @Test func valuesAreOfTheRightRank() {
    let counts = (1...1000).map { LatencyCount(nanoseconds: UInt64($0), samples: 1) }
    let percentiles = Percentiles(
      LatencyRecord(
        counts: counts, minimumNanoseconds: 1, maximumNanoseconds: 1000, roundTripsPerSample: 1))
    #expect(percentiles.value(exceededByOneIn: 2) == 500)
    #expect(percentiles.value(exceededByOneIn: 10) == 900)
    #expect(percentiles.value(exceededByOneIn: 100) == 990)
  }

  /// Every bucket is known by its highest value, which can lie above the longest sample.
  @Test func valuesStayWithinTheExactBounds() {
    let percentiles = Percentiles(
      LatencyRecord(
        counts: [LatencyCount(nanoseconds: 1_000_447, samples: 20)],
        minimumNanoseconds: 1_000_001, maximumNanoseconds: 1_000_002, roundTripsPerSample: 1))
    #expect(percentiles.value(exceededByOneIn: 2) == 1_000_002)
  }

  /// A worker whose clock went backwards must not take the driver down with it.
  @Test func absurdSamplesDoNotTrap() {
    for value in [0, 1 << 62, UInt64.max / 2, .max] as [UInt64] {
      let percentiles = Percentiles(
        LatencyRecord(
          counts: [LatencyCount(nanoseconds: value, samples: 20)], minimumNanoseconds: 0,
          maximumNanoseconds: value, roundTripsPerSample: 1))
      #expect(percentiles.value(exceededByOneIn: 2) ?? 0 <= value)
    }
  }

  @Test func meanIsWeightedAndWithinTheExactBounds() {
    let latency = LatencyRecord(
      counts: [
        LatencyCount(nanoseconds: 10, samples: 3), LatencyCount(nanoseconds: 20, samples: 1),
      ], minimumNanoseconds: 10, maximumNanoseconds: 20, roundTripsPerSample: 1)
    #expect(latency.meanNanoseconds == 12.5)
  }
}
