import Trials

/// A run for github-action-benchmark's tool `customSmallerIsBetter`:
/// <https://github.com/benchmark-action/github-action-benchmark>.
///
/// The action takes a file of one kind, in which smaller or bigger is better throughout. Rates are written
/// as the time a message, so that one file has the whole run.
package enum GitHubActionBenchmark {
  package static func json(_ run: StoredRun) -> JSON {
    .array(run.groups.compactMap { entry($0, in: run) })
  }

  private static func entry(_ group: StoredRun.Group, in run: StoredRun) -> JSON? {
    let pattern = group.configuration.workload.pattern
    let metric = Metric.main(for: pattern)
    guard let estimate = run.estimate(metric, group.configuration),
      let value = metric.nanoseconds(estimate.median)
    else { return nil }
    let unit: String
    switch pattern {
    case .pingPong: unit = "ns/round trip"
    case .stream: unit = "ns/message"
    case .paced: unit = "ns/response"
    }
    var members: [JSON.Member] = [
      .init("name", .string(group.configuration.benchmarkName)), .init("unit", .string(unit)),
      .init("value", .number(value)),
    ]
    let ends = estimate.interval.map { [$0.lowerBound, $0.upperBound] } ?? []
    let distance = ends.compactMap { metric.nanoseconds($0) }.map { abs($0 - value) }.max()
    if let distance {
      members.append(.init("range", .string("± \(PlainNumber.text(rounded(distance, places: 3)))")))
    }
    members.append(
      .init("extra", .string("\(estimate.trials) trials, \(estimate.tainted) tainted")))
    return .object(members)
  }
}
