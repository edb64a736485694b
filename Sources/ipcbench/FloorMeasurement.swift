import Harness
import Results
import Trials

/// Measures the floors of a run: short trials of the floor mechanisms on the run's own cores.
struct FloorMeasurement {
  /// Few and short, because a floor is far steadier than what stands on it.
  private static let trialsOfEach = 3
  private static let timedNanoseconds: UInt64 = 12_000_000
  private static let warmUpNanoseconds: UInt64 = 4_000_000
  /// What a copy of the largest message may need; a suite that allows its trials more allows it here.
  private static let shortestTimeoutNanoseconds: UInt64 = 10_000_000_000

  private let configurations: [Configuration]
  private let limits: TrialLimits

  /// - Parameter configurations: What the floors are to stand under.
  init(of configurations: [Configuration], timeoutNanoseconds: UInt64) {
    self.configurations = Configuration.floors(of: configurations)
    limits = TrialLimits(
      length: .nanoseconds(Self.timedNanoseconds), warmUpNanoseconds: Self.warmUpNanoseconds,
      timeoutNanoseconds: max(timeoutNanoseconds, Self.shortestTimeoutNanoseconds))
  }

  /// Runs them in rounds, so that a disturbance does not fall on all trials of one floor. A floor that
  /// cannot be had is told and left out: the run can do without.
  func run(by driver: Driver, runID: String, quiet: Bool) throws(Interruption) -> [Floor] {
    let progress = ProgressLine(total: configurations.count * Self.trialsOfEach, quiet: quiet)
    defer { progress.clear() }
    var records: [[TrialRecord]] = configurations.map { _ in [] }
    for round in 0..<Self.trialsOfEach {
      for (index, configuration) in configurations.enumerated() {
        let number = round * configurations.count + index + 1
        progress.showFloor(number)
        let trial = Trial(
          number: number, block: round + 1, position: index + 1, configuration: configuration,
          limits: limits)
        records[index].append(TrialRecord(outcome: try driver.run(trial), runID: runID))
      }
    }
    progress.clear()
    for failed in records where !failed.contains(where: { $0.status == .ok }) {
      complain("no floor: \(failed[0].configuration.mechanism): \(failed[0].error)")
    }
    return records.compactMap { Floor($0) }
  }
}
