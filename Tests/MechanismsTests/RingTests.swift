import Testing

@testable import Mechanisms

/// A ring in one thread, which must never have a reason to wait.
@Suite struct RingTests {
  @Test func messagesArriveInOrderLapAfterLap() async throws {
    @Sendable func check<Policy: Waiting>(_: Policy.Type) throws {
      for (payloadBytes, bufferBytes) in [
        (1, 16), (8, 24), (24, 96), (56, 192), (57, 4096), (4096, 128 << 10),
      ] {
        var ring = Ring<Policy>(RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes))
        for sequence in 0..<UInt64(10 * ring.slotCount + 3) {
          ring.send(sequence, payloadBytes: payloadBytes)
          try ring.receive(sequence, payloadBytes: payloadBytes)
        }
        #expect(ring.memory.isUntouchedBehindTheRing)
      }
    }
    try await onOwnThread {
      try check(Blocking.self)
      try check(Spinning.self)
    }
  }

  /// How many of a ring's slots have ever held something, after a few hundred messages to and fro.
  private func slotsUsed(
    payloadBytes: Int, answers: Bool, core: UInt32? = nil
  ) throws -> (used: Int, layout: RingLayout) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: 64 << 10, memoryBytes: 1 << 20)
    let memory = RingMemory(layout)
    var sender = RingSender<Spinning>(layout, at: memory.start, core: core)
    var receiver = RingReceiver<Spinning>(layout, at: memory.start, core: core)
    for sequence in 0..<UInt64(3 * layout.slotsInMemory) {
      sender.isAnswering = answers
      sender.send(sequence, payloadBytes: payloadBytes)
      try receiver.receive(sequence, payloadBytes: payloadBytes)
    }
    let used = (0..<layout.slotsInMemory).count {
      let stamp = memory.start + layout.stampsOffset + $0 * layout.stampStrideBytes
      return stamp.load(as: UInt64.self) != 0
    }
    return (used, layout)
  }

  /// One slot more has the mark that sends the receiver back.
  @Test(arguments: [8, 48, 64, 1024, 4096])
  func answersStayInTheSlotsThatMayBeFull(payloadBytes: Int) throws {
    let (used, layout) = try slotsUsed(payloadBytes: payloadBytes, answers: true)
    #expect(used == layout.slotCount + 1)
  }

  @Test(arguments: [8 << 10, 16 << 10])
  func largeMessagesGoThroughAllOfTheMemory(payloadBytes: Int) throws {
    for answers in [false, true] {
      let (used, layout) = try slotsUsed(payloadBytes: payloadBytes, answers: answers)
      #expect(used == layout.slotsInMemory)
      #expect(layout.slotsInMemory > layout.slotCount)
    }
  }

  @Test(arguments: [8, 16 << 10])
  func whereBothShareACoreSlotsAreUsedAgainAtOnce(payloadBytes: Int) throws {
    let (used, layout) = try slotsUsed(payloadBytes: payloadBytes, answers: false, core: 0)
    #expect(used == layout.slotCount + 1)
  }

  /// A send into a full ring would wait, so it is the deadline that fails this test.
  @Test func aRingTakesAsManyChunksAsItHasSlots() async throws {
    @Sendable func check<Policy: Waiting>(_: Policy.Type) throws {
      for (payloadBytes, bufferBytes) in [
        (8, 16), (8, 24), (8, 4096), (20, 100), (960, 4096), (57, 5000),
      ] {
        var ring = Ring<Policy>(RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes))
        var sequence: UInt64 = 0
        // In later laps the ring is filled from another slot each time.
        for _ in 0..<5 {
          let first = sequence
          for _ in 0..<ring.slotCount {
            ring.send(sequence, payloadBytes: payloadBytes)
            sequence += 1
          }
          for due in first..<sequence { try ring.receive(due, payloadBytes: payloadBytes) }
          // Enough to have every slot given back, and to turn the ring by one.
          for _ in 0...ring.slotCount {
            ring.send(sequence, payloadBytes: payloadBytes)
            try ring.receive(sequence, payloadBytes: payloadBytes)
            sequence += 1
          }
          while ring.memory.head != UInt32(sequence) {
            ring.send(sequence, payloadBytes: payloadBytes)
            try ring.receive(sequence, payloadBytes: payloadBytes)
            sequence += 1
          }
        }
        #expect(ring.sender.waits == 0)
        #expect(ring.memory.isUntouchedBehindTheRing)
      }
    }
    try await onOwnThread {
      try check(Blocking.self)
      try check(Spinning.self)
    }
  }

  /// Chunks of 1024 bytes in four slots.
  @Test(arguments: [
    1, 1023, 1024, 1025, 2 * 1024 - 1, 2 * 1024, 2 * 1024 + 1, 3 * 1024, 3 * 1024 + 1, 4 * 1024,
  ])
  func aMessageOfSeveralChunksArrivesWhole(payloadBytes: Int) async throws {
    @Sendable func check<Policy: Waiting>(_: Policy.Type) throws {
      var ring = Ring<Policy>(RingLayout(payloadBytes: 4096, bufferBytes: 4096))
      #expect(ring.memory.layout.chunkBytes == 1024)
      for sequence in 0..<UInt64(23) {
        ring.send(sequence, payloadBytes: payloadBytes)
        try ring.receive(sequence, payloadBytes: payloadBytes)
      }
      #expect(ring.memory.isUntouchedBehindTheRing)
    }
    try await onOwnThread {
      try check(Blocking.self)
      try check(Spinning.self)
    }
  }

  @Test(arguments: [seedOfThisRun])
  func messagesOfRandomSizesArriveWhole(seed: UInt64) async throws {
    @Sendable func check<Policy: Waiting>(_: Policy.Type) throws {
      var numbers = SeededNumbers(seed: seed)
      for _ in 0..<30 {
        let largest = numbers.numberOfAnySize(in: 1...5000)
        let bufferBytes = numbers.numberOfAnySize(in: 4096...65_536)
        var ring = Ring<Policy>(RingLayout(payloadBytes: largest, bufferBytes: bufferBytes))
        for sequence in 0..<UInt64(100) {
          let most = min(largest, ring.slotCount * ring.memory.layout.chunkBytes)
          let payloadBytes = numbers.number(in: 1...most)
          ring.send(sequence, payloadBytes: payloadBytes)
          try ring.receive(sequence, payloadBytes: payloadBytes)
        }
        #expect(ring.memory.isUntouchedBehindTheRing)
      }
    }
    try await onOwnThread {
      try check(Blocking.self)
      try check(Spinning.self)
    }
  }

  @Test(arguments: [(8, 7), (7, 8), (56, 1), (1025, 1026), (1060, 1025), (2048, 2047)])
  func aMessageOfAnotherLengthIsAnError(sent: Int, expected: Int) async throws {
    try await onOwnThread {
      var ring = Ring<Blocking>(
        RingLayout(payloadBytes: max(sent, expected, 2 * 1024), bufferBytes: 4096))
      ring.send(0, payloadBytes: sent)
      let error = #expect(throws: CallError.self) {
        try ring.receive(0, payloadBytes: expected)
      }
      #expect(error?.call == "shm-ring")
      #expect(error?.text.contains("bytes arrived where") == true)
      #expect(error?.blamesPeer == false)
    }
  }

  /// A stamp has the length of its chunk only, so whole chunks too many show with the next message.
  @Test func aMessageThatIsLongerByWholeChunksIsAnErrorOneMessageLater() async throws {
    try await onOwnThread {
      var ring = Ring<Blocking>(RingLayout(payloadBytes: 2 * 1024, bufferBytes: 4096))
      ring.send(0, payloadBytes: 1025)
      var message = [UInt8](repeating: unwritten, count: 1024)
      try message.withUnsafeMutableBytes { try ring.receiver.receive(into: $0) }
      #expect(throws: CallError.self) { try ring.receive(1, payloadBytes: 1024) }
    }
  }

  /// The position has 32 bits, and a fast ring turns them over in minutes. No fresh slot may be
  /// reached with turn 0, so the ring makes at least one lap before it.
  @Test(arguments: [2, 3, 4, 7, 64], [0, 1, 2, 3] as [UInt32])
  func thePositionStartsAgainFromZero(slotCount: Int, chunksMore: UInt32) async throws {
    @Sendable func check<Policy: Waiting>(_: Policy.Type) throws {
      let layout = RingLayout(payloadBytes: 8, bufferBytes: slotCount * 8)
      #expect(layout.slotCount == slotCount)
      let position = 0 &- UInt32(2 * slotCount) &- chunksMore
      var ring = Ring<Policy>(layout, position: position)
      for sequence in 0..<UInt64(5 * slotCount) {
        ring.send(sequence, payloadBytes: 8)
        try ring.receive(sequence, payloadBytes: 8)
      }
      #expect(ring.sender.waits == 0)
      #expect(ring.receiver.waits == 0)
    }
    try await onOwnThread {
      try check(Blocking.self)
      try check(Spinning.self)
    }
  }

  /// Filled and emptied again, on both sides of the turn.
  @Test(arguments: [4, 8, 64])
  func aFullRingGoesThroughPositionZero(slotCount: Int) async throws {
    @Sendable func check<Policy: Waiting>(_: Policy.Type) throws {
      let layout = RingLayout(payloadBytes: 8, bufferBytes: slotCount * 8)
      let position = 0 &- UInt32(slotCount) - UInt32(slotCount / 2)
      var ring = Ring<Policy>(layout, position: position)
      for lap in 0..<UInt64(4) {
        let sequences = lap * UInt64(slotCount)..<(lap + 1) * UInt64(slotCount)
        for sequence in sequences { ring.send(sequence, payloadBytes: 8) }
        for sequence in sequences { try ring.receive(sequence, payloadBytes: 8) }
      }
      #expect(ring.sender.waits == 0)
      #expect(ring.memory.head == position &+ 4 * UInt32(slotCount))
    }
    try await onOwnThread {
      try check(Blocking.self)
      try check(Spinning.self)
    }
  }

  /// Slots; how many of them are given back at a time by a receiver that spins, and by one that sleeps.
  @Test(arguments: [(2, 1, 1), (4, 1, 1), (7, 1, 1), (8, 2, 1), (16, 4, 1), (64, 16, 4)])
  func slotsAreGivenBackInBatches(slotCount: Int, spinning: Int, sleeping: Int) async throws {
    @Sendable func check<Policy: Waiting>(_: Policy.Type, batch: Int) throws {
      var ring = Ring<Policy>(RingLayout(payloadBytes: 8, bufferBytes: slotCount * 8))
      for received in 1...UInt32(3 * slotCount) {
        ring.send(UInt64(received), payloadBytes: 8)
        try ring.receive(UInt64(received), payloadBytes: 8)
        #expect(ring.memory.head == received - received % UInt32(batch))
      }
    }
    try await onOwnThread {
      try check(Blocking.self, batch: sleeping)
      try check(Spinning.self, batch: spinning)
    }
  }

  @Test func nobodyIsWokenWhileNobodySleeps() async throws {
    @Sendable func check<Policy: Waiting>(_: Policy.Type) throws {
      var ring = Ring<Policy>(RingLayout(payloadBytes: 64, bufferBytes: 4096))
      for sequence in 0..<UInt64(200) {
        ring.send(sequence, payloadBytes: 64)
        try ring.receive(sequence, payloadBytes: 64)
      }
      #expect(ring.sender.waits == 0)
      #expect(ring.sender.wakes == 0)
      #expect(ring.receiver.waits == 0)
      #expect(ring.receiver.wakes == 0)
    }
    try await onOwnThread {
      try check(Blocking.self)
      try check(Spinning.self)
    }
  }
}
