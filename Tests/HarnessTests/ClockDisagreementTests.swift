import Mechanisms
import Testing

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
}
