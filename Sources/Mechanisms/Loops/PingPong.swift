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
    let roundTripsPerSample = state.roundTripsPerSample(atMost: plan.messagesLeft(first))
    let sampleShift = UInt64(roundTripsPerSample.trailingZeroBitCount)
    let half = UInt64(roundTripsPerSample) / 2

    var counts = session.memory.latencyCounts.mutableSpan
    let recording = phase.kind == .timed
    var fastest = UInt64.max
    var slowest: UInt64 = 0
    var sequence = first
    var inspector = Inspector(next: first)

    let start = Clock.now()
    plan.start(at: start)
    var previous = start
    while true {
      let left = plan.messagesLeft(sequence)
      let batch = min(UInt64(roundTripsPerSample), left)
      for _ in 0..<batch {
        try carrier.exchange(sequence, &inspector, Touch.self)
        sequence &+= 1
      }
      let now = Clock.now()
      if recording && batch == UInt64(roundTripsPerSample) {
        let sample = (now &- previous &+ half) >> sampleShift
        LatencyHistogram.record(sample, in: &counts)
        fastest = min(fastest, sample)
        slowest = max(slowest, sample)
      }
      previous = now
      if batch == left { break }
      plan.endIfDue(at: now, after: sequence &+ UInt64(roundTripsPerSample))
    }

    state.finish(phase, sentUpTo: sequence, took: previous &- start)
    var report = PhaseReport(
      messages: sequence &- first, corrupt: inspector.corrupt, lost: inspector.lost,
      startNanoseconds: start, endNanoseconds: previous)
    if recording {
      report.roundTripsPerSample = roundTripsPerSample
      report.fastestNanoseconds = fastest == .max ? nil : fastest
      report.slowestNanoseconds = fastest == .max ? nil : slowest
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
