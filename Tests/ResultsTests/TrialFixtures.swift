import Trials

@testable import Results

/// A trial that starts `number` seconds into the run and ended ok, without any measurement.
func outcome(
  _ number: Int, _ configuration: Configuration, _ status: TrialStatus = .ok, error: String = "",
  taintReasons: [String] = []
) -> TrialOutcome {
  .madeUp(
    configuration, number: number, block: (number + 1) / 2, position: 2 - number % 2,
    startedUnixNanoseconds: startedUnixNanoseconds + UInt64(number) * 1_000_000_000,
    status: status, error: error, taintReasons: taintReasons)
}

/// An ok trial with everything measured: samples spread evenly from `fastest` to twice that.
func measured(
  _ number: Int, _ configuration: Configuration, messages: UInt64 = 1000, fastest: UInt64,
  taintReasons: [String] = []
) -> TrialOutcome {
  var result = outcome(number, configuration, taintReasons: taintReasons)
  result.deliver(messages, inNanoseconds: messages * fastest * 3 / 2)
  if configuration.workload.pattern != .stream {
    result.latency = .spread(from: fastest, samples: messages)
  }
  if configuration.workload.pattern == .paced {
    // Every message was sent so late that half of its response was service.
    result.service = result.latency.map { response in
      LatencyRecord(
        counts: response.counts.map {
          LatencyCount(nanoseconds: $0.nanoseconds / 2, samples: $0.samples)
        },
        minimumNanoseconds: response.minimumNanoseconds / 2,
        maximumNanoseconds: response.maximumNanoseconds / 2, roundTripsPerSample: 1)
    }
    result.clockAgreementNanoseconds = 70
  }
  result.producer = SideUsage(
    core: 0, cpuNanoseconds: messages * fastest / 3, voluntarySwitches: messages,
    involuntarySwitches: 3, majorFaults: 0, migrations: 0, waits: 7, wakes: nil)
  result.consumer = SideUsage(
    core: 1, cpuNanoseconds: messages * fastest / 7, voluntarySwitches: messages / 2,
    involuntarySwitches: 0, majorFaults: 1, migrations: 1, waits: nil, wakes: 5)
  result.producer?.frequencyHertz = 3_000_000_000
  result.consumer?.frequencyHertz = 2_900_000_000
  result.probeBeforeNanoseconds = 101.25
  result.probeAfterNanoseconds = 99
  result.stealNanoseconds = 0
  result.capacityBytes = 131_072
  return result
}

/// A run with every kind of row: seven blocks of ping-pong, a stream, and three ways to fail.
func outcomesOfEveryKind() -> [TrialOutcome] {
  var outcomes: [TrialOutcome] = []
  var number = 0
  func next() -> Int {
    number += 1
    return number
  }
  for block: UInt64 in 0..<7 {
    outcomes += [
      measured(next(), configuration("pipe"), fastest: 9000 + block * 11),
      measured(
        next(), configuration("shared-memory", wait: .spin), fastest: 240 + block,
        taintReasons: block == 3 ? ["steal", "migration"] : []),
      measured(next(), configuration("unix-stream"), fastest: 12_000 + block * 100),
      measured(next(), configuration("pipe", .stream, payloadBytes: 4096), fastest: 700 + block),
      measured(
        next(), configuration("shared-memory", .stream, payloadBytes: 4096), fastest: 410 + block),
    ]
  }
  outcomes.append(measured(next(), configuration("fifo"), messages: 10, fastest: 9500))
  outcomes.append(
    outcome(
      next(), configuration("fault-error"), .failed,
      error: "send: \"Broken pipe\" (EPIPE), 64 bytes; check the peer"))
  var late = outcome(
    next(), configuration("fault-hang"), .timedOut, error: "no report in 1 s, stage running")
  late.messagesSent = 17
  outcomes.append(late)
  var corrupt = measured(next(), configuration("fault-corrupt"), fastest: 9000)
  corrupt.status = .invalid
  corrupt.error = "3 of 1000 messages corrupt\nfirst: number 17"
  corrupt.messagesCorrupt = 3
  outcomes.append(corrupt)
  return outcomes
}

/// What `runDescription()` names itself.
let fixtureRunID = "20261121T031500Z-quick"

func recordsOfEveryKind() -> [TrialRecord] {
  outcomesOfEveryKind().map { TrialRecord(outcome: $0, runID: fixtureRunID) }
}

extension Summary {
  /// As a run makes it, trial by trial.
  init(runID: String, _ outcomes: [TrialOutcome]) {
    self.init(runID: runID)
    for outcome in outcomes {
      add(TrialRecord(outcome: outcome, runID: runID), LatencyHistograms(outcome: outcome))
    }
  }
}

extension RunFolder {
  /// As a run does it, when a trial has ended.
  mutating func append(_ outcome: TrialOutcome) throws {
    try append(
      TrialRecord(outcome: outcome, runID: fixtureRunID), LatencyHistograms(outcome: outcome))
  }
}
