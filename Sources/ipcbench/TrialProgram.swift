import Glibc
import Harness
import Paths
import Results
import Trials

/// One side of an interleaved run: an ipcbench that measures one trial a call.
///
/// It is talked to by what the contract promises of command line, exit code and run folder, and by
/// nothing else, so that two builds can be compared whose workers would not understand each other.
/// This build's own side is called in the same way: what a call costs, both sides pay.
struct TrialProgram {
  /// What the calls of a run have in common.
  struct Calls {
    /// For the run folders of single trials, and for the suite file.
    let scratch: String
    let idlePolicy: IdlePolicy
    let allowsDebugBuild: Bool
    let interrupts: Interrupts

    var suiteFile: String { "\(scratch)/trial.yaml" }
  }

  let side: RunSide
  /// How the user knows it.
  let name: String
  /// As its own `run.json` says; nil before the rehearsal.
  private(set) var build: Build?
  /// What its first trial of each configuration found for the buffer. Those behind have the same.
  private(set) var buffers = BufferFits()
  private let path: String
  private let calls: Calls
  /// A build from before there were floors neither measures them nor knows how to leave them out.
  private var leavesOutFloors = true
  /// A build from when each trial chose its own cannot be told a batch.
  private var namesBatch = true

  /// What a call may take beyond the trial's own timeout: two program starts, and the files.
  private static let slackNanoseconds: UInt64 = 5_000_000_000
  private static let shortestNanoseconds: UInt64 = 1_000_000

  init(_ side: RunSide, at path: String, named name: String, _ calls: Calls) {
    self.side = side
    self.path = path
    self.name = name
    self.calls = calls
  }

  // MARK: - Trials

  /// Measures one trial. Everything that goes wrong with it is in its row, but for a full disk.
  ///
  /// - Throws: `Interruption` when the user wants to stop; `CommandFailure` when the disk is full.
  mutating func measure(_ trial: Trial, inRun runID: String) throws -> MeasuredTrial {
    let started = UTCTime.now
    let (done, folder) = try call(trial)
    defer { removeFolder() }
    guard done.ending != .exited(EX_IOERR) else {
      throw CommandFailure(
        EX_IOERR,
        "\(name) could not write its trial (\(said(done))); the pairs before are kept in "
          + "\(calls.scratch.dropLast("/scratch".count))")
    }
    var outcome = TrialOutcome(
      trial: trial, startedUnixNanoseconds: started.unixMicroseconds * 1000, status: .failed)
    if let failure = failure(of: done) {
      outcome.status = failure.status
      outcome.error = "\(name): \(failure.text)"
    } else {
      do throws(ResultsError) {
        let measured = try read(folder, trial, inRun: runID)
        try learnBuffer(of: trial.configuration, from: folder)
        return measured
      } catch {
        outcome.error = "\(name): its results cannot be used: \(error)".shown
      }
    }
    return MeasuredTrial(
      record: TrialRecord(outcome: outcome, runID: runID, idlePolicy: calls.idlePolicy),
      histograms: LatencyHistograms())
  }

  private func call(
    _ trial: Trial
  ) throws(Interruption) -> (ProgramCall.Result, folder: String) {
    let folder = "\(calls.scratch)/\(side.rawValue)"
    var arguments = trial.arguments(
      suite: calls.suiteFile, output: folder, fit: buffers[trial.configuration],
      namesBatch: namesBatch)
    if leavesOutFloors { arguments.append("--no-floors") }
    if calls.allowsDebugBuild { arguments.append("--allow-debug-build") }
    let done = try ProgramCall(path, arguments, interrupts: calls.interrupts)
      .run(timeoutNanoseconds: timeoutNanoseconds(trial))
    return (done, folder)
  }

  private func timeoutNanoseconds(_ trial: Trial) -> UInt64 {
    min(trial.limits.timeoutNanoseconds, .max / 4) + Self.slackNanoseconds
  }

  private func read(
    _ folder: String, _ trial: Trial, inRun runID: String
  ) throws(ResultsError) -> MeasuredTrial {
    let records = try TrialRecord.read(from: folder)
    guard records.count == 1 else {
      throw ResultsError(.malformed, "\(records.count) rows where one trial was asked for")
    }
    let found = records[0]
    let wanted = namesBatch ? trial : trial.sampled(like: found)
    let carried = found.carried(
      into: runID, as: wanted, idlePolicy: calls.idlePolicy,
      capacityBytes: buffers[trial.configuration]?.capacityBytes)
    guard let record = carried else {
      throw ResultsError(
        .malformed,
        "asked for \(trial.configuration.name()), it measured \(found.configuration.name())")
    }
    let histograms = try StoredHistograms(inRunFolder: folder).read(of: found)
    return MeasuredTrial(record: record, histograms: histograms ?? LatencyHistograms())
  }

  private mutating func learnBuffer(
    of configuration: Configuration, from folder: String
  ) throws(ResultsError) {
    guard buffers[configuration] == nil else { return }
    let found = try RunDescription.readIfThere(folder)?.buffers ?? []
    for fit in found { buffers.add(fit) }
  }

  private func removeFolder() {
    // A call that failed early has none. What another program left there may hold links.
    Folder.open(calls.scratch)?.removeAll(side.rawValue)
  }

  // MARK: - Rehearsal

  /// Tries, before anything is measured, whether the program runs what it will be asked for.
  mutating func rehearse(
    _ configurations: [Configuration], timeoutNanoseconds: UInt64
  ) throws {
    let limits = TrialLimits(
      length: .nanoseconds(Self.shortestNanoseconds),
      warmUpNanoseconds: Self.shortestNanoseconds, timeoutNanoseconds: timeoutNanoseconds)
    for configuration in configurations {
      let trial = Trial(
        number: 1, block: 1, position: 1, configuration: configuration, limits: limits)
      var (done, folder) = try call(trial)
      defer { removeFolder() }
      if done.ending == .exited(EX_USAGE) && namesBatch && done.errors.contains("--batch") {
        namesBatch = false
        (done, folder) = try call(trial)
      }
      if done.ending == .exited(EX_USAGE) && leavesOutFloors {
        leavesOutFloors = false
        (done, folder) = try call(trial)
      }
      try requireSuccess(done, configuration)
      do throws(ResultsError) {
        _ = try read(folder, trial, inRun: "rehearsal")
        build = try RunDescription.read(fromRunFolder: folder).build
      } catch {
        throw CommandFailure(EX_UNAVAILABLE, "\(name): its results cannot be used here: \(error)")
      }
    }
  }

  private func requireSuccess(
    _ done: ProgramCall.Result, _ configuration: Configuration
  ) throws(CommandFailure) {
    guard let failure = failure(of: done) else { return }
    if done.ending == .exited(EX_USAGE) {
      throw CommandFailure(
        EX_USAGE,
        "\(name) refuses \(configuration.name()): \(said(done))\n"
          + "leave out what it does not know, or give a build that does")
    }
    throw CommandFailure(
      EX_UNAVAILABLE, "\(name) cannot measure \(configuration.name()): \(failure.text)")
  }

  // MARK: - What went wrong

  private struct Failure {
    var status: TrialStatus
    var text: String
  }

  /// nil if the call has left a run folder: a trial that failed is in it.
  private func failure(of done: ProgramCall.Result) -> Failure? {
    switch done.ending {
    case .exited(EXIT_SUCCESS), .exited(3): nil
    case .exited(let code):
      Failure(status: .failed, text: "ended with exit code \(code): \(said(done))")
    case .killed(let signal): Failure(status: .died, text: "was killed by \(signal)")
    case .outOfTime:
      Failure(
        status: .timedOut,
        text: "no end \(Self.slackNanoseconds / 1_000_000_000) s after the trial's timeout; "
          + "a longer one is set by --timeout")
    case .notStarted(let error): Failure(status: .failed, text: "\(error)")
    }
  }

  /// The program's own words, on one line.
  private func said(_ done: ProgramCall.Result) -> String {
    let mostCharacters = 300
    let own = "ipcbench: "
    let lines = done.errors.split(whereSeparator: \.isNewline).map {
      $0.hasPrefix(own) ? $0.dropFirst(own.count) : $0
    }
    guard !lines.isEmpty else { return "it said nothing" }
    // This goes into a row as well, and rows are looked at in terminals.
    return String(lines.joined(separator: "; ").prefix(mostCharacters)).shown
  }
}

extension Trial {
  /// The same with the batch that a trial was measured with.
  fileprivate func sampled(like record: TrialRecord) -> Trial {
    var trial = self
    trial.configuration.workload.roundTripsPerSample = record.latencyRoundTripsPerSample
    return trial
  }
}

/// What one call yielded, ready for its run's folder and summary.
struct MeasuredTrial {
  let record: TrialRecord
  let histograms: LatencyHistograms
}
