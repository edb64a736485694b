import Mechanisms
import Trials

extension TrialOutcome {
  /// Notes what disturbed the trial. The numbers stay; whoever reads them decides.
  mutating func markTaint() {
    if let stealNanoseconds, stealNanoseconds > 0 { note(.steal) }
    let cores = trial.configuration.cores
    let sides = [(producer, cores.producer), (consumer, cores.consumer)]
    if sides.contains(where: { ($0.0?.migrations ?? 0) > 0 }) { note(.migration) }
    if sides.contains(where: { ($0.0?.majorFaults ?? 0) > 0 }) {
      note(.majorFault)
    }
    if sides.contains(where: { side, core in side.map { $0.core != core } ?? false }) {
      note(.wrongCore)
    }
    for (role, side) in [(Role.producer, producer), (.consumer, consumer)] {
      if let share = side.flatMap({ CoreShare.lacking($0, in: trial.configuration) }) {
        // Rounded down, so that a side which lacked its core never seems to have had all of it.
        let percent = Int(share * 100)
        note(.preempted, ": \(role.rawValue) had \(percent) % of its core")
      }
    }
    if let probeBeforeNanoseconds, let probeAfterNanoseconds,
      ProbeTolerance.isExceeded(by: probeBeforeNanoseconds, probeAfterNanoseconds)
    {
      note(.probeChanged)
    }
  }
}

extension TrialOutcome {
  private mutating func note(_ reason: TaintReason, _ details: String = "") {
    taintReasons.append(reason.rawValue + details)
  }
}

/// Whether a side that wanted its core all the time had it.
///
/// A side that spins wants it by definition, and so does any other that never slept: a producer of a paced
/// trial that waits for the next message to be due, an adaptive side whose peer always came in time, a
/// blocking one that never had to. Of a side that did sleep nobody can tell what it slept and what it lacked.
///
/// A switch against its will is judged by what it cost. Nearly every trial of half a second has some, from
/// the kernel's own threads, which take some microseconds each; to taint for any would taint everything.
/// One hundredth of the time is what no housekeeping takes: somebody else has had a turn on the core.
enum CoreShare {
  /// Of the timed part; below it, whatever took the rest.
  static let least = 0.95
  /// Of the timed part, for a side that was switched out against its will.
  static let leastWhenSwitchedOut = 0.99

  /// What part of its time a side had its core for, if that is too little; nil if it is not, or if it
  /// cannot be told.
  static func lacking(_ side: SideUsage, in configuration: Configuration) -> Double? {
    // On one core the two sides take turns, as they should.
    guard !configuration.cores.areOne, let wall = side.wallNanoseconds, wall > 0,
      configuration.workload.wait == .spin || side.voluntarySwitches == 0
    else { return nil }
    let share = Double(side.cpuNanoseconds) / Double(wall)
    let enough = side.involuntarySwitches > 0 ? leastWhenSwitchedOut : least
    return share < enough ? share : nil
  }
}
