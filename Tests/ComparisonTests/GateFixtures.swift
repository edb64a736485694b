import Results
import Trials

@testable import Comparison

/// Rows and comparisons with effects that a test makes up.
enum GateFixture {
  static func configuration(
    _ mechanism: String, _ pattern: Pattern = .pingPong, payloadBytes: Int = 64
  ) -> Configuration {
    TestSupport.configuration(mechanism, pattern, payloadBytes: payloadBytes, cores: (0, 0))
  }

  /// - Parameter ratio: head over base, in the middle of its interval.
  static func row(
    _ mechanism: String, _ pattern: Pattern = .pingPong, _ metric: Metric? = nil,
    ratio: Double, _ interval: ClosedRange<Double>?, p: Double? = 1e-5,
    verdict: Verdict = .inconclusive, reason: String = ""
  ) -> ComparisonRow {
    let configuration = configuration(mechanism, pattern)
    func estimate(_ median: Double) -> Estimate {
      Estimate(
        median: median, interval: median * 0.9...median * 1.1, minimum: median * 0.8, trials: 14,
        tainted: 1)
    }
    return ComparisonRow(
      configuration: configuration, headConfiguration: configuration,
      metric: metric ?? .main(for: pattern), base: estimate(1000), head: estimate(1000 * ratio),
      effect: Effect(ratio: ratio, interval: interval, pValue: p, pairs: 14), verdict: verdict,
      reason: reason)
  }

  static func comparison(
    _ rows: [ComparisonRow], onlyInBase: [Configuration] = []
  ) -> Comparison {
    Comparison(
      base: .init(name: "runs/a", runID: "20261121T031500Z-ci"),
      head: .init(name: "runs/b", runID: "20261121T031600Z-ci"), isPaired: true,
      onlyInBase: onlyInBase, rows: rows, margin: 0.02)
  }

  static let rules = GateRules(thresholds: [.latencyP50: 0.05, .messageThroughput: 0.05])

  static func report(_ rows: [ComparisonRow], onlyInBase: [Configuration] = []) -> GateReport {
    GateReport(judging: comparison(rows, onlyInBase: onlyInBase), by: rules)
  }

  /// One row of every outcome, with all that has to be escaped somewhere.
  static var reportOfEveryKind: GateReport {
    var comparison = comparison(
      [
        row("pipe", ratio: 1.12, 1.08...1.15, verdict: .slower),
        row("pipe", .stream, ratio: 0.9, 0.87...0.93, verdict: .slower),
        row("tcp", ratio: 1.03, 1.02...1.04, verdict: .slower),
        row("fifo", ratio: 0.8, 0.75...0.85, verdict: .faster),
        row("shm-ring", ratio: 1.0, 0.99...1.01, p: 0.9, verdict: .same),
        row("unix-stream", ratio: 1.04, 0.97...1.09, p: 0.4, reason: "the interval includes 1"),
        row(
          "onc-rpc-tcp", ratio: 1.5, nil, p: nil, reason: "all 3 trials of the head failed: <&\"|'>"
        ),
        row(
          "onc-rpc-unix", ratio: 1.5, 1.4...1.6, verdict: .notComparable,
          reason: "kernel_release differs"),
        row("pipe", .pingPong, .producerCPU, ratio: 3, 2.9...3.1, verdict: .slower),
      ],
      onlyInBase: [configuration("grpc")])
    comparison.base.name = "a|b & <c>\n\u{1}*_`"
    comparison.differences = [
      .init(name: "kernel_release", base: "6.12", head: "6.13", isDecisive: true),
      .init(name: "build_commit", base: "abc", head: "def", isDecisive: false),
    ]
    var rules = rules
    rules.noise = [.latencyP50: 0.002]
    var report = GateReport(judging: comparison, by: rules)
    report.pools = [pool("pipe", 1.1, .regression), pool(nil, 1.01, .pass)]
    return report
  }

  private static func pool(
    _ mechanism: String?, _ slowdown: Double, _ outcome: GateOutcome
  ) -> GateReport.Pool {
    GateReport.Pool(
      mechanism: mechanism, rows: mechanism == nil ? 8 : 2, slowdown: slowdown,
      interval: slowdown - 0.02...slowdown + 0.02, pValue: 1e-4, adjustedPValue: 0.001,
      threshold: 0.05, outcome: outcome)
  }
}
