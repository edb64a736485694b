/// SplitMix64: the same seed gives the same numbers on every machine and with every compiler.
///
/// G. L. Steele, D. Lea and C. H. Flood, "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014, <https://doi.org/10.1145/2660193.2660195>, with the output function that Java's
/// SplittableRandom and Vigna's splitmix64.c use (Stafford's variant 13). It passes BigCrush and
/// takes any seed, 0 included. Not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    // 2^64 divided by the golden ratio, made odd: the state visits every value once.
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// A number from 0 up to, not including, `bound`, each equally likely.
  ///
  /// The standard library draws bounded numbers too, but does not promise to draw the same ones
  /// after an update, and a recorded seed has to give a recorded order. This is the multiplication
  /// with rejection of D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29
  /// (2019), <https://doi.org/10.1145/3230636>.
  public mutating func next(below bound: Int) -> Int {
    precondition(bound > 0, "there is no number from 0 up to \(bound)")
    let bound = UInt64(bound)
    // 2^64 mod bound: that many of the draws would favour some of the numbers.
    let surplus = (0 &- bound) % bound
    // A draw is refused less than half of the time, whatever the bound is.
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= surplus { return Int(product.high) }
    }
  }

  /// Puts values in a random order, every order equally likely (Fisher and Yates, in the form of
  /// R. Durstenfeld, "Algorithm 235", CACM 7 (1964), <https://doi.org/10.1145/364520.364540>).
  ///
  /// Not the standard library's `shuffle(using:)`, for the reason that `next(below:)` gives.
  public mutating func shuffle<Value>(_ values: inout [Value]) {
    for last in values.indices.dropFirst().reversed() {
      values.swapAt(last, next(below: last + 1))
    }
  }
}
