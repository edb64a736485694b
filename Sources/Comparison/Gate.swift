import Results

/// How much slower a metric may be before a comparison fails.
public struct GateRules: Sendable {
  /// By metric, as a part: 0.05 for 5 %. Only these metrics gate.
  public var thresholds: [Metric: Double]
  /// What an A/A run showed, by metric, as a part; thresholds are at least three times that.
  public var noise: [Metric: Double]
  /// The largest probability of a false alarm over all rows of a comparison.
  public var significance: Double

  public init(
    thresholds: [Metric: Double], noise: [Metric: Double] = [:], significance: Double = 0.01
  ) {
    self.thresholds = thresholds
    self.noise = noise
    self.significance = significance
  }

  /// What a metric has to exceed, as a part; nil if it does not gate.
  public func threshold(_ metric: Metric) -> Double? {
    thresholds[metric].map { max($0, 3 * (noise[metric] ?? 0)) }
  }
}

/// What the gate says of a row.
public enum GateOutcome: String, CaseIterable, Codable, Sendable {
  /// The whole interval is above the threshold, and chance does not explain it.
  case regression
  /// The whole interval is below the threshold.
  case pass
  /// Neither.
  case inconclusive
  /// The two sides are not measurements of the same thing.
  case notComparable = "not comparable"
}

/// A comparison with what the gate says of it.
public struct GateReport: Sendable {
  public struct Row: Sendable {
    public var row: ComparisonRow
    /// As a part: 0.05 for 5 %.
    public var threshold: Double
    public var outcome: GateOutcome

    public init(row: ComparisonRow, threshold: Double, outcome: GateOutcome) {
      self.row = row
      self.threshold = threshold
      self.outcome = outcome
    }
  }

  public var comparison: Comparison
  public var rules: GateRules
  /// Of the metrics that gate.
  public var rows: [Row]

  public init(comparison: Comparison, rules: GateRules, rows: [Row]) {
    self.comparison = comparison
    self.rules = rules
    self.rows = rows
  }
}
