import Trials

extension Metric {
  /// Whether more of it is better.
  package var isRate: Bool { self == .messageThroughput || self == .byteThroughput }

  /// Whether it is of all trials together, so that no trial has a value of its own.
  package var isOfAllTrials: Bool {
    switch self {
    case .mergedP50, .mergedP90, .mergedP99, .mergedP999, .mergedP9999, .mergedMaximum: true
    default: false
    }
  }

  /// What a configuration is judged by where nobody says otherwise: the median latency, or where there is
  /// none the message rate.
  package static func main(for pattern: Pattern) -> Metric {
    pattern == .stream ? .messageThroughput : .latencyP50
  }

  /// What round trips of several configurations can be set against each other by: the median, or where
  /// their samples are means of different numbers of round trips the mean, which these numbers do not
  /// change. Floors are left out of account: they are limits and no choice.
  package static func forRoundTrips(of configurations: [Configuration]) -> Metric {
    let batches = configurations.filter { $0.workload.pattern == .pingPong && !$0.isFloor }
      .compactMap(\.workload.roundTripsPerSample)
    return Set(batches).count > 1 ? .latencyMean : main(for: .pingPong)
  }

  /// In words, with no unit: `median round trip`.
  package func title(for pattern: Pattern) -> String {
    let latency = pattern == .paced ? "response" : "round trip"
    return switch self {
    case .latencyP50: "median \(latency)"
    case .latencyP99: "p99 \(latency)"
    case .latencyP999: "p99.9 \(latency)"
    case .latencyMean: "mean \(latency)"
    case .mergedP50: "median \(latency), all samples"
    case .mergedP90: "p90 \(latency), all samples"
    case .mergedP99: "p99 \(latency), all samples"
    case .mergedP999: "p99.9 \(latency), all samples"
    case .mergedP9999: "p99.99 \(latency), all samples"
    case .mergedMaximum: "longest \(latency)"
    case .serviceP50: "median service time"
    case .serviceP99: "p99 service time"
    case .messageThroughput: "message rate"
    case .byteThroughput: "byte rate"
    case .producerCPU: "CPU time of the producer"
    case .consumerCPU: "CPU time of the consumer"
    case .producerContextSwitches: "context switches of the producer"
    case .consumerContextSwitches: "context switches of the consumer"
    }
  }

  /// The units that its values are written in for people; nil for plain numbers.
  package var units: [Quantity.Unit]? {
    switch self {
    case .messageThroughput: Quantity.messageRate
    case .byteThroughput: Quantity.byteRate
    case .producerContextSwitches, .consumerContextSwitches: nil
    default: Quantity.time
    }
  }

  /// `1.23 µs`.
  package func text(_ value: Double) -> String {
    units.map { Quantity.text(value, in: $0) } ?? Quantity.significant(value)
  }
}
