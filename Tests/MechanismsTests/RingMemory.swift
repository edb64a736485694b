import Glibc
import Synchronization

@testable import Mechanisms

/// Fresh memory for one ring, with a margin behind it that nobody may write to.
final class RingMemory: @unchecked Sendable {
  let layout: RingLayout
  let start: UnsafeMutableRawPointer

  private static let marginBytes = 4096
  private static let marginByte: UInt8 = 0x5A

  /// A position other than 0 makes the ring look as if as many chunks had gone through it.
  init(_ layout: RingLayout, position: UInt32 = 0) {
    self.layout = layout
    start = .allocate(byteCount: layout.byteCount + Self.marginBytes, alignment: 4096)
    start.initializeMemory(as: UInt8.self, repeating: 0, count: layout.byteCount)
    (start + layout.byteCount).initializeMemory(
      as: UInt8.self, repeating: Self.marginByte, count: Self.marginBytes)
    word(at: RingLayout.headOffset).pointee.store(position, ordering: .relaxed)
    if position != 0 { stampLastLap(before: position) }
  }

  /// Each slot carries the turn of the chunk that was last in it. A stamp of fresh memory would be taken for
  /// the chunk whose turn is 0, which is due once the turns have gone through all 32 bits.
  private func stampLastLap(before position: UInt32) {
    for slot in 0..<layout.slotsInMemory {
      let turn = position &+ 1 &+ UInt32(slot) &- UInt32(layout.slotsInMemory)
      let stamp = start + layout.stampsOffset + slot * layout.stampStrideBytes
      stamp.storeBytes(of: UInt64(turn), as: UInt64.self)
    }
  }

  deinit { start.deallocate() }

  /// One of the header's words.
  func word(at offset: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
    (start + offset).assumingMemoryBound(to: Atomic<UInt32>.self)
  }

  /// How many chunks have been given back, as the sender sees it.
  var head: UInt32 { word(at: RingLayout.headOffset).pointee.load(ordering: .acquiring) }

  /// Waits until a side of the ring has said that it sleeps, or is about to.
  func waitForSleeper(at offset: Int) throws {
    try waitUntil("the other side sleeps") {
      word(at: offset).pointee.load(ordering: .acquiring) == 1
    }
  }

  var isUntouchedBehindTheRing: Bool {
    UnsafeRawBufferPointer(start: start + layout.byteCount, count: Self.marginBytes)
      .allSatisfy { $0 == Self.marginByte }
  }
}

/// Both halves of a ring, in one hand.
struct Ring<Policy: Waiting>: ~Copyable {
  let memory: RingMemory
  var sender: RingSender<Policy>
  var receiver: RingReceiver<Policy>

  init(_ layout: RingLayout, position: UInt32 = 0) {
    memory = RingMemory(layout, position: position)
    sender = RingSender(layout, at: memory.start, position: position)
    receiver = RingReceiver(layout, at: memory.start, position: position)
  }

  var slotCount: Int { memory.layout.slotCount }

  mutating func send(_ sequence: UInt64, payloadBytes: Int) {
    sender.send(sequence, payloadBytes: payloadBytes)
  }

  mutating func receive(_ sequence: UInt64, payloadBytes: Int) throws {
    try receiver.receive(sequence, payloadBytes: payloadBytes)
  }
}

extension RingSender {
  mutating func send(_ sequence: UInt64, payloadBytes: Int) {
    written(sequence, payloadBytes: payloadBytes).withUnsafeBytes { send($0) }
  }
}

extension RingReceiver {
  /// Receives a message and throws unless it is the one with this number.
  mutating func receive(_ sequence: UInt64, payloadBytes: Int) throws {
    var message = [UInt8](repeating: unwritten, count: payloadBytes)
    try message.withUnsafeMutableBytes {
      try receive(into: $0)
      try expect(sequence, in: UnsafeRawBufferPointer($0))
    }
  }
}
