/// Which way messages flow during a trial.
public enum Pattern: String, Codable, CaseIterable, Sendable {
  /// Closed loop, one message in flight: every sample is a round trip.
  case pingPong = "ping-pong"
  /// As fast as the producer can send, bounded only by the mechanism's own buffer.
  case stream
  /// Open loop: every message goes out when a schedule made beforehand says so, whatever became of
  /// those before it.
  case paced
}

/// How a side passes the time while its peer has nothing for it.
public enum WaitPolicy: String, Codable, CaseIterable, Sendable {
  /// Sleep in the kernel until the peer's message wakes it.
  case block
  /// Ask again and again without ever sleeping.
  case spin
  /// Ask again and again for a stated time, then sleep as `block` does.
  case adaptive

  /// Whether a side that waits like this keeps its core busy, at least for a while.
  public var spins: Bool { self != .block }
}

/// Whether a message is copied through the channel or built and read where the channel keeps it.
public enum DataPath: String, Codable, CaseIterable, Sendable {
  /// Each side keeps its messages in memory of its own; the mechanism copies them.
  case copy
  /// The producer writes a message where the consumer will read it; nothing is copied.
  case inPlace = "in-place"
}

/// How much of a payload the two sides look at, with the same code for every mechanism.
public enum Touch: String, Codable, CaseIterable, Sendable {
  /// Neither side looks at the payload; messages are only counted.
  case none
  /// The producer stamps sequence number and length, the consumer checks them.
  case header
  /// The producer writes every byte, the consumer reads and checks every byte.
  case full
}

/// What two processes do with each other during a trial: the factors that are not hardware.
public struct Workload: Codable, Hashable, Sendable {
  public var pattern: Pattern
  public var payloadBytes: Int
  public var wait: WaitPolicy
  public var dataPath: DataPath
  public var touch: Touch
  /// Payload bytes that are to fit into the mechanism's own buffer, in each direction.
  public var bufferBytes: Int
  /// How much memory a side takes its messages from in turn, in bytes for each direction; 0 for one buffer,
  /// used again and again.
  public var workingSetBytes: Int
  /// How long an adaptive side looks before it sleeps; nil with any other way to wait.
  public var spinBudgetNanoseconds: UInt64?
  /// The schedule of a paced trial; nil with any other pattern.
  public var pace: Pace?
  /// Consecutive round trips that each latency sample is the mean of: a power of two, decided before the
  /// first block (`SampleBatch`). nil with any other pattern, and where a stored row does not say.
  public var roundTripsPerSample: Int?

  public init(
    pattern: Pattern, payloadBytes: Int, wait: WaitPolicy = .block, dataPath: DataPath = .copy,
    touch: Touch = .header, bufferBytes: Int = Workload.defaultBufferBytes,
    workingSetBytes: Int = 0, spinBudgetNanoseconds: UInt64? = nil, pace: Pace? = nil,
    roundTripsPerSample: Int? = nil
  ) {
    self.pattern = pattern
    self.payloadBytes = payloadBytes
    self.wait = wait
    self.dataPath = dataPath
    self.touch = touch
    self.bufferBytes = bufferBytes
    self.workingSetBytes = workingSetBytes
    self.spinBudgetNanoseconds =
      wait == .adaptive ? spinBudgetNanoseconds ?? Self.defaultSpinBudgetNanoseconds : nil
    self.pace = pattern == .paced ? pace ?? .standard : nil
    self.roundTripsPerSample = pattern == .pingPong ? roundTripsPerSample ?? 1 : nil
  }

  /// 128 KiB: the largest power of two that a stock kernel grants to every mechanism without
  /// privileges (`net.core.wmem_max` is 212992 and `fs.pipe-max-size` 1048576 by default).
  public static let defaultBufferBytes = 128 << 10

  /// 50 µs: about what a blocking hand-off costs where an idle processor halts, and whoever looks for as
  /// long as sleeping would cost never pays more than twice the best choice (Karlin, Li, Manasse and
  /// Owicki, "Empirical Studies of Competitive Spinning for a Shared-Memory Multiprocessor", SOSP 1991).
  public static let defaultSpinBudgetNanoseconds: UInt64 = 50_000

  /// Payload sizes beyond this are refused as a slip of the keyboard.
  public static let largestPayloadBytes = 1 << 30
}

/// How long the timed part of a trial goes on.
public enum TrialLength: Codable, Hashable, Sendable {
  case nanoseconds(UInt64)
  case messages(UInt64)
}

/// What a mechanism can do, as far as planning needs to know it.
public struct Capabilities: Codable, Hashable, Sendable {
  public var name: String
  public var patterns: [Pattern]
  public var waits: [WaitPolicy]
  public var dataPaths: [DataPath]
  public var largestPayloadBytes: Int

  public init(
    name: String, patterns: [Pattern] = Pattern.allCases, waits: [WaitPolicy] = WaitPolicy.allCases,
    dataPaths: [DataPath] = [.copy], largestPayloadBytes: Int = Workload.largestPayloadBytes
  ) {
    self.name = name
    self.patterns = patterns
    self.waits = waits
    self.dataPaths = dataPaths
    self.largestPayloadBytes = largestPayloadBytes
  }
}
