import Testing

@testable import Mechanisms

private let sequences: [UInt64] = [
  0, 1, 2, 254, 255, 256, 257, 65_535, 65_536, 65_537, (1 << 32) - 1, 1 << 32, (1 << 63) - 1,
  1 << 63, (1 << 63) + 1, .max,
]

private func matches<Touch: Touching>(
  _ sequence: UInt64, _ message: [UInt8], as _: Touch.Type
) -> Bool {
  message.withUnsafeBytes { Touch.matches(sequence, $0) }
}

/// Looks at messages with every bit of every byte in `bytes` turned over, one at a time, and says
/// which bytes were taken for unharmed.
private func bytesWhoseDamageGoesUnnoticed<Touch: Touching>(
  by touch: Touch.Type, sequence: UInt64, payloadBytes: Int, among bytes: Range<Int>
) -> [Int] {
  var message = written(sequence, payloadBytes: payloadBytes, as: touch)
  return bytes.filter { offset in
    (0..<8).contains { bit in
      message[offset] ^= 1 << bit
      defer { message[offset] ^= 1 << bit }
      return matches(sequence, message, as: touch)
    }
  }
}

@Suite struct TouchingTests {
  @Test(arguments: [1, 2, 7, 8, 9, 15, 16, 17, 23, 24, 64, 4096, 4097])
  func aMessageMatchesTheNumberItWasWrittenWith(payloadBytes: Int) {
    for sequence in sequences {
      let header = written(sequence, payloadBytes: payloadBytes, as: HeaderTouch.self)
      #expect(matches(sequence, header, as: HeaderTouch.self), "\(sequence)")
      let full = written(sequence, payloadBytes: payloadBytes, as: FullTouch.self)
      #expect(matches(sequence, full, as: FullTouch.self), "\(sequence)")
      #expect(matches(sequence, full, as: HeaderTouch.self), "\(sequence)")
    }
  }

  @Test(arguments: [1, 2, 7, 8, 9, 15, 16, 17, 23, 24, 64, 4096, 4097])
  func aMessageDoesNotMatchTheNumbersBesideItsOwn(payloadBytes: Int) {
    for sequence in sequences {
      let message = written(sequence, payloadBytes: payloadBytes, as: FullTouch.self)
      for other in [sequence &- 1, sequence &+ 1] {
        #expect(!matches(other, message, as: HeaderTouch.self), "\(sequence)")
        #expect(!matches(other, message, as: FullTouch.self), "\(sequence)")
      }
    }
  }

  @Test(arguments: [
    1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 22, 23, 24, 25, 31, 32, 64, 255, 512,
  ])
  func everyDamagedBitOfAFullMessageIsNoticed(payloadBytes: Int) {
    for sequence in sequences {
      let unnoticed = bytesWhoseDamageGoesUnnoticed(
        by: FullTouch.self, sequence: sequence, payloadBytes: payloadBytes, among: 0..<payloadBytes)
      #expect(unnoticed.isEmpty, "\(sequence)")
    }
  }

  @Test(arguments: [4096, 4097])
  func everyDamagedByteOfALargeMessageIsNoticed(payloadBytes: Int) {
    var message = written(77, payloadBytes: payloadBytes, as: FullTouch.self)
    let unnoticed = message.indices.filter { offset in
      message[offset] ^= 0xFF
      defer { message[offset] ^= 0xFF }
      return matches(77, message, as: FullTouch.self)
    }
    #expect(unnoticed.isEmpty)
  }

  /// The number takes eight bytes, or as many as there are; from 16 bytes on the length follows it.
  @Test(arguments: [
    (1, 1), (2, 2), (7, 7), (8, 8), (9, 8), (15, 8), (16, 16), (17, 16), (24, 16), (64, 16),
    (512, 16),
  ])
  func everyDamagedBitOfAHeaderIsNoticed(payloadBytes: Int, headerBytes: Int) {
    for sequence in sequences {
      let unnoticed = bytesWhoseDamageGoesUnnoticed(
        by: HeaderTouch.self, sequence: sequence, payloadBytes: payloadBytes,
        among: 0..<headerBytes)
      #expect(unnoticed.isEmpty, "\(sequence)")
    }
  }

  @Test func aHeaderTouchLeavesTheBodyAlone() {
    let message = written(.max, payloadBytes: 64, as: HeaderTouch.self)
    #expect(message[16...].allSatisfy { $0 == unwritten })
    let unnoticed = bytesWhoseDamageGoesUnnoticed(
      by: HeaderTouch.self, sequence: .max, payloadBytes: 64, among: 16..<64)
    #expect(unnoticed == Array(16..<64))
  }

  @Test func aFullTouchWritesNoTwoWordsOfAMessageAlike() {
    let message = written(3, payloadBytes: 4096, as: FullTouch.self)
    let words = message.withUnsafeBytes { bytes in
      stride(from: 0, to: 4096, by: 8).map { bytes.load(fromByteOffset: $0, as: UInt64.self) }
    }
    #expect(Set(words).count == words.count)
  }

  @Test func aMessageOfAnotherLengthIsNoticed() {
    let message = written(5, payloadBytes: 64, as: FullTouch.self)
    #expect(!matches(5, Array(message[..<56]), as: FullTouch.self))
    #expect(!matches(5, Array(message[..<56]), as: HeaderTouch.self))
  }

  @Test func noTouchNeitherWritesNorLooks() {
    let message = written(5, payloadBytes: 64, as: NoTouch.self)
    #expect(message.allSatisfy { $0 == unwritten })
    #expect(matches(6, message, as: NoTouch.self))
  }
}
