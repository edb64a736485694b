import Trials

/// How much of a message the two sides look at. Types rather than values, so that each is compiled
/// into the loops; one implementation for every mechanism.
///
/// A message begins with as much of its sequence number (8 bytes) and its length (8 bytes, from a
/// payload of 16 bytes on) as fits. Integers are in the machine's own order.
package protocol Touching: SendableMetatype {
  /// Prepares a message for sending.
  static func write(_ sequence: UInt64, to message: UnsafeMutableRawBufferPointer)
  /// Whether a message that arrived is the one with this sequence number, unharmed.
  static func matches(_ sequence: UInt64, _ message: UnsafeRawBufferPointer) -> Bool
}

/// Neither side looks: messages are only counted.
package enum NoTouch: Touching {
  @inline(__always)
  package static func write(_ sequence: UInt64, to message: UnsafeMutableRawBufferPointer) {}
  @inline(__always)
  package static func matches(_ sequence: UInt64, _ message: UnsafeRawBufferPointer) -> Bool {
    true
  }
}

/// Sequence number and length are stamped and checked.
package enum HeaderTouch: Touching {
  @inline(__always)
  package static func write(_ sequence: UInt64, to message: UnsafeMutableRawBufferPointer) {
    let count = message.count
    let start = message.baseAddress.unsafelyUnwrapped
    if count >= 16 {
      start.storeBytes(of: sequence, as: UInt64.self)
      start.storeBytes(of: UInt64(count), toByteOffset: 8, as: UInt64.self)
    } else if count >= 8 {
      start.storeBytes(of: sequence, as: UInt64.self)
    } else {
      for index in 0..<count {
        start.storeBytes(
          of: UInt8(truncatingIfNeeded: sequence >> (8 * UInt64(index))), toByteOffset: index,
          as: UInt8.self)
      }
    }
  }

  @inline(__always)
  package static func matches(_ sequence: UInt64, _ message: UnsafeRawBufferPointer) -> Bool {
    let count = message.count
    let start = message.baseAddress.unsafelyUnwrapped
    if count >= 16 {
      return start.loadUnaligned(as: UInt64.self) == sequence
        && start.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == UInt64(count)
    }
    return stampedSequence(in: message) == sequence & sequenceMask(payloadBytes: count)
  }

  /// The sequence number that the message carries, or as many low bits of it as fit.
  @inline(__always)
  static func stampedSequence(in message: UnsafeRawBufferPointer) -> UInt64 {
    if message.count >= 8 { return message.loadUnaligned(as: UInt64.self) }
    var sequence: UInt64 = 0
    for index in 0..<message.count {
      sequence |= UInt64(message[index]) << (8 * UInt64(index))
    }
    return sequence
  }

  /// The bits of a sequence number that a payload of this size has room for.
  @inline(__always)
  static func sequenceMask(payloadBytes: Int) -> UInt64 {
    payloadBytes >= 8 ? .max : (1 << (8 * UInt64(payloadBytes))) - 1
  }
}

/// The producer writes every byte, the consumer reads and checks every byte. Behind the header, word
/// `i` of message `s` holds `s × odd constant + i`, so that no two messages in flight and no two
/// places in a message look alike.
package enum FullTouch: Touching {
  @inline(__always)
  package static func write(_ sequence: UInt64, to message: UnsafeMutableRawBufferPointer) {
    HeaderTouch.write(sequence, to: message)
    guard message.count > sequenceBytes else { return }
    let start = message.baseAddress.unsafelyUnwrapped
    let base = firstWord(of: sequence)
    let words = message.count / 8
    for index in 2..<max(words, 2) {
      start.storeBytes(of: base &+ UInt64(index), toByteOffset: index * 8, as: UInt64.self)
    }
    forEachTailByte(base: base, count: message.count) { offset, byte in
      start.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
      return true
    }
  }

  @inline(__always)
  package static func matches(_ sequence: UInt64, _ message: UnsafeRawBufferPointer) -> Bool {
    guard HeaderTouch.matches(sequence, message) else { return false }
    guard message.count > sequenceBytes else { return true }
    let start = message.baseAddress.unsafelyUnwrapped
    let base = firstWord(of: sequence)
    let words = message.count / 8
    // Differences are gathered rather than branched on, so that the loop vectorises.
    var difference: UInt64 = 0
    for index in 2..<max(words, 2) {
      difference |=
        start.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) ^ (base &+ UInt64(index))
    }
    guard difference == 0 else { return false }
    return forEachTailByte(base: base, count: message.count) { offset, byte in
      message[offset] == byte
    }
  }

  /// Behind these the pattern begins, or, from 16 bytes on, the length and then the pattern.
  private static let sequenceBytes = 8

  @inline(__always)
  private static func firstWord(of sequence: UInt64) -> UInt64 {
    // 2^64 divided by the golden ratio: consecutive sequence numbers end up far apart.
    sequence &* 0x9E37_79B9_7F4A_7C15
  }

  /// Visits the bytes behind the last whole word with the pattern's value for each.
  @inline(__always)
  @discardableResult
  private static func forEachTailByte(
    base: UInt64, count: Int, _ visit: (_ offset: Int, _ byte: UInt8) -> Bool
  ) -> Bool {
    let words = count / 8
    let last = base &+ UInt64(words)
    for index in 0..<(count % 8) {
      let byte = UInt8(truncatingIfNeeded: last >> (8 * UInt64(index)))
      if !visit(words * 8 + index, byte) { return false }
    }
    return true
  }
}
