import Glibc
import Testing
import Trials

/// The shared-memory ring between two processes, seen from outside.
@Suite(.serialized) struct RingTests {
  @Test func survivesRandomWorkloads() throws {
    let seed =
      getenv("IPCBENCH_SEED").flatMap { UInt64(String(cString: $0)) }
      ?? UInt64.random(in: .min ... .max)
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
    let dataPath = DataPath.allCases[generator.next(below: DataPath.allCases.count)]
    let smallestBuffer = max(4096, dataPath == .inPlace ? 2 * payload : 0)
    let buffer = smallestBuffer + generator.next(below: largestBuffer + 1)
    let pattern = Pattern.allCases[generator.next(below: 2)]
    let wait = WaitPolicy.allCases[
      generator.next(below: Cores.areDistinct ? WaitPolicy.allCases.count : 1)]
    let mostMessages = payload < 1000 ? 5000 : 100
    return Delivery(
      mechanism: "shm-ring",
      workload: Workload(
        pattern: pattern, payloadBytes: payload, wait: wait, dataPath: dataPath, touch: .full,
        bufferBytes: buffer),
      messages: UInt64(1 + generator.next(below: mostMessages)))
  }

  /// The scheduler alone decides who runs, so a hop costs each side one sleep and one wake-up.
  @Test func sleepsOncePerHopOnOneCore() throws {
    let messages: UInt64 = 1000
    let outcome = try Delivery(
      mechanism: "shm-ring", workload: Workload(pattern: .pingPong, payloadBytes: 32),
      messages: messages
    ).check(on: Cores.same)
    for side in [outcome.producer, outcome.consumer] {
      let waits = try #require(side?.waits)
      let wakes = try #require(side?.wakes)
      #expect(waits > 0 && waits <= messages + 2)
      #expect(wakes > 0 && wakes <= messages)
    }
  }

  @Test(
    .enabled(if: Cores.areDistinct, "two sides that spin need a core each"),
    arguments: Pattern.allCases)
  func wakesNobodyWhenSpinning(pattern: Pattern) throws {
    let outcome = try Delivery(
      mechanism: "shm-ring", workload: Workload(pattern: pattern, payloadBytes: 32, wait: .spin),
      messages: 1000
    ).check()
    #expect(outcome.producer?.wakes == 0 && outcome.consumer?.wakes == 0)
    #expect(outcome.producer?.waits != nil && outcome.consumer?.waits != nil)
  }

  @Test(.enabled(if: Cores.areDistinct, "both sides are busy only on a core each"))
  func wakesSeldomInAStream() throws {
    let messages: UInt64 = 20_000
    let outcome = try Delivery(
      mechanism: "shm-ring", workload: Workload(pattern: .stream, payloadBytes: 32),
      messages: messages
    ).check()
    let producerWakes = try #require(outcome.producer?.wakes)
    let consumerWakes = try #require(outcome.consumer?.wakes)
    #expect(producerWakes < messages && consumerWakes < messages)
  }
}
