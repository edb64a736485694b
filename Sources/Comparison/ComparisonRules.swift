import Results
import Trials

/// What a comparison is to say, and when it says it.
public struct ComparisonRules: Hashable, Sendable {
  /// Which metrics get a row.
  public enum Metrics: Hashable, Sendable {
    /// What a reader asks for first: the main metric, p99 and both sides' CPU time.
    case standard
    /// Every one that each trial has a value of.
    case all
    case named([Metric])
  }

  public var metrics: Metrics
  /// Metrics that get a row as well, in the patterns in which they gate.
  public var gated: Set<Metric> = []
  /// How far from 1 a ratio may be and still be called the same: 0.02 for 2 %.
  public var margin: Double
  /// Of the bootstrap.
  public var seed: UInt64
  /// How often the bootstrap resamples.
  public var replicates: Int
  /// Whether to compare what different environments measured.
  public var isForced: Bool

  /// What an adjusted p-value has to be below: the largest probability of even one wrong `faster` or
  /// `slower` in a comparison.
  static let significance = 0.05

  public init(
    metrics: Metrics = .standard, margin: Double = 0.02, seed: UInt64 = 1, replicates: Int = 4000,
    isForced: Bool = false
  ) {
    self.metrics = metrics
    self.margin = margin
    self.seed = seed
    self.replicates = replicates
    self.isForced = isForced
  }

  /// The metrics that mean the same on both sides, in the order of a table.
  ///
  /// Patterns differ only where `pattern` is the factor that is compared, and then the message rate is
  /// what all of them have.
  func metrics(base: Pattern, head: Pattern) -> [Metric] {
    let wanted: [Metric]
    switch metrics {
    case .standard:
      let main = base == head ? Metric.main(for: base) : .messageThroughput
      wanted = [main, .latencyP99, .producerCPU, .consumerCPU]
    case .all: wanted = Metric.ofTrials
    case .named(let names): wanted = names
    }
    let added = Metric.allCases.filter { gated.contains($0) && $0.gates(in: base) }
    return (wanted + added).withoutDuplicates()
      .filter { $0.applies(to: base) && $0.applies(to: head) }
  }
}

extension Metric {
  /// Those that each trial has a value of, so that trials can be compared.
  package static let ofTrials = allCases.filter { !$0.isOfAllTrials }
}
