import Harness
import Trials

/// Says once, as soon as it is known, that another ipcbench measures on the same cores. What both measure
/// meanwhile is tainted.
struct NeighbourWatch {
  private let driver: Driver
  private var hasSaid = false

  /// Looks before the first trial.
  init(_ plan: RunPlan, by driver: Driver) {
    self.driver = driver
    let cpus = plan.placements.flatMap { [$0.producer, $0.consumer] }
    say(driver.othersMeasuring(on: Set(cpus).sorted()))
  }

  /// Looks at a trial that has just ended.
  mutating func look(at outcome: TrialOutcome, _ progress: ProgressLine) {
    guard !hasSaid, outcome.taintReasons.contains(TaintReason.anotherRun.rawValue) else { return }
    progress.clear()
    let cores = outcome.trial.configuration.cores
    let others = driver.othersMeasuring(on: [cores.producer, cores.consumer])
    if others.isEmpty { say("another ipcbench") } else { say(others) }
  }

  private mutating func say(_ others: [Int]) {
    guard !others.isEmpty else { return }
    let list = others.map { "\($0)" }.joined(separator: ", ")
    say("another ipcbench (process \(list))")
  }

  private mutating func say(_ who: String) {
    hasSaid = true
    complain(
      "\(who) measures on the same cores; both runs are disturbed and their trials tainted\n"
        + "wait until it is done, or give each run its own cores by --producer-core and --consumer-core"
    )
  }
}
