import Glibc
import Trials

extension SeededGenerator {
  /// A number that is uniform over (0, 1]: never 0, so that it has a logarithm.
  mutating func nextUnit() -> Double {
    // 53 bits are what a Double holds.
    Double((next() >> 11) + 1) * 0x1p-53
  }

  /// A draw from the beta distribution: of two gamma draws the first one's share.
  ///
  /// L. Devroye, "Non-Uniform Random Variate Generation" (1986), section IX.4.
  ///
  /// - Parameters: at least 1 each.
  mutating func nextBeta(_ first: Double, _ second: Double) -> Double {
    let part = nextGamma(first)
    return part / (part + nextGamma(second))
  }

  /// A draw from the gamma distribution of scale 1, by G. Marsaglia and W. W. Tsang, "A Simple Method for
  /// Generating Gamma Variables", ACM TOMS 26 (2000), <https://doi.org/10.1145/358407.358414>.
  ///
  /// - Parameter shape: at least 1.
  private mutating func nextGamma(_ shape: Double) -> Double {
    let centre = shape - 1.0 / 3
    let spread = 1 / (9 * centre).squareRoot()
    // More than 95 of 100 draws are taken, whatever the shape is.
    while true {
      let normal = nextNormal()
      let root = 1 + spread * normal
      guard root > 0 else { continue }
      let cube = root * root * root
      if log(nextUnit()) < normal * normal / 2 + centre - centre * cube + centre * log(cube) {
        return centre * cube
      }
    }
  }

  /// A draw from the normal distribution of mean 0 and variance 1, by G. Marsaglia's polar method (Devroye,
  /// section V.4.4); its twin is thrown away, which keeps the generator without a memory.
  private mutating func nextNormal() -> Double {
    // A point of the square lies within the circle in 78 of 100 draws.
    while true {
      let x = 2 * nextUnit() - 1
      let y = 2 * nextUnit() - 1
      let square = x * x + y * y
      if square > 0, square < 1 { return x * (-2 * log(square) / square).squareRoot() }
    }
  }
}
