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
  /// Messages a second, as they were due and as they arrived; nil for one message alone.
  let rates: (offered: Double, achieved: Double)?

  /// Below this share of the offered rate, latencies say how long the trial was and little else: the
  /// queue was growing all the time.
  static let leastShareOfRate = 0.99

  /// - Parameters:
  ///   - stamps: of a phase in which every message arrived.
  ///   - start: when its schedule began.
  init(_ stamps: PacedStamps, start: UInt64) {
    let last = stamps.count - 1
    for number in 0...last {
      response.add(stamps.response(number, start))
      service.add(stamps.arrived[number].subtractingSaturating(stamps.sent[number]))
    }
    elapsedNanoseconds = stamps.arrived[last].subtractingSaturating(start)
    rates = Self.rates(stamps, start, fastest: response.shortestNanoseconds)
  }

  /// The rates up to that message of the last tenth which had waited least: where the queue was empty
  /// once more, the rate was reached, and what stalled at the very end is in the latencies. A queue that
  /// never empties grows with the schedule, and no message of the last tenth is on time.
  ///
  /// So many messages came in the time that they were due in and what the last of them waited beyond the
  /// fastest message.
  private static func rates(
    _ stamps: PacedStamps, _ start: UInt64, fastest: UInt64
  ) -> (offered: Double, achieved: Double)? {
    var best: (offered: Double, achieved: Double)?
    let last = stamps.count - 1
    for number in (last - last / 10)...last where stamps.due[number] > stamps.due[0] {
      let asDue = Double(stamps.due[number] - stamps.due[0])
      let waited = Double(stamps.response(number, start).subtractingSaturating(fastest))
      let messages = Double(number) * 1e9
      let rates = (offered: messages / asDue, achieved: messages / (asDue + waited))
      let share = best.map { $0.achieved / $0.offered } ?? 0
      if rates.achieved / rates.offered > share { best = rates }
    }
    return best
  }

  /// Why the rate was not reached; nil if it was.
  var shortfall: String? {
    guard let (offered, achieved) = rates, achieved < Self.leastShareOfRate * offered else {
      return nil
    }
    let rates = [achieved, offered].map { OfferedRate.format(OfferedRate.rounded($0)) }
    return "rate not reached: \(rates[0]) of the \(rates[1]) messages/s offered came through "
      + "(\(Int(achieved / offered * 100)) %); lower --rate, or try a longer --duration"
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
