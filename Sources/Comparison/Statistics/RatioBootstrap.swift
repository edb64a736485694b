import Glibc
import Trials

/// The seeded bootstrap interval of a ratio of two medians, for samples that are not paired.
///
/// B. Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals of Statistics 7 (1979),
/// <https://doi.org/10.1214/aos/1176344552>; the interval is the percentile one (B. Efron and R. J.
/// Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13).
struct RatioBootstrap: Sendable {
  private enum Side: UInt64 { case base, head }

  private struct Key: Hashable {
    var count: Int
    var side: Side
  }

  let seed: UInt64
  let replicates: Int
  /// What is drawn hangs on the number of values alone, not on the values: rows with as many trials share
  /// the draws, and a row's interval does not depend on what other rows there are.
  private var draws: [Key: [MedianPlace]] = [:]

  /// - Parameter replicates: 40 or more, so that there is something beyond either end.
  init(seed: UInt64, replicates: Int) {
    precondition(replicates >= 40, "\(replicates) replicates have no 2.5 % tail")
    self.seed = seed
    self.replicates = replicates
  }

  /// The 95 % interval of the head's median over the base's.
  ///
  /// - Parameters: both ascending, neither empty.
  mutating func interval(base: [Double], head: [Double]) -> ClosedRange<Double> {
    let bases = places(base.count, .base)
    let heads = places(head.count, .head)
    var ratios = [Double](unsafeUninitializedCapacity: replicates) { ratios, count in
      for replicate in 0..<replicates {
        ratios[replicate] = Ratio.of(
          head: heads[replicate].median(of: head), base: bases[replicate].median(of: base))
      }
      count = replicates
    }
    ratios.sort()
    let beyond = replicates / 40
    return ratios[beyond - 1]...ratios[replicates - beyond]
  }

  private mutating func places(_ count: Int, _ side: Side) -> [MedianPlace] {
    let key = Key(count: count, side: side)
    if let known = draws[key] { return known }
    // Two draws, as for trials, so that neither neighbouring seeds nor sizes have numbers in common.
    var run = SeededGenerator(seed: seed)
    var generator = SeededGenerator(seed: run.next() &+ 2 &* UInt64(count) &+ side.rawValue)
    let drawn = (0..<replicates).map { _ in MedianPlace(count: count, &generator) }
    draws[key] = drawn
    return drawn
  }
}

/// Where the median of one resample, with replacement, of n ascending values is found among them.
///
/// The resample itself is not needed. Its values are x[⌈n·U⌉] of n uniform numbers, so its k-th smallest is
/// x[⌈n·U₍ₖ₎⌉] of their k-th smallest, and U₍ₖ₎ has the distribution Beta(k, n + 1 − k). Of an even number
/// the two middle ones count: U₍ₖ₊₁₎ is drawn first, below which the other k are uniform again, and the
/// largest of k uniform numbers is V^(1/k). H. A. David and H. N. Nagaraja, Order Statistics, 3rd edition
/// (2003), sections 2.1 to 2.5.
struct MedianPlace: Hashable, Sendable {
  /// From 0; the same where n is odd.
  private let lower: Int32
  private let upper: Int32

  init(count: Int, _ generator: inout SeededGenerator) {
    func place(_ uniform: Double) -> Int32 { Int32(min(count - 1, Int(Double(count) * uniform))) }
    let middle = count / 2
    let share = generator.nextBeta(Double(middle + 1), Double(count - middle))
    upper = place(share)
    lower =
      count.isMultiple(of: 2)
      ? place(share * pow(generator.nextUnit(), 1 / Double(middle))) : upper
  }

  func median(of ascending: [Double]) -> Double {
    let (low, high) = (ascending[Int(lower)], ascending[Int(upper)])
    return low == high ? low : low + (high - low) / 2
  }
}
