import Trials

/// A run in Bencher's Metric Format, for `bencher run --adapter json`:
/// <https://bencher.dev/docs/reference/bencher-metric-format/>.
///
/// `latency` (ns) and `throughput` (operations a second) are measures that every project of Bencher has;
/// it creates the others when it first sees them. The bounds are those of the median's 95 % interval.
package enum BencherMetrics {
  package static func json(_ run: StoredRun) -> JSON {
    .object(
      run.groups.compactMap { group in
        let measures = measures(of: group, in: run)
        return measures.isEmpty
          ? nil : .init(group.configuration.benchmarkName, .object(measures))
      })
  }

  private static func measures(
    of group: StoredRun.Group, in run: StoredRun
  ) -> [JSON.Member] {
    let pattern = group.configuration.workload.pattern
    let main = Metric.main(for: pattern)
    let named: [(String, Metric)] = [
      (main.isRate ? "throughput" : "latency", main), ("latency-p99", .latencyP99),
      ("producer-cpu", .producerCPU), ("consumer-cpu", .consumerCPU),
    ]
    return named.compactMap { name, metric in
      run.estimate(metric, group.configuration).map { .init(name, metricJSON($0)) }
    }
  }

  private static func metricJSON(_ estimate: Estimate) -> JSON {
    var members: [JSON.Member] = [.init("value", .number(estimate.median))]
    if let interval = estimate.interval {
      members.append(.init("lower_value", .number(interval.lowerBound)))
      members.append(.init("upper_value", .number(interval.upperBound)))
    }
    return .object(members)
  }
}
