import Trials

/// One end of a two-way message path: with the clock, the only code inside a timed region.
///
/// Both directions carry whole messages of the workload's payload size, in order. An implementation
/// that cannot keep that promise throws; it never hands over part of a message.
public protocol Channel: ~Copyable, SendableMetatype {
  /// Takes over this worker's end of the link. All that can be done before the first message is
  /// done here: descriptor flags, mappings, page faults.
  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> Self

  /// Hands one message to the mechanism; returns when the message's memory may be reused.
  mutating func send(_ message: RawSpan) throws(CallError)

  /// Waits for the next message, which must be exactly as long as `message`.
  mutating func receive(into message: inout MutableRawSpan) throws(CallError)

  /// Sends a request and waits for its reply. Only a mechanism whose one call does both, such as
  /// RPC, has a reason to replace the obvious implementation.
  mutating func exchange(_ request: RawSpan, reply: inout MutableRawSpan) throws(CallError)

  /// Makes sure that everything sent so far is on its way.
  mutating func flush() throws(CallError)

  /// How often this end has waited for its peer and woken it since it was adopted.
  var waitCounts: WaitCounts { get }

  /// The memory that this end shares with its peer and has brought in by the time it is adopted, if
  /// the mechanism shares any.
  var sharedMemory: UnsafeRawBufferPointer? { get }
}

/// How often one end of a channel had to wait, and to wake its peer. A nil is a count that the
/// channel cannot know, because the kernel does the waiting or the waking unseen.
public struct WaitCounts: Sendable {
  public var waits: UInt64?
  public var wakes: UInt64?

  public init(waits: UInt64? = nil, wakes: UInt64? = nil) {
    self.waits = waits
    self.wakes = wakes
  }
}

extension Channel where Self: ~Copyable {
  @inline(__always)
  public mutating func exchange(
    _ request: RawSpan, reply: inout MutableRawSpan
  ) throws(CallError) {
    try send(request)
    try receive(into: &reply)
  }

  @inline(__always)
  public mutating func flush() throws(CallError) {}

  public var waitCounts: WaitCounts { WaitCounts() }

  public var sharedMemory: UnsafeRawBufferPointer? { nil }
}

/// A way to pass the time until the peer has acted: how often to ask before going to sleep.
///
/// A type rather than a value, so that each policy is compiled into the channel's loops.
protocol Waiting: SendableMetatype {
  /// Failed looks before the first sleep; `Int.max` means that this side never sleeps.
  static var looksBeforeSleep: Int { get }
}

extension Waiting {
  /// Whether this policy ever sleeps, so that its peer must look whether to wake it.
  @inline(__always)
  static var sleeps: Bool { looksBeforeSleep != .max }
}

/// Sleeps in the kernel at once.
enum Blocking: Waiting {
  @inline(__always)
  static var looksBeforeSleep: Int { 0 }
}

/// Looks again and again, and never sleeps.
enum Spinning: Waiting {
  @inline(__always)
  static var looksBeforeSleep: Int { .max }
}
