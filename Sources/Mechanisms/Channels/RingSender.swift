import CLinux
import Synchronization

/// The sending half of a single-producer single-consumer ring in shared memory.
///
/// A chunk is published by storing its turn into the slot's stamp; the receiver needs to look nowhere
/// else. The sender looks at the receiver's head only when it has run out of slots it knows to be free.
///
/// Stores take effect in order, so that each one of the sender's own waits behind the lines of the ring,
/// which another core has. So messages of one chunk are sent in runs, as far as there is room: what changes
/// from one to the next stays in registers, and nothing but message and stamp is stored.
///
/// A message of several chunks goes chunk by chunk to a peer that waits for it, so that both copy at the same
/// time. In a stream they copy at the same time anyway, and there several chunks are copied in one go and
/// then published: one long copy is faster than several short ones, above all into lines that another
/// core has.
///
/// After Giacomoni, Moseley and Vachharajani, "FastForward for Efficient Pipeline Parallelism" (PPoPP
/// 2008), with an index in place of emptied slots for the way back.
struct RingSender<Policy: Waiting>: ~Copyable {
  private let layout: RingLayout
  private let header: UnsafeMutableRawPointer
  private var slot: RingSlot
  /// Chunks sent, modulo 2^32.
  private var position: UInt32
  /// The receiver's head when last looked at.
  private var knownHead: UInt32
  private let spinBudgetNanoseconds: UInt64
  /// How many slots must be free again before a sender that sleeps is woken: a wake-up costs as much as
  /// filling many slots, so it had better be worth it.
  private let worthwhileSlots: UInt32
  /// Whether this end has received something since it last sent: then its peer waits for the next message.
  var isAnswering = true
  private(set) var waits: UInt64 = 0
  private(set) var wakes: UInt64 = 0

  /// Both sides begin at position 0, where fresh memory stands; only a test begins elsewhere.
  init(
    _ layout: RingLayout, at memory: UnsafeMutableRawPointer, spinBudgetNanoseconds: UInt64 = 0,
    position: UInt32 = 0
  ) {
    self.layout = layout
    self.spinBudgetNanoseconds = spinBudgetNanoseconds
    self.position = position
    knownHead = position
    header = memory
    slot = RingSlot(layout, at: memory)
    worthwhileSlots = Policy.spins ? 1 : layout.slotsWorthAWakeUp
  }

  /// Sends one message.
  @inline(__always)
  mutating func send(_ message: UnsafeRawBufferPointer) {
    let isAnswer = isAnswering
    isAnswering = false
    if message.count > layout.chunkBytes {
      return layout.mostChunksInOneGo > 1 && !isAnswer
        ? sendInLongCopies(message) : sendChunkByChunk(message)
    }
    awaitRoom(for: 1)
    copyMessage(
      to: slot.chunk, from: message.baseAddress.unsafelyUnwrapped, byteCount: message.count)
    publish(message.count)
  }

  /// Sends so many messages of this size, each as `next` hands it over.
  @inline(__always)
  mutating func send(_ count: UInt64, of byteCount: Int, from next: () -> UnsafeRawBufferPointer) {
    var left = count
    guard byteCount <= layout.chunkBytes else {
      while left > 0 {
        send(next())
        left &-= 1
      }
      return
    }
    while left > 0 {
      awaitRoom(for: 1)
      let room = layout.slotCount &- Int(position &- knownHead)
      let run = Int(min(left, UInt64(min(room, slot.countToEnd))))
      var slot = slot
      var position = position
      for _ in 0..<run {
        let message = next().baseAddress.unsafelyUnwrapped
        copyMessage(to: slot.chunk, from: message, byteCount: byteCount)
        position &+= 1
        store(position, byteCount, into: slot.stamp)
        slot.advanceWithinLap()
      }
      slot.endRun(of: run)
      self.slot = slot
      self.position = position
      left &-= UInt64(run)
    }
    isAnswering = false
  }

  private mutating func sendChunkByChunk(_ message: UnsafeRawBufferPointer) {
    let start = message.baseAddress.unsafelyUnwrapped
    var offset = 0
    repeat {
      let count = min(message.count - offset, layout.chunkBytes)
      awaitRoom(for: 1)
      copyMessage(to: slot.chunk, from: start + offset, byteCount: count)
      publish(count)
      offset += count
    } while offset < message.count
  }

  /// Sends a message of several chunks to a peer that is still busy with the one before.
  @inline(never)
  private mutating func sendInLongCopies(_ message: UnsafeRawBufferPointer) {
    let start = message.baseAddress.unsafelyUnwrapped
    var offset = 0
    repeat {
      let most = min(layout.mostChunksInOneGo, slot.countToEnd) * layout.chunkBytes
      var count = min(message.count - offset, most)
      if Policy.sleeps {
        // Takes the room that there is: who waits for more sleeps for it.
        awaitRoom(for: 1)
        let room = layout.slotCount &- Int(position &- knownHead)
        count = min(count, room * layout.chunkBytes)
      } else {
        awaitRoom(for: UInt32((count + layout.chunkBytes - 1) / layout.chunkBytes))
      }
      copyMessage(to: slot.chunk, from: start + offset, byteCount: count)
      var published = 0
      repeat {
        let chunk = min(count - published, layout.chunkBytes)
        publish(chunk)
        published += chunk
      } while published < count
      offset += count
    } while offset < message.count
  }

  /// The slot that comes next, for a message that fits one; to be written and then published.
  @inline(__always)
  mutating func lend(_ count: Int) -> UnsafeMutableRawBufferPointer {
    awaitRoom(for: 1)
    return UnsafeMutableRawBufferPointer(start: slot.chunk, count: count)
  }

  /// Hands the next slot to the receiver.
  @inline(__always)
  mutating func publish(_ count: Int) {
    position &+= 1
    store(position, count, into: slot.stamp)
    slot.advance()
  }

  /// SYNC POINT: hands the slot of this stamp to the receiver. `publish` in Tests/Models/ring.pml.
  @inline(__always)
  private mutating func store(
    _ turn: UInt32, _ count: Int, into stamp: UnsafeMutableRawPointer
  ) {
    let word = stamp.assumingMemoryBound(to: Atomic<UInt64>.self)
    let value = UInt64(turn) | UInt64(truncatingIfNeeded: count) << 32
    if Policy.sleeps {
      // Pairs with the acquires in RingReceiver.awaitChunk: who sees the stamp sees the chunk. And, in
      // the one order of all sequentially consistent operations, this store and the load in
      // wakeIfAsleep pair with the receiver's store of receiverAsleep and its last look, in wait:
      // either this side sees that the receiver sleeps, or the receiver sees the stamp.
      word.pointee.store(value, ordering: .sequentiallyConsistent)
      if header.wakeIfAsleep(RingLayout.receiverAsleepOffset) { wakes &+= 1 }
    } else {
      // Pairs with the loads in RingReceiver.awaitChunk and awaitTurn: who sees the stamp sees the
      // chunk.
      word.pointee.store(value, ordering: .releasing)
    }
  }

  /// Makes sure that this many slots are free.
  @inline(__always)
  private mutating func awaitRoom(for chunks: UInt32) {
    let mostUsed = UInt32(truncatingIfNeeded: layout.slotCount) &- chunks
    if position &- knownHead > mostUsed { awaitHead(within: mostUsed) }
  }

  /// Waits until the receiver has given back all but this many slots. It keeps fewer than a quarter of the
  /// ring for itself when it has nothing to do, so that half of the ring can be waited for, or what is
  /// worth a wake-up.
  @inline(never)
  private mutating func awaitHead(within mostUsed: UInt32) {
    let head = (header + RingLayout.headOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    // Pairs with the stores in RingReceiver.giveBack: what was read from a slot was read before.
    knownHead = head.pointee.load(ordering: .acquiring)
    if position &- knownHead <= mostUsed { return }
    let target = min(mostUsed, UInt32(truncatingIfNeeded: layout.slotCount) &- worthwhileSlots)
    if Policy.sleeps {
      // Pairs with the load in RingReceiver.giveBack, which comes after it has seen senderAsleep.
      (header + RingLayout.wantedHeadOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
        .pointee.store(position &- target, ordering: .relaxed)
    }
    let wait = header.wait(
      RingLayout.senderAsleepOffset, Policy.self, spinBudgetNanoseconds: spinBudgetNanoseconds
    ) {
      knownHead = head.pointee.load(ordering: .sequentiallyConsistent)
      return position &- knownHead <= target
    }
    waits &+= Policy.sleeps ? wait.sleeps : 1
  }
}
