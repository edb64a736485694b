import Results
import Testing
import Trials

@testable import Comparison

/// Levels of a factor within one run.
@Suite struct LevelMatchingTests {
  private let rules = ComparisonRules(metrics: .named([.latencyP50]))

  private func stored(_ configurations: [Configuration]) -> StoredRun {
    var run = StoredRun(path: "a-run")
    for (step, configuration) in configurations.enumerated() {
      for block in 1...8 {
        run.add(trial(configuration, block: block, Double(1000 * (step + 1) + block)))
      }
    }
    return run
  }

  private func compared(
    _ configurations: [Configuration], _ factor: Factor, base: String? = nil, head: String? = nil
  ) throws -> Comparison {
    try Comparison(within: stored(configurations), by: factor, base: base, head: head, rules)
  }

  @Test func mechanismsAreHeldAgainstPipe() throws {
    let mechanisms = ["fifo", "pipe", "tcp"].map { configuration($0) }
    let comparison = try compared(mechanisms, .mechanism)
    #expect(comparison.factor == .mechanism)
    #expect(comparison.isPaired)
    #expect(comparison.base.name == "a-run, mechanism pipe")
    #expect(comparison.head.name == "a-run, mechanism fifo, tcp")
    #expect(comparison.rows.map(\.configuration.mechanism) == ["pipe", "pipe"])
    #expect(comparison.rows.map(\.headConfiguration.mechanism) == ["fifo", "tcp"])
    #expect(comparison.rows.map(\.verdict) == [.faster, .slower])
    #expect(comparison.rows.allSatisfy { $0.effect?.pairs == 8 })
  }

  @Test func oneLevelCanBeHeldAgainstAnother() throws {
    let mechanisms = ["fifo", "pipe", "tcp"].map { configuration($0) }
    let comparison = try compared(mechanisms, .mechanism, base: "tcp", head: "fifo")
    #expect(comparison.rows.map(\.headConfiguration.mechanism) == ["fifo"])
    #expect(comparison.rows.map(\.verdict) == [.faster])
    let ratio = try #require(comparison.rows.first?.effect?.ratio)
    #expect(abs(ratio - 1.0 / 3) < 0.01)
  }

  @Test func onlyTheFactorMayDiffer() throws {
    let comparison = try compared(
      [
        configuration("pipe"), configuration("tcp", payloadBytes: 4096),
        configuration("pipe", payloadBytes: 512), configuration("tcp", payloadBytes: 512),
      ], .mechanism)
    #expect(comparison.rows.map(\.configuration.workload.payloadBytes) == [512])
    #expect(comparison.onlyInBase == [configuration("pipe")])
    #expect(comparison.onlyInHead == [configuration("tcp", payloadBytes: 4096)])
  }

  @Test func otherFactorsTakeTheLevelThatRanFirst() throws {
    let comparison = try compared(
      [configuration("pipe", wait: .spin), configuration("pipe", wait: .block)], .wait)
    #expect(comparison.rows.map(\.configuration.workload.wait) == [.spin])
    #expect(comparison.rows.map(\.headConfiguration.workload.wait) == [.block])
  }

  @Test func aLevelWithSeveralBudgetsGetsARowForEach() throws {
    let comparison = try compared(
      [
        configuration("pipe"),
        configuration("pipe", wait: .adaptive, spinBudgetNanoseconds: 10_000),
        configuration("pipe", wait: .adaptive, spinBudgetNanoseconds: 50_000),
      ], .wait)
    #expect(
      comparison.rows.map(\.headConfiguration.workload.spinBudgetNanoseconds) == [10_000, 50_000])
  }

  @Test func streamsHaveNoRateToBeComparedBy() throws {
    let comparison = try compared(
      [
        configuration("pipe", .stream), configuration("pipe", .paced, messagesPerSecond: 1000),
        configuration("pipe", .paced, messagesPerSecond: 4000),
      ], .rate)
    #expect(comparison.rows.map(\.headConfiguration.workload.pace?.messagesPerSecond) == [4000])
    #expect(comparison.onlyInBase == [])
  }

  @Test(arguments: ["4KiB", "4 KiB", "4096", "4kib"])
  func sizesMayBeWrittenAsOptionsTakeThem(_ level: String) throws {
    let comparison = try compared(
      [configuration("pipe"), configuration("pipe", payloadBytes: 4096)], .payload, base: level)
    #expect(comparison.rows.map(\.configuration.workload.payloadBytes) == [4096])
  }

  @Test func ratesAndBudgetsMayBeWrittenAsOptionsTakeThem() throws {
    let rates = [1000.0, 10_000].map { configuration("pipe", .paced, messagesPerSecond: $0) }
    #expect(try compared(rates, .rate, base: "10k").rows.first?.configuration == rates[1])
    let budgets: [UInt64] = [10_000, 50_000]
    let adaptive = budgets.map {
      configuration("pipe", wait: .adaptive, spinBudgetNanoseconds: $0)
    }
    #expect(
      try compared(adaptive, .spinBudget, base: "50us").rows.first?.configuration == adaptive[1])
  }

  @Test func aPlacementIsEnoughWhereItIsOnePair() throws {
    let pairs = [(0, 1), (0, 0), (2, 3)].map { configuration("pipe", cores: $0) }
    let comparison = try compared(pairs, .placement, base: "same-core", head: "same-l3 2→3")
    #expect(comparison.rows.map(\.configuration.cores.producer) == [0])
    #expect(comparison.rows.map(\.headConfiguration.cores.producer) == [2])
    expectRefusal("same-l3 0→1, same-l3 2→3") {
      try compared(pairs, .placement, base: "same-l3")
    }
  }

  // MARK: - Refusals

  private func expectRefusal(
    _ words: String..., sourceLocation: SourceLocation = #_sourceLocation,
    from body: () throws -> Comparison
  ) {
    let error = #expect(throws: LevelError.self, sourceLocation: sourceLocation) { try body() }
    for word in words {
      #expect(
        "\(error.map { "\($0)" } ?? "")".contains(word), "\(word)", sourceLocation: sourceLocation)
    }
  }

  @Test func anUnknownLevelIsRefusedWithTheNearestOne() {
    let mechanisms = ["pipe", "shm-ring"].map { configuration($0) }
    expectRefusal("'shm'", "mean 'shm-ring'?", "pipe, shm-ring") {
      try compared(mechanisms, .mechanism, head: "shm")
    }
    expectRefusal("payload '4GiB'", "64 B, 4 KiB") {
      try compared(
        [configuration("pipe"), configuration("pipe", payloadBytes: 4096)], .payload, base: "4GiB")
    }
  }

  @Test func aFactorThatDoesNotVaryIsRefused() {
    expectRefusal("every trial of the run has wait block", "two runs") {
      try compared([configuration("pipe"), configuration("tcp")], .wait)
    }
    expectRefusal("no trials") { try compared([], .wait) }
    expectRefusal("no trials", "rate") {
      try compared([configuration("pipe"), configuration("tcp")], .rate)
    }
  }

  @Test func aLevelAgainstItselfIsRefused() {
    expectRefusal("mechanism pipe is on both sides", "one of tcp") {
      try compared([configuration("pipe"), configuration("tcp")], .mechanism, head: "pipe")
    }
  }
}
