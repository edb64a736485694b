import Results
import Trials

/// On two cores of one cache, or on one; messages of 64 bytes unless told otherwise.
package func configuration(
  _ mechanism: String, _ pattern: Pattern = .pingPong, wait: WaitPolicy = .block,
  payloadBytes: Int = 64, memoryNode: Int? = nil, pace: Pace? = nil, touch: Touch = .header,
  spinBudgetNanoseconds: UInt64? = nil, messagesPerSecond: Double? = nil,
  cores: (Int, Int) = (0, 1)
) -> Configuration {
  Configuration(
    mechanism: mechanism,
    workload: Workload(
      pattern: pattern, payloadBytes: payloadBytes, wait: wait, touch: touch,
      spinBudgetNanoseconds: spinBudgetNanoseconds,
      pace: pace ?? messagesPerSecond.map { Pace(messagesPerSecond: $0) }),
    cores: CorePair(
      placement: cores.0 == cores.1 ? .sameCore : .sameL3, producer: cores.0, consumer: cores.1),
    memoryNode: memoryNode)
}

extension TrialOutcome {
  /// A trial of so many messages that has ended, without any measurement.
  package static func madeUp(
    _ configuration: Configuration, number: Int, block: Int, position: Int = 1,
    messages: UInt64 = 1000, startedUnixNanoseconds: UInt64 = 0, status: TrialStatus = .ok,
    error: String = "", taintReasons: [String] = []
  ) -> TrialOutcome {
    let limits = TrialLimits(
      length: .messages(messages), warmUpNanoseconds: 0, timeoutNanoseconds: 1_000_000_000)
    return TrialOutcome(
      trial: Trial(
        number: number, block: block, position: position, configuration: configuration,
        limits: limits),
      startedUnixNanoseconds: startedUnixNanoseconds, status: status, error: error,
      taintReasons: taintReasons)
  }

  /// Has all messages arrive as they were sent.
  package mutating func deliver(_ messages: UInt64, inNanoseconds elapsed: UInt64) {
    messagesSent = messages
    messagesReceived = messages
    messagesCorrupt = 0
    messagesLost = 0
    elapsedNanoseconds = elapsed
  }
}

extension LatencyRecord {
  /// Samples of ten values, evenly from `fastest` to twice that.
  package static func spread(from fastest: UInt64, samples: UInt64) -> LatencyRecord {
    let counts = (0..<10).map { step in
      LatencyCount(nanoseconds: fastest + fastest * UInt64(step) / 9, samples: samples / 10)
    }
    return LatencyRecord(
      counts: counts, minimumNanoseconds: fastest, maximumNanoseconds: 2 * fastest,
      roundTripsPerSample: 1)
  }
}
