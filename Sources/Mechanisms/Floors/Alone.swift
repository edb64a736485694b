import CLinux

/// What a floor that needs no peer does for each message.
protocol SoloWork: SendableMetatype {
  /// Does it, and says where the message can be inspected afterwards.
  static func perform(
    _ outgoing: UnsafeMutableRawBufferPointer, _ incoming: UnsafeMutableRawBufferPointer
  ) -> UnsafeMutableRawBufferPointer
}

/// Nothing: what is left is the loop, the touching and the inspecting.
enum NullWork: SoloWork {
  @inline(__always)
  static func perform(
    _ outgoing: UnsafeMutableRawBufferPointer, _ incoming: UnsafeMutableRawBufferPointer
  ) -> UnsafeMutableRawBufferPointer {
    // Or else the compiler would turn the whole loop into one addition.
    linux_compiler_barrier()
    return outgoing
  }
}

/// A read of the clock that round trips are stamped with, where that is CLOCK_MONOTONIC.
enum ClockWork: SoloWork {
  @inline(__always)
  static func perform(
    _ outgoing: UnsafeMutableRawBufferPointer, _ incoming: UnsafeMutableRawBufferPointer
  ) -> UnsafeMutableRawBufferPointer {
    _ = Clock.now()
    return outgoing
  }
}

/// The same where that is the time-stamp counter.
enum CounterWork: SoloWork {
  @inline(__always)
  static func perform(
    _ outgoing: UnsafeMutableRawBufferPointer, _ incoming: UnsafeMutableRawBufferPointer
  ) -> UnsafeMutableRawBufferPointer {
    _ = linux_read_counter()
    return outgoing
  }
}

enum SystemCallWork: SoloWork {
  @inline(__always)
  static func perform(
    _ outgoing: UnsafeMutableRawBufferPointer, _ incoming: UnsafeMutableRawBufferPointer
  ) -> UnsafeMutableRawBufferPointer {
    _ = linux_enter_kernel()
    return outgoing
  }
}

enum CopyWork: SoloWork {
  @inline(__always)
  static func perform(
    _ outgoing: UnsafeMutableRawBufferPointer, _ incoming: UnsafeMutableRawBufferPointer
  ) -> UnsafeMutableRawBufferPointer {
    incoming.copyMemory(from: UnsafeRawBufferPointer(outgoing))
    // Somebody might look at the copy, so it cannot be left out or put off.
    linux_compiler_barrier()
    return incoming
  }
}

/// The producer works by itself and inspects what comes of it. The consumer sleeps until it is told how
/// many messages that were, so that it takes nothing from the producer, on the same core either.
struct Alone<Work: SoloWork>: ~Copyable, Carrier {
  private var channel: DescriptorChannel<Blocking>
  private let outgoing: UnsafeMutableRawBufferPointer
  private let incoming: UnsafeMutableRawBufferPointer
  private let isProducer: Bool
  /// Of the messages of a stream, whose loop inspects nothing on the producer's side.
  private var inspector = Inspector(next: 0)

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> Alone {
    Alone(
      channel: try DescriptorChannel.adopt(end, for: session), outgoing: session.outgoing,
      incoming: session.incoming, isProducer: session.role == .producer)
  }

  private init(
    channel: consuming DescriptorChannel<Blocking>, outgoing: UnsafeMutableRawBufferPointer,
    incoming: UnsafeMutableRawBufferPointer, isProducer: Bool
  ) {
    self.channel = channel
    self.outgoing = outgoing
    self.incoming = incoming
    self.isProducer = isProducer
  }

  @inline(__always)
  mutating func exchange<Touch: Touching>(
    _ sequence: UInt64, _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    Touch.write(sequence, to: outgoing)
    inspector.inspect(UnsafeRawBufferPointer(Work.perform(outgoing, incoming)), as: Touch.self)
  }

  @inline(__always)
  mutating func send<Touch: Touching>(_ sequence: UInt64, _: Touch.Type) throws(CallError) {
    Touch.write(sequence, to: outgoing)
    inspector.inspect(UnsafeRawBufferPointer(Work.perform(outgoing, incoming)), as: Touch.self)
  }

  /// Sleeps until the phase is over.
  mutating func receive<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    var messages: UInt64 = 0
    try withUnsafeMutableBytes(of: &messages) { bytes throws(CallError) in
      var word = bytes.mutableBytes
      try channel.receive(into: &word)
    }
    inspector.count(messages)
  }

  mutating func answer<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    try receive(&inspector, Touch.self)
  }

  mutating func flush() throws(CallError) {}

  /// The producer's own time is what counts, not that of waking the consumer, which comes here.
  mutating func complete(_ report: inout PhaseReport) throws(CallError) {
    guard isProducer else { return }
    report.elapsedNanoseconds = report.endNanoseconds &- report.startNanoseconds
    report.corrupt += inspector.corrupt
    report.lost += inspector.lost
    inspector = Inspector(next: inspector.next)
    try withUnsafeBytes(of: report.messages) { bytes throws(CallError) in
      try channel.send(bytes.bytes)
    }
  }

  var waitCounts: WaitCounts { WaitCounts() }
  var sharedMemory: UnsafeRawBufferPointer? { nil }
}
