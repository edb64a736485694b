import Synchronization
import Trials

/// The producer's view of where a phase ends, which it must tell the consumer before it sends the last
/// message: by then the consumer may already be asleep, waiting for one that never comes.
struct PhasePlan {
  private let shared: UnsafeMutablePointer<Atomic<UInt64>>
  private let nanoseconds: UInt64
  private var deadline = UInt64.max
  private var end = UInt64.max

  init(_ phase: Phase, from first: UInt64, in session: borrowing Session) {
    shared = session.memory.end(of: phase.index)
    switch phase.length {
    case .messages(let count):
      nanoseconds = .max
      publish(end: first &+ max(count, 1))
    case .nanoseconds(let nanoseconds):
      self.nanoseconds = nanoseconds
    }
  }

  @inline(__always)
  mutating func start(at now: UInt64) {
    deadline = nanoseconds == .max ? .max : now &+ nanoseconds
  }

  /// The same in ticks of another clock, which is then the one of `endIfDue`.
  ///
  /// - Parameter ticks: how many of them so many nanoseconds are.
  mutating func start(at now: UInt64, lasting ticks: (UInt64) -> UInt64) {
    deadline = nanoseconds == .max ? .max : now &+ ticks(nanoseconds)
  }

  /// How many messages the phase still has, counted from this sequence number.
  @inline(__always)
  func messagesLeft(_ sequence: UInt64) -> UInt64 { end &- sequence }

  /// Once the phase's time is over, decides that it ends when `last` has been reached.
  @inline(__always)
  mutating func endIfDue(at now: UInt64, after last: UInt64) {
    if now >= deadline && end == .max { publish(end: last) }
  }

  private mutating func publish(end: UInt64) {
    self.end = end
    // Pairs with the acquire in the consumers' loops.
    shared.pointee.store(end, ordering: .releasing)
  }
}

/// What a producer carries from one phase to the next.
struct ProducerState {
  /// Runs on through all phases, so that a leftover of one cannot pass for a message of the next.
  private(set) var sequence: UInt64 = 0
  /// Made before the first phase, so that by the timed one it is known how long its ticks are.
  var clock = SampleClock()

  mutating func finish(sentUpTo sequence: UInt64) {
    self.sequence = sequence
  }
}

extension Inspector {
  /// The consumer's account of a phase.
  package func report(from start: UInt64, to end: UInt64) -> PhaseReport {
    PhaseReport(
      messages: received, corrupt: corrupt, lost: lost, startNanoseconds: start,
      endNanoseconds: end)
  }
}
