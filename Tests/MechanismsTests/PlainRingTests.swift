import Glibc
import Synchronization
import Testing

@testable import Mechanisms

/// Fresh memory for one plain ring, with a margin behind it that nobody may write to.
private final class PlainMemory: @unchecked Sendable {
  let layout: PlainRingLayout
  let start: UnsafeMutableRawPointer

  private static let marginBytes = 4096
  private static let marginByte: UInt8 = 0x5A

  init(payloadBytes: Int, bufferBytes: Int) {
    layout = PlainRingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    start = .allocate(byteCount: layout.byteCount + Self.marginBytes, alignment: 4096)
    start.initializeMemory(as: UInt8.self, repeating: 0, count: layout.byteCount)
    (start + layout.byteCount).initializeMemory(
      as: UInt8.self, repeating: Self.marginByte, count: Self.marginBytes)
  }

  deinit { start.deallocate() }

  func sender<Policy: Waiting>(_: Policy.Type) -> PlainRingSender<Policy> {
    PlainRingSender(layout, at: start, spinBudgetNanoseconds: 2000)
  }

  func receiver<Policy: Waiting>(_: Policy.Type) -> PlainRingReceiver<Policy> {
    PlainRingReceiver(layout, at: start, spinBudgetNanoseconds: 2000)
  }

  /// Waits until a side of the ring has said that it sleeps, or is about to.
  func waitForSleeper(at offset: Int) throws {
    let word = (start + offset).assumingMemoryBound(to: Atomic<UInt32>.self)
    try waitUntil("the other side sleeps") { word.pointee.load(ordering: .acquiring) == 1 }
  }

  var isUntouchedBehindTheRing: Bool {
    UnsafeRawBufferPointer(start: start + layout.byteCount, count: Self.marginBytes)
      .allSatisfy { $0 == Self.marginByte }
  }
}

extension PlainRingSender {
  fileprivate mutating func send(_ sequence: UInt64, payloadBytes: Int) throws {
    try written(sequence, payloadBytes: payloadBytes).withUnsafeBytes { try send($0) }
  }
}

extension PlainRingReceiver {
  /// Receives a message and throws unless it is the one with this number.
  fileprivate mutating func receive(_ sequence: UInt64, payloadBytes: Int) throws {
    var message = [UInt8](repeating: unwritten, count: payloadBytes)
    try message.withUnsafeMutableBytes {
      try receive(into: $0)
      try expect(sequence, in: UnsafeRawBufferPointer($0))
    }
  }
}

@Suite struct PlainRingLayoutTests {
  @Test(arguments: [
    // payload, buffer, and then of the slots: bytes, stride, number
    (64, 4096, 64, 64, 64), (1, 4096, 1, 64, 4096), (65, 4096, 65, 128, 63),
    (1000, 4096, 1000, 1024, 4), (1024, 4096, 1024, 1024, 4), (1025, 4096, 1024, 1024, 4),
    (1 << 20, 128 << 10, 32 << 10, 32 << 10, 4), (3000, 10_000, 2496, 2496, 4),
    (1, 1 << 30, 1, 64, 1 << 20),
  ])
  func slotsAreLinesAndTakeTheBufferInPayloads(
    payloadBytes: Int, bufferBytes: Int, slotBytes: Int, strideBytes: Int, slotCount: Int
  ) {
    let layout = PlainRingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    #expect(layout.slotBytes == slotBytes)
    #expect(layout.strideBytes == strideBytes)
    #expect(layout.slotCount == slotCount)
    #expect(layout.byteCount % 4096 == 0)
    #expect(layout.byteCount >= PlainRingLayout.slotsOffset + slotCount * strideBytes)
  }

  /// The other mechanisms are given so many bytes of payload, too.
  @Test(arguments: [1, 7, 64, 100, 1000, 4096, 65_536, 1 << 20])
  func theCapacityIsWhatWasAskedForToAFewPercent(payloadBytes: Int) {
    let bufferBytes = 128 << 10
    let layout = PlainRingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    #expect(layout.capacityBytes <= bufferBytes)
    #expect(layout.capacityBytes * 100 >= bufferBytes * 95)
  }
}

/// A plain ring in one thread, which must never have a reason to wait.
@Suite struct PlainRingTests {
  /// A send into a full ring would wait, so it is the deadline that fails this test.
  @Test func aRingTakesItsCapacityLapAfterLap() async throws {
    @Sendable func check<Policy: Waiting>(_: Policy.Type) throws {
      for (payloadBytes, bufferBytes) in [(1, 4096), (56, 4096), (960, 4096), (4096, 128 << 10)] {
        let memory = PlainMemory(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
        var sender = memory.sender(Policy.self)
        var receiver = memory.receiver(Policy.self)
        var sequence: UInt64 = 0
        for _ in 0..<3 {
          let first = sequence
          while sequence < first + UInt64(memory.layout.slotCount) {
            try sender.send(sequence, payloadBytes: payloadBytes)
            sequence += 1
          }
          for due in first..<sequence { try receiver.receive(due, payloadBytes: payloadBytes) }
          // So that the next lap begins in the second slot.
          try sender.send(sequence, payloadBytes: payloadBytes)
          try receiver.receive(sequence, payloadBytes: payloadBytes)
          sequence += 1
        }
        #expect(sender.waits == 0 && receiver.waits == 0)
        #expect(sender.wakes == 0 && receiver.wakes == 0)
        #expect(memory.isUntouchedBehindTheRing)
      }
    }
    try await onOwnThread {
      try check(Blocking.self)
      try check(Spinning.self)
      try check(Adaptive.self)
    }
  }

  /// Slots of 1024 bytes, four of them.
  @Test(arguments: [1025, 2047, 2048, 2049, 3072, 4095, 4096])
  func aMessageOfSeveralPartsArrivesWhole(payloadBytes: Int) async throws {
    try await onOwnThread {
      let memory = PlainMemory(payloadBytes: payloadBytes, bufferBytes: 4096)
      #expect(memory.layout.slotBytes == 1024)
      var sender = memory.sender(Spinning.self)
      var receiver = memory.receiver(Spinning.self)
      for sequence in 0..<UInt64(23) {
        try sender.send(sequence, payloadBytes: payloadBytes)
        try receiver.receive(sequence, payloadBytes: payloadBytes)
      }
      #expect(memory.isUntouchedBehindTheRing)
    }
  }

  @Test(arguments: [0, 7, 9, 4096])
  func aMessageOfAnotherLengthIsAnErrorOnBothSides(byteCount: Int) async throws {
    try await onOwnThread {
      let memory = PlainMemory(payloadBytes: 8, bufferBytes: 4096)
      var sender = memory.sender(Blocking.self)
      var receiver = memory.receiver(Blocking.self)
      let sending = #expect(throws: CallError.self) {
        try [UInt8](repeating: 1, count: byteCount).withUnsafeBytes { try sender.send($0) }
      }
      try sender.send(0, payloadBytes: 8)
      let receiving = #expect(throws: CallError.self) {
        var message = [UInt8](repeating: unwritten, count: byteCount)
        try message.withUnsafeMutableBytes { try receiver.receive(into: $0) }
      }
      for error in [sending, receiving] {
        #expect(error?.call == "shm-plain")
        #expect(
          error?.text == "a message of \(byteCount) bytes in a ring for messages of 8")
      }
    }
  }
}

extension TwoSides {
  /// A plain ring between two threads, where ThreadSanitizer sees both; see `RingThreadsTests`.
  @Suite struct PlainRingThreadsTests {
    /// Sends in one thread what another receives; both pause now and then, so that each gets ahead.
    private func exchange<Policy: Waiting>(
      payloadBytes: Int, bufferBytes: Int, count: UInt64, seed: UInt64, _: Policy.Type
    ) async throws {
      let memory = PlainMemory(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
      @Sendable func pauses(_ seed: UInt64) -> () -> Void {
        var numbers = SeededNumbers(seed: seed)
        return {
          guard numbers.number(in: 0...15) == 0 else { return }
          for _ in 0..<numbers.number(in: 1...20) { sched_yield() }
        }
      }
      _ = try await concurrently(
        {
          var sender = memory.sender(Policy.self)
          let pause = pauses(seed ^ 1)
          for sequence in 0..<count {
            pause()
            try sender.send(sequence, payloadBytes: payloadBytes)
          }
        },
        {
          var receiver = memory.receiver(Policy.self)
          let pause = pauses(seed ^ 2)
          for sequence in 0..<count {
            pause()
            try receiver.receive(sequence, payloadBytes: payloadBytes)
          }
        })
      #expect(memory.isUntouchedBehindTheRing)
    }

    /// Two slots, three, four, messages of many parts, and a ring that is seldom full.
    @Test(
      arguments: [
        (8, 16, 2000), (60, 200, 2000), (1000, 4096, 2000), (20_000, 4096, 100), (64, 65_536, 5000),
      ], [seedOfThisRun])
    func everyMessageArrivesWholeAndInOrder(
      traffic: (payloadBytes: Int, bufferBytes: Int, count: Int), seed: UInt64
    ) async throws {
      func exchange<Policy: Waiting>(_: Policy.Type) async throws {
        try await self.exchange(
          payloadBytes: traffic.payloadBytes, bufferBytes: traffic.bufferBytes,
          count: UInt64(traffic.count), seed: seed, Policy.self)
      }
      try await exchange(Blocking.self)
      try await exchange(Spinning.self)
      try await exchange(Adaptive.self)
    }

    @Test func aReceiverThatSleepsIsWokenByTheMessageItWaitsFor() async throws {
      let memory = PlainMemory(payloadBytes: 8, bufferBytes: 32)
      let (wakes, sleeps) = try await concurrently(
        {
          var sender = memory.sender(Blocking.self)
          for sequence in 0..<UInt64(20) {
            try memory.waitForSleeper(at: PlainRingLayout.receiverAsleepOffset)
            try sender.send(sequence, payloadBytes: 8)
          }
          #expect(sender.waits == 0)
          return sender.wakes
        },
        {
          var receiver = memory.receiver(Blocking.self)
          for sequence in 0..<UInt64(20) { try receiver.receive(sequence, payloadBytes: 8) }
          #expect(receiver.wakes == 0)
          return receiver.waits
        })
      // A side that has announced its sleep looks once more, and may find that it need not sleep.
      #expect(sleeps > 0 && sleeps <= wakes && wakes <= 20)
    }

    /// Of eight slots, and of seven, of which the half is not whole.
    @Test(arguments: [(8, 4), (7, 4), (2, 1), (3, 2)])
    func aSenderThatSleepsIsWokenOnceHalfOfTheRingIsFree(
      slotCount: Int, receivedAtWake: Int
    ) async throws {
      let memory = PlainMemory(payloadBytes: 8, bufferBytes: slotCount * 8)
      #expect(memory.layout.slotCount == slotCount)
      let slots = UInt64(slotCount)
      let (sleeps, receivedWhenWoken) = try await concurrently(
        {
          var sender = memory.sender(Blocking.self)
          for sequence in 0..<slots + 1 { try sender.send(sequence, payloadBytes: 8) }
          return sender.waits
        },
        {
          var receiver = memory.receiver(Blocking.self)
          try memory.waitForSleeper(at: PlainRingLayout.senderAsleepOffset)
          var received: UInt64 = 0
          while receiver.wakes == 0 && received < slots {
            try receiver.receive(received, payloadBytes: 8)
            received += 1
          }
          let receivedWhenWoken = received
          for sequence in received..<slots + 1 {
            try receiver.receive(sequence, payloadBytes: 8)
          }
          return receivedWhenWoken
        })
      #expect(sleeps <= 1)
      // A sender that found room in its last look needed no wake-up.
      if sleeps == 1 { #expect(receivedWhenWoken == UInt64(receivedAtWake)) }
    }

    @Test func aSpinningSideCountsItsWaitsAndWakesNobody() async throws {
      let memory = PlainMemory(payloadBytes: 8, bufferBytes: 16)
      let (wakes, waits) = try await concurrently(
        {
          var sender = memory.sender(Spinning.self)
          for sequence in 0..<UInt64(100) { try sender.send(sequence, payloadBytes: 8) }
          return sender.wakes
        },
        {
          var receiver = memory.receiver(Spinning.self)
          for sequence in 0..<UInt64(100) { try receiver.receive(sequence, payloadBytes: 8) }
          #expect(receiver.wakes == 0)
          return receiver.waits
        })
      #expect(wakes == 0)
      #expect(waits <= 100)
    }
  }
}
