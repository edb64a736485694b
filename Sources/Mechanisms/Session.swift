import Trials

/// A part of a trial. The workers wait for each other between phases.
public struct Phase: Codable, Hashable, Sendable {
  public enum Kind: String, Codable, Sendable {
    /// A few messages whose every byte is written and checked, whatever the workload's touch says.
    case verify
    /// Brings caches, buffers, branch predictors and clocks to where the timed part finds them.
    case warmUp = "warm-up"
    case timed
  }

  public var kind: Kind
  /// Position among the trial's phases, from 0.
  public var index: Int
  public var length: TrialLength

  public init(kind: Kind, index: Int, length: TrialLength) {
    self.kind = kind
    self.index = index
    self.length = length
  }

  /// Even a warm-up of 0 lasts this long: over less, it cannot be found out how long a tick of the
  /// samples' clock is.
  public static let shortestWarmUpNanoseconds: UInt64 = 1_000_000

  /// The phases of every trial, in order. A schedule has so many messages; whatever else a phase is
  /// as long as is the same then.
  public static func phases(within limits: TrialLimits, at pace: Pace? = nil) -> [Phase] {
    var limits = limits
    limits.warmUpNanoseconds = max(limits.warmUpNanoseconds, shortestWarmUpNanoseconds)
    return [
      Phase(kind: .verify, index: 0, length: .messages(2)),
      Phase(
        kind: .warmUp, index: 1,
        length: pace.map { .messages(limits.warmUpMessages(at: $0)) }
          ?? .nanoseconds(limits.warmUpNanoseconds)),
      Phase(
        kind: .timed, index: 2,
        length: pace.map { .messages(limits.timedMessages(at: $0)) } ?? limits.length),
    ]
  }
}

/// What a worker counted and timed in one phase.
public struct PhaseReport: Codable, Hashable, Sendable {
  /// Messages sent by the producer, or received by the consumer.
  public var messages: UInt64
  /// Messages, or replies on the producer's side, that arrived damaged, twice or out of order.
  public var corrupt: UInt64
  public var lost: UInt64
  /// CLOCK_MONOTONIC just before the first send or receive; of a paced producer, when its schedule
  /// began.
  public var startNanoseconds: UInt64
  /// CLOCK_MONOTONIC just after the last reply or message was checked.
  public var endNanoseconds: UInt64
  /// How long the phase took by this worker's own account, where that is not the time from start to
  /// end: of the two sides' accounts the longer counts.
  public var elapsedNanoseconds: UInt64?
  /// Extremes of the samples; nil in a phase that takes none.
  public var fastestNanoseconds: UInt64?
  public var slowestNanoseconds: UInt64?
  public var roundTripsPerSample: Int?
  /// Which sample was the slowest, counted from 0.
  public var slowestSample: UInt64?
  /// By which part the phase took longer or shorter by the clock of the samples than by CLOCK_MONOTONIC;
  /// nil where the two agree.
  public var clockDisagreement: Double?
  public var waits: UInt64?
  public var wakes: UInt64?

  public init(
    messages: UInt64, corrupt: UInt64, lost: UInt64, startNanoseconds: UInt64,
    endNanoseconds: UInt64
  ) {
    self.messages = messages
    self.corrupt = corrupt
    self.lost = lost
    self.startNanoseconds = startNanoseconds
    self.endNanoseconds = endNanoseconds
  }
}

/// Where a worker meets the driver between phases.
public struct PhaseGate {
  /// Blocks until the next phase may start; nil when there is none left.
  public let open: () -> Phase?
  /// Tells what the phase that just ended yielded.
  public let close: (PhaseReport) -> Void

  public init(open: @escaping () -> Phase?, close: @escaping (PhaseReport) -> Void) {
    self.open = open
    self.close = close
  }
}

/// What a mechanism's worker code is given to work with.
public struct Session: ~Copyable {
  public let mechanism: String
  public let role: Role
  public let workload: Workload
  public let memory: TrialMemory
  public let gate: PhaseGate
  /// Called once with what the channel shares with its peer, when all of it is in place.
  public let channelIsReady: (UnsafeRawBufferPointer?) throws(CallError) -> Void
  private let outgoingMapping: SharedMapping
  private let incomingMapping: SharedMapping

  /// Allocates and pre-faults the memory of messages that go out and come in, under the memory policy
  /// that the calling thread has by now.
  public init(
    mechanism: String, role: Role, workload: Workload, memory: consuming TrialMemory,
    gate: PhaseGate,
    channelIsReady: @escaping (UnsafeRawBufferPointer?) throws(CallError) -> Void
  ) throws(CallError) {
    // Whatever throws comes before the first field: a noncopyable value cannot be half made.
    let layout = MessageMemoryLayout(workload)
    let outgoingMapping = try SharedMapping.prefaulted(byteCount: layout.byteCount)
    let incomingMapping = try SharedMapping.prefaulted(byteCount: layout.byteCount)
    self.mechanism = mechanism
    self.role = role
    self.workload = workload
    self.memory = memory
    self.gate = gate
    self.channelIsReady = channelIsReady
    self.outgoingMapping = outgoingMapping
    self.incomingMapping = incomingMapping
  }

  /// A buffer that messages are written to before they are sent; exactly one payload.
  public var outgoing: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: outgoingMapping.bytes.prefix(workload.payloadBytes))
  }

  /// A buffer that messages are received into; exactly one payload.
  public var incoming: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: incomingMapping.bytes.prefix(workload.payloadBytes))
  }

  /// The buffers for messages that are sent, in turn; `outgoing` is the first.
  public var outgoingMemory: MessageMemory {
    MessageMemory(MessageMemoryLayout(workload), in: outgoingMapping.bytes)
  }

  /// The buffers for messages that are received, in turn; `incoming` is the first.
  public var incomingMemory: MessageMemory {
    MessageMemory(MessageMemoryLayout(workload), in: incomingMapping.bytes)
  }

  /// All memory that messages are kept in.
  public var allMessageMemory: [UnsafeRawBufferPointer] {
    [UnsafeRawBufferPointer(outgoingMapping.bytes), UnsafeRawBufferPointer(incomingMapping.bytes)]
  }
}
