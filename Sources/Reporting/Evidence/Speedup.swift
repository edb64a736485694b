import Results

/// What an interval says of a subject against another.
enum Outcome: Sendable {
  case wins, loses
  /// The interval contains 1: there is no winner.
  case open
  /// There is no interval.
  case unknown
}

/// How many times as fast a subject is as another, from the blocks in which both ran.
///
/// A block is a short stretch of a run, so that its two values share the mood of the host, which differs
/// from block to block by more than many a difference that is looked for.
struct Speedup: Hashable, Sendable {
  /// Median over the blocks of the other's time over the subject's; above 1 the subject is faster.
  let ratio: Double
  /// 95 %, exact, of that median; nil with fewer than six blocks.
  let interval: ClosedRange<Double>?
  let blocks: Int

  /// nil if there is no block with both.
  ///
  /// - Parameters: times, or whatever else is better when it is less, by block, or by block and world.
  init?<Key: Hashable>(of subject: [Key: Double], over other: [Key: Double]) {
    let ratios = Self.pairs(subject, other) { $1 / $0 }
    guard let median = Statistics.median(ratios) else { return nil }
    ratio = median
    interval = Statistics.medianInterval(ratios)
    blocks = ratios.count
  }

  var outcome: Outcome {
    guard let interval else { return .unknown }
    if interval.lowerBound > 1 { return .wins }
    return interval.upperBound < 1 ? .loses : .open
  }

  /// A value for each block that both have a positive one in.
  static func pairs<Key: Hashable>(
    _ first: [Key: Double], _ second: [Key: Double], _ combine: (Double, Double) -> Double
  ) -> [Double] {
    first.compactMap { moment, value in
      guard let other = second[moment], value > 0, other > 0 else { return nil }
      return combine(value, other)
    }
  }
}
