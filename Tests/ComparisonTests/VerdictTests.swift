import Testing
import Trials

@testable import Comparison
@testable import Results

/// When a row is called what.
@Suite struct VerdictTests {
  private let pipe = configuration("pipe")
  private let stream = configuration("pipe", .stream)
  private let main = ComparisonRules(metrics: .named([.latencyP50]))

  private func row(
    _ base: [Double], _ head: [Double], _ rules: ComparisonRules? = nil,
    of configuration: Configuration? = nil
  ) throws -> ComparisonRow {
    let configuration = configuration ?? pipe
    let metric = Metric.main(for: configuration.workload.pattern)
    var rules = rules ?? main
    rules.metrics = .named([metric])
    let comparison = Comparison(run([configuration: base]), run([configuration: head]), rules)
    return try #require(comparison.rows.first)
  }

  @Test func aLongerTimeIsSlowerAndAShorterOneFaster() throws {
    let (short, long) = (ascending(from: 1000), ascending(from: 2000))
    #expect(try row(short, long).verdict == .slower)
    #expect(try row(long, short).verdict == .faster)
  }

  @Test func aHigherRateIsFasterAndALowerOneSlower() throws {
    let (low, high) = (ascending(from: 1000), ascending(from: 2000))
    #expect(try row(low, high, of: stream).verdict == .faster)
    #expect(try row(high, low, of: stream).verdict == .slower)
  }

  @Test func theRatioIsOfTheMedians() throws {
    let row = try row([1, 2, 3, 4, 5, 6, 70], [10, 20, 30, 40, 50, 60, 61])
    #expect(row.effect?.ratio == 10)
    #expect(row.base?.median == 4)
    #expect(row.base?.interval == 1...70)
    #expect(row.head?.trials == 7)
    #expect(row.effect?.pairs == nil)
    #expect(row.effect?.test == .rankSums)
  }

  /// 1000 to 1009 against itself: no ratio is more than 0.9 % from 1.
  @Test func aWholeIntervalWithinTheMarginIsTheSame() throws {
    let values = ascending(from: 1000)
    #expect(try row(values, values).verdict == .same)
    var narrow = main
    narrow.margin = 0.0001
    let inconclusive = try row(values, values, narrow)
    #expect(inconclusive.verdict == .inconclusive)
    #expect(inconclusive.reason == "the interval includes 1")
  }

  /// A shift of 1 % that chance does not explain is still the same for who does not mind 2 %.
  @Test func theMarginComesBeforeSignificance() throws {
    let (base, head) = (ascending(from: 100_000), ascending(from: 101_000))
    #expect(try row(base, head).verdict == .same)
    var strict = main
    strict.margin = 0.001
    #expect(try row(base, head, strict).verdict == .slower)
  }

  @Test func aWideIntervalIsInconclusive() throws {
    let row = try row([100, 200, 300, 400, 500, 600], [110, 190, 310, 390, 510, 590])
    #expect(row.verdict == .inconclusive)
    #expect(row.reason == "the interval includes 1")
  }

  @Test func fewerThanSixTrialsAreInconclusive() throws {
    let row = try row(ascending(from: 1000, 5), ascending(from: 2000, 9))
    #expect(row.verdict == .inconclusive)
    #expect(row.effect?.interval == nil)
    #expect(row.effect?.pValue == nil)
    #expect(row.effect?.ratio == 2004 / 1002.0)
    #expect(row.reason == "5 and 9 trials; an interval takes 6 a side")
  }

  /// One of many rows has to be surer than the only one.
  @Test func manyRowsAreCorrectedFor() throws {
    let (base, head) = (ascending(from: 1000, 6), ascending(from: 2000, 6))
    #expect(try row(base, head).verdict == .slower)
    let configurations = (1...24).map { configuration("pipe", payloadBytes: $0) }
    var (left, right) = (StoredRun(), StoredRun())
    for configuration in configurations {
      for block in 1...6 {
        left.add(trial(configuration, block: block, base[block - 1]))
        right.add(trial(configuration, block: block, head[block - 1]))
      }
    }
    let comparison = Comparison(left, right, main)
    let rows = comparison.rows
    #expect(rows.count == 24)
    #expect(
      comparison.notes.contains {
        $0.hasPrefix("24 rows are inconclusive although") && $0.hasSuffix("at least --trials 7.")
      })
    for row in rows {
      // 2/C(12, 6) twenty-four times.
      #expect(abs((row.effect?.adjustedPValue ?? 0) - 24 * 2 / 924) < 1e-12)
      #expect(row.verdict == .inconclusive)
      #expect(row.reason == "6 trials are too few to tell among 24 rows; it takes 7")
    }
  }

  @Test(arguments: [
    (1, true, 6), (2, true, 7), (48, true, 11), (240, true, 14), (1_000_000_000, true, 36),
    (1, false, 6), (24, false, 7), (240, false, 8), (1950, false, 10),
  ])
  func theFewestTrialsHangOnTheRows(_ rows: Int, _ isPaired: Bool, _ fewest: Int) {
    #expect(ComparisonRow.fewestTrials(among: rows, isPaired: isPaired) == fewest)
  }

  @Test func whatChanceExplainsIsInconclusiveWithItsProbability() throws {
    let base = [100.0, 101, 102, 103, 104, 105, 106, 107, 108, 120]
    let head = [104.0, 105.5, 107, 108, 109, 110, 110, 110, 110, 110]
    let rules = ComparisonRules(metrics: .standard, margin: 0.0001)
    var (left, right) = (run([stream: base]), run([stream: head]))
    for payload in 1...40 {
      for block in 1...10 {
        let other = configuration("pipe", .stream, payloadBytes: 1000 + payload)
        left.add(trial(other, block: block, Double(block)))
        right.add(trial(other, block: block, Double(block)))
      }
    }
    let row = try #require(Comparison(left, right, rules).rows.first)
    #expect(row.verdict == .inconclusive)
    #expect(row.reason.hasPrefix("chance explains it: p is "))
  }

  @Test func aSideThatFailedIsNamedWithItsError() throws {
    var head = StoredRun()
    for block in 1...3 { head.add(failedTrial(pipe, block: block, "no\nroom")) }
    let row = try #require(
      Comparison(run([pipe: ascending(from: 1000)]), head, ComparisonRules()).rows.first)
    #expect(row.metric == .latencyP50)
    #expect(row.head == nil)
    #expect(row.effect == nil)
    #expect(row.verdict == .inconclusive)
    #expect(row.reason == "all 3 trials of the head failed: no room")
  }

  @Test func someFailuresAreCounted() {
    var head = run([pipe: ascending(from: 1000)])
    head.add(failedTrial(pipe, block: 11, "no room"))
    let comparison = Comparison(run([pipe: ascending(from: 1000)]), head)
    #expect(
      comparison.notes.contains(
        "1 of 11 trials of the head failed and are left out; the first error is: no room"))
    #expect(comparison.rows.first?.verdict == .same)
  }

  @Test func aMetricThatOneSideLacksIsNamed() throws {
    var head = run([pipe: ascending(from: 1000)])
    var other = trial(pipe, block: 11, 1011)
    other.latencyP99Nanoseconds = 5000
    head.add(other)
    let comparison = Comparison(run([pipe: ascending(from: 1000)]), head, ComparisonRules())
    let row = try #require(comparison.rows.first { $0.metric == .latencyP99 })
    #expect(row.reason == "the base did not measure it")
    #expect(row.verdict == .inconclusive)
  }

  @Test func aMetricThatNeitherSideMeasuredHasNoRow() {
    let values = ascending(from: 1000)
    let comparison = Comparison(run([pipe: values]), run([pipe: values]), ComparisonRules())
    #expect(comparison.rows.map(\.metric) == [.latencyP50, .producerCPU, .consumerCPU])
  }

  @Test func zerosOnOneSideAreAnInfiniteRatio() throws {
    var base = StoredRun()
    var head = StoredRun()
    for block in 1...8 {
      base.add(trialOfSwitches(pipe, block: block, 0))
      head.add(trialOfSwitches(pipe, block: block, UInt64(1000 + block)))
    }
    let rules = ComparisonRules(metrics: .named([.producerContextSwitches]))
    let row = try #require(Comparison(base, head, rules).rows.first)
    #expect(row.effect?.ratio == .infinity)
    #expect(row.verdict == .slower)
    #expect(Comparison(base, base, rules).rows.first?.verdict == .same)
  }
}
