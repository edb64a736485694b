import Results
import Trials

/// The values of a row that come from elsewhere than stored runs: what a simulation of the gate draws.
package struct SampledRow: Sendable {
  package var configuration: Configuration
  package var metric: Metric
  package var base: [StoredRun.Sample]
  package var head: [StoredRun.Sample]

  package init(
    configuration: Configuration, metric: Metric, base: [StoredRun.Sample],
    head: [StoredRun.Sample]
  ) {
    self.configuration = configuration
    self.metric = metric
    self.base = base
    self.head = head
  }
}

extension Comparison {
  /// Of rows whose two sides ran in the same blocks, in one environment.
  package init(pairing rows: [SampledRow], _ rules: ComparisonRules = ComparisonRules()) {
    var rules = rules
    rules.gated = Set(rows.map(\.metric))
    var maker = RowMaker(rules, isPaired: true, objection: nil)
    for row in rows { maker.add(row) }
    self.init(
      base: Side(name: "base", runID: ""), head: Side(name: "head", runID: ""), isPaired: true,
      rows: maker.judged(), margin: rules.margin)
  }
}
