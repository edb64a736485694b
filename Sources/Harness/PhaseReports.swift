import Mechanisms
import Trials

/// What both workers have reported over all phases of a trial.
struct PhaseReports {
  private var corrupt: UInt64 = 0
  private var lost: UInt64 = 0
  var probeBefore: Double?
  var probeAfter: Double?
  private var timed: [Role: (report: PhaseReport, usage: SideUsage)] = [:]

  /// Damage counts in whichever phase it shows; everything else is of the timed one.
  mutating func add(_ report: PhaseReport, _ usage: SideUsage, from role: Role, in phase: Phase) {
    corrupt += report.corrupt
    lost += report.lost
    if phase.kind == .timed { timed[role] = (report, usage) }
  }

  /// Fills in the outcome of a trial that ran to its end.
  fileprivate func fill(_ outcome: inout TrialOutcome, latency memory: borrowing TrialMemory) {
    guard let (producer, producerUsage) = timed[.producer],
      let (consumer, consumerUsage) = timed[.consumer]
    else { return outcome.fail(.failed, "a worker did not report its timed phase") }
    outcome.probeBeforeNanoseconds = probeBefore
    outcome.probeAfterNanoseconds = probeAfter
    outcome.producer = producerUsage
    outcome.consumer = consumerUsage
    outcome.messagesSent = producer.messages
    outcome.messagesReceived = consumer.messages
    outcome.messagesCorrupt = corrupt
    outcome.messagesLost = lost
    let end =
      switch outcome.trial.configuration.workload.pattern {
      case .pingPong: producer.endNanoseconds
      case .stream: consumer.endNanoseconds
      }
    outcome.elapsedNanoseconds = end &- producer.startNanoseconds
    if let fastest = producer.fastestNanoseconds, let slowest = producer.slowestNanoseconds,
      let roundTrips = producer.roundTripsPerSample
    {
      outcome.latency = LatencyRecord(
        counts: memory.sparseLatencyCounts, minimumNanoseconds: fastest,
        maximumNanoseconds: slowest, roundTripsPerSample: roundTrips)
    }
    if corrupt > 0 || lost > 0 || producer.messages != consumer.messages {
      outcome.status = .invalid
      outcome.error =
        "delivery is not proven: \(producer.messages) messages sent, \(consumer.messages) received, "
        + "\(corrupt) corrupt, \(lost) lost"
    }
  }
}

extension TrialOutcome {
  mutating func take(_ reports: PhaseReports, latency memory: borrowing TrialMemory) {
    reports.fill(&self, latency: memory)
  }

  mutating func fail(_ status: TrialStatus, _ error: String) {
    self.status = status
    self.error = error
  }

  /// Notes what disturbed the trial. The numbers stay; whoever reads them decides.
  mutating func markTaint() {
    if let stealNanoseconds, stealNanoseconds > 0 { taintReasons.append("steal") }
    let cores = trial.configuration.cores
    let sides = [(producer, cores.producer), (consumer, cores.consumer)]
    if sides.contains(where: { ($0.0?.migrations ?? 0) > 0 }) { taintReasons.append("migration") }
    if sides.contains(where: { ($0.0?.majorFaults ?? 0) > 0 }) {
      taintReasons.append("major-fault")
    }
    if sides.contains(where: { side, core in side.map { $0.core != core } ?? false }) {
      taintReasons.append("wrong-core")
    }
    if let probeBeforeNanoseconds, let probeAfterNanoseconds,
      ProbeTolerance.isExceeded(by: probeBeforeNanoseconds, probeAfterNanoseconds)
    {
      taintReasons.append("probe-changed")
    }
  }
}

extension TrialMemory {
  /// The counts that are not zero, by the highest value each stands for.
  var sparseLatencyCounts: [LatencyCount] {
    latencyCounts.enumerated().compactMap { index, samples in
      samples == 0
        ? nil
        : LatencyCount(
          nanoseconds: LatencyHistogram.highestEquivalent(at: index), samples: samples)
    }
  }
}
