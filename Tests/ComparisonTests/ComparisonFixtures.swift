import Trials

@testable import Results

/// An ok trial whose main metric has this value: the median latency, or of a stream the message rate. CPU
/// time is a hundredth of it on either side.
func trial(
  _ configuration: Configuration, block: Int, _ value: Double, tainted: Bool = false
) -> TrialRecord {
  var record = TrialRecord()
  record.runID = "a-run"
  record.block = block
  record.configuration = configuration
  record.tainted = tainted
  record.messagesReceived = 1000
  if configuration.workload.pattern == .stream {
    record.throughputMessagesPerSecond = value
  } else {
    record.latencyP50Nanoseconds = UInt64(value)
  }
  record.producerCPUNanosecondsPerMessage = value / 100
  record.consumerCPUNanosecondsPerMessage = value / 100
  return record
}

func failedTrial(_ configuration: Configuration, block: Int, _ error: String) -> TrialRecord {
  var record = TrialRecord()
  record.block = block
  record.configuration = configuration
  record.status = .failed
  record.error = error
  return record
}

/// A run with these values of the main metric, block by block.
func run(
  _ values: KeyValuePairs<Configuration, [Double]>, _ description: RunDescription? = nil,
  path: String = "run"
) -> StoredRun {
  var run = StoredRun(path: path, description: description)
  for (configuration, values) in values {
    for (place, value) in values.enumerated() {
      run.add(trial(configuration, block: place + 1, value))
    }
  }
  return run
}

/// `count` values from `first` upwards, so that no two are equal.
func ascending(from first: Double, _ count: Int = 10) -> [Double] {
  (0..<count).map { first + Double($0) }
}

func description(
  interleaving: Interleaving? = nil, _ change: (inout RunDescription) -> Void = { _ in }
) -> RunDescription {
  let host = HostEnvironment.madeUp { host in
    host.mitigations = ["retbleed": "Mitigation: IBPB", "mds": "Not affected"]
    host.loadAverage = "0.10 0.00 0.00 1/100 1234"
  }
  var description = RunDescription(
    suite: "quick", started: UTCTime(unixNanoseconds: 1_795_230_900_000_000_000),
    commandLine: ["ipcbench", "run"], seed: 7,
    build: .madeUp, host: host, clock: .madeUp,
    plannedTrials: 10)
  description.interleaving = interleaving
  change(&description)
  return description
}

/// The descriptions of two runs that `run --versus` interleaved.
func interleaved() -> (base: RunDescription, head: RunDescription) {
  (
    description(interleaving: Interleaving(id: "i", side: .base, otherRunID: "b")),
    description(interleaving: Interleaving(id: "i", side: .head, otherRunID: "a"))
  )
}

/// An ok trial of a thousand messages in which the producer was switched off its core that often.
func trialOfSwitches(
  _ configuration: Configuration, block: Int, _ switches: UInt64
) -> TrialRecord {
  var record = trial(configuration, block: block, 1000)
  record.producerContextSwitches = switches
  return record
}
