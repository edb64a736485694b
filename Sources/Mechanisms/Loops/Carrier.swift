import Synchronization

/// What the loops drive: a channel together with the way in which payloads get into it and out again.
///
/// The same loops and the same touching serve both data paths; what differs is whose memory a payload
/// is written to and read from.
protocol Carrier: ~Copyable, SendableMetatype {
  /// Takes over this worker's end of the link.
  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> Self

  /// Writes a message and sends it.
  mutating func send<Touch: Touching>(_ sequence: UInt64, _: Touch.Type) throws(CallError)

  /// Writes and sends the messages of these sequence numbers, one right after the other.
  mutating func send<Touch: Touching>(
    _ sequences: Range<UInt64>, _: Touch.Type
  ) throws(CallError)

  /// Waits for a message and inspects it.
  mutating func receive<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError)

  /// Receives and inspects messages until the one before `end` has come; `end` may become smaller
  /// meanwhile, as long as the message that is waited for comes.
  mutating func receive<Touch: Touching>(
    upTo end: UnsafeMutablePointer<Atomic<UInt64>>, _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError)

  /// Sends a request, waits for its reply and inspects that.
  mutating func exchange<Touch: Touching>(
    _ sequence: UInt64, _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError)

  /// Waits for a request, inspects it and sends the reply: a message like it.
  mutating func answer<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError)

  /// Makes sure that everything sent so far is on its way.
  mutating func flush() throws(CallError)

  /// Called when a phase is over, before it is reported.
  mutating func complete(_ report: inout PhaseReport) throws(CallError)

  var waitCounts: WaitCounts { get }
  var sharedMemory: UnsafeRawBufferPointer? { get }
}

extension Carrier where Self: ~Copyable {
  @inline(__always)
  mutating func send<Touch: Touching>(
    _ sequences: Range<UInt64>, _: Touch.Type
  ) throws(CallError) {
    for sequence in sequences { try send(sequence, Touch.self) }
  }

  @inline(__always)
  mutating func receive<Touch: Touching>(
    upTo end: UnsafeMutablePointer<Atomic<UInt64>>, _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    // Pairs with the release in PhasePlan: the end was stored before the last message was sent.
    while inspector.next < end.pointee.load(ordering: .acquiring) {
      try receive(&inspector, Touch.self)
    }
  }

  mutating func complete(_ report: inout PhaseReport) throws(CallError) {}
}

/// Messages are kept in memory of the worker's own, and the channel copies them.
struct Copying<C: Channel & ~Copyable>: ~Copyable, Carrier {
  private var channel: C
  private var outgoing: MessageMemory
  private var incoming: MessageMemory

  private init(_ channel: consuming C, in session: borrowing Session) {
    self.channel = channel
    outgoing = session.outgoingMemory
    incoming = session.incomingMemory
  }

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> Copying {
    Copying(try C.adopt(end, for: session), in: session)
  }

  @inline(__always)
  mutating func send<Touch: Touching>(_ sequence: UInt64, _: Touch.Type) throws(CallError) {
    let message = outgoing.next()
    Touch.write(sequence, to: message)
    try channel.send(message.bytes)
  }

  @inline(__always)
  mutating func send<Touch: Touching>(
    _ sequences: Range<UInt64>, _: Touch.Type
  ) throws(CallError) {
    var sequence = sequences.lowerBound
    // A copy, so that it can stay in registers.
    var memory = outgoing
    defer { outgoing = memory }
    try channel.send(sequences.upperBound &- sequence) {
      let message = memory.next()
      Touch.write(sequence, to: message)
      sequence &+= 1
      return UnsafeRawBufferPointer(message)
    }
  }

  @inline(__always)
  mutating func receive<Touch: Touching>(
    upTo end: UnsafeMutablePointer<Atomic<UInt64>>, _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    // Copies, so that they can stay in registers.
    var memory = incoming
    var inspecting = inspector
    defer {
      incoming = memory
      inspector = inspecting
    }
    // Pairs with the release in PhasePlan: the end was stored before the last message was sent.
    try channel.receive(
      while: { inspecting.next < end.pointee.load(ordering: .acquiring) }, into: { memory.next() }
    ) { message in
      inspecting.inspect(message, as: Touch.self)
    }
  }

  @inline(__always)
  mutating func receive<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    let memory = incoming.next()
    var message = memory.mutableBytes
    try channel.receive(into: &message)
    inspector.inspect(UnsafeRawBufferPointer(memory), as: Touch.self)
  }

  @inline(__always)
  mutating func exchange<Touch: Touching>(
    _ sequence: UInt64, _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    let (message, memory) = (outgoing.next(), incoming.next())
    Touch.write(sequence, to: message)
    var reply = memory.mutableBytes
    try channel.exchange(message.bytes, reply: &reply)
    inspector.inspect(UnsafeRawBufferPointer(memory), as: Touch.self)
  }

  /// The reply is the request itself.
  @inline(__always)
  mutating func answer<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    try receive(&inspector, Touch.self)
    try channel.send(incoming.current.bytes)
  }

  @inline(__always)
  mutating func flush() throws(CallError) { try channel.flush() }

  var waitCounts: WaitCounts { channel.waitCounts }
  var sharedMemory: UnsafeRawBufferPointer? { channel.sharedMemory }
}

/// Messages are written and read in memory that the channel lends.
struct InPlace<C: LendingChannel & ~Copyable>: ~Copyable, Carrier {
  private var channel: C

  private init(_ channel: consuming C) {
    self.channel = channel
  }

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> InPlace {
    InPlace(try C.adopt(end, for: session))
  }

  @inline(__always)
  mutating func send<Touch: Touching>(_ sequence: UInt64, _: Touch.Type) throws(CallError) {
    Touch.write(sequence, to: try channel.lend())
    try channel.sendLent()
  }

  @inline(__always)
  mutating func receive<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    inspector.inspect(try channel.borrow(), as: Touch.self)
    try channel.returnBorrowed()
  }

  @inline(__always)
  mutating func exchange<Touch: Touching>(
    _ sequence: UInt64, _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    try send(sequence, Touch.self)
    try receive(&inspector, Touch.self)
  }

  /// The reply is built anew under the request's number: passing the request's memory on would take
  /// a ring whose slots go both ways.
  @inline(__always)
  mutating func answer<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    let sequence = inspector.next
    try receive(&inspector, Touch.self)
    try send(sequence, Touch.self)
  }

  @inline(__always)
  mutating func flush() throws(CallError) { try channel.flush() }

  var waitCounts: WaitCounts { channel.waitCounts }
  var sharedMemory: UnsafeRawBufferPointer? { channel.sharedMemory }
}
