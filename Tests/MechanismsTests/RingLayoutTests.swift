import Testing

@testable import Mechanisms

@Suite struct RingLayoutTests {
  private static let payloads = Array(1...56) + [57, 63, 64, 65, 1000, 4096, 1 << 20, 64 << 20]
  private static let buffers =
    [RingLayout.smallestBufferBytes, 5000, 8192, 64 << 10, 128 << 10, 100_001, 1 << 20, 64 << 20]

  @Test(arguments: payloads, buffers)
  func everythingLiesInsideTheRing(payloadBytes: Int, bufferBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    expectNothingToOverlap(layout)
    #expect(layout.chunkBytes >= 1)
    #expect(layout.chunkBytes <= min(payloadBytes, RingLayout.largestChunkBytes))
  }

  @Test(arguments: payloads, buffers)
  func theSlotsTakeNoMoreThanTheBufferAndSuffice(payloadBytes: Int, bufferBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    #expect(layout.slotCount >= 4)
    #expect(layout.chunkStrideBytes * layout.slotCount <= bufferBytes)
    // Less than one slot is left over.
    #expect(layout.chunkStrideBytes * (layout.slotCount + 1) > bufferBytes)
  }

  /// No link is made with such a buffer, but a layout must not trap on it.
  @Test(arguments: payloads, [1, 63, 64, 127, 128, 255, 256, 4095])
  func aBufferThatIsTooSmallStillHasTwoSlots(payloadBytes: Int, bufferBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    #expect(layout.slotCount >= 2)
    expectNothingToOverlap(layout)
  }

  /// Every stamp and every chunk has its bytes to itself, behind the header and inside the ring.
  private func expectNothingToOverlap(_ layout: RingLayout) {
    let line = RingLayout.cacheLineBytes
    #expect(layout.stampStrideBytes % line == 0)
    #expect(layout.chunkStrideBytes % line == 0)
    #expect(layout.chunkBytes <= layout.chunkStrideBytes)
    #expect(layout.chunksOffset >= RingLayout.stampsOffset + RingLayout.stampBytes)
    let lastStamp = RingLayout.stampsOffset + (layout.slotCount - 1) * layout.stampStrideBytes
    if layout.chunksOffset < lastStamp {
      // A chunk lies between its stamp and the next.
      #expect(layout.stampStrideBytes == layout.chunkStrideBytes)
      let behindStamp = layout.chunksOffset - RingLayout.stampsOffset
      #expect(behindStamp + layout.chunkBytes <= layout.stampStrideBytes)
    } else {
      #expect(lastStamp + RingLayout.stampBytes <= layout.chunksOffset)
    }
    let lastChunk = layout.chunksOffset + (layout.slotCount - 1) * layout.chunkStrideBytes
    #expect(lastChunk + layout.chunkBytes <= layout.byteCount)
    #expect(layout.byteCount - (lastChunk + layout.chunkBytes) < RingLayout.pageBytes)
    #expect(layout.byteCount % RingLayout.pageBytes == 0)
  }

  @Test(arguments: 1...56)
  func aSmallMessageTravelsInOneCacheLineWithItsStamp(payloadBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: 4096)
    #expect(layout.stampStrideBytes == RingLayout.cacheLineBytes)
    #expect(layout.chunkStrideBytes == RingLayout.cacheLineBytes)
    #expect(layout.chunksOffset == RingLayout.stampsOffset + RingLayout.stampBytes)
    #expect(layout.chunkBytes == payloadBytes)
    #expect(layout.slotCount == 64)
  }

  @Test(arguments: [57, 64, 65, 128, 1023])
  func aMediumMessageBeginsInTheLineBehindItsStamp(payloadBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: 128 << 10)
    #expect(layout.chunksOffset == RingLayout.stampsOffset + RingLayout.cacheLineBytes)
    #expect(layout.stampStrideBytes == layout.chunkStrideBytes)
  }

  @Test(arguments: [1024, 4096, 1 << 20])
  func largeMessagesHaveWholePagesToThemselves(payloadBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: 128 << 10)
    #expect(layout.chunksOffset % RingLayout.pageBytes == 0)
  }

  /// Payload and buffer; what a chunk holds, both strides, and how many slots there are.
  struct Row: Sendable {
    let payloadBytes: Int
    let bufferBytes: Int
    let chunkBytes: Int
    let chunkStrideBytes: Int
    let stampStrideBytes: Int
    let slotCount: Int

    init(_ payload: Int, _ buffer: Int, _ chunk: Int, _ stride: Int, _ stamps: Int, _ slots: Int) {
      payloadBytes = payload
      bufferBytes = buffer
      chunkBytes = chunk
      chunkStrideBytes = stride
      stampStrideBytes = stamps
      slotCount = slots
    }
  }

  private static let table = [
    Row(57, 4096, 57, 128, 128, 32), Row(64, 4096, 64, 128, 128, 32),
    Row(65, 4096, 65, 192, 192, 21), Row(4096, 2048, 448, 512, 512, 4),
    Row(4096, 4096, 1024, 1024, 64, 4), Row(4096, 131_072, 4096, 4096, 64, 32),
    Row(16_384, 131_072, 16_384, 16_384, 64, 8), Row(1_048_576, 131_072, 16_384, 16_384, 64, 8),
    Row(67_108_864, 67_108_864, 16_384, 16_384, 64, 4096),
  ]

  @Test(arguments: table)
  func theLayoutIsTheOneInTheTable(row: Row) {
    let layout = RingLayout(payloadBytes: row.payloadBytes, bufferBytes: row.bufferBytes)
    #expect(layout.chunkBytes == row.chunkBytes)
    #expect(layout.chunkStrideBytes == row.chunkStrideBytes)
    #expect(layout.stampStrideBytes == row.stampStrideBytes)
    #expect(layout.slotCount == row.slotCount)
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
