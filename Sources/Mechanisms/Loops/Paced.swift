import CLinux
import Synchronization
import Trials

/// Open loop: each message goes out when the schedule says so, or as soon after that as it can.
///
/// Both sides only note the time; what became of each message is worked out when the trial is over.
enum Paced {
  /// The schedule begins this much after the phase, so that the consumer is waiting for its first
  /// message and the producer is not late for it.
  private static let headStartNanoseconds: UInt64 = 1_000_000

  /// Sends the messages of the phase's schedule; the report's start is when the schedule began.
  static func produce<C: Carrier & ~Copyable, Touch: Touching>(
    _ phase: Phase, over carrier: inout C, _: Touch.Type, state: inout ProducerState,
    in session: borrowing Session
  ) throws(CallError) -> PhaseReport {
    let first = state.sequence
    let plan = PhasePlan(phase, from: first, in: session)
    let stamps = session.memory.stamps(of: phase.index)
    precondition(plan.messagesLeft(first) == UInt64(stamps.count), "a message has no due time")
    var sequence = first

    let start = Clock.now() &+ Self.headStartNanoseconds
    for number in 0..<stamps.count {
      let due = start &+ stamps.due[number]
      var now = Clock.now()
      while now < due {
        linux_cpu_relax()
        now = Clock.now()
      }
      stamps.sent[number] = now
      try carrier.send(sequence, Touch.self)
      sequence &+= 1
    }
    try carrier.flush()
    let now = Clock.now()

    state.finish(sentUpTo: sequence)
    return PhaseReport(
      messages: sequence &- first, corrupt: 0, lost: 0, startNanoseconds: start,
      endNanoseconds: now)
  }

  /// Receives and checks until the phase is over, and notes when each message had been checked.
  static func consume<C: Carrier & ~Copyable, Touch: Touching>(
    _ phase: Phase, over carrier: inout C, _: Touch.Type, next: inout UInt64,
    in session: borrowing Session
  ) throws(CallError) -> PhaseReport {
    let end = session.memory.end(of: phase.index)
    let stamps = session.memory.stamps(of: phase.index)
    let clockError = session.memory.consumerClockError
    let first = next
    var inspector = Inspector(next: first)
    let start = Clock.now()
    // Pairs with the release in PhasePlan: the end was stored before the first message was sent.
    while inspector.next < end.pointee.load(ordering: .acquiring) {
      try carrier.receive(&inspector, Touch.self)
      let number = inspector.next &- first &- 1
      // A message too many or out of order has no place of its own; it makes the trial invalid.
      if number < UInt64(stamps.count) {
        stamps.arrived[Int(truncatingIfNeeded: number)] = Clock.now() &+ clockError
      }
    }
    next = inspector.next
    return inspector.report(from: start, to: Clock.now())
  }
}

/// The times of a paced phase's messages, in the order of their numbers. They lie in the trial's shared
/// memory and are valid as long as that is mapped.
package struct PacedStamps {
  package let count: Int
  /// Nanoseconds from the schedule's beginning; written by the driver.
  package let due: UnsafeMutablePointer<UInt64>
  /// CLOCK_MONOTONIC just before each send, as the producer read it.
  package let sent: UnsafeMutablePointer<UInt64>
  /// CLOCK_MONOTONIC just after each message was checked, as the consumer read it; 0 until then.
  package let arrived: UnsafeMutablePointer<UInt64>
}
