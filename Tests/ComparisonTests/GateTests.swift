import Results
import Testing
import Trials

@testable import Comparison

@Suite struct GateJudgementTests {
  typealias Fixture = GateFixture

  /// Ratio, interval and p of one row, with a threshold of 5 %, and what the gate makes of them.
  struct Case: Sendable, CustomTestStringConvertible {
    var pattern = Pattern.pingPong
    var ratio: Double
    var interval: ClosedRange<Double>?
    var p: Double? = 1e-5
    var outcome: GateOutcome
    var reason = ""

    var testDescription: String { "\(pattern) \(ratio) \(outcome)" }
  }

  static let cases = [
    Case(ratio: 1.1, interval: 1.06...1.14, outcome: .regression),
    // The interval's end counts, not its middle.
    Case(ratio: 1.1, interval: 1.04...1.16, outcome: .inconclusive, reason: "holds the threshold"),
    Case(ratio: 1.1, interval: 1.05...1.16, outcome: .inconclusive, reason: "holds the threshold"),
    Case(ratio: 1.1, interval: 1.06...1.14, p: 0.01, outcome: .inconclusive, reason: "p is 0.010"),
    // Slower for certain, and not by more than is allowed.
    Case(ratio: 1.03, interval: 1.02...1.04, outcome: .pass),
    Case(ratio: 0.5, interval: 0.4...0.6, outcome: .pass),
    Case(ratio: 1.0, interval: 0.9...1.04, p: 0.7, outcome: .pass),
    Case(ratio: 1.0, interval: nil, p: nil, outcome: .inconclusive, reason: "too few trials"),
    // A rate that falls is what a time that grows is.
    Case(pattern: .stream, ratio: 0.9, interval: 0.88...0.92, outcome: .regression),
    Case(pattern: .stream, ratio: 1.5, interval: 1.4...1.6, outcome: .pass),
    Case(
      pattern: .stream, ratio: 0.96, interval: 0.94...0.98, outcome: .inconclusive,
      reason: "holds the threshold"),
  ]

  @Test(arguments: cases)
  func aRowIsJudgedByItsIntervalAndByChance(_ example: Case) throws {
    let report = Fixture.report([
      Fixture.row("pipe", example.pattern, ratio: example.ratio, example.interval, p: example.p)
    ])
    let row = try #require(report.rows.first)
    #expect(report.rows.count == 1)
    #expect(row.outcome == example.outcome, "\(row.reason)")
    #expect(row.threshold == 0.05)
    #expect(example.reason.isEmpty || row.reason.contains(example.reason), "\(row.reason)")
    #expect(row.reason.isEmpty == [.pass, .regression].contains(row.outcome))
    #expect(report.outcome == example.outcome)
  }

  @Test func chanceIsCorrectedForTheRowsThatGateAndNoOthers() {
    let suspicious = Fixture.row("pipe", ratio: 1.2, 1.1...1.3, p: 0.004)
    let quiet = Fixture.row("fifo", ratio: 1, 0.99...1.01, p: 0.9)
    let aside = Fixture.row("pipe", .pingPong, .latencyP99, ratio: 1, 0.9...1.1, p: 0.9)
    let empty = Fixture.row("tcp", ratio: 1, nil, p: nil)
    // Twice 0.004 is below 1 %, however many rows stand beside that do not gate or say nothing.
    let two = Fixture.report([suspicious, aside, aside, quiet, empty])
    #expect(two.rows.count == 3)
    #expect(two.rows[0].adjustedPValue == 0.008)
    #expect(two.rows[0].outcome == .regression)
    let three = Fixture.report([suspicious, quiet, quiet])
    #expect(three.rows[0].adjustedPValue == 0.012)
    #expect(three.rows[0].outcome == .inconclusive)
    #expect(three.rows[0].reason.contains("3 tests"))
  }

  @Test func aMainMetricGatesOnlyInItsOwnPattern() {
    #expect(Metric.messageThroughput.gates(in: .stream))
    #expect(!Metric.messageThroughput.gates(in: .pingPong))
    #expect(!Metric.messageThroughput.gates(in: .paced))
    #expect(Metric.latencyP50.gates(in: .pingPong))
    #expect(Metric.latencyP50.gates(in: .paced))
    #expect(!Metric.latencyP50.gates(in: .stream))
    #expect(Metric.latencyP99.gates(in: .paced))
    #expect(!Metric.latencyP99.gates(in: .stream))
    #expect(Pattern.allCases.allSatisfy { Metric.producerCPU.gates(in: $0) })
  }

  @Test func noiseRaisesTheThreshold() {
    var rules = Fixture.rules
    rules.noise = [.latencyP50: 0.03]
    let report = GateReport(
      judging: Fixture.comparison([Fixture.row("pipe", ratio: 1.08, 1.06...1.085)]), by: rules)
    #expect(report.rows.map(\.outcome) == [.pass])
    #expect(report.rows[0].threshold == 3 * 0.03)
  }

  // MARK: - All rows together

  @Test func oneRegressionIsEnough() {
    let report = GateFixture.reportOfEveryKind
    #expect(report.outcome == .regression)
    #expect(report.rows(.regression).count == 2)
    #expect(report.worst?.row.configuration.workload.pattern == .pingPong)
    #expect(
      report.conclusion
        == "regression in 2 of 8 rows; worst: pipe, block, ping-pong, 64 B: median round trip +12 % "
        + "slower (95 % interval +8.0 % to +15 %, threshold 5.0 %)")
  }

  @Test func whatIsNotComparableDoesNotPass() {
    let rows = [
      Fixture.row("pipe", ratio: 1, 0.99...1.01),
      Fixture.row("tcp", ratio: 2, 1.9...2.1, verdict: .notComparable, reason: "cpu_model differs"),
    ]
    let report = Fixture.report(rows)
    #expect(report.outcome == .notComparable)
    #expect(
      report.conclusion
        == "1 of 2 rows are not comparable; first: tcp, block, ping-pong, 64 B, median round trip: "
        + "cpu_model differs")
  }

  @Test func nothingIsNoPass() {
    #expect(Fixture.report([]).outcome == .inconclusive)
    #expect(Fixture.report([]).conclusion.contains("nothing could be judged"))
    #expect(Fixture.report([]).isUndecided)
    let unlike = Fixture.row("tcp", ratio: 2, nil, verdict: .notComparable, reason: "other host")
    #expect(Fixture.report([unlike]).isUndecided)
    #expect(
      Fixture.report([unlike]).conclusion.hasPrefix(
        "nothing could be judged: 1 of 1 rows are not comparable; first: tcp, "))
    let passing = [Fixture.row("pipe", ratio: 1, 0.99...1.01)]
    #expect(!Fixture.report(passing + [unlike]).isUndecided)
    #expect(Fixture.report(passing).outcome == .pass)
    #expect(Fixture.report(passing).conclusion == "none of 1 rows is slower than allowed")
    let gone = Fixture.report(passing, onlyInBase: [GateFixture.configuration("fifo")])
    #expect(gone.outcome == .inconclusive)
    #expect(
      gone.conclusion
        == "1 configurations of the base are not in the head; first: fifo, block, ping-pong, 64 B")
  }
}

@Suite struct NoiseTests {
  private func rows(_ ratios: [Double], _ metric: Metric = .latencyP50) -> [ComparisonRow] {
    ratios.map { GateFixture.row("pipe", .pingPong, metric, ratio: $0, $0 * 0.9...$0 * 1.1) }
  }

  @Test func itIsTheTypicalDistanceFromOne() throws {
    // Logarithms ±0.01 … ±0.05, both ways; the median distance is 0.03.
    let ratios = [0.01, -0.02, 0.03, -0.03, 0.04, -0.05].map { 1 + $0 }
    let noise = try Noise.of(GateFixture.comparison(rows(ratios)), for: [.latencyP50])
    let value = try #require(noise[.latencyP50])
    #expect(abs(value - 1.4826 * 0.03) < 0.0005)
    #expect(noise.count == 1)
  }

  @Test func halfOfTheRowsMayBeWild() throws {
    let ratios = [1.01, 0.99, 1.01, 0.99, 4.0, 0.25, 9.0]
    let noise = try Noise.of(GateFixture.comparison(rows(ratios)), for: [.latencyP50])
    #expect(noise[.latencyP50].map { $0 < 0.016 } == true)
  }

  @Test func tooFewRowsAreRefusedWithARemedy() throws {
    let few = GateFixture.comparison(rows([1.01, 1.02, 0.98, 1, 1.01]))
    let error = #expect(throws: NoiseError.self) {
      try Noise.of(few, for: [.latencyP50])
    }
    #expect(error?.rows == 5)
    #expect(error?.description.contains("latency_p50_ns") == true)
    #expect(error?.description.contains("--versus") == true)
    // A metric that does not gate is not asked for.
    #expect(try Noise.of(few, for: []).isEmpty)
  }

  @Test func rowsThatCannotBeComparedDoNotCount() {
    let rows = rows([1.01, 1.02, 0.98, 1, 1.01, 1.01]).map { row in
      var row = row
      row.verdict = .notComparable
      return row
    }
    #expect(throws: NoiseError.self) {
      try Noise.of(GateFixture.comparison(rows), for: [.latencyP50])
    }
  }
}
