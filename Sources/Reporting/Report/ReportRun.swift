import Paths
import Results
import Trials

/// A stored run as a report needs it: its summary, what it says of itself, and its trials one by one.
package struct ReportRun: Sendable {
  /// What is drawn of a single trial.
  struct TimedTrial: Sendable {
    /// Its place in `summary.groups`.
    var group: Int
    var block: Int
    /// From the start of the run's first trial.
    var startSeconds: Double
    /// Of the pattern's main metric; nil of a trial that is not ok.
    var value: Double?
    var isTainted: Bool
    /// The number of the world that it ran in; nil for none of several.
    var world: Int?
    /// The mean of what a cache line took to the other core and back, just before and after the trial.
    var probeNanoseconds: Double?
  }

  /// As it was given: a run folder, or a `trials.csv` by any name.
  package let path: String
  package let summary: Summary
  /// nil where the path is no run folder or has no `run.json`.
  package let description: RunDescription?
  /// In the order in which they were run.
  let trials: [TimedTrial]
  /// What the answer in words is made from.
  package let evidence: Evidence

  /// - Parameter path: a run folder, or a `trials.csv` by any name, of which less can be drawn.
  package static func read(from path: String) throws(ResultsError) -> ReportRun {
    let summary = try Summary.read(from: path)
    let description = try RunDescription.readIfThere(path)
    let metrics = Dictionary(
      uniqueKeysWithValues: Pattern.allCases.map { ($0, summary.mainMetric(for: $0)) })
    var trials: [TimedTrial] = []
    var evidence = Evidence(StoredRun(path: path, description: description))
    var begin: UInt64?
    try TrialRecord.forEach(in: path) { record in
      evidence.add(record)
      guard let group = summary.place(of: record) else { return }
      let started = record.started.unixMicroseconds
      let first = begin ?? started
      begin = first
      let metric = metrics[record.configuration.workload.pattern]
      trials.append(
        TimedTrial(
          group: group, block: record.block,
          // A clock that was set back must not trap.
          startSeconds: started > first ? Double(started - first) / 1e6 : 0,
          value: record.status == .ok ? metric?.value(of: record) : nil, isTainted: record.tainted,
          world: summary.worlds.world(of: record),
          probeNanoseconds: record.probeNanoseconds))
    }
    return ReportRun(
      path: path, summary: summary, description: description, trials: trials, evidence: evidence)
  }

  /// A line on a run that is not all of what was planned; nil for one that is.
  package var shortfall: String? { evidence.run.shortfall }

  /// What tells the run from others: its ID, or its path where nobody wrote one.
  package var name: String { summary.runID.isEmpty ? path.shown : summary.runID }
}

// MARK: - Whose numbers these are

extension ReportRun {
  /// `AMD EPYC, 2 CPUs, kvm`.
  package var hostPhrase: String {
    guard let host = description?.host else { return "host unknown" }
    let processors = "\(host.logicalCPUs) CPU\(host.logicalCPUs == 1 ? "" : "s")"
    return ([host.cpuModel, processors] + [host.virtualization].compactMap { $0 })
      .joined(separator: ", ")
  }

  /// `host grade C`.
  package var gradePhrase: String {
    description?.condition.map { "host grade \($0.grade.rawValue)" } ?? "host grade unknown"
  }

  /// `ipcbench 0.1.0 (954394d)`; nil where nobody wrote it down.
  package var buildPhrase: String? {
    guard let build = description?.build else { return nil }
    let commit = build.commit.map { commit in
      // A commit's short name, and whether it was changed.
      " (\(commit.prefix(7))\(commit.hasSuffix("-dirty") ? "-dirty" : ""))"
    }
    let warning = isDebugBuild ? ", DEBUG BUILD" : ""
    return "ipcbench \(build.version)\(commit ?? "")\(warning)"
  }

  /// Whose figures say nothing about the mechanisms.
  package var isDebugBuild: Bool { description?.build.mode == "debug" }

  /// What stands below every picture of the run, on one line.
  package var footer: String {
    let kernel = description.map { "Linux \($0.host.kernelRelease)" }
    return ([hostPhrase, gradePhrase, kernel, buildPhrase, name] as [String?])
      .compactMap { $0 }.joined(separator: " · ")
  }
}
