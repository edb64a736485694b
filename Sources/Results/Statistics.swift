import Glibc

/// What is said of a handful of trials without assuming how they are distributed.
public enum Statistics {
  /// The middle value, or the mean of the two middle ones; nil without values.
  public static func median(_ values: [Double]) -> Double? {
    medianOfSorted(values.sorted())
  }

  /// The same of values that ascend already, for who needs more of them than one figure.
  package static func medianOfSorted(_ sorted: [Double]) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let middle = sorted.count / 2
    // Equal ones stand alone: two infinite ones have no distance.
    guard sorted.count.isMultiple(of: 2), sorted[middle - 1] != sorted[middle] else {
      return sorted[middle]
    }
    return sorted[middle - 1] + (sorted[middle] - sorted[middle - 1]) / 2
  }

  /// The narrowest symmetric interval between two order statistics that covers the median of the
  /// underlying distribution with a probability of at least 95 %; nil with fewer than 6 values.
  ///
  /// Each value lies below the true median with probability ½, so the number that do is
  /// Bin(n, ½), and [x₍ₖ₎, x₍ₙ₊₁₋ₖ₎] misses it with probability 2·P(Bin(n, ½) < k), whatever
  /// the (continuous) distribution; ties only raise the coverage. k is the largest for which this
  /// is at most 0.05. H. A. David and H. N. Nagaraja, Order Statistics, 3rd edition (2003),
  /// section 7.1.
  public static func medianInterval(_ values: [Double]) -> ClosedRange<Double>? {
    medianIntervalOfSorted(values.sorted())
  }

  /// The same of values that ascend already.
  package static func medianIntervalOfSorted(_ sorted: [Double]) -> ClosedRange<Double>? {
    guard let ranks = medianIntervalRanks(count: sorted.count) else { return nil }
    return sorted[ranks.lowerBound - 1]...sorted[ranks.upperBound - 1]
  }

  /// The ranks, from 1, of the values that bound the interval.
  static func medianIntervalRanks(count: Int) -> ClosedRange<Int>? {
    guard count > 0 else { return nil }
    // P(Bin(n, ½) = i), kept as a logarithm because 2^-n underflows beyond n = 1074.
    var logProbability = -Double(count) * log(2.0)
    var cumulative = 0.0
    var rank = 0
    while rank < count / 2 {
      cumulative += exp(logProbability)
      guard 2 * cumulative <= 0.05 else { break }
      logProbability += log(Double(count - rank)) - log(Double(rank + 1))
      rank += 1
    }
    return rank == 0 ? nil : rank...(count + 1 - rank)
  }
}
