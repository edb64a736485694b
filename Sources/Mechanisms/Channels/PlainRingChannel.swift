import Trials

/// Messages through two plain rings in shared memory, one a direction.
struct PlainRingChannel<Policy: Waiting>: ~Copyable, Channel {
  private let mapping: SharedMapping
  /// The ring that this end receives from.
  private let incoming: Slice<UnsafeRawBufferPointer>
  private var sender: PlainRingSender<Policy>
  private var receiver: PlainRingReceiver<Policy>

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> PlainRingChannel {
    let layout = PlainRingLayout(session.workload)
    let mapping = try SharedMapping.shared(end.incoming, byteCount: 2 * layout.byteCount)
    // The first ring runs from producer to consumer. Each is brought in by its receiver, so that
    // on a machine with several nodes it lies where the waiting is done.
    let isProducer = session.role == .producer
    let incomingOffset = isProducer ? layout.byteCount : 0
    let outgoingOffset = isProducer ? 0 : layout.byteCount
    mapping.prefault(from: incomingOffset, byteCount: layout.byteCount)
    let start = mapping.bytes.baseAddress.unsafelyUnwrapped
    let spinBudget = session.workload.spinBudgetNanoseconds ?? 0
    return PlainRingChannel(
      incoming: UnsafeRawBufferPointer(mapping.bytes)[incomingOffset...].prefix(layout.byteCount),
      sender: PlainRingSender(
        layout, at: start + outgoingOffset, spinBudgetNanoseconds: spinBudget),
      receiver: PlainRingReceiver(
        layout, at: start + incomingOffset, spinBudgetNanoseconds: spinBudget),
      mapping: mapping)
  }

  private init(
    incoming: Slice<UnsafeRawBufferPointer>, sender: consuming PlainRingSender<Policy>,
    receiver: consuming PlainRingReceiver<Policy>, mapping: consuming SharedMapping
  ) {
    self.mapping = mapping
    self.incoming = incoming
    self.sender = sender
    self.receiver = receiver
  }

  @inline(__always)
  mutating func send(_ message: RawSpan) throws(CallError) {
    try message.withUnsafeBytes { bytes throws(CallError) in try sender.send(bytes) }
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

extension PlainRingLayout {
  /// The layout that both ends and the driver agree on.
  init(_ workload: Workload) {
    self.init(payloadBytes: workload.payloadBytes, bufferBytes: workload.bufferBytes)
  }
}
