import Results
import Testing
import Trials

@testable import Comparison

@Suite struct GatePoolTests {
  private static let mechanisms = [
    "pipe", "fifo", "unix-stream", "tcp", "shm-ring", "onc-rpc-unix",
  ]

  /// Four rows a mechanism, 14 blocks, values of which no two are alike.
  ///
  /// - Parameter slowness: what the head's times are multiplied by; of a rate, divided.
  private func comparison(
    mechanisms: [String] = Self.mechanisms, noise: Double, seed: UInt64 = 1,
    slowness: (String) -> Double = { _ in 1 }
  ) -> Comparison {
    var generator = SeededGenerator(seed: seed)
    func deviation() -> Double { 1 + noise * (Double(generator.next(below: 2001)) / 1000 - 1) }
    let rows = mechanisms.flatMap { mechanism in
      [Pattern.pingPong, .stream].flatMap { pattern in
        [64, 4096].map { payloadBytes in
          let configuration = GateFixture.configuration(
            mechanism, pattern, payloadBytes: payloadBytes)
          let metric = Metric.main(for: pattern)
          let factor = metric.isRate ? 1 / slowness(mechanism) : slowness(mechanism)
          return SampledRow(
            configuration: configuration, metric: metric,
            base: (1...14).map { .init(block: $0, value: 1000 * deviation()) },
            head: (1...14).map { .init(block: $0, value: 1000 * factor * deviation()) })
        }
      }
    }
    return Comparison(pairing: rows)
  }

  private func report(_ comparison: Comparison) -> GateReport {
    GateReport(judging: comparison, by: GateFixture.rules)
  }

  @Test func whatNoRowShowsAloneShowsInAllTogether() throws {
    // So noisy that the interval of no row is above 5 %.
    let report = report(comparison(noise: 0.16) { $0 == "tcp" ? 1.14 : 1 })
    #expect(report.rows(.regression).isEmpty)
    #expect(report.poolsOfRegression.map(\.mechanism) == ["tcp"])
    #expect(report.outcome == .regression)
    #expect(report.worst == nil)
    #expect(
      report.conclusion.hasPrefix("regression, in no row alone; the 4 rows of tcp together +"),
      "\(report.conclusion)")
  }

  @Test func eachMechanismAndAllOfThemArePools() throws {
    let report = report(comparison(noise: 0.01))
    #expect(report.pools.map(\.mechanism) == Self.mechanisms + [nil])
    #expect(report.pools.map(\.rows) == [4, 4, 4, 4, 4, 4, 24])
    #expect(report.pools.allSatisfy { $0.outcome == .pass && $0.threshold == 0.05 })
    #expect(report.outcome == .pass)
    let alone = self.report(comparison(mechanisms: ["pipe"], noise: 0.01))
    #expect(alone.pools.map(\.mechanism) == ["pipe"])
  }

  @Test func aFasterHeadIsNoRegression() {
    let report = report(comparison(noise: 0.01) { _ in 0.8 })
    #expect(report.pools.allSatisfy { $0.outcome == .pass && $0.slowdown < 0.85 })
  }

  /// The chance of any false alarm is 1 % over rows and pools together.
  @Test func chanceIsCorrectedForPoolsToo() throws {
    let report = report(comparison(noise: 0.01) { _ in 1.2 })
    let smallest = WilcoxonSignedRanks.smallestPValue(pairs: 14)
    #expect(report.rows.count + report.pools.count == 31)
    #expect(report.rows.allSatisfy { $0.adjustedPValue == 31 * smallest })
    #expect(report.pools.allSatisfy { $0.adjustedPValue == 31 * smallest })
    #expect(report.poolsOfRegression.count == 7)
  }

  @Test func thereAreNoneWithoutPairs() {
    var unpaired = comparison(noise: 0.01)
    unpaired.isPaired = false
    #expect(report(unpaired).pools.isEmpty)
    var within = comparison(noise: 0.01)
    within.factor = .mechanism
    #expect(report(within).pools.isEmpty)
  }

  @Test func blocksThatMostRowsLackDoNotCount() throws {
    var comparison = comparison(mechanisms: ["pipe"], noise: 0.01)
    for row in comparison.rows.indices.dropFirst() {
      comparison.rows[row].differences.removeAll { $0.block > 13 }
    }
    // One of four rows has block 14, with a value that would show.
    let last = comparison.rows[0].differences.count - 1
    comparison.rows[0].differences[last].logarithm = 100
    let pool = try #require(report(comparison).pools.first)
    #expect(pool.pValue >= WilcoxonSignedRanks.smallestPValue(pairs: 13))
    #expect(pool.interval.upperBound < 1.1)
  }

  @Test func theirNoiseIsTheirOwn() throws {
    let itself = comparison(noise: 0.1, seed: 5)
    let metrics: Set<Metric> = [.latencyP50, .messageThroughput]
    let pooled = try #require(Noise.ofPools(in: itself, for: metrics))
    let single = try Noise.of(itself, for: metrics)
    #expect(pooled < (single.values.max() ?? 0))
    var rules = GateRules(
      thresholds: [.latencyP50: 0.001, .messageThroughput: 0.001], noise: single)
    rules.pooledNoise = pooled
    let report = GateReport(judging: itself, by: rules)
    #expect(report.pools.allSatisfy { $0.threshold == 3 * pooled })
    // Where it is not known, that of the rows stands in.
    rules.pooledNoise = nil
    let careful = GateReport(judging: itself, by: rules)
    #expect(careful.pools.allSatisfy { $0.threshold == 3 * (single.values.max() ?? 0) })
    #expect(
      Noise.ofPools(in: comparison(mechanisms: ["pipe", "tcp"], noise: 0.1), for: metrics) == nil)
  }
}
