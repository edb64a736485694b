import Foundation
import Results
import Testing

@testable import Comparison

/// Every statistic against SciPy, on the seeded samples of Golden/make_golden.py.
@Suite struct SciPyTests {
  private struct Golden: Decodable {
    struct RankSum: Decodable { let first, second: [Double], method: String, p: Double }
    struct SignedRank: Decodable { let differences: [Double], method: String, p: Double }
    struct Correction: Decodable { let p, adjusted: [Double] }
    struct Interval: Decodable { let base, head, low, high: [Double] }
    struct Rank: Decodable { let count, rank: Int }

    let mannWhitney: [RankSum]
    let wilcoxon: [SignedRank]
    let holm: [Correction]
    let bootstrap: [Interval]
    let medianInterval: [Rank]
  }

  private let golden: Golden

  init() throws {
    let file = try #require(Bundle.module.url(forResource: "Golden/scipy.json", withExtension: nil))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    golden = try decoder.decode(Golden.self, from: Data(contentsOf: file))
  }

  /// SciPy's numbers are kept to twelve digits.
  private func expect(
    _ value: Double, _ expected: Double, _ context: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      abs(value - expected) <= 1e-9 * max(abs(expected), 1e-30),
      "\(value), SciPy: \(expected), \(context)", sourceLocation: sourceLocation)
  }

  @Test func rankSums() {
    var test = MannWhitney()
    for sample in golden.mannWhitney {
      let sorted = [sample.first.sorted(), sample.second.sorted()]
      let context = "\(sample.method), \(sample.first.count) and \(sample.second.count)"
      expect(test.pValue(sorted[0], sorted[1]), sample.p, context)
      expect(test.pValue(sorted[1], sorted[0]), sample.p, "\(context), swapped")
    }
  }

  @Test func signedRanks() {
    for sample in golden.wilcoxon {
      let context = "\(sample.method), \(sample.differences)"
      expect(WilcoxonSignedRanks.pValue(sample.differences), sample.p, context)
      let negated = sample.differences.map { -$0 }
      expect(WilcoxonSignedRanks.pValue(negated), sample.p, "\(context), negated")
    }
  }

  @Test func holm() {
    for sample in golden.holm {
      let adjusted = Holm.adjusted(sample.p)
      #expect(adjusted.count == sample.adjusted.count)
      for (value, expected) in zip(adjusted, sample.adjusted) {
        expect(value, expected, "\(sample.p)")
      }
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func bootstrapIntervals(seed: UInt64) {
    var bootstrap = RatioBootstrap(seed: seed, replicates: 4000)
    for sample in golden.bootstrap {
      let interval = bootstrap.interval(base: sample.base.sorted(), head: sample.head.sorted())
      let context = "\(sample.base.count) and \(sample.head.count): \(interval)"
      #expect(interval.lowerBound >= sample.low[0] * (1 - 1e-9), "\(context), \(sample.low)")
      #expect(interval.lowerBound <= sample.low[1] * (1 + 1e-9), "\(context), \(sample.low)")
      #expect(interval.upperBound >= sample.high[0] * (1 - 1e-9), "\(context), \(sample.high)")
      #expect(interval.upperBound <= sample.high[1] * (1 + 1e-9), "\(context), \(sample.high)")
    }
  }

  @Test func orderStatisticIntervals() {
    for sample in golden.medianInterval {
      let ranks = Statistics.medianInterval((1...sample.count).map { Double($0) })
      let ends = (Double(sample.rank), Double(sample.count + 1 - sample.rank))
      #expect(ranks == (sample.rank == 0 ? nil : ends.0...ends.1), "\(sample.count)")
    }
  }
}
