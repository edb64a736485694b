import Glibc

/// How often something happened.
struct Proportion {
  private(set) var count = 0
  private(set) var total = 0

  mutating func add(_ happened: Bool) {
    total += 1
    if happened { count += 1 }
  }

  var part: Double { total == 0 ? 0 : Double(count) / Double(total) }

  /// The exact 95 % interval: C. J. Clopper and E. S. Pearson, "The Use of Confidence or Fiducial Limits
  /// Illustrated in the Case of the Binomial", Biometrika 26 (1934), <https://doi.org/10.1093/biomet/26.4.404>.
  var interval: ClosedRange<Double> {
    let lower = count == 0 ? 0 : Self.bisect { Self.atMost(count - 1, total, $0) >= 0.975 }
    let upper = count == total ? 1 : Self.bisect { Self.atMost(count, total, $0) >= 0.025 }
    return lower...upper
  }

  /// The largest probability for which `holds`, which is true of 0 and false from somewhere on.
  private static func bisect(_ holds: (Double) -> Bool) -> Double {
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if holds(middle) { low = middle } else { high = middle }
    }
    return low
  }

  /// P(Bin(total, p) ≤ count), term by term in logarithms.
  private static func atMost(_ count: Int, _ total: Int, _ p: Double) -> Double {
    guard p > 0, p < 1 else { return p <= 0 ? 1 : (count >= total ? 1 : 0) }
    var logTerm = Double(total) * log1p(-p)
    var sum = exp(logTerm)
    for k in 0..<count {
      logTerm += log(Double(total - k)) - log(Double(k + 1)) + log(p) - log1p(-p)
      sum += exp(logTerm)
    }
    return min(1, sum)
  }
}
