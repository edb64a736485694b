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
