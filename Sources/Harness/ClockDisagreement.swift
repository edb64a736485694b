import Mechanisms

/// A worker's clock that cannot be the one the driver reads: by it, a phase began before the driver had
/// opened it, or ended after the driver had heard of its end.
///
/// A stream's time runs from the producer's clock to the consumer's. Should they disagree, its rate is
/// wrong, and nothing in it would show that.
struct ClockDisagreement: Equatable, CustomStringConvertible {
  let role: Role
  /// At least; how much of the window the phase really took is not known.
  let nanoseconds: UInt64
  let isAhead: Bool

  /// nil if the report fits into the window, which is in the driver's time.
  init?(_ report: PhaseReport, of role: Role, within window: ClosedRange<UInt64>) {
    self.role = role
    if report.endNanoseconds > window.upperBound {
      nanoseconds = report.endNanoseconds - window.upperBound
      isAhead = true
    } else if report.startNanoseconds < window.lowerBound {
      nanoseconds = window.lowerBound - report.startNanoseconds
      isAhead = false
    } else {
      return nil
    }
  }

  var description: String {
    let milliseconds = tenths(Double(nanoseconds) / 1e6)
    return "the clocks disagree: the \(role.rawValue)'s is at least \(milliseconds) ms "
      + "\(isAhead ? "ahead of" : "behind") the driver's; 'ipcbench doctor' tells about the clock"
  }
}
