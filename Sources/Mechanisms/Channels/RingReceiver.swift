import CLinux
import Synchronization

/// The receiving half of a single-producer single-consumer ring in shared memory.
///
/// It looks at one place only, the stamp of the slot that comes next, and gives slots back in batches, so that
/// the line with the head rarely travels. Messages of one chunk are received in runs, as they are sent: see
/// `RingSender`.
///
/// A receiver that keeps up with a stream would look at each slot while the sender is writing it, and
/// its looks would take the line away from the sender every time. So it gives the sender a `HeadStart`
/// when it has caught up.
struct RingReceiver<Policy: Waiting>: ~Copyable {
  private let layout: RingLayout
  private let header: UnsafeMutableRawPointer
  private let releaseBatch: UInt32
  private var slot: RingSlot
  /// Whether this end has sent something since the last message came: then its peer waits as well,
  /// and a head start would only be a delay.
  var isAnswering = false
  /// Chunks received, modulo 2^32.
  private var position: UInt32
  /// Of those, how many the sender knows of.
  private var givenBack: UInt32
  private let spinBudgetNanoseconds: UInt64
  private var headStart: HeadStart
  private(set) var waits: UInt64 = 0
  private(set) var wakes: UInt64 = 0

  /// In how many parts the ring is given back. Where the sender spins, few are best, so that the line with
  /// the head rarely travels; a sender that finds no room and sleeps costs far more than that line.
  private static var partsOfASpinner: Int { 4 }
  private static var partsOfASleeper: Int { 16 }

  /// Both sides begin at position 0, where fresh memory stands; only a test begins elsewhere.
  init(
    _ layout: RingLayout, at memory: UnsafeMutableRawPointer, spinBudgetNanoseconds: UInt64 = 0,
    position: UInt32 = 0, core: UInt32? = nil
  ) {
    self.layout = layout
    self.spinBudgetNanoseconds = spinBudgetNanoseconds
    self.position = position
    givenBack = position
    header = memory
    slot = RingSlot(layout, at: memory)
    headStart = HeadStart(at: position)
    memory.tell(core, at: RingLayout.receiverCoreOffset)
    let parts = Policy.sleeps ? Self.partsOfASleeper : Self.partsOfASpinner
    releaseBatch = UInt32(truncatingIfNeeded: max(layout.slotCount / parts, 1))
  }

  /// Receives one message.
  @inline(__always)
  mutating func receive(into message: UnsafeMutableRawBufferPointer) throws(CallError) {
    if message.count > layout.chunkBytes {
      try layout.mostChunksInOneGo > 1
        ? receiveInLongCopies(into: message) : receiveChunkByChunk(into: message)
    } else {
      try awaitChunk(of: message.count)
      copyMessage(
        to: message.baseAddress.unsafelyUnwrapped, from: slot.chunk, byteCount: message.count)
      giveBackSlot()
    }
    isAnswering = false
  }

  /// Receives messages of this size as long as `goesOn` says so, each into what `next` hands over, and
  /// shows each to `inspect`.
  @inline(__always)
  mutating func receive(
    of byteCount: Int, while goesOn: () -> Bool, into next: () -> UnsafeMutableRawBufferPointer,
    _ inspect: (UnsafeRawBufferPointer) -> Void
  ) throws(CallError) {
    guard byteCount <= layout.chunkBytes else {
      while goesOn() {
        let message = next()
        try receive(into: message)
        inspect(UnsafeRawBufferPointer(message))
      }
      return
    }
    switch byteCount {
    case _ where Policy.sleeps:
      try receiveRuns(of: byteCount, while: goesOn, into: next, inspect, AnyCopy.self)
    case CopiedInOneWord.sizes:
      try receiveRuns(of: byteCount, while: goesOn, into: next, inspect, CopiedInOneWord.self)
    case CopiedInWords.sizes:
      try receiveRuns(of: byteCount, while: goesOn, into: next, inspect, CopiedInWords.self)
    case CopiedInHalfLanes.sizes:
      try receiveRuns(of: byteCount, while: goesOn, into: next, inspect, CopiedInHalfLanes.self)
    case CopiedInThreeHalfLanes.sizes:
      try receiveRuns(
        of: byteCount, while: goesOn, into: next, inspect, CopiedInThreeHalfLanes.self)
    case CopiedInLanes.sizes where CopiedInLanes.areThere:
      try receiveRuns(of: byteCount, while: goesOn, into: next, inspect, CopiedInLanes.self)
    default:
      try receiveRuns(of: byteCount, while: goesOn, into: next, inspect, AnyCopy.self)
    }
  }

  /// Receives messages of one chunk, as many at a time as lie before the end of the ring and are then
  /// given back together.
  @inline(__always)
  private mutating func receiveRuns<Copy: MessageCopying>(
    of byteCount: Int, while goesOn: () -> Bool, into next: () -> UnsafeMutableRawBufferPointer,
    _ inspect: (UnsafeRawBufferPointer) -> Void, _: Copy.Type
  ) throws(CallError) {
    isAnswering = false
    while goesOn() {
      try awaitChunk(of: byteCount)
      let run = min(Int(releaseBatch &- (position &- givenBack)), slot.countToEnd)
      var slot = slot
      var turn = position
      var received = 0
      repeat {
        turn &+= 1
        let message = next()
        Copy.copy(to: message.baseAddress.unsafelyUnwrapped, from: slot.chunk, byteCount)
        slot.advanceWithinLap()
        received &+= 1
        inspect(UnsafeRawBufferPointer(message))
        // SYNC POINT, as in awaitChunk.
      } while received < run && goesOn()
        && load(slot.stamp) == RingLayout.stamp(turn &+ 1, byteCount)
      Copy.end()
      slot.endRun(of: received)
      self.slot = slot
      position = turn
      if position &- givenBack >= releaseBatch { giveBack() }
    }
  }

  private mutating func receiveChunkByChunk(
    into message: UnsafeMutableRawBufferPointer
  ) throws(CallError) {
    let start = message.baseAddress.unsafelyUnwrapped
    var offset = 0
    repeat {
      let expected = min(message.count - offset, layout.chunkBytes)
      try awaitChunk(of: expected)
      copyMessage(to: start + offset, from: slot.chunk, byteCount: expected)
      giveBackSlot()
      offset += expected
    } while offset < message.count
  }

  /// Receives a message of several chunks, and copies those that are there already in one go.
  @inline(never)
  private mutating func receiveInLongCopies(
    into message: UnsafeMutableRawBufferPointer
  ) throws(CallError) {
    let start = message.baseAddress.unsafelyUnwrapped
    // A sender that spins has the other half of the ring meanwhile.
    let mostChunks =
      Policy.sleeps && !header.sidesShareACore
      ? layout.chunksAtATime(Policy.self) : layout.mostChunksInOneGo
    var offset = 0
    repeat {
      try awaitChunk(of: min(message.count - offset, layout.chunkBytes))
      let most = min(mostChunks, slot.countToEnd) * layout.chunkBytes
      let wanted = min(message.count - offset, most)
      let chunk = slot.chunk
      var next = slot
      var count = 0
      var chunks: UInt32 = 0
      repeat {
        count += min(wanted - count, layout.chunkBytes)
        chunks &+= 1
        next.advance()
      } while count < wanted
        && load(next.stamp)
          == RingLayout.stamp(position &+ chunks &+ 1, min(wanted - count, layout.chunkBytes))
      copyMessage(to: start + offset, from: chunk, byteCount: count)
      slot = next
      position &+= chunks
      if position &- givenBack >= releaseBatch { giveBack() }
      offset += count
    } while offset < message.count
  }

  /// The next message where it lies, if it fits one slot; to be read and then given back.
  @inline(__always)
  mutating func borrow(_ count: Int) throws(CallError) -> UnsafeRawBufferPointer {
    try awaitChunk(of: count)
    isAnswering = false
    return UnsafeRawBufferPointer(start: slot.chunk, count: count)
  }

  /// Goes on to the next slot, once this one has been read.
  @inline(__always)
  mutating func giveBackSlot() {
    position &+= 1
    if position &- givenBack >= releaseBatch { giveBack() }
    slot.advance()
  }

  /// Pairs with the stores in RingSender.store: who sees the stamp sees the chunk.
  @inline(__always)
  private func load(_ stamp: UnsafeMutableRawPointer) -> UInt64 {
    stamp.assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .acquiring)
  }

  /// Makes sure that the next slot carries its turn and a chunk of this length.
  @inline(__always)
  private mutating func awaitChunk(of expected: Int) throws(CallError) {
    // SYNC POINT: takes the slot. `Receiver` in Tests/Models/ring.pml.
    if load(slot.stamp) != RingLayout.stamp(position &+ 1, expected) {
      try awaitLateChunk(of: expected)
    }
  }

  @inline(never)
  private mutating func awaitLateChunk(of expected: Int) throws(CallError) {
    awaitTurn()
    if load(slot.stamp) >> 32 == UInt64(RingLayout.restartMark) {
      slot.restart()
      awaitTurn()
    }
    let found = load(slot.stamp)
    guard found >> 32 == UInt64(expected) else { throw wrongLength(found, expected) }
  }

  /// SYNC POINT: hands all slots received so far back to the sender. What was read from them was
  /// read before. `giveBack` in Tests/Models/ring.pml.
  @inline(__always)
  private mutating func giveBack() {
    givenBack = position
    let head = (header + RingLayout.headOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    if Policy.sleeps {
      // Pairs with the loads in RingSender.awaitHead. And, in the one order of all sequentially
      // consistent operations, this store and the load in wakeIfAsleep pair with the sender's store
      // of senderAsleep and its last look, in wait: either this side sees that the sender sleeps, or
      // the sender sees the head.
      head.pointee.store(position, ordering: .sequentiallyConsistent)
      let wakes = header.wakeIfAsleep(RingLayout.senderAsleepOffset) {
        // Pairs with the store in RingSender.awaitHead, which comes before that of senderAsleep.
        let wanted = (header + RingLayout.wantedHeadOffset)
          .assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .relaxed)
        return Int32(bitPattern: position &- wanted) >= 0
      }
      if wakes { self.wakes &+= 1 }
    } else {
      // Pairs with the loads in RingSender.awaitHead.
      head.pointee.store(position, ordering: .releasing)
    }
  }

  /// Gives back what is less than a batch, too, if the sender sleeps: it may want all of the ring.
  ///
  /// A sender that goes to sleep has seen the ring full after it had said so. Since then a batch at least
  /// was given back, with sequentially consistent ordering, and so this load sees what it said.
  private mutating func giveBackAll() {
    let asleep = (header + RingLayout.senderAsleepOffset).assumingMemoryBound(
      to: Atomic<UInt32>.self)
    if position != givenBack && asleep.pointee.load(ordering: .sequentiallyConsistent) != 0 {
      giveBack()
    }
  }

  /// Waits until the next slot carries its turn.
  private mutating func awaitTurn() {
    let turn = position &+ 1
    if UInt32(truncatingIfNeeded: load(slot.stamp)) == turn { return }
    // Slots that are not given back yet can stay so: they are fewer than a batch, a quarter of the
    // ring, and all others are free when there is nothing to receive. So the sender has room.
    if Policy.spins && !isAnswering { headStart.give(at: turn) }
    if Policy.sleeps { giveBackAll() }
    let word = slot.stamp.assumingMemoryBound(to: Atomic<UInt64>.self)
    // Pairs with the stores in RingSender.store; for the last look see wait.
    let wait = header.wait(
      RingLayout.receiverAsleepOffset, Policy.self, spinBudgetNanoseconds: spinBudgetNanoseconds
    ) {
      UInt32(truncatingIfNeeded: word.pointee.load(ordering: .sequentiallyConsistent)) == turn
    }
    headStart.waited(wait.looks, sleeps: wait.sleeps)
    waits &+= Policy.sleeps ? wait.sleeps : 1
  }

  @inline(never)
  private func wrongLength(_ stamp: UInt64, _ expected: Int) -> CallError {
    CallError(
      "shm-ring", code: 0,
      text: "a chunk of \(stamp >> 32) bytes arrived where \(expected) were expected",
      while: "receiving a message")
  }
}
