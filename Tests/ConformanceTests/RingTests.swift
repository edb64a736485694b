import Glibc
import Testing
import Trials

/// A ring in shared memory, and in which way messages go through it.
struct RingCase: Sendable, CustomTestStringConvertible {
  let mechanism: String
  let dataPath: DataPath
  var testDescription: String { "\(mechanism) \(dataPath.rawValue)" }

  static let all = [
    RingCase(mechanism: "shm-ring", dataPath: .copy),
    RingCase(mechanism: "shm-ring", dataPath: .inPlace),
    RingCase(mechanism: "shm-plain", dataPath: .copy),
  ]
}

/// The shared-memory rings between two processes, seen from outside.
@Suite(.serialized) struct RingTests {
  @Test func survivesRandomWorkloads() throws {
    let seed = seedOfThisRun
    print("survivesRandomWorkloads: IPCBENCH_SEED=\(seed) repeats this run")
    var generator = SeededGenerator(seed: seed)
    for number in 1...40 {
      let delivery = randomDelivery(&generator)
      let cores = delivery.workload.wait == .block && generator.next(below: 3) == 0
      let outcome = try delivery.check(on: cores ? Cores.same : Cores.nearest)
      try #require(outcome.status == .ok, "trial \(number) of IPCBENCH_SEED=\(seed): \(delivery)")
    }
  }

  private func randomDelivery(_ generator: inout SeededGenerator) -> Delivery {
    // Small, medium and large are equally likely, because each has a layout of its own.
    let largestPayload = [100, 10_000, 200_000][generator.next(below: 3)]
    let payload = 1 + generator.next(below: largestPayload)
    let largestBuffer = [0, 100_000, (1 << 20) - 4096][generator.next(below: 3)]
    let ring = RingCase.all[generator.next(below: RingCase.all.count)]
    let dataPath = ring.dataPath
    let smallestBuffer = max(4096, dataPath == .inPlace ? 2 * payload : 0)
    let buffer = smallestBuffer + generator.next(below: largestBuffer + 1)
    let pattern = [Pattern.pingPong, .stream][generator.next(below: 2)]
    let wait = WaitPolicy.allCases[
      generator.next(below: Cores.areDistinct ? WaitPolicy.allCases.count : 1)]
    let mostMessages = payload < 1000 ? 5000 : 100
    return Delivery(
      mechanism: ring.mechanism,
      workload: Workload(
        pattern: pattern, payloadBytes: payload, wait: wait, dataPath: dataPath, touch: .full,
        bufferBytes: buffer),
      messages: UInt64(1 + generator.next(below: mostMessages)))
  }

  /// A hop is one message one way: who waits for it sleeps once, and who sends it wakes the sleeper once. So
  /// a round trip is one wait and one wake on each side, and no other system call.
  @Test(
    .enabled(if: Cores.areDistinct, "on one core the waker may be preempted before it sleeps"),
    arguments: RingCase.all)
  func waitsOnceAndWakesOnceAHopWhenBlocking(ring: RingCase) throws {
    let messages: UInt64 = 5000
    let outcome = try Delivery(
      mechanism: ring.mechanism,
      workload: Workload(pattern: .pingPong, payloadBytes: 32, dataPath: ring.dataPath),
      messages: messages
    ).check()
    for (side, peer) in [
      (outcome.producer, outcome.consumer), (outcome.consumer, outcome.producer),
    ] {
      let waits = try #require(side?.waits)
      let wakes = try #require(peer?.wakes)
      // A side that an interrupt holds up before it sleeps finds the answer there already.
      #expect(waits >= messages * 95 / 100 && waits <= messages + 2, "\(waits) waits")
      // A waker may come just when the sleeper's last look has found the message, and wake nobody.
      let tolerated = waits / 100 + 2
      #expect(wakes <= waits + tolerated && waits <= wakes + tolerated, "\(wakes), \(waits) waits")
      let sleeps = try #require(side?.voluntarySwitches)
      #expect(sleeps >= waits * 95 / 100 && sleeps <= waits + 50, "\(sleeps) sleeps")
    }
  }

  /// On one core the woken side often runs at once, before the waker could sleep. A hop is one switch
  /// all the same: the waker's sleep, or its preemption by who it has woken.
  @Test(arguments: RingCase.all)
  func switchesOnceAHopOnOneCore(ring: RingCase) throws {
    let messages: UInt64 = 5000
    let outcome = try Delivery(
      mechanism: ring.mechanism,
      workload: Workload(pattern: .pingPong, payloadBytes: 32, dataPath: ring.dataPath),
      messages: messages
    ).check(on: Cores.same)
    for (side, peer) in [
      (outcome.producer, outcome.consumer), (outcome.consumer, outcome.producer),
    ] {
      let side = try #require(side)
      let waits = try #require(side.waits)
      let wakes = try #require(peer?.wakes)
      let switches = waits + side.involuntarySwitches
      #expect(switches >= messages * 99 / 100, "\(waits) waits, \(side)")
      #expect(waits <= messages + 2, "\(waits) waits")
      // A waker may come just when the sleeper's last look has found the message, and wake nobody.
      let tolerated = waits / 100 + 2
      #expect(wakes <= waits + tolerated && waits <= wakes + tolerated, "\(wakes), \(waits) waits")
    }
  }

  @Test(
    .enabled(if: Cores.areDistinct, "two sides that spin need a core each"),
    arguments: Pattern.allCases, ["shm-ring", "shm-plain"])
  func wakesNobodyWhenSpinning(pattern: Pattern, mechanism: String) throws {
    let outcome = try Delivery(
      mechanism: mechanism, workload: Workload(pattern: pattern, payloadBytes: 32, wait: .spin),
      messages: 1000
    ).check()
    #expect(outcome.producer?.wakes == 0 && outcome.consumer?.wakes == 0)
    #expect(outcome.producer?.waits != nil && outcome.consumer?.waits != nil)
  }

  /// Two sides that are busy find what they wait for before their budget is spent. The budget is larger
  /// than usual, since a machine may take a core away from one of them for a while.
  @Test(
    .enabled(if: Cores.areDistinct, "both sides are busy only on a core each"),
    arguments: RingCase.all, [32, 4096])
  func makesHardlyASystemCallInABusyStream(ring: RingCase, payloadBytes: Int) throws {
    let messages: UInt64 = 200_000
    let outcome = try Delivery(
      mechanism: ring.mechanism,
      workload: Workload(
        pattern: .stream, payloadBytes: payloadBytes, wait: .adaptive, dataPath: ring.dataPath,
        spinBudgetNanoseconds: 1_000_000),
      messages: messages
    ).check()
    for side in [outcome.producer, outcome.consumer] {
      let waits = try #require(side?.waits)
      let wakes = try #require(side?.wakes)
      #expect(waits + wakes <= messages / 1000, "\(waits) waits, \(wakes) wakes")
    }
  }

  /// The consumer sleeps through what the producer spends on verifying and warming up its own side.
  @Test(
    .enabled(if: Cores.areDistinct, "two sides that spin need a core each"),
    arguments: ["shm-ring", "shm-plain"])
  func sleepsOnlyWhenItsBudgetIsSpent(mechanism: String) throws {
    func waits(budget: UInt64) throws -> UInt64 {
      let outcome = try Delivery(
        mechanism: mechanism,
        workload: Workload(
          pattern: .pingPong, payloadBytes: 32, wait: .adaptive, spinBudgetNanoseconds: budget),
        messages: 2000
      ).check()
      return try #require(outcome.producer?.waits) + #require(outcome.consumer?.waits)
    }
    #expect(try waits(budget: 1) > 400)
    #expect(try waits(budget: 1_000_000_000) == 0)
  }
}
