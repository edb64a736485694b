import Glibc
import Trials

/// The seeded bootstrap interval of a ratio of two medians, for samples that are not paired.
///
/// B. Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals of Statistics 7 (1979),
/// <https://doi.org/10.1214/aos/1176344552>; the interval is the percentile one (B. Efron and R. J.
/// Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13).
struct RatioBootstrap: Sendable {
  private enum Side: UInt64 { case base, head }

  private struct Sizes: Hashable {
    var base: Int
    var head: Int
  }

  /// Where a replicate finds its two medians.
  private struct Places: Hashable {
    var base: MedianPlace
    var head: MedianPlace
  }

  /// Replicates that find them at the same places, as many of few values do: ten values a side leave some
  /// six hundred kinds of four thousand replicates.
  private struct Kind {
    var places: Places
    var replicates: Int
  }

  let seed: UInt64
  let replicates: Int
  /// What is drawn hangs on the numbers of values alone, not on the values: rows with as many trials share
  /// the draws, and a row's interval does not depend on what other rows there are.
  private var kinds: [Sizes: [Kind]] = [:]

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
    let ratios = kinds(Sizes(base: base.count, head: head.count)).map { kind in
      WeightedRatio(
        ratio: Ratio.of(
          head: kind.places.head.median(of: head), base: kind.places.base.median(of: base)),
        replicates: kind.replicates)
    }.sorted { $0.ratio < $1.ratio }
    // 2.5 % of the replicates are as far out as this one, counted from either end.
    let rank = replicates / 40
    let low = Self.ratio(ofReplicate: rank, among: ratios)
    return low...Self.ratio(ofReplicate: rank, among: ratios.reversed())
  }

  private struct WeightedRatio {
    var ratio: Double
    var replicates: Int
  }

  /// - Parameter rank: from 1, at most the number of replicates.
  private static func ratio(
    ofReplicate rank: Int, among ratios: some Sequence<WeightedRatio>
  ) -> Double {
    var passed = 0
    for weighted in ratios {
      passed += weighted.replicates
      if passed >= rank { return weighted.ratio }
    }
    preconditionFailure("there is no replicate \(rank) among \(passed)")
  }

  private mutating func kinds(_ sizes: Sizes) -> [Kind] {
    if let known = kinds[sizes] { return known }
    var counts: [Places: Int] = [:]
    for (base, head) in zip(places(sizes.base, .base), places(sizes.head, .head)) {
      counts[Places(base: base, head: head), default: 0] += 1
    }
    let drawn = counts.map { Kind(places: $0.key, replicates: $0.value) }
    kinds[sizes] = drawn
    return drawn
  }

  private func places(_ count: Int, _ side: Side) -> [MedianPlace] {
    // Two draws, as for trials, so that neither neighbouring seeds nor sizes have numbers in common.
    var run = SeededGenerator(seed: seed)
    var generator = SeededGenerator(seed: run.next() &+ 2 &* UInt64(count) &+ side.rawValue)
    return (0..<replicates).map { _ in MedianPlace(count: count, &generator) }
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
