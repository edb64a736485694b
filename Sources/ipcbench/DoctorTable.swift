import Harness
import Trials

/// An examination laid out for a terminal: what the machine is, what was found, the grade.
enum DoctorTable {
  /// Commands may be wider: a command is copied as one line.
  private static let width = 100

  static func text(_ examination: Examination) -> String {
    let host = examination.host
    let blocks = [
      [
        "Host \(host.hostName): \(host.operatingSystem), Linux \(host.kernelRelease), "
          + host.architecture,
        host.cpuModel,
      ],
      ["Topology"] + topology(examination.topology).map { "  " + $0 },
      ["Clock"] + clock(examination).map { "  " + $0 },
    ]
    return (blocks + [findings(examination.condition), grade(examination.condition)])
      .map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  private static func topology(_ topology: CPUTopology) -> [String] {
    let cpus = topology.cpus
    func distinct(_ property: (LogicalCPU) -> Int?) -> Int { Set(cpus.compactMap(property)).count }
    let cores = distinct(\.core)
    var parts = [
      counted(distinct(\.package), "package"), counted(cores, "core"),
      counted(cpus.count, "CPU") + (cpus.count > cores ? " (SMT)" : ""),
    ]
    for (level, count) in [("L2", distinct(\.l2)), ("L3", distinct(\.l3))] where count > 0 {
      parts.append(counted(count, "\(level) cache"))
    }
    parts.append(counted(topology.numaNodes.count, "NUMA node"))

    let standard = topology.nearestDistinctCores()
    let names = topology.placements.map(\.placement.rawValue)
    let nameWidth = (["placement"] + names).map(\.count).max() ?? 0
    let rows = topology.placements.map { entry in
      let cores: String
      switch entry.cores {
      case .success(let pair):
        cores = "\(pair.producer) → \(pair.consumer)" + (pair == standard ? "  (the default)" : "")
      case .failure(let error): cores = "—  \(error.reason)"
      }
      return padded(entry.placement.rawValue, to: nameWidth) + "  " + cores
    }
    return [parts.joined(separator: ", "), padded("placement", to: nameWidth) + "  CPUs"] + rows
  }

  private static func clock(_ examination: Examination) -> [String] {
    let clock = examination.clock
    let samples = clock.samples.map { samples in
      "single round trips are stamped by "
        + (samples.name == clock.name ? "the same clock" : "the \(samples.name)")
        + ": a read adds \(tenths(samples.addedNanoseconds)) ns to what it times"
    }
    return [
      "\(clock.name) by \(examination.host.clockSource ?? "an unknown source"): a read costs "
        + "\(tenths(clock.readCostNanoseconds)) ns, the smallest step is "
        + "\(tenths(clock.resolutionNanoseconds)) ns"
    ] + [samples].compactMap { $0 }
  }

  /// What is good takes one line each; anything else also says why it matters and what to do.
  private static func findings(_ condition: HostCondition) -> [String] {
    let severityWidth = Finding.Severity.allCases.map(\.rawValue.count).max() ?? 0
    let margin = String(repeating: " ", count: severityWidth + 4)
    return ["Findings"]
      + condition.findings.flatMap { finding in
        let label = "  " + padded(finding.severity.rawValue, to: severityWidth) + "  "
        var lines = wrapped("\(finding.id): \(finding.found)", after: label, margin)
        guard finding.severity != .good else { return lines }
        lines += wrapped(finding.why, after: margin, margin)
        if let remedy = finding.remedy { lines.append("\(margin)$ \(remedy)") }
        return lines
      }
  }

  private static func grade(_ condition: HostCondition) -> [String] {
    let counts = [Finding.Severity.problem, .warning, .note].map { severity in
      counted(condition.findings.count { $0.severity == severity }, severity.rawValue)
    }
    return ["Grade \(condition.grade.rawValue): \(counts.joined(separator: ", "))"]
      + Grade.allCases.map { "  \($0.rawValue): \($0.rule)" }
      + ["Notes do not count. Nothing was changed: run doctor again after a command."]
  }

  // MARK: - Text

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// Broken between words; the first line begins with `label`, the others with `margin`.
  private static func wrapped(
    _ text: String, after label: String, _ margin: String
  ) -> [String] {
    var lines: [String] = []
    var line = label
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty && line.count + 1 + word.count > width {
        lines.append(line)
        (line, isEmpty) = (margin, true)
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }
}
