import ArgumentParser
import Comparison
import Results
import Trials

/// How often the gate is wrong, by simulation: `swift run -c release gate-simulation`. What ships has
/// nothing of it.
@main
struct GateSimulation: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate-simulation",
    abstract: "Shows how often the gate raises a false alarm, and how often it sees a slow-down.",
    discussion: """
      Simulates comparisons of a build with itself in the shape of the ci suite, and the same with the head \
      slowed down, and counts how often a whole comparison is a regression. With --from, the values are \
      blocks of a real comparison of a build with itself, drawn with replacement.
      """)

  @Option(help: "How many comparisons of each kind.")
  var comparisons = 1000

  @Option(help: "Blocks of a comparison.")
  var blocks = 14

  @Option(help: "What the gate fails above.", transform: { try Percentage.parse($0) })
  var failAbove = 0.05

  @Option(help: "How much longer the slowed head takes.", transform: { try Percentage.parse($0) })
  var slowDown = 0.1

  @Option(help: "Seed of everything that is drawn.") var seed: UInt64 = 1

  @Flag(help: "No noise floor: thresholds are what --fail-above says.") var noNoise = false

  @Option(
    help: ArgumentHelp(
      "A folder of 'ipcbench run --versus' of a build with itself; in place of the models.",
      valueName: "folder"))
  var from: String?

  @Flag(
    help: "Exit with 1 if more than 1 % are false alarms or less than 95 % slow-downs are seen.")
  var check = false

  func validate() throws {
    guard comparisons > 0, blocks > 0 else {
      throw ValidationError("--comparisons and --blocks are at least 1")
    }
  }

  func run() throws {
    let sources = try sources()
    let cases = [.none, .all] + Self.mechanisms(in: sources).map { Slowed.mechanism($0) }
    print(
      "\(comparisons) comparisons of \(blocks) blocks each, slow-down \(ComparisonText.percent(slowDown)), "
        + "fail above \(ComparisonText.percent(failAbove)), seed \(seed)\n")
    print(
      "Parts of the comparisons that are a regression, with 95 % intervals (Clopper and Pearson):\n"
    )
    var table = TextTable(
      title: "",
      columns: [
        .init("values"), .init("threshold", alignsRight: true),
        .init("false alarms", alignsRight: true),
      ] + cases.dropFirst().map { .init("slowed: \($0.name)", alignsRight: true) })
    var isWithinTarget = true
    for source in sources {
      let trial = GateTrial(
        source: source, blocks: blocks, threshold: failAbove, factor: 1 + slowDown,
        measuresNoise: !noNoise, cases: cases)
      let result = try trial.run(comparisons: comparisons, seed: seed)
      let proportions = cases.map { result.red[$0] ?? Proportion() }
      let threshold = Statistics.median(result.thresholds) ?? failAbove
      table.rows.append([source.name, ComparisonText.percent(threshold)] + proportions.map(text))
      isWithinTarget =
        isWithinTarget && proportions[0].part <= 0.01
        && proportions.dropFirst().allSatisfy { $0.part >= 0.95 }
    }
    print(table.markdown())
    if check && !isWithinTarget { throw ExitCode(1) }
  }

  /// Those that are slowed down alone: a kernel's, a ring, and one that has only half as many rows; or
  /// whatever is there.
  private static func mechanisms(in sources: [any PairSource]) -> [String] {
    let present = sources.flatMap { $0.rows.map(\.configuration.mechanism) }.withoutDuplicates()
    let preferred = ["pipe", "shm-ring", "onc-rpc-unix"].filter(present.contains)
    return preferred.isEmpty ? Array(present.prefix(1)) : preferred
  }

  private func sources() throws -> [any PairSource] {
    guard let from else { return NoiseModel.all }
    let run = RealRun(
      base: try StoredRun.read(from: "\(from)/base"),
      head: try StoredRun.read(from: "\(from)/head"))
    guard run.blocks > 0 else {
      throw ValidationError(
        "\(from): its base and head have no block in common; give a folder of 'ipcbench run --versus'"
      )
    }
    return [run]
  }

  /// `0.3 % (0.1–0.9)`.
  private func text(_ proportion: Proportion) -> String {
    func percent(_ part: Double) -> String {
      let tenths = Int((part * 1000).rounded())
      return "\(tenths / 10).\(tenths % 10)"
    }
    let interval = proportion.interval
    return "\(percent(proportion.part)) % "
      + "(\(percent(interval.lowerBound))–\(percent(interval.upperBound)))"
  }
}
