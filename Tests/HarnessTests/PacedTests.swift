import Glibc
import Testing
import Trials

@testable import Harness
@testable import Mechanisms

/// What a schedule shows that a closed loop hides, and when it shows nothing at all.
@Suite(
  .serialized, .leavesNothing,
  .enabled(if: !Trial.nearestCores.areOne, "a schedule takes two cores"))
struct PacedTests {
  private func trial(
    _ mechanism: String = "pipe", _ pattern: Pattern = .paced, at rate: Double = 20_000,
    _ arrivals: Arrivals = .fixed, for length: TrialLength, seed: UInt64 = 0
  ) -> Trial {
    var trial = Trial.of(mechanism, length: length, timeoutMilliseconds: 30_000)
    trial.configuration.workload = Workload(
      pattern: pattern, payloadBytes: 64,
      pace: Pace(messagesPerSecond: rate, arrivals: arrivals))
    trial.seed = seed
    return trial
  }

  /// Runs a trial whose consumer is stopped for 100 ms in the middle of its second.
  private func runWithAStop(_ pattern: Pattern) throws -> TrialOutcome {
    var driver = BuiltProgram.driver()
    driver.onStage = { role, stage, process in
      if role == .consumer && stage == .timing { stopLater(process) }
    }
    var trial = trial("pipe", pattern, for: .nanoseconds(1_000_000_000))
    // Room for a few dozen messages: the producer soon has to wait, and is late with all others.
    trial.configuration.workload.bufferBytes = 4096
    return try driver.run(trial)
  }

  /// Coordinated omission: a closed loop waits with the stalled consumer and has one slow sample to
  /// show; a schedule does not, and has one for every message that was due in the meantime. Time from
  /// the actual send would hide them, too: most of them were sent when the consumer went on.
  @Test func aStopOfTheConsumerShowsInTheTailOfAScheduleOnly() throws {
    let stopped: UInt64 = 100_000_000
    let paced = try runWithAStop(.paced)
    #expect(isProven(paced), "\(paced.error)")
    let response = try #require(paced.latency)
    // A tenth of the second's messages were due during the stop.
    #expect(response.samples == 20_000)
    #expect(response.quantile(0.999) > stopped / 2)
    #expect(response.quantile(0.95) > stopped / 10)
    #expect(response.maximumNanoseconds > stopped * 9 / 10)
    let service = try #require(paced.service)
    #expect(service.quantile(0.5) < stopped / 4)
    #expect(service.quantile(0.99) < response.quantile(0.99) / 2)

    let pingPong = try runWithAStop(.pingPong)
    #expect(pingPong.status == .ok, "\(pingPong.error)")
    let roundTrips = try #require(pingPong.latency)
    #expect(roundTrips.maximumNanoseconds > stopped * 9 / 10)
    #expect(roundTrips.quantile(0.999) < stopped / 2)
  }

  @Test(arguments: Arrivals.allCases)
  func aScheduleIsKeptFromItsFirstMessageToItsLast(arrivals: Arrivals) throws {
    let trial = trial(at: 5000, arrivals, for: .messages(500), seed: 3)
    let outcome = try BuiltProgram.driver().run(trial)
    #expect(isProven(outcome), "\(outcome.error)")
    let response = try #require(outcome.latency)
    let service = try #require(outcome.service)
    #expect(response.samples == 500 && service.samples == 500)
    // No message is sent before it is due.
    #expect(response.minimumNanoseconds >= service.minimumNanoseconds)
    #expect(response.maximumNanoseconds >= service.maximumNanoseconds)
    let elapsed = try #require(outcome.elapsedNanoseconds)
    if arrivals == .fixed { #expect(elapsed >= 499 * 200_000) }
    #expect(outcome.clockAgreementNanoseconds != nil)
  }

  @Test func aRateThatCannotBeReachedIsNoLatency() throws {
    let outcome = try BuiltProgram.driver().run(trial(at: 50e6, for: .messages(200_000)))
    #expect(outcome.status == .invalid)
    #expect(outcome.error.hasPrefix("rate not reached: "), "\(outcome.error)")
    #expect(outcome.error.contains(" of the 50M messages/s offered came through ("))
    #expect(outcome.error.hasSuffix("; lower --rate, or try a longer --duration"))
    #expect(outcome.messagesSent == 200_000 && outcome.messagesReceived == 200_000)
  }

  @Test func clocksThatDisagreeGiveNoOneWayTimes() throws {
    let outcome = try BuiltProgram.driver().run(trial("fault-clock", for: .messages(100)))
    #expect(outcome.status == .invalid)
    let cores = Trial.nearestCores
    let (before, after) = (
      "the clocks of CPU \(cores.producer) and \(cores.consumer) disagree by at least ",
      " ns; one-way times cannot be given, measure round trips with --pattern ping-pong"
    )
    #expect(outcome.error.hasPrefix(before) && outcome.error.hasSuffix(after), "\(outcome.error)")
    let disagreement = outcome.error.dropFirst(before.count).dropLast(after.count)
    // The fault puts the consumer's clock a millisecond ahead.
    #expect((500_000...1_000_000).contains(try #require(Int(disagreement))))
    #expect(outcome.latency == nil && outcome.service == nil)
    #expect(try #require(outcome.clockAgreementNanoseconds) >= 1_000_000)
    // Round trips need one clock only.
    let pingPong = try BuiltProgram.driver().run(.of("fault-clock"))
    #expect(pingPong.status == .ok && pingPong.clockAgreementNanoseconds == nil)
  }

  @Test func aMechanismWithoutAScheduleSaysSo() throws {
    let outcome = try BuiltProgram.driver().run(trial("onc-rpc-unix", for: .messages(10)))
    #expect(outcome.status == .failed)
    #expect(
      outcome.error.hasSuffix(
        "onc-rpc-unix failed while choosing the loops: it does not offer pattern paced"),
      "\(outcome.error)")
  }
}

/// What is made of stamps, with stamps made up.
@Suite struct PacedResultTests {
  /// The result of messages due every 100 ns from 1000 on, each sent and arrived so long after.
  private func result(_ delays: [(sent: UInt64, arrived: UInt64)]) throws -> PacedResult {
    let memory = try TrialMemory(
      try TrialMemory.create(schedules: [delays.indices.map { UInt64($0) * 100 }]))
    let stamps = memory.stamps(of: 0)
    for (number, delay) in delays.enumerated() {
      stamps.sent[number] = 1000 + stamps.due[number] + delay.sent
      stamps.arrived[number] = 1000 + stamps.due[number] + delay.arrived
    }
    return PacedResult(stamps, start: 1000)
  }

  @Test func responseCountsFromTheDueTimeAndServiceFromTheSend() throws {
    let result = try result([(0, 30), (5, 40), (250, 300), (150, 190), (0, 30)])
    let response = result.response.record
    #expect(response.counts.map(\.nanoseconds) == [30, 40, 190, 300])
    #expect(response.counts.map(\.samples) == [2, 1, 1, 1])
    #expect(response.minimumNanoseconds == 30 && response.maximumNanoseconds == 300)
    #expect(result.service.record.counts.map(\.nanoseconds) == [30, 35, 40, 50])
    #expect(result.elapsedNanoseconds == 430)
  }

  @Test func aConstantDelayIsNoShortfall() throws {
    let result = try result(Array(repeating: (0, 1_000_000), count: 100))
    #expect(result.shortfall == nil)
    let rates = try #require(result.rates)
    #expect(rates.offered == 1e7 && rates.achieved == 1e7)
  }

  @Test(arguments: [(0.9, true), (1.2, false)])
  func aQueueThatGrowsByMoreThanOneInAHundredIsAShortfall(percent: Double, isReached: Bool) throws {
    let result = try result(
      (0..<10_000).map { (0, 50 + UInt64(Double($0) * percent)) })
    #expect((result.shortfall == nil) == isReached)
    if !isReached {
      #expect(
        result.shortfall
          == "rate not reached: 9.88M of the 10M messages/s offered came through (98 %); "
          + "lower --rate, or try a longer --duration")
    }
  }

  /// The queue was empty in the last tenth, so the rate was reached; the stall is in the latencies.
  @Test func aStallAtTheEndIsLatency() throws {
    var delays = Array(repeating: (sent: UInt64(0), arrived: UInt64(50)), count: 1000)
    for number in 950..<1000 { delays[number].arrived = 100_000 - 100 * UInt64(number - 950) }
    let result = try result(delays)
    #expect(result.shortfall == nil)
    #expect(result.response.record.maximumNanoseconds == 100_000)
    for number in 890..<1000 { delays[number].arrived = 100_000 }
    #expect(try self.result(delays).shortfall != nil)
  }

  @Test func oneMessageHasNoRate() throws {
    let result = try result([(0, 70)])
    #expect(result.rates == nil && result.shortfall == nil)
    #expect(result.response.record.samples == 1)
  }
}

extension LatencyRecord {
  fileprivate var samples: UInt64 { counts.reduce(0) { $0 + $1.samples } }

  /// The value that a share of the samples does not exceed, in nanoseconds.
  fileprivate func quantile(_ share: Double) -> UInt64 {
    var left = Double(samples) * share
    for count in counts {
      left -= Double(count.samples)
      if left <= 0 { return count.nanoseconds }
    }
    return maximumNanoseconds
  }
}

/// Stops a process 300 ms from now for 100 ms.
private func stopLater(_ process: pid_t) {
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { argument in
      let process = pid_t(Int(bitPattern: argument))
      usleep(300_000)
      kill(process, SIGSTOP)
      usleep(100_000)
      kill(process, SIGCONT)
      return nil
    }, UnsafeMutableRawPointer(bitPattern: Int(process)))
  pthread_detach(thread)
}
