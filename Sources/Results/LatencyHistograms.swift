import Trials

/// The latency samples of one trial, as its histogram log keeps them.
public struct LatencyHistograms: Hashable, Sendable {
  /// Those that the row's `latency_…` columns sum up; empty if there were none.
  ///
  /// Ascending by value, without zero counts, each by the highest value equivalent at three digits.
  public internal(set) var latency: [LatencyCount] = []
  /// Further samples of the same trial, of the same shape, by the tag that tells them apart.
  public internal(set) var tagged: [Tag: [LatencyCount]] = [:]

  /// What the samples beside the first ones span. Raw values are the log's tags.
  public enum Tag: String, Sendable {
    /// From the actual send of a message, where the latency counts from the intended one (paced).
    case service
  }

  package init(latency: [LatencyCount] = [], tagged: [Tag: [LatencyCount]] = [:]) {
    self.latency = latency
    self.tagged = tagged
  }

  /// What the driver has read of the trial, whether it ended ok or not: a trial that failed its
  /// proof of delivery may be looked at, too.
  public init(outcome: TrialOutcome) {
    // A saturating stream has no latency to speak of: that would be queueing.
    guard LatencyKind(outcome.trial.configuration.workload.pattern) != nil else { return }
    latency = outcome.latency?.counts ?? []
    if let service = outcome.service { tagged[.service] = service.counts }
  }

  /// Nothing to write a log for.
  var isEmpty: Bool { latency.isEmpty && tagged.values.allSatisfy(\.isEmpty) }
}

extension [LatencyCount] {
  package var samples: UInt64 { reduce(0) { $0 + $1.samples } }
}
