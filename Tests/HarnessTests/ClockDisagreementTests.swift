import Mechanisms
import Testing
import Trials

@testable import Harness

/// Whether a worker's times fit between the driver's.
@Suite struct ClockDisagreementTests {
  private func disagreement(_ start: UInt64, _ end: UInt64) -> ClockDisagreement? {
    let report = PhaseReport(
      messages: 1, corrupt: 0, lost: 0, startNanoseconds: start, endNanoseconds: end)
    return ClockDisagreement(report, of: .consumer, within: 1_000_000...9_000_000)
  }

  @Test(arguments: [(1_000_000, 9_000_000), (2_000_000, 3_000_000)] as [(UInt64, UInt64)])
  func aPhaseWithinTheDriversTimesIsBelieved(start: UInt64, end: UInt64) {
    #expect(disagreement(start, end) == nil)
  }

  @Test func anEndAfterTheDriverHeardOfItIsAClockThatIsAhead() {
    #expect(
      disagreement(2_000_000, 11_500_000)?.description
        == "the clocks disagree: the consumer's is at least 2.5 ms ahead of the driver's; "
        + "'ipcbench doctor' tells about the clock")
    #expect(disagreement(2_000_000, 9_000_001)?.nanoseconds == 1)
  }

  @Test func aStartBeforeTheDriverOpenedThePhaseIsAClockThatIsBehind() {
    let found = disagreement(999_999, 2_000_000)
    #expect(found?.isAhead == false && found?.nanoseconds == 1)
    #expect(disagreement(0, 2_000_000)?.description.contains("1.0 ms behind the driver's") == true)
  }

  /// Round trips that were stamped by a counter which ran differently are no round trips.
  @Test(arguments: [nil, 0.0042])
  func aCounterThatDisagreesMakesATrialInvalid(share: Double?) throws {
    let memory = try TrialMemory(try TrialMemory.create())
    let phase = Phase(kind: .timed, index: 2, length: .messages(10))
    let usage = SideUsage(
      core: 0, cpuNanoseconds: 1, voluntarySwitches: 0, involuntarySwitches: 0, majorFaults: 0)
    var report = PhaseReport(
      messages: 10, corrupt: 0, lost: 0, startNanoseconds: 100, endNanoseconds: 200)
    report.roundTripsPerSample = 1
    report.fastestNanoseconds = 9
    report.slowestNanoseconds = 11
    report.slowestSample = 3
    report.clockDisagreement = share
    var reports = PhaseReports()
    for role in [Role.producer, .consumer] {
      reports.add(report, usage, from: role, in: phase, within: 0...1000)
    }
    var outcome = TrialOutcome(trial: .of("pipe"), startedUnixNanoseconds: 0, status: .ok)
    outcome.take(reports, memory: memory)
    #expect(outcome.status == (share == nil ? .ok : .invalid))
    #expect(outcome.slowestSample == 3)
    if share != nil {
      #expect(
        outcome.error.hasPrefix(
          "by the time-stamp counter the timed part took 0.4 % longer or shorter than by CLOCK_MONOTONIC"
        ), "\(outcome.error)")
    }
  }
}
