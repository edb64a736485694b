import Results
import Trials

/// The geometric mean of the ratios of one metric: the only mean that ratios have, because it does not hang
/// on which side is the base.
package struct GeometricMean: Hashable, Sendable {
  package var metric: Metric
  /// The base's.
  package var pattern: Pattern
  /// The head's; nil for all together.
  package var mechanism: String?
  /// The head's level of the factor that is compared within a run, where that is not the mechanism.
  package var level: String?
  package var ratio: Double
  /// Configurations that it is over.
  package var rows: Int
}

extension Comparison {
  /// By metric and pattern, by level, and by mechanism, all mechanisms together last; in the rows' order.
  package var geometricMeans: [GeometricMean] {
    struct Key: Hashable {
      var metric: Metric
      var pattern: Pattern
      var level: String?
      var mechanism: String?
    }
    var ratios: [Key: [Double]] = [:]
    var groups: [Key] = []
    // What must not be compared is no part of a mean, unless there is nothing else to show.
    let comparable = rows.filter { $0.verdict != .notComparable }
    for row in comparable.isEmpty ? rows : comparable {
      guard let ratio = row.effect?.ratio, ratio > 0, ratio.isFinite else { continue }
      let level = factor == .mechanism ? nil : factor?.level(of: row.headConfiguration)
      var key = Key(
        metric: row.metric, pattern: row.configuration.workload.pattern, level: level,
        mechanism: row.headConfiguration.mechanism)
      if ratios[key] == nil { groups.append(key) }
      ratios[key, default: []].append(ratio)
      key.mechanism = nil
      ratios[key, default: []].append(ratio)
    }
    func mean(_ key: Key) -> GeometricMean? {
      let values = ratios[key] ?? []
      return Ratio.geometricMean(values).map {
        GeometricMean(
          metric: key.metric, pattern: key.pattern, mechanism: key.mechanism, level: key.level,
          ratio: $0, rows: values.count)
      }
    }
    func whole(_ key: Key) -> Key {
      Key(metric: key.metric, pattern: key.pattern, level: key.level, mechanism: nil)
    }
    let parts = Dictionary(grouping: groups, by: whole)
    return groups.map(whole).withoutDuplicates().flatMap { key in
      let mechanisms = parts[key] ?? []
      // Different mechanisms held against one base have no mean in common.
      let hasWhole = mechanisms.count > 1 && factor != .mechanism
      return (mechanisms + (hasWhole ? [key] : [])).compactMap(mean)
    }
  }
}
