import Testing

@testable import Trials

/// HdrHistogram's own rules at three significant digits and a lowest discernible value of 1, as
/// `AbstractHistogram.java` has them: in buckets and sub-buckets, where ours goes by bits.
private enum HdrHistogramRules {
  static let subBucketCount = 2048
  static let subBucketHalfCount = subBucketCount / 2

  static func bucketIndex(of value: UInt64) -> Int {
    var bucket = 0
    while value >> UInt64(bucket) >= UInt64(subBucketCount) { bucket += 1 }
    return bucket
  }

  static func countsArrayIndex(of value: UInt64) -> Int {
    let bucket = bucketIndex(of: value)
    let subBucket = Int(value >> UInt64(bucket))
    return (bucket + 1) * subBucketHalfCount + (subBucket - subBucketHalfCount)
  }

  static func highestEquivalentValue(of value: UInt64) -> UInt64 {
    let size: UInt64 = 1 << UInt64(bucketIndex(of: value))
    return value / size * size + size - 1
  }
}

@Suite struct LatencyHistogramTests {
  private static let largest = LatencyHistogram.largestNanoseconds

  @Test(
    arguments: [
      (0, 0), (1, 1), (1023, 1023), (1024, 1024), (2046, 2046), (2047, 2047), (2048, 2048),
      (2049, 2048), (2050, 2049), (4094, 3071), (4095, 3071), (4096, 3072), (4099, 3072),
      (4100, 3073),
    ] as [(UInt64, Int)])
  func aValueIsCountedWhereTheTableSays(value: UInt64, index: Int) {
    #expect(LatencyHistogram.index(of: value) == index)
  }

  @Test func everyValueAtABoundaryIsCountedWhereHdrHistogramCountsIt() {
    for shift in UInt64(0)..<40 {
      for value in [(1 << shift) - 1, 1 << shift, (1 << shift) + 1] as [UInt64] {
        expectHdrHistogramsAnswer(value)
      }
    }
    expectHdrHistogramsAnswer(Self.largest - 1)
    expectHdrHistogramsAnswer(Self.largest)
  }

  @Test(arguments: [seedOfThisRun])
  func aRandomValueIsCountedWhereHdrHistogramCountsIt(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    for _ in 0..<20_000 {
      expectHdrHistogramsAnswer(
        UInt64(numbers.numberOfAnySize(in: 0...Int(Self.largest))))
    }
  }

  private func expectHdrHistogramsAnswer(_ value: UInt64) {
    let index = LatencyHistogram.index(of: value)
    let highest = LatencyHistogram.highestEquivalent(at: index)
    #expect(index == HdrHistogramRules.countsArrayIndex(of: value), "\(value)")
    #expect(highest == HdrHistogramRules.highestEquivalentValue(of: value), "\(value)")
    #expect(value <= highest, "\(value)")
    #expect((highest - value) * 1000 <= value, "\(value) became \(highest)")
  }

  @Test func everyIndexBeginsWhereTheOneBeforeEnds() {
    var lowest: UInt64 = 0
    for index in 0..<LatencyHistogram.countOfCounts {
      let highest = LatencyHistogram.highestEquivalent(at: index)
      let isRight =
        highest >= lowest && LatencyHistogram.index(of: lowest) == index
        && LatencyHistogram.index(of: highest) == index
      #expect(isRight, "index \(index) holds \(lowest) to \(highest)")
      lowest = highest + 1
    }
    #expect(lowest == Self.largest + 1)
  }

  @Test(arguments: [1 << 40, (1 << 40) + 1, 1 << 63, .max] as [UInt64])
  func aValueBeyondTheRangeIsCountedAtTheLastIndex(value: UInt64) {
    #expect(LatencyHistogram.index(of: value) == LatencyHistogram.countOfCounts - 1)
  }

  @Test func recordingAddsOneAtTheValuesIndexAndNowhereElse() {
    var counts = [UInt64](repeating: 0, count: LatencyHistogram.countOfCounts)
    var span = counts.mutableSpan
    for value in [0, 2048, 2049, 2049, .max] as [UInt64] {
      LatencyHistogram.record(value, in: &span)
    }
    #expect(counts[0] == 1)
    #expect(counts[2048] == 3)
    #expect(counts[LatencyHistogram.countOfCounts - 1] == 1)
    #expect(counts.reduce(0, +) == 5)
  }
}
