import Testing
import Trials

@testable import Results

@Suite struct PrecisionTests {
  /// Seven trials of a configuration whose round trips lie this far apart.
  private func trials(_ mechanism: String, spread: UInt64, from first: Int = 1) -> [TrialOutcome] {
    (0..<7).map { number in
      measured(first + number, configuration(mechanism), fastest: 1000 + UInt64(number) * spread)
    }
  }

  private func report(
    _ outcomes: [TrialOutcome], target: Double = 0.02, isInterrupted: Bool = false
  ) -> PrecisionReport {
    PrecisionReport(
      Summary(runID: fixtureRunID, outcomes), target: target, mostTrials: 50,
      isInterrupted: isInterrupted)
  }

  @Test func theFartherEndDecides() throws {
    let estimate = Estimate(median: 100, interval: 99...103, minimum: 98, trials: 7, tainted: 0)
    let width = try #require(estimate.relativeHalfWidth)
    #expect(abs(width - 0.03) < 1e-9)
    let vague = Estimate(median: 100, interval: nil, minimum: 98, trials: 5, tainted: 0)
    #expect(vague.relativeHalfWidth == nil)
  }

  @Test func isReachedWhenEveryConfigurationIs() {
    let narrow = report(trials("pipe", spread: 1) + trials("tcp", spread: 2, from: 8))
    #expect(narrow.end == .reached && narrow.isReached)
    #expect(narrow.precise == 2 && narrow.configurations == 2)
    let wide = report(trials("pipe", spread: 1) + trials("tcp", spread: 100, from: 8))
    #expect(wide.end == .limit && !wide.isReached)
    #expect(wide.precise == 1)
    #expect(report(trials("tcp", spread: 100), target: 0.5).isReached)
  }

  @Test func fewerThanSixTrialsAreNeverEnough() {
    #expect(!report(Array(trials("pipe", spread: 0).prefix(5))).isReached)
    #expect(report(trials("pipe", spread: 0)).isReached)
  }

  @Test func whatAlwaysFailsIsNotWaitedFor() {
    let failed = outcome(9, configuration("fault-error"), .failed, error: "injected")
    let result = report(trials("pipe", spread: 1) + [failed])
    #expect(result.isReached && result.configurations == 1)
  }

  @Test func saysWhatStoppedTheRun() {
    let narrow = report(trials("pipe", spread: 1))
    #expect(
      "\(narrow)"
        == "Precision ±2.00 % reached by all 1 configurations; the widest is ±0.345 %.")
    let wide = report(trials("pipe", spread: 100))
    #expect(wide.description.contains("0 of 1 configurations when the limit of 50 trials each"))
    let interrupted = report(trials("pipe", spread: 100), isInterrupted: true)
    #expect(interrupted.end == .interrupted)
    #expect(interrupted.description.contains("when the run was interrupted"))
  }
}
