/// Where a latency is counted: HdrHistogram's layout at three significant digits, so that a value is
/// kept to within a thousandth of itself and recording is a shift, an addition and an increment.
///
/// The counts live in the trial's shared memory, pre-faulted, and outlive the worker that wrote
/// them. Source: http://hdrhistogram.org, `AbstractHistogram.countsArrayIndex`.
public enum LatencyHistogram {
  /// 2^11 sub-buckets are the fewest that give three significant digits.
  private static let halfMagnitude = 10

  /// About 18 minutes, far beyond any deadline; longer values are counted here.
  public static let largestNanoseconds: UInt64 = (1 << 40) - 1

  /// How many counts the whole range needs.
  public static let countOfCounts = index(of: largestNanoseconds) + 1

  /// The index of the count that a value belongs to.
  @inline(__always)
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

  @inline(__always)
  static func record(_ nanoseconds: UInt64, in counts: inout MutableSpan<UInt64>) {
    counts[index(of: nanoseconds)] &+= 1
  }
}
