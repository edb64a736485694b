import Mechanisms
import Trials

/// What the stamps of a paced trial's timed part come to.
struct PacedResult {
  /// From the time that a message was due to its arrival, whenever it was sent: a stall counts for every
  /// message that it kept waiting.
  private(set) var response = LatencyTally()
  /// From the time that a message was sent to its arrival.
  private(set) var service = LatencyTally()
  /// From the first due time to the last arrival.
  let elapsedNanoseconds: UInt64
  /// What the schedule held.
  let scheduled: Int
  /// How many of these had been delivered by the schedule's end and 1 % of its length.
  let inTime: Int
  private let messagesPerSecond: Double

  /// With fewer than this share of the schedule's messages delivered when it is over, the rate was not
  /// reached, and latencies say how long the trial was and little else. What the queue looked like before
  /// or after makes no difference: a stall at the very end counts like any other.
  static let leastShareInTime = 0.99
  /// How long after the schedule's end a delivery still counts, as a part of its length: the last messages
  /// take some time, too.
  private static let graceShare = 0.01

  /// - Parameters:
  ///   - stamps: of a phase in which every message arrived.
  ///   - start: when its schedule began.
  init(_ stamps: PacedStamps, start: UInt64, pace: Pace) {
    let last = stamps.count - 1
    // The schedule ends a mean gap after its last message is due, when the next one would be.
    let length = Double(stamps.due[last]) + 1e9 / pace.messagesPerSecond
    let deadline = start &+ UInt64(length * (1 + Self.graceShare))
    var inTime = 0
    for number in 0...last {
      response.add(stamps.response(number, start))
      service.add(stamps.arrived[number].subtractingSaturating(stamps.sent[number]))
      if stamps.arrived[number] <= deadline { inTime += 1 }
    }
    elapsedNanoseconds = stamps.arrived[last].subtractingSaturating(start)
    scheduled = stamps.count
    self.inTime = inTime
    messagesPerSecond = pace.messagesPerSecond
  }

  /// Why the rate was not reached; nil if it was.
  var shortfall: String? {
    guard Double(inTime) < Self.leastShareInTime * Double(scheduled) else { return nil }
    let percent = Int(Double(inTime) / Double(scheduled) * 100)
    return "rate not reached: at \(OfferedRate.format(messagesPerSecond)) messages/s, \(inTime) "
      + "of the \(scheduled) on the schedule (\(percent) %) were delivered when it was over; lower "
      + "--rate, or try a longer --duration"
  }
}

/// Latencies as they are counted in a histogram, with exact extremes.
struct LatencyTally {
  private var counts = [UInt64](repeating: 0, count: LatencyHistogram.countOfCounts)
  private(set) var shortestNanoseconds = UInt64.max
  private var longestNanoseconds: UInt64 = 0

  mutating func add(_ nanoseconds: UInt64) {
    counts[LatencyHistogram.index(of: nanoseconds)] += 1
    shortestNanoseconds = min(shortestNanoseconds, nanoseconds)
    longestNanoseconds = max(longestNanoseconds, nanoseconds)
  }

  var record: LatencyRecord {
    LatencyRecord(
      counts: counts.sparseLatencyCounts, minimumNanoseconds: shortestNanoseconds,
      maximumNanoseconds: longestNanoseconds, roundTripsPerSample: 1)
  }
}

extension PacedStamps {
  fileprivate func response(_ number: Int, _ start: UInt64) -> UInt64 {
    arrived[number].subtractingSaturating(start &+ due[number])
  }
}

extension UInt64 {
  /// The difference, or 0: clocks that agree to within nanoseconds may put an end before its start.
  fileprivate func subtractingSaturating(_ other: UInt64) -> UInt64 {
    self > other ? self - other : 0
  }
}
