import CLinux
import Trials

/// Messages through two rings in shared memory, one a direction.
struct SharedMemoryRing<Policy: Waiting>: ~Copyable, LendingChannel {
  private let mapping: SharedMapping
  /// The ring that this end receives from.
  private let incoming: Slice<UnsafeRawBufferPointer>
  private let payloadBytes: Int
  private var sender: RingSender<Policy>
  private var receiver: RingReceiver<Policy>

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> SharedMemoryRing {
    let layout = RingLayout(session.workload)
    let mapping = try SharedMapping.shared(end.incoming, byteCount: 2 * layout.byteCount)
    // The first ring runs from producer to consumer. Each is brought in by its receiver, so that
    // on a machine with several nodes it lies where the polling is done.
    let isProducer = session.role == .producer
    let incomingOffset = isProducer ? layout.byteCount : 0
    let outgoingOffset = isProducer ? 0 : layout.byteCount
    mapping.prefault(from: incomingOffset, byteCount: layout.byteCount)
    let start = mapping.bytes.baseAddress.unsafelyUnwrapped
    let incoming = UnsafeRawBufferPointer(mapping.bytes)[incomingOffset...].prefix(layout.byteCount)
    let spinBudget = session.workload.spinBudgetNanoseconds ?? 0
    let core = UInt32(exactly: linux_current_cpu())
    return SharedMemoryRing(
      mapping: mapping, incoming: incoming, payloadBytes: session.workload.payloadBytes,
      sender: RingSender(
        layout, at: start + outgoingOffset, spinBudgetNanoseconds: spinBudget, core: core),
      receiver: RingReceiver(
        layout, at: start + incomingOffset, spinBudgetNanoseconds: spinBudget, core: core))
  }

  private init(
    mapping: consuming SharedMapping, incoming: Slice<UnsafeRawBufferPointer>, payloadBytes: Int,
    sender: consuming RingSender<Policy>, receiver: consuming RingReceiver<Policy>
  ) {
    self.mapping = mapping
    self.incoming = incoming
    self.payloadBytes = payloadBytes
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
    sender.isAnswering = true
  }

  @inline(__always)
  mutating func send(
    _ count: UInt64, from next: () -> UnsafeRawBufferPointer
  ) throws(CallError) {
    sender.send(count, of: payloadBytes, from: next)
    receiver.isAnswering = true
  }

  @inline(__always)
  mutating func receive(
    while goesOn: () -> Bool, into next: () -> UnsafeMutableRawBufferPointer,
    _ inspect: (UnsafeRawBufferPointer) -> Void
  ) throws(CallError) {
    try receiver.receive(of: payloadBytes, while: goesOn, into: next, inspect)
    sender.isAnswering = true
  }

  @inline(__always)
  mutating func lend() throws(CallError) -> UnsafeMutableRawBufferPointer {
    sender.lend(payloadBytes)
  }

  @inline(__always)
  mutating func sendLent() throws(CallError) {
    sender.publish(payloadBytes)
    receiver.isAnswering = true
  }

  @inline(__always)
  mutating func borrow() throws(CallError) -> UnsafeRawBufferPointer {
    try receiver.borrow(payloadBytes)
  }

  @inline(__always)
  mutating func returnBorrowed() throws(CallError) {
    receiver.giveBackSlot()
  }

  var waitCounts: WaitCounts {
    WaitCounts(waits: sender.waits + receiver.waits, wakes: sender.wakes + receiver.wakes)
  }

  var sharedMemory: UnsafeRawBufferPointer? { UnsafeRawBufferPointer(rebasing: incoming) }
}

extension RingLayout {
  /// The layout that both ends and the driver agree on.
  init(_ workload: Workload) {
    self.init(
      payloadBytes: workload.payloadBytes, bufferBytes: workload.bufferBytes,
      wholeMessages: workload.dataPath == .inPlace,
      // A wake-up costs more than the lines of a small buffer, which also stays in the cache of the core
      // that both may share.
      memoryBytes: workload.wait == .block ? 0 : Self.longLapBytes)
  }
}
