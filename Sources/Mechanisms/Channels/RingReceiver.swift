import CLinux
import Synchronization

/// The receiving half of a single-producer single-consumer ring in shared memory.
///
/// It looks at one place only, the stamp of the slot that comes next, and gives slots back a quarter of
/// the ring at a time, so that the line with the head rarely travels.
///
/// A receiver that keeps up with a stream would look at each slot while the sender is writing it, and
/// its looks would take the line away from the sender every time. So one that only receives gives
/// the sender a head start whenever it has caught up, and then has a batch to work through: the
/// "temporal slipping" of the FastForward paper. It does so only while messages come about as fast as
/// that, because to one that comes now and then a head start is nothing but a delay; and one that
/// answers its peer never does.
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
  private static var slowChunkBytes: Int { 8 << 10 }
  private let spinBudgetNanoseconds: UInt64
  /// Whether the last message that had to be waited for came within a head start.
  private var isStreaming = false
  private(set) var waits: UInt64 = 0
  private(set) var wakes: UInt64 = 0

  /// About half a microsecond where a pause takes 13 ns, and one and a half where it takes 43 ns. None
  /// where a chunk takes longer to write than that: there is seldom anything to look at, and a look
  /// takes nothing away from the sender, because such a chunk lies apart from its stamp.
  private let headStartPauses: Int

  /// Both sides begin at position 0, where fresh memory stands; only a test begins elsewhere.
  init(
    _ layout: RingLayout, at memory: UnsafeMutableRawPointer, spinBudgetNanoseconds: UInt64 = 0,
    position: UInt32 = 0
  ) {
    self.layout = layout
    self.spinBudgetNanoseconds = spinBudgetNanoseconds
    self.position = position
    givenBack = position
    header = memory
    slot = RingSlot(layout, at: memory)
    headStartPauses = layout.chunkBytes < Self.slowChunkBytes ? 32 : 0
    releaseBatch = UInt32(truncatingIfNeeded: max(layout.slotCount / 4, 1))
  }

  @inline(__always)
  mutating func receive(into message: UnsafeMutableRawBufferPointer) throws(CallError) {
    if message.count > layout.chunkBytes && layout.mostChunksInOneGo > 1 {
      return try receiveInLongCopies(into: message)
    }
    let start = message.baseAddress.unsafelyUnwrapped
    var offset = 0
    repeat {
      let expected = min(message.count - offset, layout.chunkBytes)
      try awaitChunk(of: expected)
      copyMessage(to: start + offset, from: slot.chunk, byteCount: expected)
      giveBackSlot()
      offset += expected
    } while offset < message.count
    isAnswering = false
  }

  /// Receives a message of several chunks, and copies those that are there already in one go.
  @inline(never)
  private mutating func receiveInLongCopies(
    into message: UnsafeMutableRawBufferPointer
  ) throws(CallError) {
    let start = message.baseAddress.unsafelyUnwrapped
    var offset = 0
    repeat {
      let chunk = slot.chunk
      let most = min(layout.mostChunksInOneGo, slot.countToEnd) * layout.chunkBytes
      let wanted = min(message.count - offset, most)
      try awaitChunk(of: min(wanted, layout.chunkBytes))
      var next = slot
      var count = 0
      var chunks: UInt32 = 0
      repeat {
        count += min(wanted - count, layout.chunkBytes)
        chunks &+= 1
        next.advance()
      } while count < wanted
        && carries(next, position &+ chunks, min(wanted - count, layout.chunkBytes))
      copyMessage(to: start + offset, from: chunk, byteCount: count)
      slot = next
      position &+= chunks
      if position &- givenBack >= releaseBatch { giveBack() }
      offset += count
    } while offset < message.count
    isAnswering = false
  }

  /// Whether a slot carries the chunk of this position already, of this length.
  @inline(__always)
  private func carries(_ slot: RingSlot, _ position: UInt32, _ expected: Int) -> Bool {
    let word = slot.stamp.assumingMemoryBound(to: Atomic<UInt64>.self)
    // Pairs with the stores in RingSender.publish.
    return word.pointee.load(ordering: .acquiring)
      == UInt64(position &+ 1) | UInt64(truncatingIfNeeded: expected) << 32
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

  /// Makes sure that the next slot carries its turn and a chunk of this length.
  @inline(__always)
  private mutating func awaitChunk(of expected: Int) throws(CallError) {
    let word = slot.stamp.assumingMemoryBound(to: Atomic<UInt64>.self)
    // SYNC POINT: takes the slot. Both acquires pair with the stores in RingSender.publish.
    var stamp = word.pointee.load(ordering: .acquiring)
    if UInt32(truncatingIfNeeded: stamp) != position &+ 1 {
      awaitTurn()
      stamp = word.pointee.load(ordering: .acquiring)
    }
    guard stamp >> 32 == UInt64(expected) else { throw wrongLength(stamp, expected) }
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
      if header.wakeIfAsleep(RingLayout.senderAsleepOffset) { wakes &+= 1 }
    } else {
      // Pairs with the loads in RingSender.awaitHead.
      head.pointee.store(position, ordering: .releasing)
    }
  }

  /// Waits until the next slot carries its turn.
  @inline(never)
  private mutating func awaitTurn() {
    // Slots that are not given back yet can stay so: they are fewer than a batch, a quarter of the
    // ring, and all others are free when there is nothing to receive. So the sender has room.
    if Policy.spins && isStreaming && !isAnswering {
      for _ in 0..<headStartPauses { linux_cpu_relax() }
    }
    let word = slot.stamp.assumingMemoryBound(to: Atomic<UInt64>.self)
    let turn = position &+ 1
    // Pairs with the stores in RingSender.publish; for the last look see wait.
    let wait = header.wait(
      RingLayout.receiverAsleepOffset, Policy.self, spinBudgetNanoseconds: spinBudgetNanoseconds
    ) {
      UInt32(truncatingIfNeeded: word.pointee.load(ordering: .sequentiallyConsistent)) == turn
    }
    isStreaming = wait.looks < headStartPauses && wait.sleeps == 0
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

extension UnsafeMutableRawPointer {
  /// Looks before the first pause.
  private static var eagerLooks: UInt64 { 8 }

  /// Waits until `isReady`, by spinning and sleeping as the policy says, and returns how many looks in
  /// vain and sleeps that took.
  ///
  /// The word at `asleepOffset` tells the peer whether it must wake this side. Between setting it
  /// and sleeping comes one last look; without it, a peer that acted in between would not wake us.
  /// `isReady` loads with sequentially consistent ordering. `wait` in Tests/Models/ring.pml.
  @inline(__always)
  func wait<Policy: Waiting>(
    _ asleepOffset: Int, _: Policy.Type, spinBudgetNanoseconds: UInt64, until isReady: () -> Bool
  ) -> (looks: UInt64, sleeps: UInt64) {
    var looks: UInt64 = 0
    if !Policy.sleeps {
      while !isReady() {
        // A pause is a good part of the time that a line takes between two near cores, so the first
        // looks come without: round trips of 56 B or less took a tenth less for it.
        if looks >= Self.eagerLooks { linux_cpu_relax() }
        looks &+= 1
      }
      return (looks, 0)
    }
    if Policy.spins {
      var budget = SpinBudget(nanoseconds: spinBudgetNanoseconds)
      repeat {
        if isReady() { return (looks, 0) }
        if looks >= Self.eagerLooks { linux_cpu_relax() }
        looks &+= 1
      } while !budget.isSpent()
    }
    let asleep = (self + asleepOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    let futex = (self + asleepOffset).assumingMemoryBound(to: UInt32.self)
    var sleeps: UInt64 = 0
    while !isReady() {
      // SYNC POINT. Pairs with the exchange in wakeIfAsleep.
      asleep.pointee.store(1, ordering: .sequentiallyConsistent)
      if isReady() {
        // Nothing depends on it: a peer that still sees the 1 makes a system call in vain.
        asleep.pointee.store(0, ordering: .relaxed)
        break
      }
      // Compares the word with 1 and sleeps in one step. So it pairs with the exchange in
      // wakeIfAsleep: returns at once when the peer has taken the 1 away in between. EINTR is a look
      // in vain.
      _ = linux_futex_wait(futex, 1)
      sleeps &+= 1
      asleep.pointee.store(0, ordering: .relaxed)
    }
    return (looks, sleeps)
  }

  /// Wakes the peer if it sleeps on the word; says whether it did. Called after the peer's reason
  /// to wake up has been stored with sequentially consistent ordering.
  @inline(__always)
  func wakeIfAsleep(_ asleepOffset: Int) -> Bool {
    let asleep = (self + asleepOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    // SYNC POINT. Pairs with the store of 1 in wait, as it is said there.
    guard asleep.pointee.load(ordering: .sequentiallyConsistent) != 0 else { return false }
    // Whoever takes the 1 away wakes the sleeper, once. Pairs with the comparison by FUTEX_WAIT.
    guard asleep.pointee.exchange(0, ordering: .sequentiallyConsistent) != 0 else { return false }
    _ = linux_futex_wake_one((self + asleepOffset).assumingMemoryBound(to: UInt32.self))
    return true
  }
}
