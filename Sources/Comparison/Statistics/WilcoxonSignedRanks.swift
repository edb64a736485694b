import Glibc

/// The signed-rank test of F. Wilcoxon, "Individual Comparisons by Ranking Methods", Biometrics Bulletin 1
/// (1945), <https://doi.org/10.2307/3001968>: for values that come in pairs.
///
/// Pairs without a difference follow J. W. Pratt, "Remarks on Zeros and Ties in the Wilcoxon Signed Rank
/// Procedures", JASA 54 (1959), <https://doi.org/10.1080/01621459.1959.10501526>: they take the lowest ranks
/// and have no sign. Where they are left out before ranking, as Wilcoxon did, a result can become less
/// significant although every difference has grown.
enum WilcoxonSignedRanks {
  /// Up to this many pairs get the exact distribution, which the normal one is close to from here on.
  static let mostExactPairs = 50

  /// The smallest that `pValue` can be for so many pairs: all differ in the same direction.
  static func smallestPValue(pairs: Int) -> Double { exp2(1 - Double(pairs)) }

  /// Of the hypothesis that differences are symmetric about 0; two-sided.
  ///
  /// Exact, ties and zeros included, up to 50 pairs: given the magnitudes, each sign is a coin of its own,
  /// and the distribution of the sum of the positive ranks is built up rank by rank. Beyond that the
  /// normal approximation with that distribution's own mean and variance and ½ for continuity.
  ///
  /// - Parameter differences: may be infinite.
  static func pValue(_ differences: [Double]) -> Double {
    let ranked = signedRanks(differences)
    let total = ranked.ranks.reduce(0, +)
    guard total > 0 else { return 1 }
    let larger = max(ranked.positiveSum, total - ranked.positiveSum)
    if differences.count <= mostExactPairs {
      let probabilities = distribution(of: ranked.ranks, total: total)
      return min(1, 2 * probabilities[larger...].reduce(0, +))
    }
    // A rank counts with probability ½: mean r/2, variance r²/4. All in doubled ranks, and so is the ½.
    let variance = ranked.ranks.reduce(0.0) { $0 + Double($1) * Double($1) } / 4
    let distance = Double(larger) - Double(total) / 2 - 1
    return min(1, 2 * NormalDistribution.tail(distance / variance.squareRoot()))
  }

  /// The ranks of the differences that are not 0, doubled so that shared ones are whole, and the sum of
  /// those of positive differences.
  private static func signedRanks(
    _ differences: [Double]
  ) -> (ranks: [Int], positiveSum: Int) {
    let sorted = differences.sorted { abs($0) < abs($1) }
    var ranks: [Int] = []
    var positiveSum = 0
    var start = 0
    while start < sorted.count {
      var end = start + 1
      while end < sorted.count, abs(sorted[end]) == abs(sorted[start]) { end += 1 }
      // Ranks start + 1 … end share their mean; twice that is the sum of the first and the last.
      let doubledRank = start + 1 + end
      for difference in sorted[start..<end] where difference != 0 {
        ranks.append(doubledRank)
        if difference > 0 { positiveSum += doubledRank }
      }
      start = end
    }
    return (ranks, positiveSum)
  }

  /// P(sum = s) for s from 0 to `total`, where each rank is in the sum with probability ½.
  private static func distribution(of ranks: [Int], total: Int) -> [Double] {
    var probabilities = [Double](repeating: 0, count: total + 1)
    probabilities[0] = 1
    var largest = 0
    for rank in ranks {
      largest += rank
      for sum in stride(from: largest, through: 0, by: -1) {
        let with = sum >= rank ? probabilities[sum - rank] : 0
        probabilities[sum] = (probabilities[sum] + with) / 2
      }
    }
    return probabilities
  }
}
