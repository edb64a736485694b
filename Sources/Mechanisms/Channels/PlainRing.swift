import Synchronization

// The bounded buffer of the lectures, for one sender and one receiver:
//
//   sent   how many slots the sender has filled since the beginning; only the sender writes it
//   freed  how many the receiver has emptied again; only the receiver writes it
//
// The ring is empty when the two are equal, and full when they differ by the number of slots. They only
// ever grow: at a thousand million messages a second, 64 bits are enough for 500 years.
//
// Each side keeps a copy of the other's index and looks at the original only when the copy says that
// there is no room, or no message. So the lines with the indexes travel seldom. That is Erik Rigtorp's
// SPSCQueue (2009); the bounded buffer itself is Lamport's ("Specifying Concurrent Program
// Modules", 1983).

/// Where everything lies in the shared memory of one plain ring: a page with the indexes and an array of
/// slots, each of whole cache lines.
struct PlainRingLayout: Equatable {
  // Offsets in the first page. Each word is two lines away from the next, because adjacent lines are
  // fetched in pairs, and what one side writes must not take away what the other one reads.
  /// UInt64: slots filled since the beginning.
  static let sentOffset = 0
  /// UInt64: slots emptied again.
  static let freedOffset = 128
  /// UInt32 futex word: 1 while the receiver sleeps, waiting for a message.
  static let receiverAsleepOffset = 256
  /// UInt32 futex word: 1 while the sender sleeps, waiting for room.
  static let senderAsleepOffset = 384
  static let slotsOffset = 4096

  /// Below this a ring would have no room for four lines of data and be all overhead.
  static let smallestBufferBytes = 4096
  private static let cacheLineBytes = 64
  /// Small messages take a line each, however large the buffer is, so their number has a limit.
  static let mostSlots = 1 << 20

  let payloadBytes: Int
  /// The most that a slot holds: a message, or a quarter of the buffer. A larger message goes in
  /// parts, so that it fits through the ring and both sides copy at the same time.
  let slotBytes: Int
  /// From one slot to the next: whole cache lines.
  let strideBytes: Int
  /// As many as the buffer holds payloads, however many lines these take.
  let slotCount: Int

  init(payloadBytes: Int, bufferBytes: Int) {
    let line = Self.cacheLineBytes
    self.payloadBytes = payloadBytes
    slotBytes = min(payloadBytes, max(bufferBytes / 4 / line, 1) * line)
    strideBytes = (slotBytes + line - 1) / line * line
    slotCount = min(max(bufferBytes / slotBytes, 2), Self.mostSlots)
  }

  /// How many payload bytes fit in while nobody receives.
  var capacityBytes: Int { slotCount * slotBytes }

  /// Indexes and slots, in whole pages.
  var byteCount: Int { Self.slotsOffset + (slotCount * strideBytes + 4095) / 4096 * 4096 }
}

/// The sending half of a plain ring.
struct PlainRingSender<Policy: Waiting>: ~Copyable {
  private let layout: PlainRingLayout
  private let memory: UnsafeMutableRawPointer
  private let spinBudgetNanoseconds: UInt64
  private var slot: PlainRingSlot
  private var sent: UInt64 = 0
  /// The receiver's index when last looked at.
  private var knownFreed: UInt64 = 0
  private(set) var waits: UInt64 = 0
  private(set) var wakes: UInt64 = 0

  /// - Parameter memory: `layout.byteCount` bytes, all of them zero.
  init(
    _ layout: PlainRingLayout, at memory: UnsafeMutableRawPointer, spinBudgetNanoseconds: UInt64 = 0
  ) {
    self.layout = layout
    self.memory = memory
    self.spinBudgetNanoseconds = spinBudgetNanoseconds
    slot = PlainRingSlot(layout, at: memory)
  }

  @inline(__always)
  mutating func send(_ message: UnsafeRawBufferPointer) throws(CallError) {
    guard message.count == layout.payloadBytes else { throw layout.wrongLength(message.count) }
    let start = message.baseAddress.unsafelyUnwrapped
    var offset = 0
    repeat {
      let count = min(message.count - offset, layout.slotBytes)
      if sent &- knownFreed == UInt64(truncatingIfNeeded: layout.slotCount) { awaitRoom() }
      copyMessage(to: slot.start, from: start + offset, byteCount: count)
      publish()
      offset += count
    } while offset < message.count
  }

  /// SYNC POINT: hands the slot to the receiver.
  @inline(__always)
  private mutating func publish() {
    slot.advance()
    sent &+= 1
    let index = memory.index(at: PlainRingLayout.sentOffset)
    if Policy.sleeps {
      // Pairs with the loads in PlainRingReceiver.awaitMessage: who sees the index sees the slot. And,
      // in the one order of all sequentially consistent operations, this store and the load in
      // wakeIfAsleep pair with the receiver's store of receiverAsleep and its last look, in wait:
      // either this side sees that the receiver sleeps, or the receiver sees the index.
      index.pointee.store(sent, ordering: .sequentiallyConsistent)
      if memory.wakeIfAsleep(PlainRingLayout.receiverAsleepOffset) { wakes &+= 1 }
    } else {
      // Pairs with the loads in PlainRingReceiver.awaitMessage: who sees the index sees the slot.
      index.pointee.store(sent, ordering: .releasing)
    }
  }

  /// The copy of the receiver's index says that the ring is full: looks at the original, and waits.
  ///
  /// A side that may sleep waits until half of the ring is free, so that a wake-up is worth its price:
  /// woken for each slot, it would fill that one and sleep again.
  @inline(never)
  private mutating func awaitRoom() {
    let freed = memory.index(at: PlainRingLayout.freedOffset)
    let slotCount = UInt64(truncatingIfNeeded: layout.slotCount)
    // Pairs with the stores in PlainRingReceiver.giveBack: who sees the index may write to the slot,
    // because what was read from it was read before.
    knownFreed = freed.pointee.load(ordering: .acquiring)
    if sent &- knownFreed < slotCount { return }
    let mostUsed = Policy.sleeps ? layout.halfOfTheSlots : slotCount &- 1
    let wait = memory.wait(
      PlainRingLayout.senderAsleepOffset, Policy.self, spinBudgetNanoseconds: spinBudgetNanoseconds
    ) {
      // Pairs with the same stores; for the last look see wait.
      knownFreed = freed.pointee.load(ordering: .sequentiallyConsistent)
      return sent &- knownFreed <= mostUsed
    }
    waits &+= Policy.sleeps ? wait.sleeps : 1
  }
}

/// The receiving half of a plain ring.
struct PlainRingReceiver<Policy: Waiting>: ~Copyable {
  private let layout: PlainRingLayout
  private let memory: UnsafeMutableRawPointer
  private let spinBudgetNanoseconds: UInt64
  private var slot: PlainRingSlot
  private var freed: UInt64 = 0
  /// The sender's index when last looked at.
  private var knownSent: UInt64 = 0
  private(set) var waits: UInt64 = 0
  private(set) var wakes: UInt64 = 0

  /// - Parameter memory: `layout.byteCount` bytes, all of them zero.
  init(
    _ layout: PlainRingLayout, at memory: UnsafeMutableRawPointer, spinBudgetNanoseconds: UInt64 = 0
  ) {
    self.layout = layout
    self.memory = memory
    self.spinBudgetNanoseconds = spinBudgetNanoseconds
    slot = PlainRingSlot(layout, at: memory)
  }

  @inline(__always)
  mutating func receive(into message: UnsafeMutableRawBufferPointer) throws(CallError) {
    guard message.count == layout.payloadBytes else { throw layout.wrongLength(message.count) }
    let start = message.baseAddress.unsafelyUnwrapped
    var offset = 0
    repeat {
      let count = min(message.count - offset, layout.slotBytes)
      if freed == knownSent { awaitMessage() }
      copyMessage(to: start + offset, from: slot.start, byteCount: count)
      giveBack()
      offset += count
    } while offset < message.count
  }

  /// SYNC POINT: hands the slot back to the sender.
  @inline(__always)
  private mutating func giveBack() {
    slot.advance()
    freed &+= 1
    let index = memory.index(at: PlainRingLayout.freedOffset)
    if Policy.sleeps {
      // Pairs with the loads in PlainRingSender.awaitRoom: who sees the index may write to the slot.
      // And, in the one order of all sequentially consistent operations, this store and the next
      // load pair with the sender's store of senderAsleep and its last look, in wait: either this
      // side sees that the sender sleeps, or the sender sees the index.
      index.pointee.store(freed, ordering: .sequentiallyConsistent)
      let asleep = memory.flag(at: PlainRingLayout.senderAsleepOffset)
      if asleep.pointee.load(ordering: .sequentiallyConsistent) != 0 { wakeSenderIfHalfIsFree() }
    } else {
      // Pairs with the loads in PlainRingSender.awaitRoom: who sees the index may write to the slot.
      index.pointee.store(freed, ordering: .releasing)
    }
  }

  /// A sleeping sender does not move its index, and what it had sent before it went to sleep is seen
  /// by who sees that it sleeps. So no slot that makes half of the ring free is overlooked.
  @inline(never)
  private mutating func wakeSenderIfHalfIsFree() {
    // Pairs with the store in PlainRingSender.publish.
    knownSent = memory.index(at: PlainRingLayout.sentOffset).pointee.load(ordering: .acquiring)
    guard knownSent &- freed <= layout.halfOfTheSlots else { return }
    if memory.wakeIfAsleep(PlainRingLayout.senderAsleepOffset) { wakes &+= 1 }
  }

  /// The copy of the sender's index says that the ring is empty: looks at the original, and waits.
  @inline(never)
  private mutating func awaitMessage() {
    let sent = memory.index(at: PlainRingLayout.sentOffset)
    // SYNC POINT: takes the slots. Pairs with the stores in PlainRingSender.publish.
    knownSent = sent.pointee.load(ordering: .acquiring)
    if knownSent != freed { return }
    let wait = memory.wait(
      PlainRingLayout.receiverAsleepOffset, Policy.self,
      spinBudgetNanoseconds: spinBudgetNanoseconds
    ) {
      // Pairs with the same stores; for the last look see wait.
      knownSent = sent.pointee.load(ordering: .sequentiallyConsistent)
      return knownSent != freed
    }
    waits &+= Policy.sleeps ? wait.sleeps : 1
  }
}

/// One side's place in a plain ring: the slot that comes next.
private struct PlainRingSlot {
  private let first: UnsafeMutableRawPointer
  private let end: UnsafeMutableRawPointer
  private let strideBytes: Int
  private(set) var start: UnsafeMutableRawPointer

  init(_ layout: PlainRingLayout, at memory: UnsafeMutableRawPointer) {
    first = memory + PlainRingLayout.slotsOffset
    end = first + layout.slotCount * layout.strideBytes
    strideBytes = layout.strideBytes
    start = first
  }

  @inline(__always)
  mutating func advance() {
    start += strideBytes
    if start == end { start = first }
  }
}

extension PlainRingLayout {
  fileprivate var halfOfTheSlots: UInt64 { UInt64(truncatingIfNeeded: slotCount / 2) }

  /// A slot does not say how long its message is: all have the size that the ring was laid out for.
  @inline(never)
  fileprivate func wrongLength(_ byteCount: Int) -> CallError {
    CallError(
      "shm-plain", code: 0,
      text: "a message of \(byteCount) bytes in a ring for messages of \(payloadBytes)",
      while: "moving a message")
  }
}

extension UnsafeMutableRawPointer {
  fileprivate func index(at offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    (self + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  fileprivate func flag(at offset: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
    (self + offset).assumingMemoryBound(to: Atomic<UInt32>.self)
  }
}
