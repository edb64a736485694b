/// A way to pass the time until the peer has acted: whether to ask again, and whether to sleep.
///
/// A type rather than a value, so that each policy is compiled into the channel's loops.
protocol Waiting: SendableMetatype {
  /// Whether this side asks again before it sleeps, if it ever does.
  static var spins: Bool { get }
  /// Whether this side ever sleeps, so that its peer must look whether to wake it.
  static var sleeps: Bool { get }
}

/// Sleeps in the kernel at once.
enum Blocking: Waiting {
  @inline(__always) static var spins: Bool { false }
  @inline(__always) static var sleeps: Bool { true }
}

/// Looks again and again, and never sleeps.
enum Spinning: Waiting {
  @inline(__always) static var spins: Bool { true }
  @inline(__always) static var sleeps: Bool { false }
}

/// Looks again and again until its budget is spent, then sleeps.
enum Adaptive: Waiting {
  @inline(__always) static var spins: Bool { true }
  @inline(__always) static var sleeps: Bool { true }
}

/// How long one wait may go on looking. Time rather than a number of looks, because a look is one load
/// for a ring and a system call for a pipe.
struct SpinBudget {
  private let deadline: UInt64
  private var looks: UInt32 = 0

  /// The clock takes as long as a look or two of the cheapest kind, so it is not asked every time.
  private static var looksPerClockRead: UInt32 { 8 }

  @inline(__always)
  init(nanoseconds: UInt64) {
    deadline = Clock.now() &+ nanoseconds
  }

  /// Counts a look that found nothing; says whether it was the last.
  @inline(__always)
  mutating func isSpent() -> Bool {
    looks &+= 1
    return looks % Self.looksPerClockRead == 0 && Clock.now() >= deadline
  }
}
