/// Messages through two rings in shared memory, one a direction.
struct SharedMemoryRing<Policy: Waiting>: ~Copyable, Channel {
  private let mapping: SharedMapping
  /// The ring that this end receives from.
  private let incoming: Slice<UnsafeRawBufferPointer>
  private var sender: RingSender<Policy>
  private var receiver: RingReceiver<Policy>

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> SharedMemoryRing {
    let layout = RingLayout(
      payloadBytes: session.workload.payloadBytes, bufferBytes: session.workload.bufferBytes)
    let mapping = try SharedMapping.shared(end.incoming, byteCount: 2 * layout.byteCount)
    // The first ring runs from producer to consumer. Each is brought in by its receiver, so that
    // on a machine with several nodes it lies where the polling is done.
    let isProducer = session.role == .producer
    let incomingOffset = isProducer ? layout.byteCount : 0
    let outgoingOffset = isProducer ? 0 : layout.byteCount
    mapping.prefault(from: incomingOffset, byteCount: layout.byteCount)
    let start = mapping.bytes.baseAddress.unsafelyUnwrapped
    let incoming = UnsafeRawBufferPointer(mapping.bytes)[incomingOffset...].prefix(layout.byteCount)
    return SharedMemoryRing(
      mapping: mapping, incoming: incoming,
      sender: RingSender(layout, at: start + outgoingOffset),
      receiver: RingReceiver(layout, at: start + incomingOffset))
  }

  private init(
    mapping: consuming SharedMapping, incoming: Slice<UnsafeRawBufferPointer>,
    sender: consuming RingSender<Policy>, receiver: consuming RingReceiver<Policy>
  ) {
    self.mapping = mapping
    self.incoming = incoming
    self.sender = sender
    self.receiver = receiver
  }

  @inline(__always)
  mutating func send(_ message: RawSpan) throws(CallError) {
    message.withUnsafeBytes { sender.send($0) }
    receiver.isAnswering = true
  }

  @inline(__always)
  mutating func receive(into message: inout MutableRawSpan) throws(CallError) {
    try message.withUnsafeMutableBytes { bytes throws(CallError) in
      try receiver.receive(into: bytes)
    }
  }

  var waitCounts: WaitCounts {
    WaitCounts(waits: sender.waits + receiver.waits, wakes: sender.wakes + receiver.wakes)
  }

  var sharedMemory: UnsafeRawBufferPointer? { UnsafeRawBufferPointer(rebasing: incoming) }
}
