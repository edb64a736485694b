import Glibc
import Results
import Trials

extension GateReport {
  /// Rows seen together: what is too small to show for certain in any one of them shows in all.
  ///
  /// In each block the median over the rows of ln s stands for all of them, and the blocks are judged as
  /// those of one row. Each row is divided by itself before, so that rows of any size and unit count the
  /// same. The median, because a pair that the host came between is many times further off than the rest.
  public struct Pool: Sendable {
    /// nil for the rows of all mechanisms.
    public var mechanism: String?
    /// How many rows it is of.
    public var rows: Int
    /// Median over the blocks; how many times as long the head takes.
    public var slowdown: Double
    /// 95 %.
    public var interval: ClosedRange<Double>
    /// Of the signed ranks, two-sided.
    public var pValue: Double
    /// After Holm's correction for all that is judged.
    public var adjustedPValue = 1.0
    /// As a part: 0.05 for 5 %.
    public var threshold: Double
    public var outcome = GateOutcome.inconclusive
  }
}

extension GateReport.Pool {
  /// One for each mechanism that has several rows, and one for all rows where there are several mechanisms.
  /// None where the sides are not paired, and none within one run, where rows are compared that differ
  /// on purpose.
  static func all(
    of rows: [ComparisonRow], in comparison: Comparison, _ rules: GateRules
  ) -> [GateReport.Pool] {
    guard comparison.isPaired, comparison.factor == nil else { return [] }
    let usable = rows.filter { $0.verdict != .notComparable && !$0.differences.isEmpty }
    let mechanisms = usable.map(\.configuration.mechanism).withoutDuplicates()
    let parts = mechanisms.compactMap { mechanism in
      GateReport.Pool(
        mechanism, usable.filter { $0.configuration.mechanism == mechanism }, rules)
    }
    guard parts.count > 1, let whole = GateReport.Pool(nil, usable, rules) else { return parts }
    return parts + [whole]
  }

  /// nil with fewer than two rows, or with too few blocks for an interval.
  private init?(_ mechanism: String?, _ rows: [ComparisonRow], _ rules: GateRules) {
    let logarithms = Self.typicalLogarithms(rows)
    guard rows.count > 1, let middle = Statistics.median(logarithms),
      let interval = Statistics.medianInterval(logarithms)
    else { return nil }
    self.mechanism = mechanism
    self.rows = rows.count
    slowdown = exp(middle)
    self.interval = exp(interval.lowerBound)...exp(interval.upperBound)
    pValue = WilcoxonSignedRanks.pValue(logarithms)
    threshold = rules.pooledThreshold(of: Set(rows.map(\.metric)))
  }

  /// By block, where at least half of the rows have it: of fewer the median is of something else.
  private static func typicalLogarithms(_ rows: [ComparisonRow]) -> [Double] {
    var blocks: [Int: [Double]] = [:]
    for row in rows {
      for difference in row.differences {
        let logarithm = row.metric.isRate ? -difference.logarithm : difference.logarithm
        blocks[difference.block, default: []].append(logarithm)
      }
    }
    return blocks.sorted { $0.key < $1.key }.compactMap { _, logarithms in
      2 * logarithms.count >= rows.count ? Statistics.median(logarithms) : nil
    }
  }
}

extension GateRules {
  /// The largest threshold of the metrics, which are judged together; the noise floor is that of rows seen
  /// together, where it is known.
  fileprivate func pooledThreshold(of metrics: Set<Metric>) -> Double {
    guard let pooledNoise else { return metrics.compactMap(threshold).max() ?? 0 }
    return max(metrics.compactMap { thresholds[$0] }.max() ?? 0, 3 * pooledNoise)
  }
}
