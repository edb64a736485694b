import Testing

@testable import Results

@Suite struct StatisticsTests {
  @Test func medianIsTheMiddleOrTheMeanOfTheTwoMiddleValues() {
    #expect(Statistics.median([]) == nil)
    #expect(Statistics.median([7]) == 7)
    #expect(Statistics.median([3, 1, 2]) == 2)
    #expect(Statistics.median([4, 1, 3, 2]) == 2.5)
  }

  /// The ranks that tables of the sign test's confidence interval list.
  @Test(arguments: [
    (6, 1...6), (7, 1...7), (8, 1...8), (9, 2...8), (10, 2...9), (11, 2...10), (12, 3...10),
    (15, 4...12), (20, 6...15), (25, 8...18), (30, 10...21), (50, 18...33), (100, 40...61),
  ])
  func intervalRanksAreThoseOfTheTables(count: Int, ranks: ClosedRange<Int>) {
    #expect(Statistics.medianIntervalRanks(count: count) == ranks)
  }

  @Test func fewerThanSixValuesHaveNoInterval() {
    for count in 0..<6 {
      #expect(Statistics.medianInterval((0..<count).map { Double($0) }) == nil)
    }
  }

  @Test func intervalIsOfTheSortedValues() {
    #expect(Statistics.medianInterval([5, 3, 9, 1, 7, 2]) == 1...9)
    #expect(Statistics.medianInterval([9, 8, 7, 6, 5, 4, 3, 2, 1]) == 2...8)
  }

  /// 2^-2000 is no Double; the normal approximation says n/2 ± 0.98·√n.
  @Test func manyValuesDoNotUnderflow() throws {
    let ranks = try #require(Statistics.medianIntervalRanks(count: 2000))
    #expect((955...958).contains(ranks.lowerBound))
    #expect(ranks.lowerBound + ranks.upperBound == 2001)
  }
}
