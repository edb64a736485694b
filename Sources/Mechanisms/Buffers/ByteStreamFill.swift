import Glibc
import Trials

/// What a pair of byte-stream descriptors holds: messages are written until a write would wait.
///
/// A byte stream takes a message in parts, so that the part of the last one counts, too.
enum ByteStreamFill {
  /// How often a write is tried again that would have had to wait, 100 µs apart.
  ///
  /// TCP goes on moving bytes into the receiver's buffer for a moment after it has refused some. All
  /// others refuse for good.
  private static let triesWhereBytesMoveOn = 20
  private static let pauseMicroseconds: useconds_t = 100

  /// - Parameter movesOn: Whether a link that is full now may have room in a moment, without a reader.
  static func fill(movesOn: Bool) -> KernelBuffer.Fill {
    { link, payloadBytes, mostBytes throws(CallError) in
      try link.producer.setNonblocking(true)
      let numbers = link.producer.numbers
      let descriptor = numbers.count > 1 ? numbers[1] : numbers[0]
      // Pages that are never written to cost nothing, and no call takes more than this.
      let message = try SharedMapping.untouched(byteCount: min(payloadBytes, mostBytes))
      var filled = 0
      var refusals = 0
      while filled < mostBytes {
        let offset = filled % message.bytes.count
        let count = write(
          descriptor, message.bytes.baseAddress.unsafelyUnwrapped + offset,
          message.bytes.count - offset)
        if count > 0 {
          filled += count
          refusals = 0
        } else if count < 0 && errno == EAGAIN {
          refusals += 1
          if !movesOn || refusals > triesWhereBytesMoveOn { break }
          usleep(pauseMicroseconds)
        } else if count == 0 || errno != EINTR {
          throw CallError("write", while: "filling a link to see what it holds")
        }
      }
      return filled
    }
  }
}
