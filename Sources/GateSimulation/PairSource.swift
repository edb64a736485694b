import Comparison
import Results
import Trials

/// A row that the gate judges, without values.
struct SimulatedRow {
  let configuration: Configuration

  var metric: Metric { .main(for: configuration.workload.pattern) }

  /// What slows a row down: a time grows and a rate falls by the same factor.
  func slowed(_ value: Double, by factor: Double) -> Double {
    metric.isRate ? value / factor : value * factor
  }
}

/// The two values of a block: one trial of each side, one right after the other.
struct TrialPair {
  var base: Double
  var head: Double
}

/// Where the values of a build that is compared with itself come from.
protocol PairSource {
  /// What the table calls it.
  var name: String { get }
  var rows: [SimulatedRow] { get }

  /// For each row, a pair for each block.
  func draw(blocks: Int, _ generator: inout SeededGenerator) -> [[TrialPair]]
}
