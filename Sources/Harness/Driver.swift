import CLinux
import Glibc
import Mechanisms
import Trials

/// Runs trials: makes the link, starts two workers, leads them through the phases, and turns whatever
/// happens into an outcome.
public struct Driver {
  private let executable: String
  private let mechanisms: [String: Mechanism]
  private let interrupts: Interrupts?
  private let claims = CoreClaims()

  /// What the links' buffers hold, as far as that has been worked out.
  public private(set) var buffers = BufferFits()

  /// Called whenever a worker is seen to enter a stage, with its process number.
  public var onStage: ((Role, Stage, pid_t) -> Void)?

  /// - Parameters:
  ///   - executable: the program to start workers from; it must call `Worker.main` when its first
  ///     argument is `Worker.commandName`.
  ///   - interrupts: what tells that the user wants to stop; nil for never.
  public init(
    executable: String, mechanisms: [Mechanism], interrupts: Interrupts? = nil
  ) {
    self.executable = executable
    self.mechanisms = Dictionary(
      mechanisms.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.interrupts = interrupts
  }

  /// Works out the buffers of these configurations' links, on links that no trial uses. A trial whose
  /// buffer nobody has worked out gives the kernel the nominal size, and its capacity is not known.
  ///
  /// - Parameters:
  ///   - setting: A number for the kernel that is chosen already; nil to look for it.
  /// - Returns: What went wrong, once for each mechanism. The trials themselves will say it as well.
  /// - Throws: `Interruption` when the user wants to stop.
  @discardableResult
  public mutating func fitBuffers(
    of configurations: [Configuration], setting: Int? = nil
  ) throws(Interruption) -> [String: CallError] {
    var errors: [String: CallError] = [:]
    for configuration in BufferFits.distinct(configurations) {
      try interrupts?.check()
      do throws(CallError) {
        let mechanism = mechanisms[configuration.mechanism]
        let fit = try mechanism?.fitBuffer(for: configuration.workload, setting: setting)
        if let fit { buffers.add(fit) }
      } catch {
        errors[configuration.mechanism] = errors[configuration.mechanism] ?? error
      }
    }
    return errors
  }

  /// Runs one trial. Everything that goes wrong with it is in the outcome; when this returns or throws,
  /// its processes are gone.
  ///
  /// - Throws: `Interruption` when the user wants to stop; the trial is abandoned.
  public func run(_ trial: Trial) throws(Interruption) -> TrialOutcome {
    var outcome = TrialOutcome(
      trial: trial, startedUnixNanoseconds: unixNanoseconds(), status: .ok)
    outcome.capacityBytes = buffers[trial.configuration]?.capacityBytes
    let cores = [trial.configuration.cores.producer, trial.configuration.cores.consumer]
    let steal = StealClock(cpus: cores)
    var neighbours = claims.claim(cores)
    do {
      let phases = Phase.phases(within: trial.limits, at: trial.configuration.workload.pace)
      let memory = try TrialMemory.create(schedules: trial.schedules(of: phases))
      let reports = try converse(trial, phases, memory)
      outcome.take(reports, memory: try TrialMemory(memory))
    } catch {
      switch error as? TrialError {
      case .interrupted(let signal): throw Interruption(signal: signal)
      case .died(let text): outcome.fail(.died, text)
      case .timedOut(let text): outcome.fail(.timedOut, text)
      case nil: outcome.fail(.failed, "\(error)")
      }
    }
    outcome.stealNanoseconds = steal.elapsedNanoseconds()
    // One may have begun meanwhile, or ended.
    neighbours += claims.claim(cores)
    if !neighbours.isEmpty { outcome.taintReasons.append(TaintReason.anotherRun.rawValue) }
    outcome.markTaint()
    return outcome
  }

  /// The processes of other ipcbenches that measure on one of these CPUs, which this one claims herewith
  /// as long as it lives; their numbers, ascending. Empty where the kernel does not tell.
  public func othersMeasuring(on cpus: [Int]) -> [Int] { claims.claim(cpus) }

  /// The talk with both workers, from the first message to the last. When it is over, or has failed,
  /// the end of `talk`'s life is theirs.
  private func converse(
    _ trial: Trial, _ phases: [Phase], _ memory: borrowing OwnedDescriptor
  ) throws -> PhaseReports {
    let deadline = Clock.now() &+ trial.limits.timeoutNanoseconds
    var talk = try startWorkers(trial, memory)
    var reports = PhaseReports()
    try talk.awaitBoth(until: deadline)
    reports.probeBefore = try probe(&talk, until: deadline)
    for phase in phases {
      if phase.kind == .timed && trial.configuration.workload.pace != nil {
        reports.clocks = try compareClocks(&talk, until: deadline)
      }
      let opened = Clock.now()
      talk.begin(phase)
      try talk.awaitBoth(until: deadline) { message, role in
        if case .phaseEnded(let report, let usage) = message {
          reports.add(report, usage, from: role, in: phase, within: opened...Clock.now())
        }
      }
    }
    reports.probeAfter = try probe(&talk, until: deadline)
    return reports
  }

  private func probe(_ talk: inout WorkerTalk, until deadline: UInt64) throws -> Double? {
    var found: Double?
    talk.probe()
    try talk.awaitBoth(until: deadline) { message, _ in
      if case .probed(let nanoseconds?) = message { found = nanoseconds }
    }
    return found
  }

  private func compareClocks(
    _ talk: inout WorkerTalk, until deadline: UInt64
  ) throws -> ClockBounds? {
    var found: ClockBounds?
    talk.compareClocks()
    try talk.awaitBoth(until: deadline) { message, _ in
      if case .comparedClocks(let bounds?) = message { found = bounds }
    }
    return found
  }

  /// Makes the link and starts both workers. The driver keeps no end of the link, so that each worker
  /// sees the other's death as the end of the stream.
  private func startWorkers(
    _ trial: Trial, _ memory: borrowing OwnedDescriptor
  ) throws(CallError) -> WorkerTalk {
    let configuration = trial.configuration
    guard let mechanism = mechanisms[configuration.mechanism] else {
      throw CallError(
        configuration.mechanism, code: 0, text: "no such mechanism", while: "making a link")
    }
    let link = try mechanism.makeLink(configuration.workload, buffers[configuration])
    let producerNumbers = link.producer.numbers
    let consumerNumbers = link.consumer.numbers
    let producer = try WorkerProcess.start(
      executable, inheriting: producerNumbers + [memory.number])
    let consumer = try WorkerProcess.start(
      executable, inheriting: consumerNumbers + [memory.number])
    var talk = WorkerTalk(
      producer: producer, consumer: consumer, interrupts: interrupts?.descriptor.number,
      onStage: onStage)
    talk.assign(configuration, .producer, link: producerNumbers, memory: memory.number)
    talk.assign(configuration, .consumer, link: consumerNumbers, memory: memory.number)
    return talk
  }
}

extension Trial {
  /// When the messages of each phase are due; none in a trial without a pace. Warm-up and timed part
  /// draw their gaps apart from each other, so that the length of one does not change the other.
  fileprivate func schedules(of phases: [Phase]) -> [[UInt64]] {
    guard let pace = configuration.workload.pace else { return [] }
    var generator = SeededGenerator(seed: seed)
    return phases.map { phase in
      let seed = generator.next()
      guard phase.kind != .verify, case .messages(let count) = phase.length else { return [] }
      return pace.dueTimes(Int(count), seed: seed)
    }
  }
}

private func unixNanoseconds() -> UInt64 {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}
