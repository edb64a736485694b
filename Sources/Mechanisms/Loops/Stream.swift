import Synchronization
import Trials

/// As fast as the producer can send, held back only by the mechanism's own buffer.
enum Stream {
  /// Sends until the phase is over. The clock is read between bursts that take tens of microseconds.
  static func produce<C: Carrier & ~Copyable, Touch: Touching>(
    _ phase: Phase, over carrier: inout C, _: Touch.Type, state: inout ProducerState,
    in session: borrowing Session
  ) throws(CallError) -> PhaseReport {
    let first = state.sequence
    var plan = PhasePlan(phase, from: first, in: session)
    var sequence = first
    var burst: UInt64 = 1

    let start = Clock.now()
    plan.start(at: start)
    var previous = start
    while true {
      let left = plan.messagesLeft(sequence)
      let count = min(burst, left)
      try carrier.send(sequence..<sequence &+ count, Touch.self)
      sequence &+= count
      if count == left { break }
      let now = Clock.now()
      burst = nextBurst(burst, took: now &- previous)
      previous = now
      plan.endIfDue(at: now, after: sequence &+ 1)
    }
    try carrier.flush()
    let now = Clock.now()

    state.finish(sentUpTo: sequence)
    return PhaseReport(
      messages: sequence &- first, corrupt: 0, lost: 0, startNanoseconds: start,
      endNanoseconds: now)
  }

  /// Receives and checks until the phase is over; the report's end is the last verified byte's.
  static func consume<C: Carrier & ~Copyable, Touch: Touching>(
    _ phase: Phase, over carrier: inout C, _: Touch.Type, next: inout UInt64,
    in session: borrowing Session
  ) throws(CallError) -> PhaseReport {
    let end = session.memory.end(of: phase.index)
    var inspector = Inspector(next: next)
    let start = Clock.now()
    try carrier.receive(upTo: end, &inspector, Touch.self)
    next = inspector.next
    return inspector.report(from: start, to: Clock.now())
  }

  /// Grows a burst until reading the clock vanishes beside it, and shrinks it again when the
  /// mechanism has become so slow that the phase would overrun.
  @inline(__always)
  private static func nextBurst(_ burst: UInt64, took nanoseconds: UInt64) -> UInt64 {
    if nanoseconds < 20_000 { return min(burst * 2, 1 << 16) }
    if nanoseconds > 200_000 { return max(burst / 2, 1) }
    return burst
  }
}
