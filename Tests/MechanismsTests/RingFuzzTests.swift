import Glibc
import Testing
import Trials

@testable import Mechanisms

/// One random case: everything that the two sides must agree on, and what each does by itself.
private struct FuzzRound: Sendable, CustomStringConvertible {
  let number: Int
  let seed: UInt64
  let workload: Workload
  let messageCount: Int

  init(_ number: Int, numbers: inout SeededNumbers) {
    self.number = number
    seed = numbers.next()
    let payloadBytes = numbers.numberOfAnySize(in: 1...100_000)
    workload = Workload(
      pattern: numbers.number(in: 0...1) == 0 ? .pingPong : .stream, payloadBytes: payloadBytes,
      wait: numbers.number(in: 0...1) == 0 ? .block : .spin, touch: .full,
      bufferBytes: numbers.numberOfAnySize(in: RingLayout.smallestBufferBytes...256 << 10))
    let mostBytes = 256 << 10
    messageCount = numbers.number(in: 1...min(max(mostBytes / payloadBytes, 2), 500))
  }

  var description: String {
    "round \(number): \(messageCount) × \(workload.payloadBytes) bytes, \(workload.pattern.rawValue), "
      + "\(workload.wait.rawValue), buffer \(workload.bufferBytes)"
  }
}

private struct FailedRound: Error, CustomStringConvertible {
  let round: FuzzRound
  let seed: UInt64
  let reason: String
  var description: String { "IPCBENCH_SEED=\(seed) fails in \(round): \(reason)" }
}

/// Plays one side of a round.
private func play<C: Channel & ~Copyable>(
  _ round: FuzzRound, as role: Role, over _: C.Type, _ end: consuming LinkEnd,
  meet: () throws -> Void
) throws {
  let session = try Session(role, round.workload)
  var channel = try C.adopt(end, for: session)
  // Pages are brought in by rewriting them, which must be over before the first message.
  try meet()
  var numbers = SeededNumbers(seed: role == .producer ? round.seed : ~round.seed)
  for sequence in 0..<UInt64(round.messageCount) {
    for turn in [Role.producer, .consumer] {
      // In a stream the consumer never answers.
      if turn == .consumer && round.workload.pattern == .stream { continue }
      if numbers.number(in: 0...7) == 0 {
        for _ in 0..<numbers.number(in: 1...30) { sched_yield() }
      }
      if turn == role {
        FullTouch.write(sequence, to: session.outgoing)
        try channel.send(session.outgoing.bytes)
      } else {
        var message = session.incoming.mutableBytes
        try channel.receive(into: &message)
        try expect(sequence, in: UnsafeRawBufferPointer(session.incoming))
      }
    }
  }
}

extension TwoSides {
  /// Random rounds over one memory object that each side has mapped for itself, as two processes have
  /// it. ThreadSanitizer sees no race in here, because it goes by addresses: that is for
  /// `RingThreadsTests`.
  @Suite struct RingFuzzTests {
    @Test(arguments: ["shm-ring", "shm-plain"], [seedOfThisRun])
    func twoMappingsOfOneObjectCarryEveryMessage(mechanism: String, seed: UInt64) async throws {
      var numbers = SeededNumbers(seed: seed)
      for number in 0..<200 {
        let round = FuzzRound(number, numbers: &numbers)
        do {
          switch (mechanism, round.workload.wait) {
          case ("shm-ring", .spin):
            try await run(round, of: .sharedMemoryRing, over: SharedMemoryRing<Spinning>.self)
          case ("shm-ring", _):
            try await run(round, of: .sharedMemoryRing, over: SharedMemoryRing<Blocking>.self)
          case (_, .spin):
            try await run(round, of: .sharedMemoryPlain, over: PlainRingChannel<Spinning>.self)
          default:
            try await run(round, of: .sharedMemoryPlain, over: PlainRingChannel<Blocking>.self)
          }
        } catch {
          throw FailedRound(round: round, seed: seed, reason: "\(error)")
        }
      }
    }

    private func run<C: Channel & ~Copyable>(
      _ round: FuzzRound, of mechanism: Mechanism, over _: C.Type
    ) async throws {
      let link = HeldLink(try mechanism.makeLink(round.workload))
      let producerIsReady = Flag()
      let consumerIsReady = Flag()
      _ = try await concurrently(
        {
          try play(round, as: .producer, over: C.self, try link.end(of: .producer)) {
            producerIsReady.raise()
            try consumerIsReady.wait()
          }
        },
        {
          try play(round, as: .consumer, over: C.self, try link.end(of: .consumer)) {
            consumerIsReady.raise()
            try producerIsReady.wait()
          }
        })
    }
  }
}
