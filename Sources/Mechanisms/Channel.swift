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

  /// Sends so many messages, each as `next` hands it over, one right after the other. Only a channel
  /// that would otherwise store its own state with every message has a reason to replace the
  /// obvious implementation.
  mutating func send(
    _ count: UInt64, from next: () -> UnsafeRawBufferPointer
  ) throws(CallError)

  /// Receives messages as long as `goesOn` says so, which is asked before each: each into what `next`
  /// hands over, and then shown to `inspect`. To be replaced for the same reason.
  mutating func receive(
    while goesOn: () -> Bool, into next: () -> UnsafeMutableRawBufferPointer,
    _ inspect: (UnsafeRawBufferPointer) -> Void
  ) throws(CallError)

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
  public mutating func send(
    _ count: UInt64, from next: () -> UnsafeRawBufferPointer
  ) throws(CallError) {
    for _ in 0..<count { try send(next().bytes) }
  }

  @inline(__always)
  public mutating func receive(
    while goesOn: () -> Bool, into next: () -> UnsafeMutableRawBufferPointer,
    _ inspect: (UnsafeRawBufferPointer) -> Void
  ) throws(CallError) {
    while goesOn() {
      let buffer = next()
      var message = buffer.mutableBytes
      try receive(into: &message)
      inspect(UnsafeRawBufferPointer(buffer))
    }
  }

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

/// A channel that can also lend the memory it keeps messages in, so that a message is built and read
/// where it lies and nothing is copied.
///
/// Each side has at most one message lent or borrowed at a time.
public protocol LendingChannel: Channel, ~Copyable {
  /// Waits for room, and lends the memory of the next message: exactly one payload.
  mutating func lend() throws(CallError) -> UnsafeMutableRawBufferPointer

  /// Hands the lent message to the peer.
  mutating func sendLent() throws(CallError)

  /// Waits for the next message, and shows it where it lies.
  mutating func borrow() throws(CallError) -> UnsafeRawBufferPointer

  /// Gives the memory of the borrowed message back.
  mutating func returnBorrowed() throws(CallError)
}
