import Glibc
import Testing

@testable import Comparison

@Suite struct SignificanceTests {
  @Test func theSmallestSignedRankIsThatOfOneDirection() {
    for count in 1...12 {
      let differences = (1...count).map { Double($0) }
      #expect(
        WilcoxonSignedRanks.pValue(differences)
          == WilcoxonSignedRanks.smallestPValue(pairs: count))
    }
  }

  @Test func theSmallestRankSumIsThatOfSeparateSamples() {
    var test = MannWhitney()
    for (first, second) in [(1, 1), (3, 5), (8, 8), (10, 10), (14, 7)] {
      let low = (1...first).map { Double($0) }
      let high = (1...second).map { Double($0) + 1000 }
      let smallest = MannWhitney.smallestPValue(first, second)
      #expect(abs(test.pValue(low, high) - smallest) < 1e-12)
      #expect(abs(test.pValue(high, low) - smallest) < 1e-12)
    }
  }

  @Test func nothingButEqualValuesShowNothing() {
    var test = MannWhitney()
    #expect(test.pValue([7, 7, 7], [7, 7, 7, 7]) == 1)
    #expect(WilcoxonSignedRanks.pValue([0, 0, 0, 0, 0, 0]) == 1)
    #expect(WilcoxonSignedRanks.pValue([Double](repeating: 0, count: 100)) == 1)
  }

  /// Pratt's own example: all of these are one more than those, so they must not show less.
  @Test func pairsWithoutADifferenceTakeRanks() {
    let these = [0.0, 2, 3, 4, 6, 7, 8, 9, 11, 14, 15, 17, -18]
    let those = these.map { $0 - 1 }
    #expect(WilcoxonSignedRanks.pValue(these) <= WilcoxonSignedRanks.pValue(those))
    // Without the pair that has no difference they would.
    let left = these.filter { $0 != 0 }
    #expect(WilcoxonSignedRanks.pValue(left) > WilcoxonSignedRanks.pValue(those))
  }

  /// A metric that is 0 on one side gives infinite logarithms.
  @Test func infiniteDifferencesRankHighest() {
    let differences = [-1, 2, 3, 4, 5, .infinity]
    #expect(
      WilcoxonSignedRanks.pValue(differences) == WilcoxonSignedRanks.pValue([-1, 2, 3, 4, 5, 6]))
  }

  @Test func ratiosOfNothing() {
    #expect(Ratio.of(head: 0, base: 0) == 1)
    #expect(Ratio.of(head: 3, base: 0) == .infinity)
    #expect(Ratio.of(head: 0, base: 3) == 0)
    #expect(Ratio.logarithm(head: 0, base: 0) == 0)
    #expect(Ratio.logarithm(head: 3, base: 0) == .infinity)
    #expect(Ratio.logarithm(head: 0, base: 3) == -.infinity)
  }

  @Test func logarithmsAreTheSameBothWays() {
    for (first, second) in [(3.0, 1.0), (7, 5), (1.1, 1.7), (123_457, 123_456)] {
      #expect(
        Ratio.logarithm(head: first, base: second) == -Ratio.logarithm(head: second, base: first))
    }
  }

  @Test func geometricMeansAreOfWhatHasALogarithm() throws {
    let mean = try #require(Ratio.geometricMean([0.5, 2, 4, 0, .infinity]))
    #expect(abs(mean - cbrt(4)) < 1e-15)
    #expect(Ratio.geometricMean([]) == nil)
    #expect(Ratio.geometricMean([0, .infinity]) == nil)
  }
}
