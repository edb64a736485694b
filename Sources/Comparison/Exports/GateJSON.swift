import Results
import Trials

extension GateReport {
  /// Everything: what the gate decided, and the comparison that it decided by, in the form of `compare
  /// --format json`. Parts and ratios are plain numbers: 0.05 for 5 %.
  package var json: JSON {
    .object([
      .init("schema_version", 1),
      .init("outcome", .string(outcome.rawValue)),
      .init("conclusion", .string(conclusion)),
      .init("decided", .boolean(!isUndecided)),
      .init("significance", .number(rules.significance)),
      .init("thresholds", json(of: rules.threshold)),
      .init("noise", json { rules.noise[$0] }),
      .init("noise_together", JSON(rules.pooledNoise)),
      .init(
        "counts",
        .object(GateOutcome.allCases.map { .init($0.rawValue, .integer(rows($0).count)) })),
      .init("rows", .array(rows.map(\.json))),
      .init("together", .array(pools.map(\.json))),
      .init("comparison", comparison.json(comparison.rows)),
    ])
  }

  private func json(of value: (Metric) -> Double?) -> JSON {
    .object(
      Metric.allCases.compactMap { metric in
        value(metric).map { .init(metric.rawValue, .number($0)) }
      })
  }
}

extension GateReport.Row {
  /// The slow-down is how many times as long the head takes; above 1 is worse, for rates too.
  fileprivate var json: JSON {
    let slowdown = row.effect?.slowdown(row.metric)
    let interval = slowdown?.interval.map {
      JSON.array([.number($0.lowerBound), .number($0.upperBound)])
    }
    return .object(
      row.configuration.members + [
        .init("metric", .string(row.metric.rawValue)),
        .init("outcome", .string(outcome.rawValue)),
        .init("reason", .string(reason)),
        .init("slowdown", JSON(slowdown?.ratio)),
        .init("slowdown_interval", interval ?? .null),
        .init("p_adjusted", JSON(adjustedPValue)),
        .init("threshold", .number(threshold)),
      ])
  }
}

extension GateReport.Pool {
  /// The mechanism is null for all of them.
  fileprivate var json: JSON {
    .object([
      .init("mechanism", JSON(mechanism)), .init("rows", .integer(rows)),
      .init("outcome", .string(outcome.rawValue)), .init("slowdown", .number(slowdown)),
      .init(
        "slowdown_interval", .array([.number(interval.lowerBound), .number(interval.upperBound)])),
      .init("p_adjusted", .number(adjustedPValue)), .init("threshold", .number(threshold)),
    ])
  }
}
