import CLinux

/// How long a receiver that has caught up with a stream leaves its sender alone, so that it then has a
/// batch to work through: the "temporal slipping" of the FastForward paper.
///
/// Whether that pays is tried out. One that left too few messages waiting was nothing but a delay, as it is to
/// messages which come now and then; the next ones are then left out, twice as many every time.
struct HeadStart {
  /// About two microseconds where a pause takes 13 ns, and five where it takes 43 ns.
  private static var pauses: UInt64 { 128 }
  /// A look at the next slot costs the sender about as much as a few messages.
  private static var worthwhileMessages: UInt32 { 16 }
  /// So that of messages which come now and then, not one in ten thousand is delayed.
  private static var mostLeftOut: UInt32 { 1 << 16 }

  /// The turn that the last one was given at.
  private var lastTurn: UInt32
  private var wasGiven = false
  /// Whether the last message that had to be waited for came soon.
  private var isStreaming = false
  private var leftOut: UInt32 = 1
  private var toLeaveOut: UInt32 = 0

  init(at position: UInt32) {
    lastTurn = position
  }

  /// Called when the message of this turn is not there yet; says whether a head start was given.
  @discardableResult
  mutating func give(at turn: UInt32) -> Bool {
    if wasGiven {
      if turn &- lastTurn >= Self.worthwhileMessages {
        leftOut = 1
      } else {
        toLeaveOut = leftOut
        leftOut = min(2 * leftOut, Self.mostLeftOut)
      }
    }
    wasGiven = false
    guard isStreaming else { return false }
    if toLeaveOut > 0 {
      toLeaveOut &-= 1
      return false
    }
    wasGiven = true
    lastTurn = turn
    for _ in 0..<Self.pauses { linux_cpu_relax() }
    return true
  }

  /// Takes in how many looks in vain and sleeps came before the message.
  mutating func waited(_ looks: UInt64, sleeps: UInt64) {
    isStreaming = looks < Self.pauses && sleeps == 0
  }
}
