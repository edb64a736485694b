import Testing
import Trials

@testable import Mechanisms

@Suite struct ClockBoundsTests {
  @Test func theNarrowestExchangeCounts() {
    var bounds = ClockBounds()
    bounds.narrow(asked: 1000, read: 1400, answered: 2000)
    #expect(bounds.lowestNanoseconds == -600 && bounds.highestNanoseconds == 400)
    bounds.narrow(asked: 3000, read: 3050, answered: 3090)
    bounds.narrow(asked: 5000, read: 5900, answered: 6000)
    #expect(bounds.lowestNanoseconds == -40 && bounds.highestNanoseconds == 50)
    #expect(bounds.agreementNanoseconds == 50)
    #expect(bounds.disagreementNanoseconds == nil)
  }

  @Test func aClockThatIsAheadOrBehindByMoreThanTheWayIsFoundOut() {
    var ahead = ClockBounds()
    ahead.narrow(asked: 1000, read: 2500, answered: 2000)
    #expect(ahead.disagreementNanoseconds == 500)
    #expect(ahead.agreementNanoseconds == 1500)
    var behind = ClockBounds()
    behind.narrow(asked: 1000, read: 700, answered: 2000)
    #expect(behind.disagreementNanoseconds == 300)
  }

  /// A clock that runs at another speed leaves no offset that fits all exchanges.
  @Test func exchangesThatContradictEachOtherAreNoAgreement() {
    var bounds = ClockBounds()
    bounds.narrow(asked: 1000, read: 990, answered: 1020)
    bounds.narrow(asked: 2000, read: 2030, answered: 2020)
    #expect(bounds.disagreementNanoseconds != nil)
  }
}

extension TwoSides {
  @Suite struct ClockComparisonTests {
    private let cores = CorePair(placement: .sameL3, producer: 0, consumer: 1)

    private func compare(consumerAheadBy error: UInt64) async throws -> ClockBounds? {
      let memory = try TrialMemory(try TrialMemory.create())
      memory.consumerClockError = error
      let producer = ClockComparison(memory, .producer, on: cores)
      let consumer = ClockComparison(memory, .consumer, on: cores)
      let (bounds, none) = try await concurrently({ producer.run() }, { consumer.run() })
      #expect(none == nil)
      withExtendedLifetime(memory) {}
      return bounds
    }

    @Test func oneClockAgreesWithItself() async throws {
      let bounds = try #require(try await compare(consumerAheadBy: 0))
      #expect(bounds.disagreementNanoseconds == nil)
      #expect(bounds.lowestNanoseconds <= 0 && bounds.highestNanoseconds >= 0)
    }

    @Test func aWrongClockIsFoundOut() async throws {
      let error: UInt64 = 3_600_000_000_000
      let bounds = try #require(try await compare(consumerAheadBy: error))
      let disagreement = try #require(bounds.disagreementNanoseconds)
      #expect(disagreement > error / 2 && disagreement <= error)
    }

    @Test func onOneCoreThereIsNothingToCompare() throws {
      let memory = try TrialMemory(try TrialMemory.create())
      let one = CorePair(placement: .sameCore, producer: 0, consumer: 0)
      #expect(ClockComparison(memory, .producer, on: one).run()?.agreementNanoseconds == 0)
      #expect(ClockComparison(memory, .consumer, on: one).run() == nil)
    }
  }
}

@Suite struct TrialMemoryTests {
  @Test func everyPhaseHasItsOwnSchedule() throws {
    let object = try TrialMemory.create(schedules: [[], [0, 5], [0, 7, 9]])
    let driver = try TrialMemory(object)
    let worker = try TrialMemory(object)
    for role in Role.allCases { worker.prefault(for: role) }
    #expect([0, 1, 2, 3].map { worker.stamps(of: $0).count } == [0, 2, 3, 0])
    #expect((0..<3).map { worker.stamps(of: 2).due[$0] } == [0, 7, 9])
    for (phase, base) in [(1, 100), (2, 200)] as [(Int, UInt64)] {
      let stamps = worker.stamps(of: phase)
      for number in 0..<stamps.count {
        stamps.sent[number] = base + UInt64(number)
        stamps.arrived[number] = 10 * base + UInt64(number)
      }
    }
    #expect((0..<2).map { driver.stamps(of: 1).sent[$0] } == [100, 101])
    #expect((0..<2).map { driver.stamps(of: 1).arrived[$0] } == [1000, 1001])
    #expect((0..<3).map { driver.stamps(of: 2).sent[$0] } == [200, 201, 202])
    #expect((0..<3).map { driver.stamps(of: 2).arrived[$0] } == [2000, 2001, 2002])
    #expect((0..<2).map { driver.stamps(of: 1).due[$0] } == [0, 5])
  }

  @Test func aTrialWithoutAScheduleHasNone() throws {
    let memory = try TrialMemory(try TrialMemory.create())
    for role in Role.allCases { memory.prefault(for: role) }
    #expect((0..<TrialMemory.phaseLimit).allSatisfy { memory.stamps(of: $0).count == 0 })
    #expect(memory.consumerClockError == 0)
  }
}
