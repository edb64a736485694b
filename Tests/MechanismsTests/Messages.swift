@testable import Mechanisms

/// What a message's bytes are before anything is written to them.
let unwritten: UInt8 = 0xA5

/// A message as a producer would send it.
func written<Touch: Touching>(
  _ sequence: UInt64, payloadBytes: Int, as _: Touch.Type = FullTouch.self
) -> [UInt8] {
  var message = [UInt8](repeating: unwritten, count: payloadBytes)
  message.withUnsafeMutableBytes { Touch.write(sequence, to: $0) }
  return message
}

/// Throws unless a message is the one with this number, every byte of it.
func expect(_ sequence: UInt64, in message: UnsafeRawBufferPointer) throws {
  guard FullTouch.matches(sequence, message) else {
    throw WrongMessage(sequence: sequence, payloadBytes: message.count)
  }
}

/// A message that is not the one that was due, or not unharmed.
struct WrongMessage: Error, CustomStringConvertible {
  let sequence: UInt64
  let payloadBytes: Int
  var description: String { "message \(sequence) of \(payloadBytes) bytes arrived damaged" }
}
