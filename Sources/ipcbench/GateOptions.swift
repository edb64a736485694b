import ArgumentParser
import Comparison
import Glibc
import Paths
import Results
import Trials

/// The options of `compare` that make a gate of it.
struct GateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Fail, with exit code 2, if anything got this much slower, such as 5%: the metric that each pattern "
        + "is judged by, and those that the head's suite names, with its thresholds. 'suite' takes "
        + "the suite's thresholds alone.", valueName: "part or suite"),
    transform: { try FailAbove.parse($0) })
  var failAbove: FailAbove?

  @Flag(
    help: ArgumentHelp(
      "Fail, with exit code 4, if anything is inconclusive or not comparable."))
  var strict = false

  @Option(
    help: ArgumentHelp(
      "A comparison of a build with itself: a folder of 'run --versus', or two runs with a comma between. No "
        + "threshold is below three times what differs there.", valueName: "folder"))
  var noise: String?

  @Option(
    name: .customLong("export"),
    help: ArgumentHelp(
      "Also write what the gate says: markdown (for a pull request), junit or json; '-' for standard output, "
        + "in place of the table. May be given several times.", valueName: "format=file"),
    transform: { try GateExport.parse($0) })
  var exports: [GateExport] = []

  func validate() throws {
    for (option, isGiven) in [("--noise", noise != nil), ("--export", !exports.isEmpty)]
    where isGiven && failAbove == nil {
      throw ValidationError(
        "\(option) belongs to the gate; add --fail-above, such as --fail-above 5%")
    }
    guard exports.count(where: \.isToStandardOutput) <= 1 else {
      throw ValidationError(
        "only one --export can go to standard output; give the others a file each")
    }
  }

  /// Whether an export takes the place of the table.
  var takesStandardOutput: Bool { exports.contains(where: \.isToStandardOutput) }

  /// The rules of a comparison that has all rows which are to be judged.
  func adding(
    to rules: ComparisonRules, head: RunDescription?
  ) throws(CommandFailure) -> ComparisonRules {
    var rules = rules
    if let failAbove { rules.gated = Set(try failAbove.thresholds(head: head).keys) }
    return rules
  }

  /// Refuses files that cannot be written, and a run of noise that is not there, before anything is compared.
  func requireFiles() throws {
    for export in exports { try export.requireFile() }
    guard let noise, !canAccess(noise) else { return }
    let paths = noise.split(separator: ",").map(String.init)
    // Of more, that they are too many is said.
    guard paths.count <= 2 else { return }
    for path in paths where !canAccess(path) { throw ResultsError.reading(path, errno) }
  }

  /// Judges the comparison and writes the exports.
  ///
  /// - Parameters:
  ///   - rules: those of the comparison, for that of the noise.
  ///   - isTable: whether people read standard output.
  /// - Throws: exit code 2 for a regression, 4 if nothing could be judged, and for anything less than a pass if
  ///   `--strict`.
  func conclude(_ comparison: Comparison, _ rules: ComparisonRules, isTable: Bool) throws {
    guard let failAbove else { return try requireVerdicts(of: comparison) }
    let thresholds = try failAbove.thresholds(head: comparison.head.description)
    var report = GateReport(judging: comparison, by: GateRules(thresholds: thresholds))
    if let noise {
      report.rules = try self.rules(report, floor: noise, rules)
      report = GateReport(judging: comparison, by: report.rules)
    }
    for export in exports { try export.write(report) }
    if isTable && !takesStandardOutput { try say("\nGate: \(report.conclusion).\n") }
    switch report.outcome {
    case .pass: break
    case .regression: throw CommandFailure(2, report.conclusion)
    case .inconclusive, .notComparable:
      if strict || report.isUndecided { throw CommandFailure(4, report.conclusion) }
      complain(report.conclusion)
    }
  }

  /// What `--strict` means without a threshold: that there is a verdict on everything.
  private func requireVerdicts(of comparison: Comparison) throws(CommandFailure) {
    let open = comparison.rows.filter { [.inconclusive, .notComparable].contains($0.verdict) }
    guard strict, !open.isEmpty || comparison.rows.isEmpty else { return }
    let reason = open.first.map { "; first: \($0.reason)" } ?? ""
    throw CommandFailure(
      4,
      "\(open.count) of \(comparison.rows.count) rows are inconclusive or not comparable\(reason)")
  }

  /// The gate's rules with the floor under its thresholds that a comparison of a build with itself shows.
  private func rules(
    _ report: GateReport, floor noise: String, _ rules: ComparisonRules
  ) throws -> GateRules {
    // A folder may have a comma in its name.
    let paths = canAccess(noise) ? [noise] : noise.split(separator: ",").map(String.init)
    guard (1...2).contains(paths.count) else {
      throw CommandFailure(
        EX_USAGE,
        "--noise \(noise): \(paths.count) runs; give a folder of 'run --versus', or two runs")
    }
    let remedy = "give two runs of one build with a comma between: --noise before,after"
    let metrics = Set(report.rows.map(\.row.metric))
    let itself = try ComparedRuns(paths, orElse: remedy).compared { _ in
      var rules = rules
      rules.gated = metrics
      return rules
    }
    var gate = report.rules
    gate.noise = try orFailure(EX_DATAERR) { () throws(NoiseError) in
      try Noise.of(itself, for: metrics)
    }
    gate.pooledNoise = Noise.ofPools(in: itself, for: metrics)
    return gate
  }
}

/// What is too much.
enum FailAbove: Hashable, Sendable {
  /// Of any metric that the suite gives no threshold for; 0.05 for 5 %.
  case part(Double)
  /// Only what the suite says.
  case suite

  static func parse(_ text: String) throws(QuantityError) -> FailAbove {
    text == "suite" ? .suite : .part(try Percentage.parse(text))
  }

  /// The thresholds by metric.
  ///
  /// - Parameter head: what the head's `run.json` says; nil where there is none.
  func thresholds(head: RunDescription?) throws(CommandFailure) -> [Metric: Double] {
    var thresholds: [Metric: Double] = [:]
    for (name, part) in head?.thresholds ?? [:] {
      // One that a newer ipcbench wrote for a metric of its own holds there.
      if let metric = Metric(rawValue: name) { thresholds[metric] = part }
    }
    switch self {
    case .part(let part):
      for metric in Pattern.allCases.map(Metric.main) where thresholds[metric] == nil {
        thresholds[metric] = part
      }
    case .suite where thresholds.isEmpty:
      throw CommandFailure(
        EX_USAGE,
        "--fail-above suite: the head's run.json has no thresholds; give a part, such as "
          + "--fail-above 5%, or measure with a suite that has a key 'thresholds', such as ci")
    case .suite: break
    }
    return thresholds
  }
}
