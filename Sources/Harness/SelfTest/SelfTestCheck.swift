import Mechanisms
import Trials

/// One line of the self-test: a trial, what is done to it, and what must come of that.
public struct SelfTestCheck: Hashable, Sendable {
  /// The trials are as short as can be; nobody measures anything with them.
  public enum Shape: String, CaseIterable, Sendable {
    case pingPong = "ping-pong"
    case stream
    /// A stream of which only a few messages fit into the mechanism's buffer.
    case largeStream = "large stream"
    case paced

    fileprivate static let messages: UInt64 = 100

    var workload: Workload {
      switch self {
      case .pingPong: Workload(pattern: .pingPong, payloadBytes: 64)
      case .stream: Workload(pattern: .stream, payloadBytes: 64)
      case .largeStream:
        Workload(pattern: .stream, payloadBytes: 16 << 10, bufferBytes: 64 << 10)
      case .paced:
        Workload(pattern: .paced, payloadBytes: 64, pace: Pace(messagesPerSecond: 1000))
      }
    }
  }

  public let injection: Injection
  public let shape: Shape
  public let expected: Symptom

  public init(_ injection: Injection, _ shape: Shape, _ expected: Symptom) {
    self.injection = injection
    self.shape = shape
    self.expected = expected
  }

  /// What the trial is given, in nanoseconds. One that cannot end by itself is given little at first;
  /// if the symptom does not show, the machine may have been too busy to get to the fault by then.
  var timeouts: [UInt64] {
    switch expected {
    case .timeout, .endlessWait: [300_000_000, 3_000_000_000, 10_000_000_000]
    // A machine that is busy enough reaches no rate, and the row says so, as it should.
    case .soundness where shape == .paced: Array(repeating: 10_000_000_000, count: 5)
    default: [10_000_000_000]
    }
  }

  func trial(on cores: CorePair, timeoutNanoseconds: UInt64) -> Trial {
    Trial(
      number: 1, block: 1, position: 1,
      configuration: Configuration(
        mechanism: injection.mechanism, workload: shape.workload, cores: cores),
      limits: TrialLimits(
        length: .messages(Shape.messages), warmUpNanoseconds: 0,
        timeoutNanoseconds: timeoutNanoseconds))
  }
}

extension SelfTestCheck {
  /// The whole self-test. It begins with trials of each shape without a fault: to a tool that always
  /// complains, everything would seem noticed.
  ///
  /// - Parameter cores: on one core nothing can be paced.
  public static func all(on cores: CorePair) -> [SelfTestCheck] {
    (controls + messageFaults + timeFaults + errors + deaths + hangs)
      .filter { $0.shape != .paced || !cores.areOne }
  }

  private static let controls = Shape.allCases.map { shape in
    SelfTestCheck(.fault(.none), shape, .soundness)
  }

  private static let messageFaults = [
    SelfTestCheck(.fault(.corrupt), .pingPong, .corruption),
    SelfTestCheck(.fault(.corrupt), .stream, .corruption),
    SelfTestCheck(.fault(.overlong), .pingPong, .corruption),
    SelfTestCheck(.fault(.overlong), .stream, .corruption),
    // Both sides wait for a message that nobody will send.
    SelfTestCheck(.fault(.drop), .pingPong, .timeout(.consumer, [.timing])),
    SelfTestCheck(.fault(.drop), .stream, .loss(1)),
    // No gap shows behind the last message.
    SelfTestCheck(.fault(.dropLast), .stream, .endlessWait(.consumer)),
    SelfTestCheck(.fault(.duplicate), .pingPong, .corruption),
    SelfTestCheck(.fault(.duplicate), .stream, .repetition),
    SelfTestCheck(.fault(.reorder), .stream, .disorder),
  ]

  private static let timeFaults = [
    SelfTestCheck(
      .fault(.delay), .pingPong, .longestRoundTrip(nanoseconds: Fault.delayNanoseconds)),
    // The producer has sent everything before the consumer has received a tenth of it.
    SelfTestCheck(
      .fault(.slowConsumer), .stream, .timePerMessage(nanoseconds: Fault.slowReceiveNanoseconds)),
    SelfTestCheck(
      .fault(.slowConsumer), .largeStream,
      .sleepingProducer(nanosecondsPerMessage: Fault.slowReceiveNanoseconds)),
    SelfTestCheck(
      .fault(.clockAhead), .stream, .wrongClock("the clocks disagree: the consumer's is ")),
    SelfTestCheck(.fault(.clock), .paced, .wrongClock("the clocks of CPU ")),
  ]

  private static let errors = [
    SelfTestCheck(
      .fault(.errorInLink), .stream,
      .failure("fault failed while making the link: injected on purpose")),
    SelfTestCheck(
      .fault(.errorInAdopt), .stream,
      .failure("producer: fault failed while adopting the link: injected on purpose")),
    SelfTestCheck(.fault(.noRoomInAdopt), .stream, .failure("consumer: \(Worker.lackOfMemory)")),
    SelfTestCheck(
      .fault(.error), .stream,
      .failure("producer: fault failed while sending a message: injected on purpose")),
  ]

  private static let deaths =
    [
      SelfTestCheck(
        .fault(.crashInAdopt), .stream, .death(.consumer, signal: "SIGSEGV", [.preparing])),
      SelfTestCheck(.fault(.crash), .stream, .death(.consumer, signal: "SIGSEGV", [.timing])),
    ]
    + everywhere { role, stage in
      SelfTestCheck(
        .kill(role, stage), .pingPong, .death(role, signal: "SIGKILL", stage.stagesOfDiscovery))
    }

  private static let hangs =
    [
      SelfTestCheck(.fault(.hangInAdopt), .stream, .timeout(.consumer, [.preparing])),
      SelfTestCheck(.fault(.hang), .stream, .timeout(.consumer, [.timing])),
    ]
    + everywhere { role, stage in
      SelfTestCheck(.stop(role, stage), .pingPong, .timeout(role, stage.stagesOfDiscovery))
    }

  private static func everywhere(_ check: (Role, Stage) -> SelfTestCheck) -> [SelfTestCheck] {
    Role.allCases.flatMap { role in Stage.allCases.map { stage in check(role, stage) } }
  }
}
