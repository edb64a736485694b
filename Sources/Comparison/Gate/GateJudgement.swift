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
  /// Judges the rows of a comparison whose metrics have a threshold, one by one and together.
  ///
  /// With s for how many times as long the head takes (for a rate, the base's over the head's), a row is a
  /// regression if the whole 95 % interval of s is above 1 + threshold and chance does not explain the
  /// difference: p, after Holm's correction over all that is judged, is below the rules' significance.
  /// The correction bounds the chance of any false alarm in the whole comparison, whatever the number of
  /// rows. A row passes if its whole interval is below 1 + threshold. Anything else is inconclusive.
  public init(judging comparison: Comparison, by rules: GateRules) {
    let gated = comparison.rows.filter { row in
      row.metric.gates(in: row.configuration.workload.pattern)
        && rules.threshold(row.metric) != nil
    }
    var pools = Pool.all(of: gated, in: comparison, rules)
    // Of a row without an interval nothing can be said, so it is no test that could go wrong.
    let tested = gated.indices.filter { gated[$0].isJudgeable }
    let tests = tested.count + pools.count
    let adjusted = Holm.adjusted(
      tested.compactMap { gated[$0].effect?.pValue(among: tests, below: rules.significance) }
        + pools.map(\.pValue))
    let pValues = Dictionary(uniqueKeysWithValues: zip(tested, adjusted))
    let rows = gated.enumerated().map { index, row in
      let threshold = rules.threshold(row.metric) ?? 0
      let finding = Finding(row, threshold, pValues[index], tests, rules.significance)
      return Row(
        row: row, threshold: threshold, adjustedPValue: pValues[index], outcome: finding.outcome,
        reason: finding.reason)
    }
    for (index, pValue) in zip(pools.indices, adjusted.dropFirst(tested.count)) {
      pools[index].adjustedPValue = pValue
      pools[index].outcome =
        Finding(
          pools[index].interval, pools[index].threshold, pValue, tests, rules.significance
        ).outcome
    }
    self.init(comparison: comparison, rules: rules, rows: rows, pools: pools)
  }
}

extension ComparisonRow {
  fileprivate var isJudgeable: Bool {
    verdict != .notComparable && effect?.interval != nil && effect?.pValue != nil
  }
}

extension Effect {
  /// Of the signed ranks; of the rank sums where so few blocks cannot show anything among so many tests. The
  /// choice hangs on numbers of blocks and tests alone, and so adds no chance of a false alarm.
  fileprivate func pValue(among tests: Int, below significance: Double) -> Double? {
    guard let pairs, let signedRankPValue, let rankSumPValue else { return pValue }
    let reach = WilcoxonSignedRanks.smallestPValue(pairs: pairs) * Double(tests)
    return reach < significance ? signedRankPValue : rankSumPValue
  }
}

/// What is found of one row, or of rows together.
private struct Finding {
  let outcome: GateOutcome
  /// Why it is inconclusive or not comparable; empty otherwise.
  let reason: String

  private init(_ outcome: GateOutcome, _ reason: String = "") {
    self.outcome = outcome
    self.reason = reason
  }

  init(
    _ row: ComparisonRow, _ threshold: Double, _ adjusted: Double?, _ tests: Int,
    _ significance: Double
  ) {
    guard row.verdict != .notComparable else {
      self.init(.notComparable, row.reason)
      return
    }
    guard let slowdown = row.effect?.slowdown(row.metric).interval, let adjusted else {
      self.init(.inconclusive, row.reason.isEmpty ? "too few trials" : row.reason)
      return
    }
    self.init(slowdown, threshold, adjusted, tests, significance)
  }

  init(
    _ slowdown: ClosedRange<Double>, _ threshold: Double, _ adjusted: Double, _ tests: Int,
    _ significance: Double
  ) {
    let limit = 1 + threshold
    let allowed = ComparisonText.percent(threshold)
    if slowdown.upperBound < limit {
      self.init(.pass)
    } else if slowdown.lowerBound <= limit {
      self.init(
        .inconclusive,
        "the interval of the slow-down, \(ComparisonText.changes(slowdown)), holds the threshold "
          + "of \(allowed)")
    } else if adjusted < significance {
      self.init(.regression)
    } else {
      self.init(
        .inconclusive,
        "above the threshold of \(allowed), but p is \(ComparisonText.pValue(adjusted)) after the "
          + "correction for \(tests) tests, and \(ComparisonText.pValue(significance)) is asked for"
      )
    }
  }
}
