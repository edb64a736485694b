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
  func theSlotsHoldAsMuchPayloadAsTheBufferIsLarge(payloadBytes: Int, bufferBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    #expect(layout.slotCount >= 4)
    let counted = max(layout.chunkBytes, RingLayout.smallestCountedBytes)
    #expect(counted * layout.slotCount <= bufferBytes)
    // Less than one slot is left over.
    #expect(counted * (layout.slotCount + 1) > bufferBytes)
  }

  /// No link is made with such a buffer, but a layout must not trap on it.
  @Test(arguments: payloads, [1, 63, 64, 127, 128, 255, 256, 4095])
  func aBufferThatIsTooSmallStillHasTwoSlots(payloadBytes: Int, bufferBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: bufferBytes)
    #expect(layout.slotCount >= 2)
    expectNothingToOverlap(layout)
  }

  @Test(arguments: payloads, [0, 1, 4096, 100_000, 4 << 20])
  func thereMayBeMoreSlotsThanMayBeFull(payloadBytes: Int, memoryBytes: Int) {
    let layout = RingLayout(
      payloadBytes: payloadBytes, bufferBytes: 8192, memoryBytes: memoryBytes)
    expectNothingToOverlap(layout)
    let short = RingLayout(payloadBytes: payloadBytes, bufferBytes: 8192)
    #expect(layout.slotCount == short.slotCount)
    #expect(layout.slotsInMemory == max(short.slotCount, memoryBytes / layout.chunkStrideBytes))
  }

  /// Every stamp and every chunk has its bytes to itself, behind the header and inside the ring.
  private func expectNothingToOverlap(_ layout: RingLayout) {
    #expect(layout.slotsInMemory >= layout.slotCount)
    #expect(layout.stampStrideBytes % RingLayout.stampBytes == 0)
    #expect(layout.stampsOffset % RingLayout.stampBytes == 0)
    #expect(layout.stampsOffset >= RingLayout.headerBytes)
    #expect(layout.chunksOffset >= RingLayout.headerBytes)
    let lastStamp = layout.stampsOffset + (layout.slotsInMemory - 1) * layout.stampStrideBytes
    if layout.stampsOffset > layout.chunksOffset {
      // A stamp lies between its chunk and the next.
      #expect(layout.stampStrideBytes == layout.chunkStrideBytes)
      #expect(layout.chunksOffset + layout.chunkBytes <= layout.stampsOffset)
      #expect(
        layout.stampsOffset + RingLayout.stampBytes
          <= layout.chunksOffset + layout.chunkStrideBytes)
    } else {
      #expect(lastStamp + RingLayout.stampBytes <= layout.chunksOffset)
      #expect(layout.chunkBytes <= layout.chunkStrideBytes)
      #expect(layout.chunkStrideBytes % RingLayout.cacheLineBytes == 0)
    }
    let end = layout.chunksOffset + layout.slotsInMemory * layout.chunkStrideBytes
    #expect(end <= layout.byteCount)
    #expect(layout.byteCount - end < RingLayout.pageBytes)
    #expect(layout.byteCount % RingLayout.pageBytes == 0)
  }

  @Test(arguments: 1...56)
  func aSmallMessageTravelsInOneCacheLineWithItsStamp(payloadBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: 4096)
    #expect(RingLayout.cacheLineBytes % layout.chunkStrideBytes == 0)
    #expect(layout.chunkStrideBytes < 2 * max(payloadBytes + RingLayout.stampBytes, 16))
    #expect(layout.stampsOffset > layout.chunksOffset)
    #expect(layout.chunkBytes == payloadBytes)
  }

  /// No line more than the message itself takes.
  @Test(arguments: [65, 100, 120, 1000, 1016, 4000, 10_000])
  func aStampLiesInTheLastLineWhereItHasRoom(payloadBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: 128 << 10)
    let lines = (payloadBytes + 63) / RingLayout.cacheLineBytes
    #expect(layout.chunkStrideBytes == lines * RingLayout.cacheLineBytes)
    #expect(
      layout.stampsOffset + RingLayout.stampBytes == layout.chunksOffset + layout.chunkStrideBytes)
  }

  @Test(arguments: [121, 128, 1024, 4096, 1 << 20])
  func eightStampsOfOtherMessagesShareALine(payloadBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: 128 << 10)
    #expect(layout.stampStrideBytes == RingLayout.stampBytes)
    #expect(layout.chunksOffset % RingLayout.pageBytes == 0)
  }

  @Test(arguments: [20_480, 40_000, 65_537, 1_000_003])
  func thePartsOfAMessageAreOfAboutTheSameSize(payloadBytes: Int) {
    let layout = RingLayout(payloadBytes: payloadBytes, bufferBytes: 1 << 20)
    let parts = (payloadBytes + layout.chunkBytes - 1) / layout.chunkBytes
    let unused = parts * layout.chunkBytes - payloadBytes
    #expect(unused < parts * RingLayout.cacheLineBytes)
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
    Row(1, 4096, 1, 16, 16, 512), Row(8, 4096, 8, 16, 16, 512), Row(9, 4096, 9, 32, 32, 455),
    Row(24, 4096, 24, 32, 32, 170), Row(25, 4096, 25, 64, 64, 163), Row(56, 4096, 56, 64, 64, 73),
    Row(57, 4096, 57, 128, 128, 71), Row(64, 4096, 64, 128, 128, 64),
    Row(65, 4096, 65, 128, 128, 63),
    Row(120, 4096, 120, 128, 128, 34), Row(128, 4096, 128, 128, 8, 32),
    Row(4096, 2048, 512, 512, 8, 4), Row(4096, 4096, 1024, 1024, 8, 4),
    Row(4096, 131_072, 4096, 4096, 8, 32), Row(20_480, 131_072, 10_240, 10_240, 8, 12),
    Row(16_384, 131_072, 16_384, 16_384, 8, 8), Row(1_048_576, 131_072, 16_384, 16_384, 8, 8),
    Row(67_108_864, 67_108_864, 16_384, 16_384, 8, 4096),
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
