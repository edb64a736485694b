import Mechanisms
import Trials

/// What both workers have reported over all phases of a trial.
struct PhaseReports {
  private var corrupt: UInt64 = 0
  private var lost: UInt64 = 0
  var probeBefore: Double?
  var probeAfter: Double?
  var clocks: ClockBounds?
  private var timedIndex = 0
  private var clockDisagreement: ClockDisagreement?
  private var timed: [Role: (report: PhaseReport, usage: SideUsage)] = [:]

  /// Damage counts in whichever phase it shows; everything else is of the timed one.
  ///
  /// - Parameter window: from the driver's opening of the phase to its hearing of the end.
  mutating func add(
    _ report: PhaseReport, _ usage: SideUsage, from role: Role, in phase: Phase,
    within window: ClosedRange<UInt64>
  ) {
    corrupt += report.corrupt
    lost += report.lost
    clockDisagreement = clockDisagreement ?? ClockDisagreement(report, of: role, within: window)
    guard phase.kind == .timed else { return }
    timed[role] = (report, usage)
    timedIndex = phase.index
  }

  /// Fills in the outcome of a trial that ran to its end.
  fileprivate func fill(_ outcome: inout TrialOutcome, memory: borrowing TrialMemory) {
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
    let own = [producer.elapsedNanoseconds, consumer.elapsedNanoseconds].compactMap(\.self).max()
    switch outcome.trial.configuration.workload.pattern {
    case .pingPong:
      outcome.elapsedNanoseconds = own ?? producer.endNanoseconds &- producer.startNanoseconds
      outcome.latency = roundTrips(of: producer, in: memory)
      outcome.slowestSample = producer.slowestSample
    case .stream:
      outcome.elapsedNanoseconds = own ?? consumer.endNanoseconds &- producer.startNanoseconds
    case .paced: outcome.scheduledMessages = UInt64(memory.stamps(of: timedIndex).count)
    }
    guard corrupt == 0 && lost == 0 && producer.messages == consumer.messages else {
      return outcome.fail(
        .invalid,
        "delivery is not proven: \(producer.messages) messages sent, \(consumer.messages) received, "
          + "\(corrupt) corrupt, \(lost) lost")
    }
    if let clockDisagreement {
      return outcome.fail(.invalid, clockDisagreement.description)
    }
    if let share = producer.clockDisagreement {
      return outcome.fail(
        .invalid,
        "by the time-stamp counter the timed part took \(tenths(share * 100)) % longer or shorter than "
          + "by CLOCK_MONOTONIC, so that its round trips cannot be trusted; repeat it, and see what "
          + "'ipcbench doctor' says of the clock")
    }
    if let pace = outcome.trial.configuration.workload.pace {
      fillPaced(
        &outcome, memory.stamps(of: timedIndex), start: producer.startNanoseconds, pace: pace)
    }
  }

  private func roundTrips(
    of producer: PhaseReport, in memory: borrowing TrialMemory
  ) -> LatencyRecord? {
    guard let fastest = producer.fastestNanoseconds, let slowest = producer.slowestNanoseconds,
      let roundTrips = producer.roundTripsPerSample
    else { return nil }
    return LatencyRecord(
      counts: memory.latencyCounts.sparseLatencyCounts, minimumNanoseconds: fastest,
      maximumNanoseconds: slowest, roundTripsPerSample: roundTrips)
  }

  /// One-way times of messages that have all arrived, if the clocks they were taken with agree.
  private func fillPaced(
    _ outcome: inout TrialOutcome, _ stamps: PacedStamps, start: UInt64, pace: Pace
  ) {
    guard let clocks else {
      return outcome.fail(.failed, "the workers did not compare their clocks")
    }
    outcome.clockAgreementNanoseconds = clocks.agreementNanoseconds
    if let disagreement = clocks.disagreementNanoseconds {
      let cores = outcome.trial.configuration.cores
      return outcome.fail(
        .invalid,
        "the clocks of CPU \(cores.producer) and \(cores.consumer) disagree by at least "
          + "\(disagreement) ns; one-way times cannot be given, measure round trips "
          + "with --pattern ping-pong")
    }
    let result = PacedResult(stamps, start: start, pace: pace)
    outcome.elapsedNanoseconds = result.elapsedNanoseconds
    outcome.latency = result.response.record
    outcome.service = result.service.record
    if let shortfall = result.shortfall { outcome.fail(.invalid, shortfall) }
  }
}

extension TrialOutcome {
  mutating func take(_ reports: PhaseReports, memory: borrowing TrialMemory) {
    reports.fill(&self, memory: memory)
  }

  mutating func fail(_ status: TrialStatus, _ error: String) {
    self.status = status
    self.error = error
  }
}

extension Collection<UInt64> {
  /// Of counts in `LatencyHistogram`'s order, those that are not zero, by the highest value that each
  /// stands for.
  var sparseLatencyCounts: [LatencyCount] {
    enumerated().compactMap { index, samples in
      samples == 0
        ? nil
        : LatencyCount(
          nanoseconds: LatencyHistogram.highestEquivalent(at: index), samples: samples)
    }
  }
}
