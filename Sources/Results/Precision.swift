import Trials

extension Estimate {
  /// How far the farther end of the interval is from the median, as a part of that; nil without an
  /// interval.
  public var relativeHalfWidth: Double? {
    guard let interval, median > 0 else { return nil }
    return max(interval.upperBound - median, median - interval.lowerBound) / median
  }
}

extension Summary.Group {
  /// What a precision is asked of: the median latency, or where there is none the message rate.
  var mainEstimate: Estimate? {
    estimate(.main(for: configuration.workload.pattern))
  }
}

/// How a run that was asked for a precision came out; in `run.json`.
public struct PrecisionReport: Codable, Hashable, Sendable {
  public enum End: String, Codable, Sendable {
    /// Every interval is as narrow as was asked for.
    case reached
    /// The most trials have been made.
    case limit
    case interrupted
  }

  /// As a part of the median: 0.02 for 2 %.
  public var target: Double
  public var mostTrials: Int
  public var end: End
  /// Of the configurations that measured anything.
  public var configurations: Int
  /// Configurations whose interval is as narrow as was asked for.
  public var precise: Int
  /// The widest interval there is, as a part of its median; nil if there is none.
  public var widest: Double?

  public init(_ summary: Summary, target: Double, mostTrials: Int, isInterrupted: Bool) {
    let estimates = summary.groups.compactMap(\.mainEstimate)
    let widths = estimates.compactMap(\.relativeHalfWidth)
    self.target = target
    self.mostTrials = mostTrials
    configurations = estimates.count
    precise = widths.count { $0 <= target }
    widest = widths.max().map { rounded($0, places: 6) }
    end = isInterrupted ? .interrupted : precise == configurations ? .reached : .limit
  }

  /// One that failed every time will not become precise by being repeated, and is not waited for.
  public var isReached: Bool { precise == configurations }

  enum CodingKeys: String, CodingKey {
    case target
    case mostTrials = "most_trials"
    case end, configurations, precise, widest
  }
}

extension PrecisionReport: CustomStringConvertible {
  public var description: String {
    let wanted = "±\(Quantity.significant(target * 100)) %"
    let found = widest.map { "; the widest is ±\(Quantity.significant($0 * 100)) %" } ?? ""
    return switch end {
    case .reached: "Precision \(wanted) reached by all \(configurations) configurations\(found)."
    case .limit:
      "Precision \(wanted) reached by \(precise) of \(configurations) configurations when the limit "
        + "of \(mostTrials) trials each stopped the run\(found)."
    case .interrupted:
      "Precision \(wanted) reached by \(precise) of \(configurations) configurations when the run "
        + "was interrupted\(found)."
    }
  }
}
