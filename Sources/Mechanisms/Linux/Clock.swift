import CLinux

/// CLOCK_MONOTONIC: one clock for every process of the machine. clock_gettime(2).
public enum Clock {
  /// Nanoseconds since an arbitrary moment, usually the boot.
  @inline(__always)
  public static func now() -> UInt64 {
    linux_monotonic_nanoseconds()
  }

  /// What one read of the clock costs, in nanoseconds: the fastest of several averages, because a
  /// disturbance can only make an average longer.
  public static func readCostNanoseconds() -> Double {
    let reads = 256
    var fastest = UInt64.max
    for _ in 0..<8 {
      let start = now()
      for _ in 0..<reads - 1 { _ = now() }
      fastest = min(fastest, now() - start)
    }
    return Double(fastest) / Double(reads)
  }

  /// The smallest step between two readings that differ, in nanoseconds.
  public static func resolutionNanoseconds() -> UInt64 {
    var smallest = UInt64.max
    for _ in 0..<1000 {
      let start = now()
      var next = now()
      while next == start { next = now() }
      smallest = min(smallest, next - start)
    }
    return smallest
  }
}
