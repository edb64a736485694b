import Glibc
import Testing

@testable import Mechanisms

/// What goes through a ring in one test: any number of messages of any sizes.
private struct Traffic: Sendable, CustomTestStringConvertible {
  let payloadBytes: Int
  let bufferBytes: Int
  /// Above this, messages are cut into chunks that overtake the ring several times.
  let largestMessageBytes: Int
  var messageCount = 300
  /// More than may be full: laps of two lengths then.
  var memoryBytes = 0

  var layout: RingLayout {
    RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes, memoryBytes: memoryBytes)
  }
  var testDescription: String {
    "\(layout.slotCount) of \(layout.slotsInMemory) slots of \(layout.chunkBytes) bytes, "
      + "up to \(largestMessageBytes)"
  }

  func messageSizes(seed: UInt64) -> [Int] {
    var numbers = SeededNumbers(seed: seed)
    return (0..<messageCount).map { _ in numbers.numberOfAnySize(in: 1...largestMessageBytes) }
  }
}

/// Two, three and four slots make both sides wait again and again.
private let traffic = [
  Traffic(payloadBytes: 8, bufferBytes: 16, largestMessageBytes: 8, messageCount: 2000),
  Traffic(payloadBytes: 24, bufferBytes: 72, largestMessageBytes: 24, messageCount: 2000),
  Traffic(payloadBytes: 56, bufferBytes: 168, largestMessageBytes: 56, messageCount: 2000),
  Traffic(payloadBytes: 56, bufferBytes: 224, largestMessageBytes: 500),
  Traffic(payloadBytes: 1000, bufferBytes: 256, largestMessageBytes: 1000),
  Traffic(payloadBytes: 1000, bufferBytes: 384, largestMessageBytes: 1000),
  Traffic(payloadBytes: 5000, bufferBytes: 4096, largestMessageBytes: 20_000, messageCount: 100),
  Traffic(payloadBytes: 200, bufferBytes: 64 << 10, largestMessageBytes: 200, messageCount: 2000),
  Traffic(
    payloadBytes: 40_000, bufferBytes: 128 << 10, largestMessageBytes: 40_000, messageCount: 200),
  Traffic(
    payloadBytes: 8, bufferBytes: 16, largestMessageBytes: 8, messageCount: 3000, memoryBytes: 48),
  Traffic(
    payloadBytes: 56, bufferBytes: 168, largestMessageBytes: 500, messageCount: 2000,
    memoryBytes: 640),
  Traffic(
    payloadBytes: 128, bufferBytes: 512, largestMessageBytes: 128, messageCount: 2000,
    memoryBytes: 1024),
  Traffic(
    payloadBytes: 40_000, bufferBytes: 64 << 10, largestMessageBytes: 40_000, messageCount: 200,
    memoryBytes: 200_000),
]

/// Gives the other side a turn now and then, so that each of the two gets ahead at times.
private struct Pauses {
  private var numbers: SeededNumbers

  init(seed: UInt64) {
    numbers = SeededNumbers(seed: seed)
  }

  mutating func perhaps() {
    if numbers.number(in: 0...15) == 0 {
      for _ in 0..<numbers.number(in: 1...20) { sched_yield() }
    }
  }
}

/// So short that an adaptive side both finds things in time and goes to sleep.
private let shortBudget: UInt64 = 2000

/// Sends in one thread what another receives, over the same memory, where ThreadSanitizer sees both.
private func exchange<Policy: Waiting>(
  _ traffic: Traffic, _: Policy.Type, seed: UInt64, position: UInt32 = 0
) async throws {
  let layout = traffic.layout
  let memory = RingMemory(layout, position: position)
  let sizes = traffic.messageSizes(seed: seed)
  _ = try await concurrently(
    {
      var sender = RingSender<Policy>(
        layout, at: memory.start, spinBudgetNanoseconds: shortBudget, position: position)
      var pauses = Pauses(seed: seed ^ 1)
      var laps = SeededNumbers(seed: seed ^ 3)
      for (sequence, payloadBytes) in sizes.enumerated() {
        pauses.perhaps()
        // What is an answer makes the laps short; streams of this size make them long.
        sender.isAnswering = laps.number(in: 0...1) == 0
        sender.send(UInt64(sequence), payloadBytes: payloadBytes)
      }
    },
    {
      var receiver = RingReceiver<Policy>(
        layout, at: memory.start, spinBudgetNanoseconds: shortBudget, position: position)
      var pauses = Pauses(seed: seed ^ 2)
      for (sequence, payloadBytes) in sizes.enumerated() {
        pauses.perhaps()
        try receiver.receive(UInt64(sequence), payloadBytes: payloadBytes)
      }
    })
  #expect(memory.isUntouchedBehindTheRing)
}

/// Whether the sanitizer's runtime is part of this process.
private let runsUnderThreadSanitizer = dlsym(nil, "__tsan_init") != nil

extension TwoSides {
  /// A ring between two threads. `make tsan` runs these under ThreadSanitizer, which takes a missing
  /// release or acquire for the race that it is; but only with
  /// `TSAN_OPTIONS=ignore_interceptors_accesses=0`, because Swift's runtime of it overlooks what
  /// memmove(3) reads and writes unless it is told, and a ring does nothing else to its slots.
  @Suite struct RingThreadsTests {
    @Test(arguments: traffic, [seedOfThisRun])
    fileprivate func everyMessageArrivesWholeAndInOrder(traffic: Traffic, seed: UInt64) async throws
    {
      try await exchange(traffic, Blocking.self, seed: seed)
      try await exchange(traffic, Spinning.self, seed: seed)
      try await exchange(traffic, Adaptive.self, seed: seed)
    }

    /// In runs, what changes is kept in registers and written back when the run ends, which it does
    /// where the ring does, where room ends, and where slots are due to be given back.
    @Test(
      arguments: [
        (8, 16), (8, 4096), (12, 60), (24, 72), (40, 400), (56, 560), (64, 320), (128, 1024),
        (300, 2048), (1000, 8192), (5000, 4096),
      ], [0, 5])
    func runsOfMessagesArriveWholeAndInOrder(
      of size: (payloadBytes: Int, bufferBytes: Int), slotsMore: Int
    ) async throws {
      let (payloadBytes, bufferBytes) = size
      func check<Policy: Waiting>(_: Policy.Type) async throws {
        let short = RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
        let layout = RingLayout(
          payloadBytes: payloadBytes, bufferBytes: bufferBytes,
          memoryBytes: (short.slotCount + slotsMore) * short.chunkStrideBytes)
        let position: UInt32 = 0 &- 100
        let memory = RingMemory(layout, position: position)
        let runs: [UInt64] = [1, 2, 3, 5, 40, 1, 300]
        let count = runs.reduce(0, +)
        _ = try await concurrently(
          {
            var sender = RingSender<Policy>(
              layout, at: memory.start, spinBudgetNanoseconds: shortBudget, position: position)
            var sequence: UInt64 = 0
            let message = UnsafeMutableRawBufferPointer.allocate(
              byteCount: payloadBytes, alignment: 64)
            defer { message.deallocate() }
            for run in runs {
              sender.send(run, of: payloadBytes) {
                FullTouch.write(sequence, to: message)
                sequence += 1
                return UnsafeRawBufferPointer(message)
              }
            }
          },
          {
            var receiver = RingReceiver<Policy>(
              layout, at: memory.start, spinBudgetNanoseconds: shortBudget, position: position)
            var inspector = Inspector(next: 0)
            let message = UnsafeMutableRawBufferPointer.allocate(
              byteCount: payloadBytes, alignment: 64)
            defer { message.deallocate() }
            // It stops in between, as at the end of a phase.
            for end in [7, count] {
              try receiver.receive(
                of: payloadBytes, while: { inspector.next < end }, into: { message }
              ) {
                inspector.inspect($0, as: FullTouch.self)
              }
            }
            #expect(inspector.received == count)
            #expect(inspector.corrupt == 0)
            #expect(inspector.lost == 0)
          })
        #expect(memory.isUntouchedBehindTheRing)
      }
      try await check(Blocking.self)
      try await check(Spinning.self)
      try await check(Adaptive.self)
    }

    @Test(arguments: [64, 96, 128], [seedOfThisRun])
    func thePositionStartsAgainFromZeroWhileBothSidesWork(
      bufferBytes: Int, seed: UInt64
    ) async throws {
      let traffic = Traffic(payloadBytes: 32, bufferBytes: bufferBytes, largestMessageBytes: 100)
      let position: UInt32 = 0 &- 200
      try await exchange(traffic, Blocking.self, seed: seed, position: position)
      try await exchange(traffic, Spinning.self, seed: seed, position: position)
    }

    /// Otherwise the sanitizer would find nothing, whatever there is to find.
    @Test(.enabled(if: runsUnderThreadSanitizer, "there is nothing to set without it"))
    func theSanitizerIsToldToLookAtCopies() {
      let options = getenv("TSAN_OPTIONS").map { String(cString: $0) } ?? ""
      #expect(options.contains("ignore_interceptors_accesses=0"))
    }

    @Test func aReceiverThatSleepsIsWokenByTheMessageItWaitsFor() async throws {
      let layout = RingLayout(payloadBytes: 8, bufferBytes: 32)
      let memory = RingMemory(layout)
      let (wakes, waits) = try await concurrently(
        {
          var sender = RingSender<Blocking>(layout, at: memory.start)
          for sequence in 0..<UInt64(20) {
            try memory.waitForSleeper(at: RingLayout.receiverAsleepOffset)
            sender.send(sequence, payloadBytes: 8)
          }
          #expect(sender.waits == 0)
          return sender.wakes
        },
        {
          var receiver = RingReceiver<Blocking>(layout, at: memory.start)
          for sequence in 0..<UInt64(20) { try receiver.receive(sequence, payloadBytes: 8) }
          #expect(receiver.wakes == 0)
          return receiver.waits
        })
      expectEverySleepToEndInAWake(sleeps: waits, wakes: wakes, atMost: 20)
    }

    @Test func aSenderThatSleepsIsWokenByTheRoomItWaitsFor() async throws {
      let layout = RingLayout(payloadBytes: 8, bufferBytes: 32)
      let memory = RingMemory(layout)
      let count = UInt64(20)
      let (waits, wakes) = try await concurrently(
        {
          var sender = RingSender<Blocking>(layout, at: memory.start)
          for sequence in 0..<count + 4 { sender.send(sequence, payloadBytes: 8) }
          #expect(sender.wakes == 0)
          return sender.waits
        },
        {
          var receiver = RingReceiver<Blocking>(layout, at: memory.start)
          for sequence in 0..<count {
            try memory.waitForSleeper(at: RingLayout.senderAsleepOffset)
            try receiver.receive(sequence, payloadBytes: 8)
          }
          #expect(receiver.waits == 0)
          return receiver.wakes
        })
      expectEverySleepToEndInAWake(sleeps: waits, wakes: wakes, atMost: count)
    }

    /// Where only one side can work at a time, a sender is woken for an empty ring, and by whoever gives
    /// the last slot back: the receiver keeps less than a batch otherwise.
    @Test(arguments: [(8, 8), (65, 64)], [nil, 1] as [UInt32?])
    func aSenderOnTheReceiversCoreIsWokenByAnEmptyRing(
      slots: (count: Int, inBatches: Int), core: UInt32?
    ) async throws {
      let layout = RingLayout(payloadBytes: 8, bufferBytes: 8 * slots.count)
      let memory = RingMemory(layout)
      let count = UInt64(slots.count)
      let receiverIsThere = Flag()
      let waits = try await concurrently(
        {
          var sender = RingSender<Blocking>(layout, at: memory.start, core: core)
          try receiverIsThere.wait()
          for sequence in 0..<count + 1 { sender.send(sequence, payloadBytes: 8) }
          return sender.waits
        },
        {
          var receiver = RingReceiver<Blocking>(layout, at: memory.start, core: core)
          receiverIsThere.raise()
          try memory.waitForSleeper(at: RingLayout.senderAsleepOffset)
          // An eighth of the ring is worth a wake-up where the sides have a core each.
          let worthwhile = core == nil ? max(count / 8, 1) : count
          let wanted = memory.word(at: RingLayout.wantedHeadOffset).pointee.load(ordering: .relaxed)
          #expect(UInt64(wanted) == worthwhile)
          for sequence in 0..<count {
            try receiver.receive(sequence, payloadBytes: 8)
            if UInt64(memory.head) < worthwhile { #expect(receiver.wakes == 0) }
          }
          if core != nil { #expect(receiver.wakes == (slots.inBatches == slots.count ? 1 : 0)) }
          try receiver.receive(count, payloadBytes: 8)
          #expect(receiver.wakes == 1)
        }
      ).0
      #expect(waits >= 1)
    }

    /// A side that has announced its sleep looks once more, and may find that it need not sleep; its
    /// peer may then have woken it in vain, or have seen that there is nobody to wake. To be so late
    /// every time is beyond chance.
    private func expectEverySleepToEndInAWake(sleeps: UInt64, wakes: UInt64, atMost count: UInt64) {
      #expect(sleeps > 0)
      #expect(sleeps <= wakes)
      #expect(wakes <= count)
    }

    /// A receiver may hold back part of a batch while it waits; two rings' worth of messages must
    /// get through all the same, however many slots it holds.
    @Test(arguments: [2, 3, 4, 7, 64])
    func aSenderIsNotStarvedByWhatTheReceiverHoldsBack(slotCount: Int) async throws {
      func check<Policy: Waiting>(heldBack: UInt64, _: Policy.Type) async throws {
        let layout = RingLayout(payloadBytes: 8, bufferBytes: slotCount * 8)
        let memory = RingMemory(layout)
        let hasReceived = Flag()
        let count = heldBack + 2 * UInt64(slotCount)
        _ = try await concurrently(
          {
            var sender = RingSender<Policy>(layout, at: memory.start)
            for sequence in 0..<heldBack { sender.send(sequence, payloadBytes: 8) }
            try hasReceived.wait()
            for sequence in heldBack..<count { sender.send(sequence, payloadBytes: 8) }
          },
          {
            var receiver = RingReceiver<Policy>(layout, at: memory.start)
            for sequence in 0..<heldBack { try receiver.receive(sequence, payloadBytes: 8) }
            hasReceived.raise()
            for sequence in heldBack..<count { try receiver.receive(sequence, payloadBytes: 8) }
          })
      }
      for heldBack in 0..<UInt64(max(slotCount / 4, 1)) {
        try await check(heldBack: heldBack, Blocking.self)
        try await check(heldBack: heldBack, Spinning.self)
      }
    }

    @Test func aSpinningSideCountsItsWaitsAndWakesNobody() async throws {
      let layout = RingLayout(payloadBytes: 8, bufferBytes: 16)
      let memory = RingMemory(layout)
      let isWaiting = Flag()
      let (wakes, waits) = try await concurrently(
        {
          var sender = RingSender<Spinning>(layout, at: memory.start)
          sender.send(0, payloadBytes: 8)
          try isWaiting.wait()
          for sequence in UInt64(1)..<100 { sender.send(sequence, payloadBytes: 8) }
          return sender.wakes
        },
        {
          var receiver = RingReceiver<Spinning>(layout, at: memory.start)
          try receiver.receive(0, payloadBytes: 8)
          isWaiting.raise()
          for sequence in UInt64(1)..<100 { try receiver.receive(sequence, payloadBytes: 8) }
          #expect(receiver.wakes == 0)
          return receiver.waits
        })
      #expect(wakes == 0)
      #expect(waits <= 100)
    }
  }
}
