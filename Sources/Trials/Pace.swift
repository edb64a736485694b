import Glibc

/// How the messages of a paced trial are spread over time.
public enum Arrivals: String, Codable, CaseIterable, Sendable {
  /// Independent of each other, as the requests of many users are: the gaps are exponential.
  case poisson
  /// At equal distances.
  case fixed
}

/// The schedule that a paced trial keeps to.
public struct Pace: Codable, Hashable, Sendable {
  public var messagesPerSecond: Double
  public var arrivals: Arrivals

  public init(messagesPerSecond: Double, arrivals: Arrivals = .poisson) {
    self.messagesPerSecond = messagesPerSecond
    self.arrivals = arrivals
  }

  /// What a paced workload keeps to that names no pace: slow enough for every mechanism.
  public static let standard = Pace(messagesPerSecond: 1000)

  /// Of one trial's timed part. Each takes 24 bytes of memory: when it is due, was sent and arrived.
  public static let mostMessages: UInt64 = 4_000_000

  /// When the messages of a phase are due, in nanoseconds from its start; ascending, the first at 0.
  ///
  /// Everything is decided before the phase begins, so that nothing which happens in it can delay a
  /// message's due time: a sender that slows down with the receiver would hide what the receiver's
  /// stall did to those behind it ("coordinated omission", G. Tene, "How NOT to Measure Latency").
  ///
  /// - Parameter seed: Decides the gaps of Poisson arrivals; the same seed gives the same gaps.
  public func dueTimes(_ count: Int, seed: UInt64) -> [UInt64] {
    let meanGap = 1e9 / messagesPerSecond
    switch arrivals {
    case .fixed:
      // Each from its number, so that no rounding error adds up.
      return (0..<count).map { UInt64((Double($0) * meanGap).rounded()) }
    case .poisson:
      var generator = SeededGenerator(seed: seed)
      var due = 0.0
      var times: [UInt64] = []
      times.reserveCapacity(count)
      for _ in 0..<count {
        times.append(UInt64(due.rounded()))
        due += generator.nextExponential() * meanGap
      }
      return times
    }
  }
}

extension SeededGenerator {
  /// A draw from the exponential distribution of mean 1, by inversion: minus the logarithm of a
  /// number that is uniform over (0, 1]. L. Devroye, "Non-Uniform Random Variate Generation" (1986),
  /// section II.2.
  mutating func nextExponential() -> Double {
    // 53 bits are what a Double holds; one more than the draw keeps the logarithm finite.
    -log(Double((next() >> 11) + 1) * 0x1p-53)
  }
}

extension TrialLimits {
  /// How many messages the timed part of a paced trial has; at least 1.
  public func timedMessages(at pace: Pace) -> UInt64 {
    switch length {
    case .messages(let count): count
    case .nanoseconds(let nanoseconds): Self.messages(of: pace, in: nanoseconds)
    }
  }

  /// How many messages the warm-up of a paced trial has; at least 1.
  public func warmUpMessages(at pace: Pace) -> UInt64 {
    min(Self.messages(of: pace, in: warmUpNanoseconds), Pace.mostMessages)
  }

  /// About how long the schedule of the timed part is, in nanoseconds.
  func timedNanoseconds(at pace: Pace) -> UInt64 {
    switch length {
    case .messages(let count):
      UInt64(min(Double(count) / pace.messagesPerSecond * 1e9, 0x1p63))
    case .nanoseconds(let nanoseconds): nanoseconds
    }
  }

  private static func messages(of pace: Pace, in nanoseconds: UInt64) -> UInt64 {
    UInt64(min(max(1, (pace.messagesPerSecond * Double(nanoseconds) / 1e9).rounded()), 0x1p62))
  }
}
