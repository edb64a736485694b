import Results

/// How much slower a metric may be before a comparison fails.
public struct GateRules: Sendable {
  /// By metric, as a part: 0.05 for 5 %. Only these metrics gate.
  public var thresholds: [Metric: Double]
  /// What an A/A run showed, by metric, as a part; thresholds are at least three times that.
  public var noise: [Metric: Double]
  /// The same of rows seen together; nil where it showed nothing of them.
  public var pooledNoise: Double?
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
    /// After Holm's correction for the rows that gate; nil where there is no interval.
    public var adjustedPValue: Double?
    public var outcome: GateOutcome
    /// Why it is inconclusive or not comparable; empty otherwise.
    public var reason: String

    public init(
      row: ComparisonRow, threshold: Double, adjustedPValue: Double? = nil, outcome: GateOutcome,
      reason: String = ""
    ) {
      self.row = row
      self.threshold = threshold
      self.adjustedPValue = adjustedPValue
      self.outcome = outcome
      self.reason = reason
    }
  }

  public var comparison: Comparison
  public var rules: GateRules
  /// Of the metrics that gate, in the comparison's order.
  public var rows: [Row]
  /// Rows seen together, where there are several of a mechanism and the sides are paired.
  public var pools: [Pool]

  public init(comparison: Comparison, rules: GateRules, rows: [Row], pools: [Pool] = []) {
    self.comparison = comparison
    self.rules = rules
    self.rows = rows
    self.pools = pools
  }

  package func rows(_ outcome: GateOutcome) -> [Row] { rows.filter { $0.outcome == outcome } }

  package var poolsOfRegression: [Pool] { pools.filter { $0.outcome == .regression } }

  /// Of the whole comparison: one regression is enough, and only a pass of each row is a pass. Where there
  /// is no row, or a configuration is gone that the base has, nothing was shown.
  public var outcome: GateOutcome {
    if !poolsOfRegression.isEmpty { return .regression }
    for outcome in [GateOutcome.regression, .notComparable, .inconclusive]
    where rows.contains(where: { $0.outcome == outcome }) {
      return outcome
    }
    return rows.isEmpty || !comparison.onlyInBase.isEmpty ? .inconclusive : .pass
  }

  /// Whether neither row nor rows together could be decided, so that the gate says nothing of the head: every
  /// trial failed, nothing is on both sides, or no two rows are comparable. That is no pass, however lenient.
  public var isUndecided: Bool {
    let decided: Set<GateOutcome> = [.regression, .pass]
    return !rows.contains { decided.contains($0.outcome) }
      && !pools.contains { decided.contains($0.outcome) }
  }

  /// The regression that is surely the largest: by the end of its interval that is nearer to the
  /// threshold. nil without any.
  public var worst: Row? {
    rows(.regression).max { left, right in
      (left.slowdown?.lowerBound ?? 0) < (right.slowdown?.lowerBound ?? 0)
    }
  }
}

extension GateReport.Row {
  /// The interval of how many times as long the head takes: above 1 is worse, for rates too.
  package var slowdown: ClosedRange<Double>? {
    row.effect?.slowdown(row.metric).interval
  }
}
