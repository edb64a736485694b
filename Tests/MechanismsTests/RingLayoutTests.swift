import Testing

@testable import Mechanisms

@Suite struct RingLayoutTests {
  private static let payloads = Array(1...56) + [57, 63, 64, 65, 1000, 4096, 1 << 20, 64 << 20]
  private static let buffers =
    [RingLayout.smallestBufferBytes, 5000, 8192, 64 << 10, 128 << 10, 100_001, 1 << 20, 64 << 20]

  @Test(arguments: payloads, buffers)
  func everythingLiesInsideTheRing(payloadBytes: Int, bufferBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    #expect(layout.slotBytes % RingLayout.cacheLineBytes == 0)
    #expect(layout.chunkBytes >= 1)
    #expect(layout.chunkBytes <= min(payloadBytes, RingLayout.largestChunkBytes))
    #expect(layout.payloadOffset >= RingLayout.stampBytes)
    #expect(layout.payloadOffset + layout.chunkBytes <= layout.slotBytes)
    let slotsEnd = RingLayout.headerBytes + layout.slotBytes * layout.slotCount
    #expect(slotsEnd <= layout.byteCount)
    #expect(layout.byteCount - slotsEnd < 4096)
    #expect(layout.byteCount % 4096 == 0)
  }

  @Test(arguments: payloads, buffers)
  func theSlotsTakeNoMoreThanTheBufferAndSuffice(payloadBytes: Int, bufferBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    #expect(layout.slotCount >= 4)
    #expect(layout.slotBytes * layout.slotCount <= bufferBytes)
    // Less than one slot is left over.
    #expect(layout.slotBytes * (layout.slotCount + 1) > bufferBytes)
  }

  /// No link is made with such a buffer, but a layout must not trap on it.
  @Test(arguments: payloads, [1, 63, 64, 127, 128, 255, 256, 4095])
  func aBufferThatIsTooSmallStillHasTwoSlots(payloadBytes: Int, bufferBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    #expect(layout.slotCount >= 2)
    #expect(layout.payloadOffset + layout.chunkBytes <= layout.slotBytes)
    #expect(RingLayout.headerBytes + layout.slotBytes * layout.slotCount <= layout.byteCount)
  }

  @Test(arguments: 1...56)
  func aSmallMessageTravelsInOneCacheLineWithItsStamp(payloadBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: 4096)
    #expect(layout.slotBytes == RingLayout.cacheLineBytes)
    #expect(layout.payloadOffset == RingLayout.stampBytes)
    #expect(layout.chunkBytes == payloadBytes)
    #expect(layout.slotCount == 64)
  }

  @Test(arguments: [57, 64, 65, 128, 4096, 1 << 20])
  func aLargeMessageBeginsAtACacheLine(payloadBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: 128 << 10)
    #expect(layout.payloadOffset == RingLayout.cacheLineBytes)
  }

  @Test(arguments: [
    // payload, buffer, chunk, slot, slots
    (57, 4096, 57, 128, 32), (64, 4096, 64, 128, 32), (65, 4096, 65, 192, 21),
    (4096, 4096, 960, 1024, 4), (4096, 128 << 10, 4096, 4160, 31),
    (16 << 10, 128 << 10, 16 << 10, 16_448, 7), (1 << 20, 128 << 10, 16 << 10, 16_448, 7),
    (64 << 20, 64 << 20, 16 << 10, 16_448, 4080),
  ])
  func theLayoutIsTheOneInTheTable(
    payloadBytes: Int, bufferBytes: Int, chunkBytes: Int, slotBytes: Int, slotCount: Int
  ) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    #expect(layout.chunkBytes == chunkBytes)
    #expect(layout.slotBytes == slotBytes)
    #expect(layout.slotCount == slotCount)
  }

  @Test func theHeadersWordsLieTwoCacheLinesApart() {
    let offsets = [
      RingLayout.headOffset, RingLayout.receiverAsleepOffset, RingLayout.senderAsleepOffset,
      RingLayout.headerBytes,
    ]
    for (offset, next) in zip(offsets, offsets.dropFirst()) {
      #expect(next - offset >= 2 * RingLayout.cacheLineBytes)
    }
  }
}
