import Synchronization
import Trials

/// Closed loop, one message in flight: the producer sends, the consumer sends the same bytes back.
enum PingPong {
  /// Sends requests and checks replies until the phase is over, and counts how long each took.
  static func produce<C: Carrier & ~Copyable, Touch: Touching>(
    _ phase: Phase, over carrier: inout C, _: Touch.Type, state: inout ProducerState,
    in session: borrowing Session
  ) throws(CallError) -> PhaseReport {
    let first = state.sequence
    var plan = PhasePlan(phase, from: first, in: session)
    let batch = UInt64(session.workload.roundTripsPerSample ?? 1)
    precondition(batch.nonzeroBitCount == 1, "a batch is a power of two")
    let batchShift = UInt64(batch.trailingZeroBitCount)
    let half = batch / 2

    var counts = session.memory.latencyCounts.mutableSpan
    let recording = phase.kind == .timed
    var fastest = UInt64.max
    var slowest: UInt64 = 0
    var slowestEnd = first
    var sequence = first
    var inspector = Inspector(next: first)

    let startMark = state.clock.mark()
    state.clock.settle(at: startMark)
    let clock = state.clock
    let start = Clock.now()
    let startTicks = clock.ticks()
    plan.start(at: startTicks, lasting: clock.ticks)
    var previous = startTicks
    while true {
      let left = plan.messagesLeft(sequence)
      let roundTrips = min(batch, left)
      for _ in 0..<roundTrips {
        try carrier.exchange(sequence, &inspector, Touch.self)
        sequence &+= 1
      }
      let now = clock.ticks()
      if recording && roundTrips == batch {
        let sample = (clock.nanoseconds(now &- previous) &+ half) >> batchShift
        LatencyHistogram.record(sample, in: &counts)
        fastest = min(fastest, sample)
        if sample > slowest {
          slowest = sample
          slowestEnd = sequence
        }
      }
      previous = now
      if roundTrips == left { break }
      plan.endIfDue(at: now, after: sequence &+ batch)
    }
    let end = Clock.now()

    state.finish(sentUpTo: sequence)
    var report = PhaseReport(
      messages: sequence &- first, corrupt: inspector.corrupt, lost: inspector.lost,
      startNanoseconds: start, endNanoseconds: end)
    guard recording else { return report }
    report.clockDisagreement = clock.disagreement(from: startMark, to: clock.mark())
    report.roundTripsPerSample = Int(batch)
    if fastest != .max {
      report.fastestNanoseconds = fastest
      report.slowestNanoseconds = slowest
      // Where all are 0, the first is as slow as any.
      report.slowestSample = max((slowestEnd &- first) / batch, 1) - 1
    }
    return report
  }

  /// Checks requests and sends them back until the phase is over.
  static func consume<C: Carrier & ~Copyable, Touch: Touching>(
    _ phase: Phase, over carrier: inout C, _: Touch.Type, next: inout UInt64,
    in session: borrowing Session
  ) throws(CallError) -> PhaseReport {
    let end = session.memory.end(of: phase.index)
    var inspector = Inspector(next: next)
    let start = Clock.now()
    // Pairs with the release in PhasePlan: the end was stored before the last message was sent.
    while inspector.next < end.pointee.load(ordering: .acquiring) {
      try carrier.answer(&inspector, Touch.self)
    }
    next = inspector.next
    return inspector.report(from: start, to: Clock.now())
  }
}
