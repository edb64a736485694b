import CLinux
import Synchronization
import Trials

/// How far the consumer's clock may be ahead of the producer's, as exchanged readings bound it.
///
/// The consumer reads its clock between two readings of the producer's. Whatever the way there and back
/// took, the difference of the clocks lies between the two distances; over many exchanges, between the
/// narrowest of them. F. Cristian, "Probabilistic clock synchronization", Distributed Computing 3 (1989).
public struct ClockBounds: Codable, Hashable, Sendable {
  /// Consumer's minus producer's clock, at least and at most.
  public private(set) var lowestNanoseconds = Int64.min
  public private(set) var highestNanoseconds = Int64.max

  public init() {}

  /// Takes one exchange into account: the producer asked, the consumer read its clock, and the producer
  /// had that reading.
  mutating func narrow(asked: UInt64, read: UInt64, answered: UInt64) {
    lowestNanoseconds = max(lowestNanoseconds, Int64(bitPattern: read &- answered))
    highestNanoseconds = min(highestNanoseconds, Int64(bitPattern: read &- asked))
  }

  /// How far the clocks can differ at most.
  public var agreementNanoseconds: UInt64 {
    max(lowestNanoseconds.magnitude, highestNanoseconds.magnitude)
  }

  /// How far the clocks differ at least; nil if they may as well be equal.
  public var disagreementNanoseconds: UInt64? {
    if lowestNanoseconds > 0 { return lowestNanoseconds.magnitude }
    if highestNanoseconds < 0 { return highestNanoseconds.magnitude }
    return nil
  }
}

/// Whether the two cores' clocks agree, found out just before one-way times are taken with them.
package struct ClockComparison: Sendable {
  private nonisolated(unsafe) let exchange: ClockExchange
  private let role: Role
  private let isOneCore: Bool
  /// Some hundred microseconds between two cores; the fastest exchanges are the ones that count.
  private static let exchanges: UInt64 = 2000

  package init(_ memory: borrowing TrialMemory, _ role: Role, on cores: CorePair) {
    exchange = memory.clockExchange
    self.role = role
    isOneCore = cores.areOne
  }

  /// Runs this worker's side, on both at the same time, once in a trial.
  ///
  /// - Returns: nil in the consumer. On one core there is one clock, and nothing to find out.
  package func run() -> ClockBounds? {
    var bounds = ClockBounds()
    guard !isOneCore else {
      bounds.narrow(asked: 0, read: 0, answered: 0)
      return role == .producer ? bounds : nil
    }
    guard role == .producer else {
      for number in 1...Self.exchanges { exchange.answer(number) }
      return nil
    }
    for number in 1...Self.exchanges {
      let asked = Clock.now()
      let read = exchange.ask(number)
      bounds.narrow(asked: asked, read: read, answered: Clock.now())
    }
    return bounds
  }
}

/// Where the two workers exchange readings of their clocks.
package struct ClockExchange {
  let question: UnsafeMutablePointer<Atomic<UInt64>>
  let answer: UnsafeMutablePointer<Atomic<UInt64>>
  let reading: UnsafeMutablePointer<UInt64>
  /// What the consumer's clock is made to be ahead, as a fault.
  let consumerClockError: UnsafeMutablePointer<UInt64>

  /// Asks for a reading and waits for it.
  func ask(_ number: UInt64) -> UInt64 {
    // Pairs with the acquire in answer(_:).
    question.pointee.store(number, ordering: .releasing)
    // Pairs with the release in answer(_:).
    while answer.pointee.load(ordering: .acquiring) != number { linux_cpu_relax() }
    return reading.pointee
  }

  /// Waits for a question and answers it.
  func answer(_ number: UInt64) {
    // Pairs with the release in ask.
    while question.pointee.load(ordering: .acquiring) != number { linux_cpu_relax() }
    reading.pointee = Clock.now() &+ consumerClockError.pointee
    // Pairs with the acquire in ask.
    answer.pointee.store(number, ordering: .releasing)
  }
}
