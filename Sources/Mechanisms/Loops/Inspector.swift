/// Counts what arrives and holds it against what should have arrived.
package struct Inspector {
  /// The sequence number that the next message should carry.
  package private(set) var next: UInt64
  package private(set) var received: UInt64 = 0
  package private(set) var corrupt: UInt64 = 0
  package private(set) var lost: UInt64 = 0
  /// How far ahead the last message that did not match claimed to be; 0 if it did not.
  private var suspectedGap: UInt64 = 0
  /// What `received` was with that message: only the very next one can confirm the gap.
  private var suspectedAt: UInt64 = 0

  package init(next: UInt64) {
    self.next = next
  }

  @inline(__always)
  package mutating func inspect<Touch: Touching>(
    _ message: UnsafeRawBufferPointer, as _: Touch.Type
  ) {
    received &+= 1
    if Touch.matches(next, message) {
      next &+= 1
    } else {
      // A copy, so that no address of this value leaves the loop, which keeps it in registers then.
      var diagnosing = self
      diagnosing.diagnose(message, as: Touch.self)
      self = diagnosing
    }
  }

  /// Counts messages that carry nothing to look at.
  @inline(__always)
  package mutating func count(_ messages: UInt64) {
    received &+= messages
    next &+= messages
  }

  /// Tells damage, a repeated message and a gap from each other.
  ///
  /// A message that claims to be ahead may be the first behind a gap, or have a damaged number: only
  /// the one after it can tell. It counts as corrupt until that one is as far ahead.
  @inline(never)
  private mutating func diagnose<Touch: Touching>(
    _ message: UnsafeRawBufferPointer, as _: Touch.Type
  ) {
    let mask = HeaderTouch.sequenceMask(payloadBytes: message.count)
    let stamped = HeaderTouch.stampedSequence(in: message)
    let ahead = (stamped &- next) & mask
    let behind = (next &- stamped) & mask
    // The nearer half of the numbers counts as ahead or behind, and a leap of a million as damage.
    let reach = min(mask / 2, 1 << 20)
    if ahead > 0 && ahead <= reach && Touch.matches(next &+ ahead, message) {
      if ahead == suspectedGap && received == suspectedAt &+ 1 {
        corrupt &-= 1
        lost &+= ahead
        next &+= ahead &+ 1
        suspectedGap = 0
      } else {
        corrupt &+= 1
        next &+= 1
        suspectedGap = ahead
        suspectedAt = received
      }
    } else {
      corrupt &+= 1
      suspectedGap = 0
      // One that came before does not stand in for the one that is due.
      let isRepeated = behind > 0 && behind <= reach && Touch.matches(next &- behind, message)
      if !isRepeated { next &+= 1 }
    }
  }
}
