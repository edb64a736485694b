/// Where a latency is counted: HdrHistogram's layout at three significant digits, so that a value is
/// kept to within a thousandth of itself and recording is a shift, an addition and an increment.
///
/// 2048 counts for the values below 2048, then 1024 for each doubling. The workers count in it, and the
/// histogram logs are written in it. Inlinable, because the workers do so between two samples.
/// Source: http://hdrhistogram.org, `AbstractHistogram.countsArrayIndex`.
public enum LatencyHistogram {
  /// 2^11 sub-buckets are the fewest that give three significant digits.
  @inlinable package static var halfMagnitude: Int { 10 }

  /// About 18 minutes, far beyond any deadline; longer values are counted here.
  @inlinable public static var largestNanoseconds: UInt64 { (1 << 40) - 1 }

  /// How many counts the whole range needs.
  @inlinable public static var countOfCounts: Int { index(of: largestNanoseconds) + 1 }

  /// The index of the count that a value belongs to.
  @inlinable @inline(__always)
  public static func index(of nanoseconds: UInt64) -> Int {
    let value = min(nanoseconds, largestNanoseconds)
    let magnitude = 63 - (value | ((1 << (halfMagnitude + 1)) - 1)).leadingZeroBitCount
    let shift = magnitude - halfMagnitude
    return (shift << halfMagnitude) + Int(truncatingIfNeeded: value >> UInt64(shift))
  }

  /// The highest value that is counted at an index.
  public static func highestEquivalent(at index: Int) -> UInt64 {
    let subBucket = 1 << halfMagnitude
    guard index >= 2 * subBucket else { return UInt64(index) }
    let shift = index / subBucket - 1
    let lowest = UInt64(index - shift * subBucket) << UInt64(shift)
    return lowest + (1 << UInt64(shift)) - 1
  }

  @inlinable @inline(__always)
  package static func record(_ nanoseconds: UInt64, in counts: inout MutableSpan<UInt64>) {
    counts[index(of: nanoseconds)] &+= 1
  }
}
