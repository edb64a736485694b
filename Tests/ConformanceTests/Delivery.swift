import Mechanisms
import Testing
import Trials

/// One cell of what every mechanism must do, under the name that a failure shows.
struct Delivery: Sendable, CustomTestStringConvertible {
  var mechanism: String
  var workload: Workload
  var messages: UInt64

  var testDescription: String {
    "\(mechanism) \(workload.pattern.rawValue) \(workload.wait.rawValue) "
      + "\(workload.dataPath.rawValue) \(workload.payloadBytes) B, touch \(workload.touch.rawValue), "
      + "buffer \(workload.bufferBytes) B, \(messages) messages"
  }

  /// Every mechanism in its patterns and data paths, where it offers this way to wait. Large messages
  /// keep to no schedule in a debug build.
  static func all(
    wait: WaitPolicy, payloads: [Int], touch: Touch = .full,
    messages: (_ payloadBytes: Int) -> UInt64 = { $0 < 100_000 ? 50 : 5 }
  ) -> [Delivery] {
    BuiltProgram.mechanisms.map(\.capabilities).filter { $0.waits.contains(wait) }
      .flatMap { offered in
        let workloads = offered.patterns.flatMap { pattern in
          offered.dataPaths.flatMap { dataPath in
            payloads.filter { pattern != .paced || $0 < 100_000 }.map { payload in
              Workload(
                pattern: pattern, payloadBytes: payload, wait: wait, dataPath: dataPath,
                touch: touch,
                // Messages in place take at least two of them as a buffer.
                bufferBytes: max(
                  Workload.defaultBufferBytes, dataPath == .inPlace ? 2 * payload : 0),
                pace: Pace(messagesPerSecond: 5000))
            }
          }
        }
        return workloads.map {
          Delivery(
            mechanism: offered.name, workload: $0, messages: messages($0.payloadBytes))
        }
      }
  }

  /// Runs it and checks everything that holds for a trial that went well, whatever the mechanism.
  @discardableResult
  func check(
    on cores: CorePair = Cores.nearest, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> TrialOutcome {
    let trial = Trial.of(mechanism, workload, on: cores, for: .messages(messages))
    let outcome = try BuiltProgram.driver().run(trial)
    #expect(Self.isProven(outcome), "\(self): \(outcome.error)", sourceLocation: sourceLocation)
    #expect((outcome.status == .ok) == (outcome.error == ""), sourceLocation: sourceLocation)
    #expect(outcome.messagesSent == messages, "\(self)", sourceLocation: sourceLocation)
    #expect(outcome.messagesReceived == messages, "\(self)", sourceLocation: sourceLocation)
    #expect(outcome.messagesCorrupt == 0, "\(self)", sourceLocation: sourceLocation)
    #expect(outcome.messagesLost == 0, "\(self)", sourceLocation: sourceLocation)
    let elapsed = try #require(outcome.elapsedNanoseconds, sourceLocation: sourceLocation)
    #expect(elapsed > 0 && elapsed < trial.limits.timeoutNanoseconds)

    let producer = try #require(outcome.producer, sourceLocation: sourceLocation)
    let consumer = try #require(outcome.consumer, sourceLocation: sourceLocation)
    #expect(producer.core == cores.producer, sourceLocation: sourceLocation)
    #expect(consumer.core == cores.consumer, sourceLocation: sourceLocation)
    #expect(producer.cpuNanoseconds > 0 && consumer.cpuNanoseconds > 0)
    #expect(!outcome.taintReasons.contains("wrong-core"), sourceLocation: sourceLocation)

    switch workload.pattern {
    case .stream: #expect(outcome.latency == nil, "\(self)", sourceLocation: sourceLocation)
    case .pingPong: try check(outcome.latency, elapsed: elapsed, sourceLocation)
    case .paced:
      try check(outcome.latency, elapsed: elapsed, sourceLocation)
      try check(outcome.service, elapsed: elapsed, sourceLocation)
      #expect(outcome.clockAgreementNanoseconds != nil, "\(self)", sourceLocation: sourceLocation)
    }
    return outcome
  }

  /// Whether everything arrived as it was sent. On a busy machine a schedule may not be kept, which the
  /// outcome says and which is no fault of the mechanism.
  static func isProven(_ outcome: TrialOutcome) -> Bool {
    outcome.status == .ok || outcome.error.hasPrefix("rate not reached: ")
  }

  /// Every round trip or message is in a sample, but for the rest that does not fill one.
  private func check(
    _ latency: LatencyRecord?, elapsed: UInt64, _ sourceLocation: SourceLocation
  ) throws {
    let latency = try #require(latency, "\(self)", sourceLocation: sourceLocation)
    let perSample = UInt64(latency.roundTripsPerSample)
    #expect(perSample.nonzeroBitCount == 1 && perSample <= messages, "\(self): \(perSample)")
    let samples = latency.counts.reduce(0) { $0 + $1.samples }
    #expect(samples == messages / perSample, "\(self)", sourceLocation: sourceLocation)
    let values = latency.counts.map(\.nanoseconds)
    #expect(values == values.sorted() && Set(values).count == values.count)
    #expect(latency.counts.allSatisfy { $0.samples > 0 })
    // A count stands for the highest value of its bucket, the extremes are exact.
    #expect(values.first == highestEquivalent(to: latency.minimumNanoseconds))
    #expect(values.last == highestEquivalent(to: latency.maximumNanoseconds))
    // A sample is rounded to a nanosecond a round trip.
    #expect(latency.maximumNanoseconds <= elapsed / perSample + 1)
  }

  private func highestEquivalent(to nanoseconds: UInt64) -> UInt64 {
    LatencyHistogram.highestEquivalent(at: LatencyHistogram.index(of: nanoseconds))
  }
}
