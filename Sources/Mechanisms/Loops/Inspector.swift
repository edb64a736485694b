/// Counts what arrives and holds it against what should have arrived.
struct Inspector {
  /// The sequence number that the next message should carry.
  private(set) var next: UInt64
  private(set) var received: UInt64 = 0
  private(set) var corrupt: UInt64 = 0
  private(set) var lost: UInt64 = 0

  init(next: UInt64) {
    self.next = next
  }

  @inline(__always)
  mutating func inspect<Touch: Touching>(_ message: UnsafeRawBufferPointer, as _: Touch.Type) {
    received &+= 1
    if Touch.matches(next, message) {
      next &+= 1
    } else {
      diagnose(message, as: Touch.self)
    }
  }

  /// Tells a gap from damage: a message from a little further on means that those between were
  /// lost; anything else is a corrupt, repeated or reordered message and counts as corrupt.
  @inline(never)
  private mutating func diagnose<Touch: Touching>(
    _ message: UnsafeRawBufferPointer, as _: Touch.Type
  ) {
    let mask = HeaderTouch.sequenceMask(payloadBytes: message.count)
    let ahead = (HeaderTouch.stampedSequence(in: message) &- next) & mask
    // The nearer half of the numbers counts as ahead, and a leap of a million as damage.
    if ahead > 0 && ahead <= min(mask / 2, 1 << 20) && Touch.matches(next &+ ahead, message) {
      lost &+= ahead
      next &+= ahead &+ 1
    } else {
      corrupt &+= 1
      next &+= 1
    }
  }
}
