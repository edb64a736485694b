import Mechanisms
import Testing
import Trials

/// Floors are mechanisms: what holds for the delivery of the others holds for them, too, with every byte
/// of what they copy looked at.
@Suite(.serialized) struct FloorTests {
  /// Every floor in its patterns, and, where it is their size that counts, with several payloads.
  static func deliveries(on wait: WaitPolicy) -> [Delivery] {
    Mechanism.floors.map(\.capabilities).filter { $0.waits.contains(wait) }.flatMap { floor in
      let dependsOnPayload = FloorName(rawValue: floor.name)?.dependsOnPayload == true
      return floor.patterns.flatMap { pattern in
        (dependsOnPayload ? [1, 7, 48, 64, 1024, 4097, 65_536, 1_000_003] : [64]).flatMap {
          payload in
          [1, 2, 57].map { messages in
            Delivery(
              mechanism: floor.name,
              workload: Workload(
                pattern: pattern, payloadBytes: payload, wait: wait, touch: .full),
              messages: messages)
          }
        }
      }
    }
  }

  @Test(arguments: deliveries(on: .block))
  func deliversWhatItClaims(delivery: Delivery) throws {
    try delivery.check()
    try delivery.check(on: Cores.same)
  }

  @Test(
    .enabled(if: Cores.areDistinct, "two sides that spin need a core each"),
    arguments: deliveries(on: .spin))
  func deliversWhatItClaimsWhenSpinning(delivery: Delivery) throws {
    try delivery.check()
  }

  @Test(
    .enabled(if: Cores.areDistinct, "two sides that spin need a core each"),
    arguments: [Pattern.pingPong, .stream], [1, 4096, 10_000])
  func copiesThroughAnyBuffer(pattern: Pattern, bufferBytes: Int) throws {
    try Delivery(
      mechanism: FloorName.crossCopy.rawValue,
      workload: Workload(
        pattern: pattern, payloadBytes: 20_001, wait: .spin, touch: .full,
        bufferBytes: bufferBytes),
      messages: 9
    ).check()
  }

  @Test(arguments: Mechanism.floors.map(\.capabilities), [Touch.none, .header])
  func lastsAsLongAsItIsTold(floor: Capabilities, touch: Touch) throws {
    let wait = try #require(floor.waits.first)
    guard !wait.spins || Cores.areDistinct else { return }
    for pattern in floor.patterns {
      let workload = Workload(pattern: pattern, payloadBytes: 64, wait: wait, touch: touch)
      let outcome = try BuiltProgram.driver().run(
        .of(floor.name, workload, for: .nanoseconds(2_000_000)))
      #expect(outcome.status == .ok, "\(floor.name): \(outcome.error)")
      let sent = try #require(outcome.messagesSent)
      #expect(sent > 0)
      #expect(outcome.messagesReceived == sent)
    }
  }

  /// Each has the name, and the one way to wait, that the plan of a run relies on.
  @Test func floorsAreWhatAPlanTakesThemFor() {
    #expect(Mechanism.floors.map(\.name) == FloorName.allCases.map(\.rawValue))
    for floor in Mechanism.floors {
      #expect(floor.capabilities.waits == [FloorName(rawValue: floor.name)?.wait])
      #expect(floor.capabilities.dataPaths == [.copy])
    }
  }

  /// Exactly one wake-up a hop, as the plainest hand-off has it, and never more sleeps than hops.
  @Test func theHandOffWakesOnceAHop() throws {
    let workload = Workload(pattern: .pingPong, payloadBytes: 64)
    let outcome = try BuiltProgram.driver().run(
      .of(FloorName.wake.rawValue, workload, for: .messages(500)))
    #expect(outcome.producer?.wakes == 500)
    #expect(outcome.consumer?.wakes == 500)
    #expect(try #require(outcome.producer?.waits) <= 501)
  }
}
