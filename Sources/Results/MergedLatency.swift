import Trials

/// All samples of a configuration's ok trials in one histogram, whose percentiles are therefore
/// those of the samples; the mean or the median of several percentiles would be no percentile.
package struct MergedLatency: Sendable {
  package private(set) var trials = 0
  private(set) var tainted = 0
  /// nil without samples, or where the trials' samples are of different things.
  package private(set) var latency: LatencyRecord?
  /// The samples of a trial are missing or are another thing than those of the others. What is left
  /// would be called the whole.
  private var isSpoilt = false

  /// - Parameter record: an ok trial with latency samples.
  mutating func add(_ record: TrialRecord, _ counts: [LatencyCount]) {
    guard !isSpoilt else { return }
    // Samples of paced messages are of one each.
    let roundTrips = record.latencyRoundTripsPerSample ?? 1
    // Of means the row has no extremes; those of the counts are near enough for a median.
    guard let lowest = counts.first?.nanoseconds, let highest = counts.last?.nanoseconds,
      let minimum = record.hasMeansForSamples ? lowest : record.latencyMinimumNanoseconds,
      let maximum = record.hasMeansForSamples ? highest : record.latencyMaximumNanoseconds,
      // The mean of 8 round trips hides what a single one shows: no histogram holds both.
      latency.map({ $0.roundTripsPerSample == roundTrips }) ?? true
    else {
      self = MergedLatency()
      isSpoilt = true
      return
    }
    trials += 1
    if record.tainted { countTaint() }
    latency = LatencyRecord(
      counts: latency?.counts.merged(with: counts) ?? counts,
      minimumNanoseconds: min(latency?.minimumNanoseconds ?? minimum, minimum),
      maximumNanoseconds: max(latency?.maximumNanoseconds ?? maximum, maximum),
      roundTripsPerSample: roundTrips)
  }

  /// Counts a taint that was found only after the trial had been added.
  mutating func countTaint() {
    if !isSpoilt { tainted += 1 }
  }

  /// Like `Percentiles.value(exceededByOneIn:)`, of all the samples; of means only the median.
  func percentile(exceededByOneIn fraction: UInt64) -> UInt64? {
    latency.flatMap { latency in
      latency.roundTripsPerSample > 1 && fraction > 2
        ? nil : Percentiles(latency).value(exceededByOneIn: fraction)
    }
  }

  var maximumNanoseconds: UInt64? {
    latency.flatMap { $0.roundTripsPerSample > 1 ? nil : $0.maximumNanoseconds }
  }

  /// Its counts, if each is of single round trips or messages.
  package var singleCounts: [LatencyCount]? {
    latency.flatMap { $0.roundTripsPerSample > 1 ? nil : $0.counts }
  }
}

extension [LatencyCount] {
  /// The counts of both: what one histogram would hold had it taken all the samples.
  ///
  /// Both ascending. The layout has 31 744 counts at most, and so has what comes out.
  func merged(with other: [LatencyCount]) -> [LatencyCount] {
    var merged: [LatencyCount] = []
    merged.reserveCapacity(count + other.count)
    var (left, right) = (self[...], other[...])
    while let first = left.first, let second = right.first {
      if first.nanoseconds <= second.nanoseconds { left.removeFirst() }
      if second.nanoseconds <= first.nanoseconds { right.removeFirst() }
      let value = Swift.min(first.nanoseconds, second.nanoseconds)
      let samples =
        (first.nanoseconds == value ? first.samples : 0)
        + (second.nanoseconds == value ? second.samples : 0)
      merged.append(LatencyCount(nanoseconds: value, samples: samples))
    }
    return merged + left + right
  }
}
