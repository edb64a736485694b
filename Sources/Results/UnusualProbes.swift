import Glibc
import Trials

/// The probes of a run. Only when it is over can a trial be told from the others of its pair of cores.
struct RunProbes {
  private var nanoseconds: [CorePair: [Double]] = [:]

  mutating func add(_ record: TrialRecord) {
    let probes = [record.probeBeforeNanoseconds, record.probeAfterNanoseconds].compactMap { $0 }
    if !probes.isEmpty { nanoseconds[record.configuration.cores, default: []] += probes }
  }

  /// Whether any probe is further from its pair's typical one than is tolerated.
  var hasUnusual: Bool {
    let medians = medians
    return nanoseconds.contains { cores, probes in
      probes.contains { probe in
        medians[cores].map { ProbeTolerance.isExceeded(by: probe, $0) } ?? false
      }
    }
  }

  /// The typical probe of each pair of cores that has one.
  var medians: [CorePair: Double] {
    nanoseconds.compactMapValues { Statistics.median($0) }
  }
}

extension TrialRecord {
  /// How the taint of a trial is called that ran in another world than most trials of its cores.
  static let unusualProbe = "probe-unusual"

  /// Whether one of its probes is further from the typical one than is tolerated.
  func isUnusual(among medians: [CorePair: Double]) -> Bool {
    guard let median = medians[configuration.cores] else { return false }
    return [probeBeforeNanoseconds, probeAfterNanoseconds].contains { probe in
      probe.map { ProbeTolerance.isExceeded(by: $0, median) } ?? false
    }
  }

  mutating func addTaint(_ reason: String) {
    taintReason = tainted ? "\(taintReason);\(reason)" : reason
    tainted = true
  }
}

/// Writes a run's rows anew, with the taint of those whose probes are unusual, and returns those that
/// were not tainted before.
///
/// The new file takes the old one's place in one step: whatever happens, one of them is there whole.
func markUnusualProbes(
  inFile path: String, among medians: [CorePair: Double]
) throws(ResultsError) -> [TrialRecord] {
  var newlyTainted: [TrialRecord] = []
  let newPath = path + ".part"
  do throws(ResultsError) {
    var file = try AppendOnlyFile.create(newPath)
    try file.append(CSV.header(TrialRecord.columns))
    try TrialRecord.forEach(in: path) { record throws(ResultsError) in
      var record = record
      if record.isUnusual(among: medians) {
        if !record.tainted { newlyTainted.append(record) }
        record.addTaint(TrialRecord.unusualProbe)
      }
      try file.append(CSV.line(record, TrialRecord.columns))
    }
    guard rename(newPath, path) == 0 else { throw ResultsError.writing(path, errno) }
  } catch {
    unlink(newPath)
    throw error
  }
  return newlyTainted
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
