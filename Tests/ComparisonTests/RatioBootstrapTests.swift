import Results
import Testing
import Trials

@testable import Comparison

@Suite struct RatioBootstrapTests {
  private static let draws = 20_000

  /// The plain way: n values drawn one by one, with replacement.
  private static func naiveMedian(
    of ascending: [Double], _ generator: inout SeededGenerator
  ) throws -> Double {
    let resample = ascending.map { _ in ascending[generator.next(below: ascending.count)] }
    return try #require(Statistics.median(resample))
  }

  /// Two samples of one distribution are further apart than this once in ten thousand times (Kolmogorov
  /// and Smirnov's limit; less often where values are equal, as here).
  private static let largestDistance = 2.23 * (2 / Double(draws)).squareRoot()

  private static func distance(_ first: [Double], _ second: [Double]) -> Double {
    let (left, right) = (first.sorted(), second.sorted())
    var largest = 0.0
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      let value = min(left[i], right[j])
      while i < left.count, left[i] == value { i += 1 }
      while j < right.count, right[j] == value { j += 1 }
      let gap = Double(i) / Double(left.count) - Double(j) / Double(right.count)
      largest = max(largest, abs(gap))
    }
    return largest
  }

  /// Squares tell (1, 5) from (3, 3), which have the same mean: the two middle values are compared
  /// jointly, not one by one.
  @Test(arguments: [1, 2, 3, 6, 7, 10, 15, 16, 40, 101])
  func drawnPlacesHaveTheDistributionOfResampledMedians(count: Int) throws {
    for power in 1...2 {
      let values = (1...count).map { Double(power == 1 ? $0 : $0 * $0) }
      var generator = SeededGenerator(seed: UInt64(count))
      let drawn = (0..<Self.draws).map { _ in
        MedianPlace(count: count, &generator).median(of: values)
      }
      let naive = try (0..<Self.draws).map { _ in
        try Self.naiveMedian(of: values, &generator)
      }
      #expect(Self.distance(drawn, naive) <= Self.largestDistance, "power \(power)")
    }
  }

  @Test func theSeedDecides() {
    let (base, head) = (ascending(from: 100), ascending(from: 103))
    func interval(_ seed: UInt64) -> ClosedRange<Double> {
      var bootstrap = RatioBootstrap(seed: seed, replicates: 400)
      return bootstrap.interval(base: base, head: head)
    }
    #expect(interval(1) == interval(1))
    #expect((2...20).contains { interval($0) != interval(1) })
  }

  /// What is drawn for one row is not drawn from where the row before has left off.
  @Test func anIntervalDoesNotHangOnOtherRows() {
    let (base, head) = (ascending(from: 100), ascending(from: 103, 8))
    var fresh = RatioBootstrap(seed: 5, replicates: 400)
    var used = RatioBootstrap(seed: 5, replicates: 400)
    _ = used.interval(base: ascending(from: 7, 31), head: ascending(from: 9, 10))
    #expect(fresh.interval(base: base, head: head) == used.interval(base: base, head: head))
  }

  @Test func theTwoSidesAreDrawnIndependently() {
    var bootstrap = RatioBootstrap(seed: 1, replicates: 400)
    let values = ascending(from: 100)
    let interval = bootstrap.interval(base: values, head: values)
    #expect(interval.lowerBound < 1)
    #expect(interval.upperBound > 1)
  }

  @Test func equalValuesHaveAnIntervalWithoutWidth() {
    var bootstrap = RatioBootstrap(seed: 1, replicates: 400)
    let interval = bootstrap.interval(
      base: [Double](repeating: 4, count: 9), head: [Double](repeating: 6, count: 8))
    #expect(interval == 1.5...1.5)
  }
}
