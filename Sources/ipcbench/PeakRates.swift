import Harness
import Mechanisms
import Trials

/// Finds out what the streams reach that a run's paced trials are to take a share of.
struct PeakRates {
  /// Each by a fresh pair of processes; the median of them counts.
  static let trialsPerStream = 3
  /// A peak is not a result: long enough to have settled, and no longer.
  private static let warmUpNanoseconds: UInt64 = 30_000_000
  private static let timedNanoseconds: UInt64 = 100_000_000

  let driver: Driver
  let timeoutNanoseconds: UInt64
  let quiet: Bool

  /// - Throws: `Interruption` when the user wants to stop.
  func measure(_ streams: [Configuration]) throws(Interruption) -> [Configuration: PeakRate] {
    let progress = ProgressLine(total: streams.count * Self.trialsPerStream, quiet: quiet)
    defer { progress.clear() }
    var peaks: [Configuration: PeakRate] = [:]
    for (index, stream) in streams.enumerated() {
      peaks[stream] = try peak(of: stream, index * Self.trialsPerStream, progress)
    }
    return peaks
  }

  private func peak(
    of stream: Configuration, _ trialsBefore: Int, _ progress: ProgressLine
  ) throws(Interruption) -> PeakRate {
    let limits = TrialLimits(
      length: .nanoseconds(Self.timedNanoseconds), warmUpNanoseconds: Self.warmUpNanoseconds,
      timeoutNanoseconds: timeoutNanoseconds)
    var rates: [Double] = []
    for number in 1...Self.trialsPerStream {
      let trial = Trial(
        number: trialsBefore + number, block: number, position: 1, configuration: stream,
        limits: limits)
      progress.show(trial, as: "peak of ")
      let outcome = try driver.run(trial)
      guard outcome.status == .ok, let messages = outcome.messagesReceived,
        let elapsed = outcome.elapsedNanoseconds, elapsed > 0
      else {
        let error = outcome.error.isEmpty ? outcome.status.rawValue : outcome.error
        return PeakRate(of: stream, messagesPerSecond: nil, error: error)
      }
      rates.append(Double(messages) * 1e9 / Double(elapsed))
    }
    return PeakRate(
      of: stream, messagesPerSecond: rates.sorted()[Self.trialsPerStream / 2].rounded())
  }
}
