import Results
import Testing
import Trials

@testable import GateSimulation

@Suite struct GateSimulationTests {
  private static let quiet = NoiseModel(name: "quiet", trialNoise: 0.01, blockNoise: 0.1)

  private func result(
    _ source: any PairSource, factor: Double = 1.1, comparisons: Int = 20
  ) throws -> GateTrial.Result {
    try GateTrial(
      source: source, blocks: 14, threshold: 0.05, factor: factor, measuresNoise: true,
      cases: [.none, .all, .mechanism("pipe")]
    ).run(comparisons: comparisons, seed: 7)
  }

  @Test func aQuietMachineRaisesNoAlarmAndSeesEverySlowDown() throws {
    let result = try result(Self.quiet)
    #expect(result.red[.none]?.part == 0)
    #expect(result.red[.all]?.part == 1)
    #expect(result.red[.mechanism("pipe")]?.part == 1)
    #expect(result.thresholds.allSatisfy { $0 == 0.05 })
  }

  /// A rule that is wrong once in a hundred times would most likely show among these 225.
  @Test func noNoiseRaisesAFalseAlarm() throws {
    for model in NoiseModel.all {
      #expect(try result(model, comparisons: 25).red[.none]?.count == 0, "\(model.name)")
    }
  }

  @Test func aSlowDownBelowTheThresholdIsNone() throws {
    #expect(try result(Self.quiet, factor: 1.02).red[.all]?.part == 0)
  }

  @Test func theSameSeedGivesTheSame() throws {
    let noisy = NoiseModel(name: "noisy", trialNoise: 0.1, blockNoise: 0.3)
    let results = [try result(noisy, comparisons: 10), try result(noisy, comparisons: 10)]
    #expect(results[0].thresholds == results[1].thresholds)
    #expect(results[0].thresholds.contains { $0 > 0.05 })
    #expect(results[0].red[.all]?.count == results[1].red[.all]?.count)
  }

  @Test func theModelsHaveTheShapeOfTheSuite() {
    for model in NoiseModel.all {
      #expect(model.rows.count == 48)
      #expect(Set(model.rows.map(\.configuration)).count == 48)
      var generator = SeededGenerator(seed: 3)
      let drawn = model.draw(blocks: 14, &generator)
      #expect(drawn.count == 48)
      #expect(drawn.allSatisfy { $0.count == 14 })
    }
  }

  @Test func aSlowerRateIsALowerOne() {
    let rows = Self.quiet.rows
    for row in rows {
      #expect(row.slowed(100, by: 1.25) == (row.metric.isRate ? 80 : 125))
    }
    #expect(rows.count { $0.metric.isRate } == 24)
  }

  // MARK: - Blocks of a real run

  /// A run of streams: in block b, the rate of mechanism m is m · 1000 + b.
  private func run(blocks: [Int]) -> StoredRun {
    var run = StoredRun(path: "run")
    for block in blocks {
      for mechanism in 1...7 {
        let configuration = Configuration(
          mechanism: "m\(mechanism)", workload: Workload(pattern: .stream, payloadBytes: 64),
          cores: CorePair(placement: .sameCore, producer: 0, consumer: 0))
        let trial = Trial(
          number: block, block: block, position: 1, configuration: configuration,
          limits: Suite.defaultLimits)
        var outcome = TrialOutcome(trial: trial, startedUnixNanoseconds: 0, status: .ok)
        outcome.messagesReceived = UInt64(mechanism * 1000 + block)
        outcome.elapsedNanoseconds = 1_000_000_000
        run.add(TrialRecord(outcome: outcome, runID: "r"))
      }
    }
    return run
  }

  @Test func aDrawnPairIsOfOneRowAndOneBlock() {
    let real = RealRun(base: run(blocks: [1, 2, 3, 4]), head: run(blocks: [2, 3, 4, 5]))
    #expect(real.blocks == 3)
    #expect(real.rows.map(\.configuration.mechanism) == (1...7).map { "m\($0)" })
    var generator = SeededGenerator(seed: 11)
    let drawn = real.draw(blocks: 50, &generator)
    for (row, pairs) in drawn.enumerated() {
      #expect(pairs.count == 50)
      #expect(pairs.allSatisfy { $0.base == $0.head })
      #expect(Set(pairs.map(\.base)) == Set((2...4).map { Double((row + 1) * 1000 + $0) }))
    }
    // One block for all rows.
    #expect(zip(drawn[0], drawn[6]).allSatisfy { $1.base - $0.base == 6000 })
  }

  @Test func aRunAgainstItselfIsHeldAgainstTheGate() throws {
    let real = RealRun(base: run(blocks: Array(1...14)), head: run(blocks: Array(1...14)))
    let result = try GateTrial(
      source: real, blocks: 14, threshold: 0.05, factor: 1.1, measuresNoise: true,
      cases: [.none, .all]
    ).run(comparisons: 10, seed: 2)
    #expect(result.red[.none]?.count == 0)
    #expect(result.red[.all]?.count == 10)
  }

  /// Tables of Clopper and Pearson's interval: 0 of 10, 5 of 10, 10 of 10.
  @Test(arguments: [(0, 0.0, 0.3085), (5, 0.1871, 0.8129), (10, 0.6915, 1.0)])
  func theIntervalOfAProportionIsExact(count: Int, lower: Double, upper: Double) {
    var proportion = Proportion()
    for number in 0..<10 { proportion.add(number < count) }
    #expect(abs(proportion.interval.lowerBound - lower) < 1e-4)
    #expect(abs(proportion.interval.upperBound - upper) < 1e-4)
  }
}
