import Trials

/// That a run was measured in turns with another, trial by trial; in `run.json`.
///
/// The two trials of one block and configuration ran one right after the other, under the same seed,
/// and are a pair.
public struct Interleaving: Codable, Hashable, Sendable {
  /// What both runs have in common.
  public var id: String
  public var side: RunSide
  public var otherRunID: String

  public init(id: String, side: RunSide, otherRunID: String) {
    self.id = id
    self.side = side
    self.otherRunID = otherRunID
  }

  enum CodingKeys: String, CodingKey {
    case id, side
    case otherRunID = "other_run_id"
  }
}

extension RunDescription {
  /// What both sides of this run have in common, if it is made in turns by two builds.
  public var interleavingID: String { Self.interleavingID(ofRun: runID) }

  /// The same of a run that is yet to be described.
  public static func interleavingID(suite: String, started: UTCTime) -> String {
    interleavingID(ofRun: runID(started: started, suite: suite))
  }

  private static func interleavingID(ofRun runID: String) -> String { "\(runID)-versus" }

  /// The description of one side of this run, which that build measured.
  public func side(_ side: RunSide, measuredBy build: Build) -> RunDescription {
    var description = self
    description.runID = runID(of: side)
    description.build = build
    description.interleaving = Interleaving(
      id: interleavingID, side: side, otherRunID: runID(of: side.other))
    return description
  }

  private func runID(of side: RunSide) -> String { "\(runID)-\(side.rawValue)" }
}

extension TrialRecord {
  /// This trial, which a run of its own has measured, as a trial of another run; nil if something else
  /// was measured than that one wanted.
  ///
  /// - Parameter capacityBytes: What that run knows of the link's buffer; nil if it knows nothing.
  package func carried(
    into runID: String, as trial: Trial, idlePolicy: IdlePolicy, capacityBytes: Int? = nil
  ) -> TrialRecord? {
    let wanted = trial.configuration
    guard configuration.mechanism == wanted.mechanism, configuration.workload == wanted.workload,
      configuration.memoryNode == wanted.memoryNode
    else { return nil }
    var record = self
    record.runID = runID
    record.trialID = Self.trialID(of: trial, inRun: runID)
    record.block = trial.block
    record.position = trial.position
    // A pair of cores can have several names; the cores themselves are those that it ran on.
    record.configuration.cores.placement = wanted.cores.placement
    record.idlePolicy = idlePolicy
    // The same setting, measured anew; one buffer has one capacity.
    record.capacityBytes = capacityBytes ?? record.capacityBytes
    // It was held against the one other probe of its own run; this run judges it anew.
    record.removeTaint(Self.unusualProbe)
    return record
  }
}
