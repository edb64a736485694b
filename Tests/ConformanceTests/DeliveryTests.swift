import Mechanisms
import Testing
import Trials

/// What every mechanism must do, and every new one is held to as soon as it is in the list.
@Suite(.serialized) struct DeliveryTests {
  /// A single byte, sizes that fill no word, sizes of a line, a page and a buffer, several buffers,
  /// and a prime number of bytes that nothing divides.
  static let payloads = [1, 7, 64, 4096, 65_536, 1 << 20, 1_000_003]

  @Test(arguments: Delivery.all(wait: .block, payloads: payloads))
  func deliversEveryByteWhenBlocking(delivery: Delivery) throws {
    try delivery.check()
  }

  @Test(
    .enabled(if: Cores.areDistinct, "two sides that spin need a core each"),
    arguments: Delivery.all(wait: .spin, payloads: payloads))
  func deliversEveryByteWhenSpinning(delivery: Delivery) throws {
    try delivery.check()
  }

  /// Three messages fit, so that each buffer comes again in the verifying phase or soon after.
  @Test(arguments: Delivery.all(wait: .block, payloads: [1, 100, 5000]))
  func deliversOutOfMemoryThatIsUsedInTurn(delivery: Delivery) throws {
    guard delivery.workload.dataPath == .copy else { return }
    var delivery = delivery
    delivery.workload.workingSetBytes = 3 * (delivery.workload.payloadBytes < 4096 ? 128 : 8192)
    try delivery.check()
  }

  @Test(
    .enabled(if: Cores.areDistinct, "two sides that spin need a core each"),
    arguments: Delivery.all(wait: .adaptive, payloads: payloads))
  func deliversEveryByteWhenAdaptive(delivery: Delivery) throws {
    try delivery.check()
  }

  /// With a budget of nothing every wait goes to sleep, as in `block`, but on the other code path.
  @Test(
    .enabled(if: Cores.areDistinct, "two sides that spin need a core each"),
    arguments: Delivery.all(wait: .adaptive, payloads: [1, 4096, 1_000_003]))
  func deliversEveryByteWhenItsBudgetIsSpentAtOnce(delivery: Delivery) throws {
    var delivery = delivery
    delivery.workload.spinBudgetNanoseconds = 1
    try delivery.check()
  }

  @Test(arguments: Delivery.all(wait: .block, payloads: [64, 4096, 1_000_003]))
  func deliversEveryByteOnOneCore(delivery: Delivery) throws {
    // A producer that spins until a message is due needs a core of its own.
    guard delivery.workload.pattern != .paced else { return }
    try delivery.check(on: Cores.same)
  }

  @Test(arguments: Delivery.all(wait: .block, payloads: [1, 16, 4096, 65_536], touch: .none))
  func countsWhatNobodyLooksAt(delivery: Delivery) throws {
    try delivery.check()
  }

  @Test(arguments: Delivery.all(wait: .block, payloads: [1, 15, 16, 65_536], touch: .header))
  func deliversWhatOnlyTheHeaderIsLookedAt(delivery: Delivery) throws {
    try delivery.check()
  }

  @Test(
    .enabled(if: Cores.areDistinct, "two sides that spin need a core each"),
    arguments: [Touch.none, .header].flatMap {
      Delivery.all(wait: .spin, payloads: [1, 65_536], touch: $0)
    })
  func spinsOverWhatIsHardlyLookedAt(delivery: Delivery) throws {
    try delivery.check()
  }

  /// The verifying phase looks at every byte of it; once is enough in a debug build.
  @Test(
    arguments: Delivery.all(
      wait: .block, payloads: [64 << 20], touch: .header, messages: { _ in 2 })
  )
  func delivers64MiBInOneMessage(delivery: Delivery) throws {
    try delivery.check()
  }

  @Test(arguments: Delivery.all(wait: .block, payloads: [20_000, 65_536], messages: { _ in 5 }))
  func deliversThroughABufferSmallerThanTheMessage(delivery: Delivery) throws {
    var delivery = delivery
    // A message in place lies whole in the buffer.
    guard delivery.workload.dataPath == .copy else { return }
    // The kernel gives no socket much less than 8 KiB.
    let isDescriptorPair = ["pipe", "fifo", "shm-ring", "shm-plain"].contains(delivery.mechanism)
    delivery.workload.bufferBytes = isDescriptorPair ? 4096 : 8192
    try delivery.check()
  }

  @Test(
    arguments: [1, 2, 7, 64, 1000].flatMap { count in
      Delivery.all(wait: .block, payloads: [16], messages: { _ in count })
    })
  func sendsAsManyMessagesAsAskedFor(delivery: Delivery) throws {
    try delivery.check()
  }

  @Test(
    .enabled(if: Cores.areDistinct, "two sides that spin need a core each"),
    arguments: [1, 2, 7, 1000].flatMap { count in
      Delivery.all(wait: .spin, payloads: [16], messages: { _ in count })
    })
  func sendsAsManyMessagesAsAskedForWhenSpinning(delivery: Delivery) throws {
    try delivery.check()
  }

  @Test(
    arguments: Delivery.all(wait: .block, payloads: [64, 65_536]),
    [1, 1_000_000, 60_000_000] as [UInt64])
  func provesDeliveryHoweverLongItLasts(delivery: Delivery, nanoseconds: UInt64) throws {
    let outcome = try BuiltProgram.driver().run(
      .of(delivery.mechanism, delivery.workload, for: .nanoseconds(nanoseconds)))
    #expect(Delivery.isProven(outcome), "\(delivery): \(outcome.error)")
    let sent = try #require(outcome.messagesSent)
    #expect(sent > 0)
    #expect(outcome.messagesReceived == sent)
    #expect(outcome.messagesCorrupt == 0 && outcome.messagesLost == 0)
    // It may take longer, as what is on its way has to arrive, but never less.
    let elapsed = try #require(outcome.elapsedNanoseconds)
    if delivery.workload.pattern != .paced { #expect(elapsed >= nanoseconds) }
    let latency = outcome.latency
    #expect((latency == nil) == (delivery.workload.pattern == .stream))
    if let latency {
      let samples = latency.counts.reduce(0) { $0 + $1.samples }
      #expect(samples == sent / UInt64(latency.roundTripsPerSample))
    }
  }
}
