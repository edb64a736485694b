import Glibc

/// The rank-sum test of H. B. Mann and D. R. Whitney, "On a Test of Whether one of Two Random Variables is
/// Stochastically Larger than the Other", Annals of Mathematical Statistics 18 (1947),
/// <https://doi.org/10.1214/aoms/1177730491>: for two samples that share nothing but the unit.
struct MannWhitney {
  /// Products of the sample sizes up to this get the exact distribution: 50 values a side. It is within
  /// 1 % of the normal one long before.
  static let mostExactPairs = 2500

  private struct Sizes: Hashable {
    var smaller: Int
    var larger: Int
  }

  /// Probabilities of U by the sizes of the samples, kept for the next row with as many trials.
  private var distributions: [Sizes: [Double]] = [:]

  /// The smallest that `pValue` can be for so many values: all of one side are above all of the other, which
  /// is one of C(m + n, m) orders.
  static func smallestPValue(_ first: Int, _ second: Int) -> Double {
    let orders =
      lgamma(Double(first + second + 1)) - lgamma(Double(first + 1)) - lgamma(Double(second + 1))
    return min(1, 2 * exp(-orders))
  }

  /// Of the hypothesis that both samples are of one distribution; two-sided.
  ///
  /// Exact where no two values are equal and the samples are small. Otherwise the normal approximation with
  /// the variance corrected for ties and ½ for continuity (E. L. Lehmann, "Nonparametrics", 1975,
  /// section 1.4).
  ///
  /// - Parameters: both ascending, neither empty.
  mutating func pValue(_ first: [Double], _ second: [Double]) -> Double {
    let pairs = first.count * second.count
    let comparison = Self.compare(first, second)
    let larger = max(comparison.wins, Double(pairs) - comparison.wins)
    if comparison.tieTerm == 0, pairs <= Self.mostExactPairs {
      let probabilities = distribution(first.count, second.count)
      let tail = probabilities[Int(larger)...].reduce(0, +)
      return min(1, 2 * tail)
    }
    let count = Double(first.count + second.count)
    let variance =
      Double(pairs) / 12 * (count + 1 - comparison.tieTerm / (count * (count - 1)))
    guard variance > 0 else { return 1 }
    let distance = larger - Double(pairs) / 2 - 0.5
    return min(1, 2 * NormalDistribution.tail(distance / variance.squareRoot()))
  }

  /// Mann and Whitney's U, the pairs in which the second sample's value is the larger one, ties
  /// counting one half; and the sum of t³ − t over the groups of t equal values.
  private static func compare(
    _ first: [Double], _ second: [Double]
  ) -> (wins: Double, tieTerm: Double) {
    var wins = 0.0
    var tieTerm = 0.0
    var (place, below) = (0, 0)
    while place < second.count {
      let value = second[place]
      while below < first.count, first[below] < value {
        below += advance(first, from: below, &tieTerm)
      }
      let equalInSecond = runLength(second, from: place)
      let equalInFirst =
        below < first.count && first[below] == value ? runLength(first, from: below) : 0
      wins += Double(equalInSecond) * (Double(below) + Double(equalInFirst) / 2)
      tieTerm += ties(equalInFirst + equalInSecond)
      below += equalInFirst
      place += equalInSecond
    }
    while below < first.count { below += advance(first, from: below, &tieTerm) }
    return (wins, tieTerm)
  }

  /// The length of the group of equal values at `start`, whose ties are taken into account.
  private static func advance(
    _ values: [Double], from start: Int, _ tieTerm: inout Double
  ) -> Int {
    let length = runLength(values, from: start)
    tieTerm += ties(length)
    return length
  }

  private static func runLength(_ values: [Double], from start: Int) -> Int {
    var end = start + 1
    while end < values.count, values[end] == values[start] { end += 1 }
    return end - start
  }

  private static func ties(_ count: Int) -> Double {
    let count = Double(count)
    return count * (count * count - 1)
  }

  /// P(U = u) for u from 0 to the product of the sizes.
  ///
  /// The largest of all values belongs to either sample with a probability in proportion to its size, and
  /// beats all values of the other: p(u; m, n) = m/(m+n)·p(u − n; m−1, n) + n/(m+n)·p(u; m, n−1), the
  /// recurrence of Mann and Whitney's section 4. Only sums of what is positive, so nothing cancels.
  private mutating func distribution(_ first: Int, _ second: Int) -> [Double] {
    let sizes = Sizes(smaller: min(first, second), larger: max(first, second))
    if let known = distributions[sizes] { return known }
    // rows[n] is the distribution for the current m and n values of the other sample.
    var rows = [[Double]](repeating: [1], count: sizes.larger + 1)
    for m in 1...sizes.smaller {
      rows[0] = [1]
      for n in 1...sizes.larger {
        var next = [Double](repeating: 0, count: m * n + 1)
        let share = Double(m) / Double(m + n)
        for (u, probability) in rows[n].enumerated() { next[u + n] = share * probability }
        for (u, probability) in rows[n - 1].enumerated() {
          next[u] += (1 - share) * probability
        }
        rows[n] = next
      }
    }
    distributions[sizes] = rows[sizes.larger]
    return rows[sizes.larger]
  }
}
