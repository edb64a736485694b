import Glibc
import Mechanisms
import Testing
import Trials

@testable import Harness

/// The self-test proves something only if it can fail: what shows each symptom, and what does not.
@Suite struct SymptomTests {
  /// What a trial yields that has nothing wrong with it.
  private static let sound: TrialOutcome = {
    var outcome = TrialOutcome(trial: .of("pipe"), startedUnixNanoseconds: 0, status: .ok)
    outcome.messagesSent = 100
    outcome.messagesReceived = 100
    outcome.messagesCorrupt = 0
    outcome.messagesLost = 0
    outcome.elapsedNanoseconds = 5_000_000
    outcome.producer = SideUsage(
      core: 0, cpuNanoseconds: 4_000_000, voluntarySwitches: 100, involuntarySwitches: 0,
      majorFaults: 0)
    outcome.latency = LatencyRecord(
      counts: [
        LatencyCount(nanoseconds: 40_000, samples: 98),
        LatencyCount(nanoseconds: 90_000, samples: 2),
      ], minimumNanoseconds: 40_000, maximumNanoseconds: 90_000, roundTripsPerSample: 1)
    return outcome
  }()

  /// What shows a symptom, and what else of that status does not.
  private struct Example: Sendable {
    let symptom: Symptom
    let shown: TrialOutcome
    let notShown: [TrialOutcome]
  }

  private static func outcome(
    _ status: TrialStatus, _ error: String = "", _ edit: (inout TrialOutcome) -> Void = { _ in }
  ) -> TrialOutcome {
    var outcome = sound
    outcome.status = status
    outcome.error = error
    edit(&outcome)
    return outcome
  }

  private static let examples: [Example] =
    [
      Example(
        symptom: .soundness, shown: sound,
        notShown: [
          outcome(.ok) { $0.messagesReceived = 99 }, outcome(.ok) { $0.messagesCorrupt = 1 },
          outcome(.ok) { $0.messagesLost = 1 }, outcome(.ok) { $0.messagesLost = nil },
          outcome(.ok) { ($0.messagesSent, $0.messagesReceived) = (0, 0) },
          outcome(.invalid), outcome(.failed), outcome(.died), outcome(.timedOut),
        ])
    ] + ofMessages + ofTime + ofWords

  private static let ofMessages = [
    Example(
      symptom: .corruption, shown: outcome(.invalid) { $0.messagesCorrupt = 1 },
      notShown: [
        outcome(.invalid), outcome(.invalid) { $0.messagesLost = 1 },
        outcome(.ok) { $0.messagesCorrupt = 1 },
      ]),
    Example(
      symptom: .loss(1), shown: outcome(.invalid) { $0.messagesLost = 1 },
      notShown: [
        outcome(.invalid), outcome(.invalid) { $0.messagesLost = 2 },
        outcome(.invalid) { $0.messagesCorrupt = 1 }, outcome(.ok) { $0.messagesLost = 1 },
      ]),
    Example(
      symptom: .repetition, shown: outcome(.invalid) { $0.messagesReceived = 101 },
      notShown: [
        outcome(.invalid), outcome(.invalid) { $0.messagesReceived = 99 },
        outcome(.invalid) { $0.messagesReceived = nil }, outcome(.ok) { $0.messagesReceived = 101 },
      ]),
    Example(
      symptom: .disorder, shown: outcome(.invalid) { $0.messagesCorrupt = 2 },
      notShown: [
        outcome(.invalid), outcome(.ok) { $0.messagesCorrupt = 2 },
        outcome(.invalid) { ($0.messagesReceived, $0.messagesCorrupt) = (99, 2) },
      ]),
  ]

  private static let ofTime = [
    Example(
      symptom: .longestRoundTrip(nanoseconds: 50_000_000),
      shown: outcome(.ok) { $0.latency?.maximumNanoseconds = 50_000_000 },
      notShown: [
        outcome(.ok) { $0.latency?.maximumNanoseconds = 49_999_999 },
        outcome(.ok) { $0.latency = nil },
        // All of them took so long: that is another fault.
        outcome(.ok) {
          $0.latency?.counts = [LatencyCount(nanoseconds: 50_000_000, samples: 100)]
          $0.latency?.maximumNanoseconds = 50_000_000
        },
      ]),
    Example(
      symptom: .timePerMessage(nanoseconds: 1_000_000),
      shown: outcome(.ok) { $0.elapsedNanoseconds = 100_000_000 },
      notShown: [
        outcome(.ok) { $0.elapsedNanoseconds = 99_999_999 },
        outcome(.ok) { $0.elapsedNanoseconds = nil },
        outcome(.invalid) { $0.elapsedNanoseconds = 100_000_000 },
      ]),
    Example(
      symptom: .sleepingProducer(nanosecondsPerMessage: 1_000_000),
      shown: outcome(.ok) { $0.elapsedNanoseconds = 100_000_000 },
      notShown: [
        outcome(.ok) { $0.elapsedNanoseconds = 99_999_999 },
        outcome(.ok) {
          $0.elapsedNanoseconds = 100_000_000
          $0.producer?.cpuNanoseconds = 99_000_000
        },
        outcome(.ok) {
          $0.elapsedNanoseconds = 100_000_000
          $0.producer?.voluntarySwitches = 0
        },
      ]),
    Example(
      symptom: .wrongClock("the clocks disagree: the consumer's is "),
      shown: outcome(.invalid, "the clocks disagree: the consumer's is at least 1.0 ms ahead"),
      notShown: [
        outcome(.invalid, "the clocks disagree: the producer's is at least 1.0 ms ahead"),
        outcome(.invalid, "delivery is not proven"),
      ]),
  ]

  private static let ofWords = [
    Example(
      symptom: .failure("producer: mmap failed"), shown: outcome(.failed, "producer: mmap failed"),
      notShown: [outcome(.failed, "mmap failed"), outcome(.died, "producer: mmap failed")]),
    Example(
      symptom: .death(.consumer, signal: "SIGKILL", [.preparing, .ready]),
      shown: outcome(.died, "the consumer was killed by SIGKILL (Killed) while ready"),
      notShown: [
        outcome(.died, "the producer was killed by SIGKILL (Killed) while ready"),
        outcome(.died, "the consumer was killed by SIGSEGV (Killed) while ready"),
        outcome(.died, "the consumer was killed by SIGKILL (Killed) while timing"),
        outcome(.timedOut, "the consumer was killed by SIGKILL (Killed) while ready"),
      ]),
    Example(
      symptom: .timeout(.consumer, [.preparing, .ready]),
      shown: outcome(.timedOut, "no end (producer starting, consumer preparing); wait"),
      notShown: [
        outcome(.timedOut, "no end (producer preparing, consumer starting); wait"),
        outcome(.timedOut, "no end (producer preparing, consumer done preparing); wait"),
        outcome(.timedOut, "no end; consumer preparing"),
        outcome(.died, "no end (producer starting, consumer preparing); wait"),
      ]),
    Example(
      symptom: .endlessWait(.consumer),
      shown: outcome(.timedOut, "no end (producer done timing, consumer timing); wait"),
      notShown: [
        outcome(.timedOut, "no end (producer timing, consumer timing); wait"),
        outcome(.timedOut, "no end (producer timing, consumer done timing); wait"),
        outcome(.timedOut, "no end (producer done timing, consumer done timing); wait"),
      ]),
  ]

  private static let checks = SelfTestCheck.all(
    on: CorePair(placement: .sameL3, producer: 0, consumer: 1))

  @Test func nothingIsPacedOnOneCore() {
    let onOne = SelfTestCheck.all(on: CorePair(placement: .sameCore, producer: 0, consumer: 0))
    #expect(!onOne.contains { $0.shape == .paced })
    #expect(Self.checks.count { $0.shape == .paced } == Self.checks.count - onOne.count)
    #expect(onOne.count < Self.checks.count)
  }

  @Test func everySymptomIsSeenWhereItIsAndNowhereElse() {
    for example in Self.examples {
      #expect(example.symptom.isShown(by: example.shown), "\(example.symptom)")
      for other in example.notShown {
        #expect(
          !example.symptom.isShown(by: other),
          "\(example.symptom) in \(other.status) \(other.error)")
      }
    }
  }

  /// What every check of the self-test would say of a tool that notices nothing.
  @Test func aTrialWithNothingWrongShowsNoneOfThem() {
    for check in Self.checks {
      let finding = SelfTestFinding(check: check, outcome: Self.sound)
      #expect(finding.isAsExpected == !check.injection.isFault, "\(check.injection)")
    }
  }

  @Test func everyFaultIsInjectedAndEveryWorkerDiesAndHangsAtEveryStage() {
    let injected = Set(Self.checks.map(\.injection))
    for fault in Fault.allCases { #expect(injected.contains(.fault(fault)), "\(fault)") }
    for role in Role.allCases {
      for stage in Stage.allCases {
        #expect(injected.contains(.kill(role, stage)) && injected.contains(.stop(role, stage)))
      }
    }
    let controls = Self.checks.filter { !$0.injection.isFault }
    #expect(Set(controls.map(\.shape)) == Set(Self.checks.map(\.shape)))
    #expect(Set(Self.checks).count == Self.checks.count)
  }

  @Test func whatIsLeftBehindSpoilsTheBestOutcome() {
    let check = SelfTestCheck(.fault(.none), .stream, .soundness)
    let finding = SelfTestFinding(
      check: check, outcome: Self.sound, leftovers: ["/dev/shm/ipcbench-1-1"])
    #expect(!finding.isAsExpected)
    #expect(finding.reported.hasSuffix("; left behind: /dev/shm/ipcbench-1-1"))
  }

  @Test(
    arguments: [
      ([(40, 1)], 40), ([(40, 1), (50, 1)], 40), ([(40, 1), (50, 2)], 50), ([], nil),
    ] as [([(UInt64, UInt64)], UInt64?)])
  func theMedianIsTheMiddleSample(counts: [(UInt64, UInt64)], median: UInt64?) {
    let record = LatencyRecord(
      counts: counts.map { LatencyCount(nanoseconds: $0.0, samples: $0.1) },
      minimumNanoseconds: 0, maximumNanoseconds: 0, roundTripsPerSample: 1)
    #expect(record.medianNanoseconds == median)
  }
}
