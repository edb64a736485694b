import Glibc

/// The normal distribution of mean 0 and variance 1.
enum NormalDistribution {
  /// The probability of a draw above `z`, by erfc(3), which keeps its digits far out.
  static func tail(_ z: Double) -> Double {
    erfc(z / 2.0.squareRoot()) / 2
  }
}
