import ArgumentParser
import Comparison
import Glibc
import Results
import Trials

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Tells what became faster or slower between two runs, or within one.",
    usage: """
      ipcbench compare BASE HEAD
      ipcbench compare FOLDER-OF-RUN-VERSUS
      ipcbench compare RUN --by mechanism [--base pipe] [--head shm-ring]
      """,
    discussion: """
      BASE and HEAD are run folders or trials.csv files. Configurations that are in both get a \
      row for each metric: the ratio head/base, its 95 % interval, and a verdict. What 'ipcbench \
      run --versus' interleaved is paired by block, and so is what --by compares within a run. \
      Runs from different environments are not comparable unless forced.

      With --fail-above it is a gate: a row is a regression if its whole interval of the slow-down is above \
      the threshold and chance does not explain it, with a probability of 1 % for any false alarm in \
      the comparison. Benchmarks/CI.md has more.

      For example:
        ipcbench compare results/before results/after --only changed
        ipcbench compare results/full --by wait --base block --head spin
        ipcbench compare old/trials.csv new/trials.csv --metric latency_p50_ns
        ipcbench compare gate --fail-above 5% --export markdown=gate.md

      Exit codes: 0 all well, 2 a regression, 4 nothing could be judged (--fail-above), or \
      something is inconclusive or not comparable (--strict), 64 usage, 65 malformed file, 66 file \
      missing, 73 output cannot be created, 74 I/O error, 77 permission.
      """)

  @Argument(
    help: ArgumentHelp(
      "Two runs, or one folder with base/ and head/ in it, or one run with --by.",
      valueName: "run"))
  var runs: [String]

  @OptionGroup(title: "Within one run") var levels: LevelOptions

  @Option(
    help: ArgumentHelp(
      "Metrics as summary.csv names them, or all. (default: each pattern's main metric, p99 and "
        + "both sides' CPU time)", valueName: "names"),
    transform: parseMetrics)
  var metric: ComparisonRules.Metrics?

  @Option(
    help: ArgumentHelp(
      "How far from 1 a ratio may be and still be the same. (default: 2%)", valueName: "percent"),
    transform: { try Percentage.parse($0) })
  var margin: Double?

  @Option(help: ArgumentHelp("Seed of the bootstrap.", valueName: "number"))
  var seed: UInt64 = 1

  @Flag(help: "Compare runs from different environments all the same.")
  var force = false

  @Option(
    help: ArgumentHelp(
      "How to print it: table, markdown, csv or json.", valueName: "name"),
    transform: { try parseName($0, kind: "format") })
  var format: ComparisonFormat = .table

  @Option(
    help: ArgumentHelp("changed: without the rows that are the same.", valueName: "rows"),
    transform: { try parseName($0, kind: "choice of rows") })
  var only: RowChoice = .all

  @OptionGroup(title: "As a gate") var gate: GateOptions

  func validate() throws {
    guard levels.by != nil || (levels.base == nil && levels.head == nil) else {
      throw ValidationError(
        "--base and --head are levels of the factor that --by names; add for example "
          + "--by mechanism, or give two runs without them")
    }
    guard levels.by == nil || runs.count == 1 else {
      throw ValidationError(
        "--by compares within one run, and \(runs.count) are given; give one, or leave --by out")
    }
    guard runs.count <= 2 else {
      throw ValidationError("\(runs.count) runs are given; compare two at a time")
    }
  }

  func run() throws {
    try gate.requireFiles()
    let comparison = try compared()
    // Tables have a place for it, and where an export takes theirs, it goes to another program as well.
    if [.csv, .json].contains(format) || gate.takesStandardOutput {
      for line in comparison.shortfalls { complain(line) }
    }
    if format == .csv { for note in comparison.worldNotes { complain(note) } }
    if !gate.takesStandardOutput {
      let text = comparison.text(as: format, only: only)
      try say(text, isExact: format == .csv || format == .json)
    }
    try gate.conclude(comparison, rules, isTable: format == .table)
  }

  private var rules: ComparisonRules {
    var rules = ComparisonRules(metrics: metric ?? .standard, seed: seed, isForced: force)
    if let margin { rules.margin = margin }
    return rules
  }

  private func compared() throws -> Comparison {
    if let factor = levels.by {
      let run = try StoredRun.read(from: runs[0])
      let rules = try gate.adding(to: rules, head: run.description)
      return try orFailure(EX_USAGE) { () throws(LevelError) in
        try Comparison(within: run, by: factor, base: levels.base, head: levels.head, rules)
      }
    }
    let remedy = "give a second run, or compare within it, for example by --by mechanism"
    return try ComparedRuns(runs, orElse: remedy).compared { head in
      try gate.adding(to: rules, head: head)
    }
  }
}

/// The options that compare levels of a factor.
struct LevelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Compare the levels of a factor: \(Factor.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "factor"),
    transform: { try parseName($0, kind: "factor") })
  var by: Factor?

  @Option(
    help: ArgumentHelp(
      "The level to compare with. (default: pipe, or of other factors the first)",
      valueName: "level"))
  var base: String?

  @Option(help: ArgumentHelp("The level to compare. (default: all others)", valueName: "level"))
  var head: String?
}

/// What `--metric` takes: names between commas, or all.
private func parseMetrics(_ names: String) throws -> ComparisonRules.Metrics {
  guard names != "all" else { return .all }
  let metrics = try parseNames(names, as: Metric.self, kind: "metric")
  for metric in metrics where !Metric.ofTrials.contains(metric) {
    throw ValidationError(
      "\(metric.rawValue) is of all trials together, so that nobody can tell how sure it is; give "
        + "a metric that each trial has, for example latency_p99_ns")
  }
  return .named(metrics)
}
