import Testing

@testable import Mechanisms

/// What an inspector has counted.
private struct Counts: Equatable {
  var received: UInt64 = 0
  var corrupt: UInt64 = 0
  var lost: UInt64 = 0
}

/// Shows messages with these numbers to an inspector; those at the positions in `damage` have one bit
/// wrong, in the byte that stands there.
private func inspect<Touch: Touching>(
  _ sequences: [UInt64], as touch: Touch.Type = FullTouch.self, payloadBytes: Int = 64,
  damage: [Int: Int] = [:], bit: Int = 7
) -> (counts: Counts, next: UInt64) {
  var inspector = Inspector(next: sequences.first ?? 0)
  for (position, sequence) in sequences.enumerated() {
    var message = written(sequence, payloadBytes: payloadBytes, as: touch)
    if let offset = damage[position] { message[offset] ^= 1 << bit }
    message.withUnsafeBytes { inspector.inspect($0, as: touch) }
  }
  let counts = Counts(
    received: inspector.received, corrupt: inspector.corrupt, lost: inspector.lost)
  return (counts, inspector.next)
}

@Suite struct InspectorTests {
  @Test(arguments: [1, 2, 7, 8, 15, 16, 64])
  func messagesInOrderAreOnlyCounted(payloadBytes: Int) {
    let (counts, next) = inspect(Array(0..<1000), payloadBytes: payloadBytes)
    #expect(counts == Counts(received: 1000))
    #expect(next == 1000)
  }

  @Test func theFirstNumberNeedNotBeZero() {
    let (counts, next) = inspect([.max - 1, .max, 0, 1])
    #expect(counts == Counts(received: 4))
    #expect(next == 2)
  }

  @Test func aLostMessageIsCountedOnce() {
    let (counts, next) = inspect([0, 1, 3, 4, 5, 6, 7])
    #expect(counts == Counts(received: 7, lost: 1))
    #expect(next == 8)
  }

  @Test(arguments: [2, 100, 1 << 20])
  func everyMessageOfAGapIsCountedAsLost(gap: UInt64) {
    let (counts, next) = inspect([0, 1] + Array((2 + gap)..<(10 + gap)))
    #expect(counts == Counts(received: 10, lost: gap))
    #expect(next == 10 + gap)
  }

  @Test func twoGapsAddUp() {
    let (counts, _) = inspect([0, 2, 3, 4, 6, 7, 11, 12, 13])
    #expect(counts == Counts(received: 9, lost: 5))
  }

  @Test func aRepeatedMessageIsCountedAsCorruptOnce() {
    let (counts, next) = inspect([0, 1, 2, 2, 3, 4, 5])
    #expect(counts == Counts(received: 7, corrupt: 1))
    #expect(next == 6)
  }

  @Test func aMessageFromLongAgoIsCountedAsCorruptOnce() {
    let (counts, next) = inspect([0, 1, 2, 3, 4, 5, 1, 6, 7])
    #expect(counts == Counts(received: 9, corrupt: 1))
    #expect(next == 8)
  }

  @Test func messagesThatChangedPlacesAreNoticedAndThoseBehindThemAreNot() {
    let (few, _) = inspect([0, 1, 3, 2, 4, 5, 6])
    let (many, next) = inspect([0, 1, 3, 2] + Array(4..<1000))
    #expect(few.corrupt > 0)
    #expect(many.corrupt == few.corrupt)
    #expect(many.lost == few.lost)
    #expect(next == 1000)
  }

  /// Bit 2 of the number 10 is clear: damage makes it larger, and the message looks like a later one.
  @Test(arguments: Array(0..<8), [0, 2, 7])
  func aDamagedNumberIsCountedAsCorruptOnce(offset: Int, bit: Int) {
    let (counts, next) = inspect(
      Array(0..<20), as: HeaderTouch.self, damage: [10: offset], bit: bit)
    #expect(counts == Counts(received: 20, corrupt: 1))
    #expect(next == 20)
  }

  /// Bit 3 of the number 10 is set. A second message 2 and no message 10 look just the same.
  @Test(arguments: [20, 1000] as [UInt64])
  func aNumberDamagedIntoAnEarlierOneIsCountedAsARepeatAndALoss(count: UInt64) {
    let (counts, next) = inspect(
      Array(0..<count), as: HeaderTouch.self, damage: [10: 0], bit: 3)
    #expect(counts == Counts(received: count, corrupt: 1, lost: 1))
    #expect(next == count)
  }

  @Test(arguments: 8..<16)
  func aDamagedLengthIsCountedAsCorruptOnce(offset: Int) {
    let (counts, next) = inspect(Array(0..<20), as: HeaderTouch.self, damage: [10: offset])
    #expect(counts == Counts(received: 20, corrupt: 1))
    #expect(next == 20)
  }

  @Test(arguments: [16, 17, 40, 63])
  func aDamagedBodyIsCountedAsCorruptByAFullTouchOnly(offset: Int) {
    let (full, next) = inspect(Array(0..<20), damage: [10: offset])
    #expect(full == Counts(received: 20, corrupt: 1))
    #expect(next == 20)
    let (header, _) = inspect(Array(0..<20), as: HeaderTouch.self, damage: [10: offset])
    #expect(header == Counts(received: 20))
  }

  @Test func damageIsNotCountedAgainWithTheMessagesBehindIt() {
    for count in [12, 100, 10_000] as [UInt64] {
      let (counts, next) = inspect(Array(0..<count), as: HeaderTouch.self, damage: [10: 0], bit: 0)
      #expect(counts == Counts(received: count, corrupt: 1))
      #expect(next == count)
    }
  }

  /// Bit 0 of an even number makes it look one ahead, both times.
  @Test func twoMessagesDamagedAlikeFarApartAreNotAGap() {
    let (counts, next) = inspect(
      Array(0..<40), as: HeaderTouch.self, damage: [10: 0, 30: 0], bit: 0)
    #expect(counts == Counts(received: 40, corrupt: 2))
    #expect(next == 40)
  }

  @Test func everyDamagedMessageInARowIsCounted() {
    let (counts, next) = inspect(Array(0..<20), damage: [10: 20, 11: 20, 12: 20])
    #expect(counts == Counts(received: 20, corrupt: 3))
    #expect(next == 20)
  }

  @Test func aNumberOfOneByteStartsAgainFromZero() {
    let (counts, next) = inspect(Array(0..<1000), payloadBytes: 1)
    #expect(counts == Counts(received: 1000))
    #expect(next == 1000)
  }

  @Test(arguments: [250, 254, 255, 256] as [UInt64])
  func aGapIsCountedWhereANumberOfOneByteStartsAgain(first: UInt64) {
    let gap: UInt64 = 3
    let (counts, next) = inspect(
      Array(0..<first) + Array((first + gap)..<(first + 100)), payloadBytes: 1)
    #expect(counts == Counts(received: first + 100 - gap, lost: gap))
    #expect(next == first + 100)
  }

  @Test func aRepeatIsCountedWhereANumberOfOneByteStartsAgain() {
    let (counts, next) = inspect(Array(0..<257) + [256] + Array(257..<300), payloadBytes: 1)
    #expect(counts == Counts(received: 301, corrupt: 1))
    #expect(next == 300)
  }
}
