import Results
import Trials

/// What the rows of a comparison are called: as short as tells them apart.
package struct RowNames: Sendable {
  private let factors: [Factor]
  private let comparedFactor: Factor?

  package init(_ comparison: Comparison) {
    let configurations =
      comparison.rows.map(\.configuration) + comparison.onlyInBase + comparison.onlyInHead
    comparedFactor = comparison.factor
    let alwaysNamed: [Factor] = [.mechanism, .wait, .pattern, .payload, .rate]
    factors = Factor.allCases.filter { factor in
      !alwaysNamed.contains(factor) && Set(configurations.map(factor.level)).count > 1
    }
  }

  /// `pipe, block, ping-pong, 64 B, same-core (CPU 0 → 0)`.
  package func name(_ configuration: Configuration) -> String { configuration.name(with: factors) }

  /// Within one run also the head's level: `pipe, block, ping-pong, 64 B → shm-ring`.
  package func name(_ row: ComparisonRow) -> String {
    let level = comparedFactor.map { " → \($0.level(of: row.headConfiguration))" } ?? ""
    return name(row.configuration) + level
  }
}

extension ComparisonRow {
  /// `median round trip`.
  package var title: String { metric.title(for: configuration.workload.pattern) }
}

extension GateReport.Pool {
  /// `pipe`, or `all mechanisms`.
  package var title: String { mechanism ?? "all mechanisms" }

  /// `the 8 rows of pipe together +9.8 % slower (95 % interval +9.1 % to +10 %, threshold 5.0 %)`.
  package var words: String {
    "the \(rows) rows of \(title) together \(ComparisonText.change(slowdown)) slower "
      + "(95 % interval \(ComparisonText.changes(interval)), threshold "
      + "\(ComparisonText.percent(threshold)))"
  }
}

extension GateReport {
  /// The whole finding in one line, without a full stop.
  public var conclusion: String {
    isUndecided && !rows.isEmpty ? "nothing could be judged: \(finding)" : finding
  }

  private var finding: String {
    let names = RowNames(comparison)
    let concerned = rows(outcome)
    let count = "\(concerned.count) of \(rows.count) rows"
    func first(_ what: String) -> String {
      concerned.first.map { "\(what): \(names.name($0.row)), \($0.row.title): \($0.reason)" } ?? ""
    }
    switch outcome {
    case .regression:
      let pools = poolsOfRegression.map(\.words)
      guard let worst else {
        return "regression, in no row alone; \(pools.joined(separator: "; "))"
      }
      return "regression in \(count); worst: \(Self.words(worst, names))"
    case .notComparable: return "\(count) are not comparable; \(first("first"))"
    case .inconclusive where rows.isEmpty:
      return "nothing could be judged: no metric with a threshold was measured on both sides"
    case .inconclusive where concerned.isEmpty:
      let gone = comparison.onlyInBase
      return "\(gone.count) configurations of the base are not in the head; first: "
        + (gone.first.map(names.name) ?? "")
    case .inconclusive: return "\(count) are inconclusive; \(first("first"))"
    case .pass: return "none of \(rows.count) rows is slower than allowed"
    }
  }

  /// `pipe, block, ping-pong, 64 B, median round trip +10.2 % (95 % interval +8.1 to +12.3 %, threshold
  /// 5 %)`.
  private static func words(_ row: Row, _ names: RowNames) -> String {
    guard let slowdown = row.row.effect?.slowdown(row.row.metric), let interval = slowdown.interval
    else { return names.name(row.row) }
    return
      "\(names.name(row.row)): \(row.row.title) \(ComparisonText.change(slowdown.ratio)) slower "
      + "(95 % interval \(ComparisonText.changes(interval)), threshold "
      + "\(ComparisonText.percent(row.threshold)))"
  }
}
