import Results
import Trials

extension Metric {
  /// Whether a threshold of this metric holds for a pattern's rows.
  ///
  /// What one pattern is judged by says the same once more in another (the rate of a ping-pong is the
  /// inverse of its mean round trip), and would only make Holm's correction stricter: it gates where it
  /// is the main metric. Any other metric gates wherever it is measured.
  package func gates(in pattern: Pattern) -> Bool {
    guard Pattern.allCases.contains(where: { .main(for: $0) == self }) else {
      return applies(to: pattern)
    }
    return self == .main(for: pattern)
  }
}

extension GateReport {
  /// Judges the rows of a comparison whose metrics have a threshold.
  ///
  /// With s for how many times as long the head takes (for a rate, the base's over the head's), a row is a
  /// regression if the whole 95 % interval of s is above 1 + threshold and chance does not explain the
  /// difference: p, after Holm's correction over the rows that gate, is below the rules' significance.
  /// The correction bounds the chance of any false alarm in the whole comparison, whatever the number of
  /// rows. A row passes if its whole interval is below 1 + threshold. Anything else is inconclusive.
  public init(judging comparison: Comparison, by rules: GateRules) {
    let gated = comparison.rows.filter { row in
      row.metric.gates(in: row.configuration.workload.pattern)
        && rules.threshold(row.metric) != nil
    }
    // Of a row without an interval nothing can be said, so it is no test that could go wrong.
    let tested = gated.indices.filter { gated[$0].isJudgeable }
    let adjusted = Holm.adjusted(
      tested.compactMap { row in
        gated[row].effect?.pValue(among: tested.count, below: rules.significance)
      })
    let pValues = Dictionary(uniqueKeysWithValues: zip(tested, adjusted))
    let rows = gated.enumerated().map { index, row in
      Row(row, rules.threshold(row.metric) ?? 0, pValues[index], tested.count, rules.significance)
    }
    self.init(comparison: comparison, rules: rules, rows: rows)
  }
}

extension ComparisonRow {
  fileprivate var isJudgeable: Bool {
    verdict != .notComparable && effect?.interval != nil && effect?.pValue != nil
  }
}

extension Effect {
  /// Of the signed ranks; of the rank sums where so few blocks cannot show anything among so many rows. The
  /// choice hangs on numbers of blocks and rows alone, and so adds no chance of a false alarm.
  fileprivate func pValue(among rows: Int, below significance: Double) -> Double? {
    guard let pairs, let signedRankPValue, let rankSumPValue else { return pValue }
    let reach = WilcoxonSignedRanks.smallestPValue(pairs: pairs) * Double(rows)
    return reach < significance ? signedRankPValue : rankSumPValue
  }
}

extension GateReport.Row {
  fileprivate init(
    _ row: ComparisonRow, _ threshold: Double, _ adjusted: Double?, _ tests: Int,
    _ significance: Double
  ) {
    func made(_ outcome: GateOutcome, _ reason: String = "") -> GateReport.Row {
      GateReport.Row(
        row: row, threshold: threshold, adjustedPValue: adjusted, outcome: outcome, reason: reason)
    }
    guard row.verdict != .notComparable else {
      self = made(.notComparable, row.reason)
      return
    }
    guard let slowdown = row.effect?.slowdown(row.metric).interval, let adjusted else {
      self = made(.inconclusive, row.reason.isEmpty ? "too few trials" : row.reason)
      return
    }
    let limit = 1 + threshold
    if slowdown.upperBound < limit {
      self = made(.pass)
    } else if slowdown.lowerBound <= limit {
      let reason =
        "the interval of the slow-down, \(ComparisonText.changes(slowdown)), holds the threshold of "
        + ComparisonText.percent(threshold)
      self = made(.inconclusive, reason)
    } else if adjusted < significance {
      self = made(.regression)
    } else {
      let reason =
        "above the threshold of \(ComparisonText.percent(threshold)), but p is "
        + "\(ComparisonText.pValue(adjusted)) after the correction for \(tests) rows, and "
        + "\(ComparisonText.pValue(significance)) is asked for"
      self = made(.inconclusive, reason)
    }
  }
}
