import Harness
import Results
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
      let record = TrialRecord(outcome: try driver.run(trial), runID: "")
      guard let rate = record.throughputMessagesPerSecond else {
        let error = record.error.isEmpty ? record.status.rawValue : record.error
        return PeakRate(of: stream, messagesPerSecond: nil, error: error)
      }
      rates.append(rate)
    }
    return PeakRate(of: stream, messagesPerSecond: Statistics.median(rates)?.rounded())
  }
}
