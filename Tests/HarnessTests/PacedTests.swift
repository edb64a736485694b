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
      if role == .consumer && stage == .timing {
        stop(process, afterMilliseconds: 300, forMilliseconds: 100)
      }
    }
    var trial = trial("pipe", pattern, for: .nanoseconds(1_000_000_000))
    // Room for a few dozen messages: the producer soon has to wait, and is late with all others.
    trial.configuration.workload.bufferBytes = 4096
    return try driver.run(trial)
  }

  /// Coordinated omission: a closed loop waits with the stalled consumer and has one slow sample to
  /// show; a schedule does not, and has one for every message that was due in the meantime. Time from
  /// the actual send would hide them, too: most of them were sent when the consumer went on. How short all
  /// else stays is for a quiet machine: `make timings`.
  @Test func aStopOfTheConsumerShowsInTheTailOfASchedule() throws {
    let stopped: UInt64 = 100_000_000
    let paced = try runWithAStop(.paced)
    #expect(isProven(paced), "\(paced.error)")
    let response = try #require(paced.latency)
    // A tenth of the second's messages were due during the stop.
    #expect(response.samples == 20_000)
    #expect(response.quantile(0.999) > stopped / 2)
    #expect(response.quantile(0.95) > stopped / 10)
    #expect(response.maximumNanoseconds > stopped * 9 / 10)

    let pingPong = try runWithAStop(.pingPong)
    #expect(pingPong.status == .ok, "\(pingPong.error)")
    let roundTrips = try #require(pingPong.latency)
    #expect(roundTrips.maximumNanoseconds > stopped * 9 / 10)
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

  /// Stopped for a second just before the end, it has delivered about half when the schedule is over. That
  /// its queue was empty until then, and is again a second later, makes no difference.
  @Test func aConsumerThatIsStoppedJustBeforeTheEndDoesNotKeepTheRate() throws {
    var driver = BuiltProgram.driver()
    driver.onStage = { role, stage, process in
      guard role == .consumer && stage == .timing else { return }
      stop(process, afterMilliseconds: 500, forMilliseconds: 1000)
    }
    let outcome = try driver.run(trial(at: 5000, .poisson, for: .nanoseconds(1_000_000_000)))
    #expect(outcome.status == .invalid)
    #expect(outcome.error.hasPrefix("rate not reached: at 5k messages/s, "), "\(outcome.error)")
    #expect(outcome.messagesReceived == 5000 && outcome.scheduledMessages == 5000)
  }

  @Test func aRateThatCannotBeReachedIsNoLatency() throws {
    let outcome = try BuiltProgram.driver().run(trial(at: 50e6, for: .messages(200_000)))
    #expect(outcome.status == .invalid)
    #expect(
      outcome.error.hasPrefix("rate not reached: at 50M messages/s, "), "\(outcome.error)")
    #expect(outcome.error.contains(" of the 200000 on the schedule ("))
    #expect(outcome.scheduledMessages == 200_000)
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
    return PacedResult(stamps, start: 1000, pace: Pace(messagesPerSecond: 1e7, arrivals: .fixed))
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

  /// Of a hundred messages, one may come when the schedule and a hundredth of it are over.
  @Test(arguments: [(100, 1, true), (100, 2, false), (1000, 10, true), (1000, 11, false)])
  func oneInAHundredMayBeLate(messages: Int, late: Int, isReached: Bool) throws {
    var delays = Array(repeating: (sent: UInt64(0), arrived: UInt64(50)), count: messages)
    for number in messages - late..<messages { delays[number].arrived = 1_000_000 }
    let result = try result(delays)
    #expect(result.scheduled == messages && result.inTime == messages - late)
    #expect((result.shortfall == nil) == isReached)
    guard !isReached else { return }
    let share =
      messages == 100
      ? "98 of the 100 on the schedule (98 %)"
      : "989 of the 1000 on the schedule (98 %)"
    #expect(
      result.shortfall
        == "rate not reached: at 10M messages/s, \(share) were delivered when it was over; lower "
        + "--rate, or try a longer --duration")
  }

  /// What is on time is counted from the schedule's end, not from each message's due time.
  @Test func whatWaitsInTheMiddleAndIsCaughtUpWithIsLatency() throws {
    var delays = Array(repeating: (sent: UInt64(0), arrived: UInt64(50)), count: 1000)
    for number in 100..<900 { delays[number].arrived = 100 * UInt64(900 - number) }
    let result = try result(delays)
    #expect(result.shortfall == nil && result.inTime == 1000)
    #expect(result.response.record.maximumNanoseconds == 80_000)
  }

  /// However long a queue had been empty before: what was not delivered was not delivered.
  @Test func aStallJustBeforeTheEndIsAShortfall() throws {
    var delays = Array(repeating: (sent: UInt64(0), arrived: UInt64(50)), count: 1000)
    for number in 950..<1000 { delays[number].arrived = 100_000 - 100 * UInt64(number - 950) }
    #expect(try result(delays).shortfall != nil)
  }

  @Test func oneMessageIsInTimeWithinTheGapThatItStandsFor() throws {
    #expect(try result([(0, 70)]).shortfall == nil)
    #expect(try result([(0, 102)]).shortfall != nil)
    #expect(try result([(0, 70)]).response.record.samples == 1)
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

/// Stops a process for a while, so long from now.
private func stop(
  _ process: pid_t, afterMilliseconds delay: UInt32, forMilliseconds length: UInt32
) {
  let waiting = Waiting(process: process, delay: delay, length: length)
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { argument in
      guard let argument else { return nil }
      let waiting = Unmanaged<Waiting>.fromOpaque(argument).takeRetainedValue()
      usleep(waiting.delay * 1000)
      kill(waiting.process, SIGSTOP)
      usleep(waiting.length * 1000)
      kill(waiting.process, SIGCONT)
      return nil
    }, Unmanaged.passRetained(waiting).toOpaque())
  pthread_detach(thread)
}

private final class Waiting: Sendable {
  let process: pid_t
  let delay: UInt32
  let length: UInt32

  init(process: pid_t, delay: UInt32, length: UInt32) {
    self.process = process
    self.delay = delay
    self.length = length
  }
}
