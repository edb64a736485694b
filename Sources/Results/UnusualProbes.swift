import Paths
import Trials

extension TrialRecord {
  /// How the taint of a trial is called that ran in none of the worlds of its cores.
  static let unusualProbe = TaintReason.probeUnusual.rawValue

  /// Whether a probe of it is further from the typical one of each world than is tolerated.
  func isUnusual(in worlds: RunWorlds) -> Bool {
    ProbePair(self).map(worlds.between(configuration.cores).isUnusual) ?? false
  }

  mutating func addTaint(_ reason: String) {
    taintReason = tainted ? "\(taintReason);\(reason)" : reason
    tainted = true
  }

  /// One with no other reason is not tainted then.
  mutating func removeTaint(_ reason: String) {
    taintReason = taintReason.split(separator: ";").filter { $0 != reason }
      .joined(separator: ";")
    tainted = !taintReason.isEmpty
  }

  /// What this ipcbench knows of what disturbed it, each once.
  var taintReasons: Set<TaintReason> {
    Set(taintReason.split(separator: ";").compactMap { TaintReason(entry: $0) })
  }
}

extension Folder {
  /// Writes a run's rows anew, with the taint of those whose probes are unusual.
  ///
  /// The new file takes the old one's place in one step: whatever happens, one of them is there whole.
  ///
  /// - Parameter takeNote: is handed each trial that is marked, as it was.
  func markUnusualProbes(
    among worlds: RunWorlds, takeNote: (TrialRecord) -> Void
  ) throws(ResultsError) {
    let path = "\(pathForReading)/\(TrialRecord.fileName)"
    try replaceFile(TrialRecord.fileName) { file throws(ResultsError) in
      try file.append(CSV.header(TrialRecord.columns))
      try TrialRecord.forEach(in: path) { record throws(ResultsError) in
        var record = record
        if record.isUnusual(in: worlds) {
          takeNote(record)
          record.addTaint(TrialRecord.unusualProbe)
        }
        try file.append(CSV.line(record, TrialRecord.columns))
      }
    }
  }
}

extension TrialRecord {
  /// What a round trip of a cache line took around this trial; nil on one core, where none can be made.
  package var probeNanoseconds: Double? {
    guard !configuration.cores.areOne, let before = probeBeforeNanoseconds,
      let after = probeAfterNanoseconds, before + after > 0
    else { return nil }
    return (before + after) / 2
  }
}

extension Metric {
  /// The time that a value of this metric stands for; nil if it stands for none.
  func nanoseconds(_ value: Double) -> Double? {
    switch self {
    case .latencyP50, .latencyP99, .latencyP999, .latencyMean, .serviceP50, .serviceP99: value
    case .messageThroughput: value > 0 ? 1e9 / value : nil
    default: nil
    }
  }
}
