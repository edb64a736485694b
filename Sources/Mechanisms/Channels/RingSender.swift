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
/// On one core only one side works at a time, and a wake-up is a change from one to the other. There the
/// receiver is woken for a whole message, or for a full ring, and the sender for an empty one. On two cores both
/// are woken early, to work at the same time.
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
  /// The slot that this lap ends before: that behind those which may be full, or the end of the memory.
  private var lapEnd: Int
  /// When and at which position it was last looked at whether this is a stream.
  private var lapDecidedAt: UInt64 = 0
  private var lapDecidedPosition: UInt32
  /// Where the last lap through all of the memory began.
  private var lastLongLap: UInt32
  /// Whether this end has received something since it last sent: then its peer waits for the next message.
  var isAnswering = true
  private(set) var waits: UInt64 = 0
  private(set) var wakes: UInt64 = 0

  /// Both sides begin at position 0, where fresh memory stands; only a test begins elsewhere.
  init(
    _ layout: RingLayout, at memory: UnsafeMutableRawPointer, spinBudgetNanoseconds: UInt64 = 0,
    position: UInt32 = 0, core: UInt32? = nil
  ) {
    self.layout = layout
    self.spinBudgetNanoseconds = spinBudgetNanoseconds
    self.position = position
    knownHead = position
    lapEnd = layout.slotCount
    lapDecidedPosition = position
    lastLongLap = position
    header = memory
    slot = RingSlot(layout, at: memory)
    memory.tell(core, at: RingLayout.senderCoreOffset)
  }

  /// Sends one message.
  @inline(__always)
  mutating func send(_ message: UnsafeRawBufferPointer) {
    if message.count > layout.chunkBytes {
      layout.mostChunksInOneGo > 1 && !isAnswering
        ? sendInLongCopies(message) : sendChunkByChunk(message)
      isAnswering = false
      return
    }
    awaitSlot()
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
    switch byteCount {
    case _ where Policy.sleeps: sendRuns(count, of: byteCount, from: next, AnyCopy.self)
    case CopiedInOneWord.sizes: sendRuns(count, of: byteCount, from: next, CopiedInOneWord.self)
    case CopiedInWords.sizes: sendRuns(count, of: byteCount, from: next, CopiedInWords.self)
    case CopiedInHalfLanes.sizes:
      sendRuns(count, of: byteCount, from: next, CopiedInHalfLanes.self)
    case CopiedInThreeHalfLanes.sizes:
      sendRuns(count, of: byteCount, from: next, CopiedInThreeHalfLanes.self)
    case CopiedInLanes.sizes where CopiedInLanes.areThere:
      sendRuns(count, of: byteCount, from: next, CopiedInLanes.self)
    default: sendRuns(count, of: byteCount, from: next, AnyCopy.self)
    }
  }

  /// Sends messages of one chunk, as many at a time as there is room for before the end of the ring.
  @inline(__always)
  private mutating func sendRuns<Copy: MessageCopying>(
    _ count: UInt64, of byteCount: Int, from next: () -> UnsafeRawBufferPointer, _: Copy.Type
  ) {
    isAnswering = false
    var left = count
    while left > 0 {
      awaitSlot()
      let room = layout.slotCount &- Int(position &- knownHead)
      let run = Int(min(left, UInt64(min(room, countToLapEnd))))
      var slot = slot
      var position = position
      for _ in 0..<run {
        let message = next().baseAddress.unsafelyUnwrapped
        Copy.copy(to: slot.chunk, from: message, byteCount)
        position &+= 1
        store(position, byteCount, into: slot.stamp)
        if Policy.sleeps { wakeReceiver() }
        slot.advanceWithinLap()
      }
      Copy.end()
      self.slot = slot
      self.position = position
      endRun(of: run)
      left &-= UInt64(run)
    }
  }

  private mutating func sendChunkByChunk(_ message: UnsafeRawBufferPointer) {
    let start = message.baseAddress.unsafelyUnwrapped
    var offset = 0
    repeat {
      let count = min(message.count - offset, layout.chunkBytes)
      awaitSlot()
      copyMessage(to: slot.chunk, from: start + offset, byteCount: count)
      publish(count)
      offset += count
    } while offset < message.count
  }

  /// Sends a message of several chunks to a peer that is still busy with the one before.
  @inline(never)
  private mutating func sendInLongCopies(_ message: UnsafeRawBufferPointer) {
    let start = message.baseAddress.unsafelyUnwrapped
    let takesTurns = Policy.sleeps && header.sidesShareACore
    let mostChunks = takesTurns ? layout.mostChunksInOneGo : layout.chunksAtATime(Policy.self)
    var offset = 0
    repeat {
      awaitSlot()
      let most = min(mostChunks, countToLapEnd) * layout.chunkBytes
      var count = min(message.count - offset, most)
      if Policy.sleeps {
        // Takes the room that there is: who waits for more sleeps for it.
        let room = layout.slotCount &- Int(position &- knownHead)
        count = min(count, room * layout.chunkBytes)
      } else {
        awaitRoom(for: UInt32((count + layout.chunkBytes - 1) / layout.chunkBytes))
      }
      copyMessage(to: slot.chunk, from: start + offset, byteCount: count)
      var published = 0
      repeat {
        let chunk = min(count - published, layout.chunkBytes)
        position &+= 1
        store(position, chunk, into: slot.stamp)
        advance()
        published += chunk
      } while published < count
      offset += count
      if Policy.sleeps && !takesTurns { wakeReceiver() }
    } while offset < message.count
    if takesTurns { wakeReceiver() }
  }

  /// The slot that comes next, for a message that fits one; to be written and then published.
  @inline(__always)
  mutating func lend(_ count: Int) -> UnsafeMutableRawBufferPointer {
    awaitSlot()
    return UnsafeMutableRawBufferPointer(start: slot.chunk, count: count)
  }

  /// Hands the next slot to the receiver.
  @inline(__always)
  mutating func publish(_ count: Int) {
    position &+= 1
    store(position, count, into: slot.stamp)
    if Policy.sleeps { wakeReceiver() }
    advance()
    isAnswering = false
  }

  @inline(__always)
  private var countToLapEnd: Int { lapEnd &- slot.index }

  @inline(__always)
  private mutating func advance() {
    slot.advanceWithinLap()
    endRun(of: 1)
  }

  /// Takes in how many slots a run has advanced.
  @inline(__always)
  private mutating func endRun(of slots: Int) {
    slot.endRun(of: slots)
    if slot.index == 0 { lapEnd = layout.slotCount }
  }

  /// Decides where the next message lies: in the memory behind the slots that may be full, or in the first
  /// slot again.
  ///
  /// What both cores have had in their caches a moment ago is slow to write, because each line must
  /// first be taken from the other core. A stream through more memory than their caches hold finds
  /// its lines free: where the probe says 64 ns, it took a fifth of the time for 48 B, a sixth for
  /// 1 KiB and half for 1 MiB. A small message that is answered at once is faster in lines that are
  /// still in a cache, though.
  ///
  /// SYNC POINT: the mark takes the place of the one of the lap before, which the receiver has passed, for the
  /// slot behind it has been given back: there is room. `endShortLap` in Tests/Models/ring.pml.
  @inline(never)
  private mutating func endShortLap() {
    if wantsLongLap() {
      lastLongLap = position
      lapEnd = layout.slotsInMemory
    } else {
      store(position &+ 1, RingLayout.restartMark, into: slot.stamp)
      slot.restart()
    }
  }

  private mutating func wantsLongLap() -> Bool {
    // Before a stamp that has been left there could be taken for one of the same turn.
    if position &- lastLongLap > Self.mostChunksOfShortLaps { return true }
    // One core has one cache, and all of the slots that may be full should be in it.
    if header.sidesShareACore { return false }
    if layout.chunkBytes >= Self.largeChunkBytes { return true }
    if isAnswering { return false }
    let now = Clock.now()
    let most =
      UInt64(position &- lapDecidedPosition) &* Self.mostNanosecondsApart(layout.chunkBytes)
    defer {
      lapDecidedAt = now
      lapDecidedPosition = position
    }
    return now &- lapDecidedAt < most
  }

  /// Chunks from this size on are faster in lines that no cache has, answered or not: round trips of
  /// 4 KiB were a tenth slower that way, those of 16 KiB took half of the time.
  private static var largeChunkBytes: Int { 8 << 10 }
  /// A quarter of the 2^32 turns.
  private static var mostChunksOfShortLaps: UInt32 { 1 << 30 }

  /// Messages that come closer are a stream: 48 B take up to 80 ns and 1 KiB up to 0.8 µs where the
  /// probe says 320 ns.
  private static func mostNanosecondsApart(_ chunkBytes: Int) -> UInt64 {
    200 + UInt64(chunkBytes)
  }

  /// SYNC POINT: hands the slot of this stamp to the receiver, who may have to be woken. `publish` in
  /// Tests/Models/ring.pml.
  @inline(__always)
  private func store(_ turn: UInt32, _ count: Int, into stamp: UnsafeMutableRawPointer) {
    let word = stamp.assumingMemoryBound(to: Atomic<UInt64>.self)
    let value = RingLayout.stamp(turn, count)
    if Policy.sleeps {
      // Pairs with the acquires in RingReceiver.awaitChunk: who sees the stamp sees the chunk. And, in
      // the one order of all sequentially consistent operations, this store and the load in
      // wakeIfAsleep pair with the receiver's store of receiverAsleep and its last look, in wait:
      // either this side sees that the receiver sleeps, or the receiver sees the stamp.
      word.pointee.store(value, ordering: .sequentiallyConsistent)
    } else {
      // Pairs with the loads in RingReceiver.awaitChunk and awaitTurn: who sees the stamp sees the
      // chunk.
      word.pointee.store(value, ordering: .releasing)
    }
  }

  @inline(__always)
  private mutating func wakeReceiver() {
    if header.wakeIfAsleep(RingLayout.receiverAsleepOffset) { wakes &+= 1 }
  }

  /// Makes sure that the next slot is free.
  @inline(__always)
  private mutating func awaitSlot() {
    awaitRoom(for: 1)
    if slot.index == lapEnd { endShortLap() }
  }

  /// Makes sure that this many slots are free.
  @inline(__always)
  private mutating func awaitRoom(for chunks: UInt32) {
    let mostUsed = UInt32(truncatingIfNeeded: layout.slotCount) &- chunks
    if position &- knownHead > mostUsed { awaitHead(within: mostUsed) }
  }

  /// Waits until the receiver has given back all but this many slots. It keeps fewer than a quarter of the
  /// ring for itself when it has nothing to do, so that half of the ring can be waited for.
  @inline(never)
  private mutating func awaitHead(within mostUsed: UInt32) {
    let head = (header + RingLayout.headOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    // Pairs with the stores in RingReceiver.giveBack: what was read from a slot was read before.
    knownHead = head.pointee.load(ordering: .acquiring)
    if position &- knownHead <= mostUsed { return }
    if Policy.sleeps {
      // Whoever is to make room must not sleep.
      wakeReceiver()
      // Pairs with the load in RingReceiver.giveBack, which comes after it has seen senderAsleep.
      (header + RingLayout.wantedHeadOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
        .pointee.store(wantedHead(within: mostUsed), ordering: .relaxed)
    }
    let wait = header.wait(
      RingLayout.senderAsleepOffset, Policy.self, spinBudgetNanoseconds: spinBudgetNanoseconds
    ) {
      knownHead = head.pointee.load(ordering: .sequentiallyConsistent)
      return position &- knownHead <= mostUsed
    }
    waits &+= Policy.sleeps ? wait.sleeps : 1
  }

  /// The head that makes a wake-up worth its price: the ring is empty, where only one side can work at
  /// a time; an eighth of it is free, where a side that is woken late keeps the other one waiting.
  private func wantedHead(within mostUsed: UInt32) -> UInt32 {
    let slotCount = UInt32(truncatingIfNeeded: layout.slotCount)
    let worthwhile = header.sidesShareACore ? slotCount : max(slotCount / 8, 1)
    return position &- min(mostUsed, slotCount &- worthwhile)
  }
}

extension UnsafeMutableRawPointer {
  /// Writes where a side of the ring runs.
  func tell(_ core: UInt32?, at offset: Int) {
    (self + offset).assumingMemoryBound(to: Atomic<UInt32>.self).pointee
      .store(core.map { $0 &+ 1 } ?? 0, ordering: .relaxed)
  }

  /// Whether both sides are known to run on one core.
  var sidesShareACore: Bool {
    // Written before the first chunk was sent, and nothing but the moment of a wake-up depends on it.
    let sender = (self + RingLayout.senderCoreOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
      .pointee.load(ordering: .relaxed)
    let receiver = (self + RingLayout.receiverCoreOffset)
      .assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .relaxed)
    return sender != 0 && sender == receiver
  }
}
