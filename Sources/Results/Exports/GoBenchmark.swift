import Paths
import Trials

/// A run in the text that Go's benchmarks print, one line a trial, for benchstat and whatever else reads
/// it: <https://go.dev/design/14313-benchmark-format>, read by golang.org/x/perf/benchfmt.
///
/// `ns/op` is what a pattern is judged by, as a time: of a ping-pong the median round trip, of a paced
/// trial the median response, of a stream the mean time a message. The number of operations is that of
/// the messages received.
package struct GoBenchmark: Sendable {
  private let processors: Int?
  private var failed = 0

  package init(_ description: RunDescription?) {
    processors = description?.host.logicalCPUs
  }

  /// The lines before the first trial.
  ///
  /// benchstat puts runs whose keys differ into tables of their own, so only what makes them incomparable
  /// is a key; what is said of a run besides is in comments, which begin with a character that no key may.
  package func header(_ run: RunDescription?) -> String {
    var lines: [String] = []
    if let run {
      let build = "ipcbench \(run.build.version)\(run.build.commit.map { ", commit \($0)" } ?? "")"
      lines.append("# run \(run.runID), \(build), \(run.build.mode) build")
      lines += [
        "goos: linux", "goarch: \(Self.goName(of: run.host.architecture))",
        "kernel: \(run.host.kernelRelease)", "cpu: \(run.host.cpuModel)",
      ]
      if let policy = run.idlePolicy, policy != .standard {
        lines.append("idle-policy: \(policy.rawValue)")
      }
    }
    lines.append("pkg: ipcbench")
    lines += Value.allCases.map { "Unit \($0.unit) better=\($0.isRate ? "higher" : "lower")" }
    return lines.map {
      $0.split(whereSeparator: \.isNewline).joined(separator: " ").shown + "\n"
    }.joined()
  }

  /// The line of a trial; nil if it failed or measured nothing.
  package mutating func line(_ record: TrialRecord) -> String? {
    guard record.status == .ok, let messages = record.messagesReceived, messages > 0 else {
      failed += 1
      return nil
    }
    let values = Value.allCases.compactMap { value -> String? in
      value.number(of: record).map { "\(PlainNumber.text($0)) \(value.unit)" }
    }
    guard !values.isEmpty else {
      failed += 1
      return nil
    }
    let name = record.configuration.benchmarkName + (processors.map { "-\($0)" } ?? "")
    let fields = ["BenchmarkIpcbench/\(name.shown)", "\(messages)"] + values
    return fields.joined(separator: "\t") + "\n"
  }

  /// What follows the last trial.
  package var footer: String {
    failed == 0 ? "" : "# left out: \(failed) trials that failed\n"
  }

  private static func goName(of architecture: String) -> String {
    ["x86_64": "amd64", "aarch64": "arm64"][architecture] ?? architecture
  }

  /// What a line says of a trial.
  private enum Value: CaseIterable {
    case main, p99, bytes, producerCPU, consumerCPU

    /// Go's tools know `ns` and `MB` in a unit and scale them; what stands before the dash says of what.
    var unit: String {
      switch self {
      case .main: "ns/op"
      case .p99: "p99-ns/op"
      case .bytes: "MB/s"
      case .producerCPU: "producer-cpu-ns/op"
      case .consumerCPU: "consumer-cpu-ns/op"
      }
    }

    var isRate: Bool { self == .bytes }

    func number(of record: TrialRecord) -> Double? {
      let pattern = record.configuration.workload.pattern
      switch self {
      case .main:
        let metric = Metric.main(for: pattern)
        return metric.value(of: record).flatMap { metric.nanoseconds($0) }
      case .p99: return Metric.latencyP99.value(of: record)
      case .bytes:
        return pattern == .stream ? Metric.byteThroughput.value(of: record).map { $0 / 1e6 } : nil
      case .producerCPU: return record.producerCPUNanosecondsPerMessage
      case .consumerCPU: return record.consumerCPUNanosecondsPerMessage
      }
    }
  }
}
