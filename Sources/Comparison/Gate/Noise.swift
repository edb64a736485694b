import Glibc
import Results

/// What a comparison of a build with itself shows although there is nothing to find.
public enum Noise {
  /// Fewer rows say nothing about what a typical one does.
  package static let fewestRows = 6

  /// How far a row is typically off, by metric, as a part.
  ///
  /// 1.4826 · median |ln ratio| over the metric's rows: of a normal distribution the standard deviation
  /// (P. J. Rousseeuw and C. Croux, "Alternatives to the Median Absolute Deviation", JASA 88 (1993)). Around
  /// zero and not around the rows' own median, because in such a comparison the true ratio is 1. Half
  /// of the rows may be as wild as they like: those are kept from false alarms by their own intervals, and
  /// would only make the gate blind for all others.
  ///
  /// - Parameters:
  ///   - comparison: of a build with itself, in the same manner as those that are to be judged.
  ///   - metrics: those that gate.
  public static func of(
    _ comparison: Comparison, for metrics: Set<Metric>
  ) throws(NoiseError) -> [Metric: Double] {
    var noise: [Metric: Double] = [:]
    for metric in Metric.allCases where metrics.contains(metric) {
      let logarithms = comparison.rows.compactMap { row -> Double? in
        guard row.metric == metric, metric.gates(in: row.configuration.workload.pattern),
          row.verdict != .notComparable, let ratio = row.effect?.ratio, ratio > 0
        else { return nil }
        return abs(log(ratio))
      }
      guard logarithms.count >= fewestRows, let median = Statistics.median(logarithms) else {
        throw NoiseError(metric: metric, rows: logarithms.count)
      }
      noise[metric] = 1.4826 * median
    }
    return noise
  }

  /// The same of rows seen together; nil with fewer than six mechanisms, whose rows' own noise then counts.
  public static func ofPools(in comparison: Comparison, for metrics: Set<Metric>) -> Double? {
    let rules = GateRules(thresholds: Dictionary(uniqueKeysWithValues: metrics.map { ($0, 0) }))
    let logarithms = GateReport(judging: comparison, by: rules).pools.map { abs(log($0.slowdown)) }
    guard logarithms.count >= fewestRows else { return nil }
    return Statistics.median(logarithms).map { 1.4826 * $0 }
  }
}

/// A comparison of a build with itself has too few rows of a metric to say how much it scatters.
public struct NoiseError: Error, Hashable, Sendable, CustomStringConvertible {
  public var metric: Metric
  public var rows: Int

  public var description: String {
    "only \(rows) rows of \(metric.rawValue) can be compared, and the noise takes at least "
      + "\(Noise.fewestRows); measure more configurations against themselves: "
      + "ipcbench run --suite ci --versus \"$(command -v ipcbench)\""
  }
}
