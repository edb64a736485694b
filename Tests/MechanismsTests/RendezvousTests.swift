import Glibc
import Testing
import Trials

@testable import Mechanisms

extension TwoSides {
  @Suite struct RendezvousTests {
    /// Both sides of three phases, one of which comes late to each; when each came and went.
    private func meet(
      on cores: CorePair, lateBy microseconds: UInt32
    ) async throws -> [(came: [UInt64], went: [UInt64])] {
      let memory = try TrialMemory(try TrialMemory.create())
      let producer = Rendezvous(memory, .producer, on: cores)
      let consumer = Rendezvous(memory, .consumer, on: cores)
      @Sendable func times(_ side: Rendezvous, isLate: @escaping @Sendable (Int) -> Bool) -> [(
        UInt64, UInt64
      )] {
        (0..<3).map { phase in
          if isLate(phase) { usleep(microseconds) }
          let came = Clock.now()
          side.meet(forPhase: phase)
          return (came, Clock.now())
        }
      }
      let (first, second) = try await concurrently(
        { times(producer) { $0 != 1 } }, { times(consumer) { $0 == 1 } })
      withExtendedLifetime(memory) {}
      return zip(first, second).map { (came: [$0.0, $1.0], went: [$0.1, $1.1]) }
    }

    @Test(arguments: [
      CorePair(placement: .sameL3, producer: 0, consumer: 1),
      CorePair(placement: .sameCore, producer: 0, consumer: 0),
    ])
    func nobodyBeginsBeforeBothAreReady(cores: CorePair) async throws {
      for meeting in try await meet(on: cores, lateBy: 20_000) {
        let last = try #require(meeting.came.max())
        #expect(meeting.went.allSatisfy { $0 >= last })
      }
    }
  }
}
