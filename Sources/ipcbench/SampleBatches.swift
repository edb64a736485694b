import Harness
import Mechanisms
import Results
import Trials

/// Finds out, before the first block, how many round trips a latency sample has to be the mean of, so
/// that reading the clock does not show in it.
///
/// Each configuration that may be that short runs once for a few milliseconds; of what is compared with
/// each other the shortest round trip decides for all. Nothing of it is recorded but the batch.
struct SampleBatches {
  private static let warmUpNanoseconds: UInt64 = 1_000_000
  private static let timedNanoseconds: UInt64 = 4_000_000
  /// Large enough that the clock does not show, small enough for twenty samples of what may need a batch.
  private static let roundTripsPerSample = 64

  let driver: Driver
  let limits: TrialLimits
  let quiet: Bool
  private let clockReadNanoseconds = SampleClock.addedNanoseconds()

  init(driver: Driver, limits: TrialLimits, quiet: Bool) {
    self.driver = driver
    self.limits = limits
    self.quiet = quiet
  }

  /// The batch of each of `sampledAlike`; of those that are not in it, it is 1.
  ///
  /// - Throws: `Interruption` when the user wants to stop.
  func decide(
    for configurations: [Configuration]
  ) throws(Interruption) -> [Configuration: Int] {
    let doubtful = configurations.filter(\.mayNeedBatch)
    let progress = ProgressLine(total: doubtful.count, quiet: quiet)
    defer { progress.clear() }
    var batches: [Configuration: Int] = [:]
    for (index, configuration) in doubtful.enumerated() {
      let batch = try batch(of: configuration, number: index + 1, progress)
      batches[configuration.sampledAlike, default: 1] = max(
        batch, batches[configuration.sampledAlike] ?? 1)
    }
    return batches
  }

  private func batch(
    of configuration: Configuration, number: Int, _ progress: ProgressLine
  ) throws(Interruption) -> Int {
    var configuration = configuration
    configuration.workload.roundTripsPerSample = Self.roundTripsPerSample
    let trial = Trial(
      number: number, block: 1, position: number, configuration: configuration,
      limits: TrialLimits(
        length: .nanoseconds(Self.timedNanoseconds), warmUpNanoseconds: Self.warmUpNanoseconds,
        timeoutNanoseconds: limits.timeoutNanoseconds))
    progress.show(trial, as: "batch of ")
    // Whatever fails here fails again where it is recorded; and what has no median is long.
    let record = TrialRecord(outcome: try driver.run(trial), runID: "")
    guard let roundTrip = record.latencyP50Nanoseconds else { return 1 }
    return SampleBatch.needed(
      roundTripNanoseconds: Double(roundTrip), clockReadNanoseconds: clockReadNanoseconds,
      atMost: limits.roundTrips)
  }
}

extension TrialLimits {
  /// As many as a trial has.
  fileprivate var roundTrips: UInt64 {
    switch length {
    case .messages(let count): count
    case .nanoseconds: .max
    }
  }
}

extension Configuration {
  /// With the batch that was decided on; without one in other patterns.
  func sampled(by batches: [Configuration: Int]) -> Configuration {
    guard workload.pattern == .pingPong else { return self }
    var configuration = self
    configuration.workload.roundTripsPerSample = batches[sampledAlike] ?? 1
    return configuration
  }
}
