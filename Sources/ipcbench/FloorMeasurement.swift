import Harness
import Results
import Trials

/// Measures the floors of a run: short trials of the floor mechanisms on the run's own cores, in rounds
/// before, amid and after the run's blocks. A host that moves a virtual processor changes the floors with
/// all else, and floors that are of another spell than the trials are floors of something else.
struct FloorMeasurement {
  /// Few and short, because a floor is far steadier than what stands on it.
  private static let rounds = 3
  private static let timedNanoseconds: UInt64 = 12_000_000
  private static let warmUpNanoseconds: UInt64 = 4_000_000
  /// What a copy of the largest message may need; a suite that allows its trials more allows it here.
  private static let shortestTimeoutNanoseconds: UInt64 = 10_000_000_000

  private var configurations: [Configuration]
  private let limits: TrialLimits
  private var records: [[TrialRecord]]
  private var finishedRounds = 0

  /// - Parameter configurations: What the floors are to stand under.
  init(of configurations: [Configuration], timeoutNanoseconds: UInt64) {
    self.configurations = Configuration.floors(of: configurations)
    limits = TrialLimits(
      length: .nanoseconds(Self.timedNanoseconds), warmUpNanoseconds: Self.warmUpNanoseconds,
      timeoutNanoseconds: max(timeoutNanoseconds, Self.shortestTimeoutNanoseconds))
    records = self.configurations.map { _ in [] }
  }

  /// What the rounds so far say. A floor that cannot be had is left out: the run can do without.
  var floors: [Floor] { records.compactMap { Floor($0) } }

  /// Runs the rounds that are due when so many of the run's blocks are done: the first before any block,
  /// the last after all.
  ///
  /// - Returns: Whether there is anything new in `floors`.
  mutating func catchUp(
    withBlocks blocks: Int, of planned: Int, by driver: Driver, runID: String, quiet: Bool
  ) throws(Interruption) -> Bool {
    let before = finishedRounds
    if finishedRounds == 0 {
      let batches = try SampleBatches(driver: driver, limits: limits, quiet: quiet)
        .decide(for: configurations)
      configurations = configurations.map { $0.sampled(by: batches) }
    }
    while !configurations.isEmpty, finishedRounds < Self.rounds,
      blocks * (Self.rounds - 1) >= finishedRounds * planned
    {
      try runRound(by: driver, runID: runID, quiet: quiet)
    }
    return finishedRounds > before
  }

  /// Every floor once.
  private mutating func runRound(
    by driver: Driver, runID: String, quiet: Bool
  ) throws(Interruption) {
    let progress = ProgressLine(total: configurations.count, quiet: quiet)
    defer { progress.clear() }
    for (index, configuration) in configurations.enumerated() {
      progress.showFloor(index + 1)
      let trial = Trial(
        number: finishedRounds * configurations.count + index + 1, block: finishedRounds + 1,
        position: index + 1, configuration: configuration, limits: limits)
      records[index].append(TrialRecord(outcome: try driver.run(trial), runID: runID))
    }
    finishedRounds += 1
    if finishedRounds == Self.rounds { complainOfMissing() }
  }

  private func complainOfMissing() {
    let missing = records.filter { !$0.contains { $0.status == .ok } }.map { $0[0] }
      .reduce(into: [TrialRecord]()) { first, record in
        let name = record.configuration.mechanism
        if !first.contains(where: { $0.configuration.mechanism == name }) { first.append(record) }
      }
    for error in missing.map(\.error).withoutDuplicates() {
      let names = missing.filter { $0.error == error }.map(\.configuration.mechanism)
      complain("no floor: \(names.joined(separator: ", ")): \(error)")
    }
  }
}
