/// Where everything lies in the shared memory of one ring, by named byte offsets.
///
/// A ring is a header page and an array of slots. A slot holds one chunk: a message, or a part of one
/// that is larger than a slot. To each belongs a stamp, which carries the chunk's turn and its length.
/// - A chunk of up to 56 bytes lies behind its stamp, in 16, 32 or 64 bytes of one cache line: one line
///   is all that travels, and with up to four messages in it. So does one of up to 64 bytes, in a pair of
///   lines, which the processor fetches together: a round trip takes no longer than one of 56 bytes.
/// - Larger chunks and their stamps have areas of their own. Eight stamps share a line, so that a
///   stream hardly pays for them. Chunks begin at a line, those of whole pages at a page: a copy between
///   equal offsets does not trip over its own stores.
struct RingLayout: Equatable {
  static let cacheLineBytes = 64
  static let pageBytes = 4096
  static let headerBytes = pageBytes
  /// Turn (low 32 bits) and length (high 32 bits) of the chunk in the slot.
  static let stampBytes = 8
  /// Chunks larger than this would keep the receiver idle while the sender is still copying.
  static let largestChunkBytes = 16 << 10
  /// From here on a longer copy was no faster.
  static let largestCopyBytes = 2 << 20
  /// Chunks up to this size lie behind their stamps. Two lines a message would be too many for larger
  /// ones in a stream.
  static let largestSmallChunkBytes = cacheLineBytes
  /// A smaller message counts as this much of the buffer, or its stamps would take many times the
  /// memory of the messages.
  static let smallestCountedBytes = 8

  // Offsets in the header page. Each word is two lines away from the next, because adjacent lines
  // are fetched in pairs.
  /// UInt32: how many chunks the receiver has given back, modulo 2^32. Written by the receiver.
  static let headOffset = 0
  /// UInt32 futex word: 1 while the receiver sleeps, waiting for a chunk.
  static let receiverAsleepOffset = 128
  /// UInt32 futex word: 1 while the sender sleeps, waiting for room.
  static let senderAsleepOffset = 256
  /// UInt32: the head that the sleeping sender waits for. Written by the sender, in the line of its
  /// futex word.
  static let wantedHeadOffset = senderAsleepOffset + 4
  /// UInt32: one more than the number of the core that this side runs on; 0 if that is not known.
  /// Written once, before the first chunk.
  static let senderCoreOffset = 384
  static let receiverCoreOffset = 388

  /// The stamps begin behind the header.
  static let stampsOffset = headerBytes

  /// The most that a slot holds.
  let chunkBytes: Int
  /// From one chunk to the next.
  let chunkStrideBytes: Int
  /// From one stamp to the next.
  let stampStrideBytes: Int
  /// Where the first chunk begins.
  let chunksOffset: Int
  let slotCount: Int
  /// How many chunks may be copied by one call: 1 where one does not end where the next begins.
  let mostChunksInOneGo: Int
  /// Header, stamps and chunks, in whole pages.
  let byteCount: Int

  /// The layout for messages of one size in a buffer that holds so many bytes of them: stamps come on
  /// top of that. Both ends compute it.
  ///
  /// - Parameter wholeMessages: Whether a message must lie in one slot, so that it can be lent.
  init(payloadBytes: Int, bufferBytes: Int, wholeMessages: Bool = false) {
    let line = Self.cacheLineBytes
    if payloadBytes <= Self.largestSmallChunkBytes {
      chunkBytes = payloadBytes
      chunkStrideBytes = Self.smallSlotBytes(for: payloadBytes)
      stampStrideBytes = chunkStrideBytes
      chunksOffset = Self.stampsOffset + Self.stampBytes
      slotCount = max(bufferBytes / max(payloadBytes, Self.smallestCountedBytes), 2)
    } else {
      // At least four slots, so that sender and receiver can work at the same time.
      let most =
        wholeMessages
        ? payloadBytes
        : max(min(Self.largestChunkBytes, bufferBytes / 4 & ~(line - 1)), line)
      // Parts of equal size, so that the last one wastes no slot.
      let parts = (payloadBytes + most - 1) / most
      let part = (payloadBytes + parts - 1) / parts
      chunkBytes = parts == 1 ? payloadBytes : Self.wholeLines(part)
      chunkStrideBytes = Self.wholeLines(chunkBytes)
      stampStrideBytes = Self.stampBytes
      slotCount = max(bufferBytes / chunkBytes, 2)
      chunksOffset = Self.wholePages(Self.stampsOffset + slotCount * stampStrideBytes)
    }
    // No more than half of the ring, so that the other side has the other half to work on.
    mostChunksInOneGo =
      chunkStrideBytes == chunkBytes
      ? max(min(Self.largestCopyBytes / chunkBytes, slotCount / 2), 1) : 1
    let lastChunkEnd = chunksOffset + (slotCount - 1) * chunkStrideBytes + chunkBytes
    byteCount = Self.wholePages(lastChunkEnd)
  }

  /// A power of two, so that no slot lies in more lines, or pairs of lines, than it must.
  private static func smallSlotBytes(for payloadBytes: Int) -> Int {
    switch payloadBytes + stampBytes {
    case ...16: 16
    case ...32: 32
    case ...cacheLineBytes: cacheLineBytes
    default: 2 * cacheLineBytes
    }
  }

  private static func wholeLines(_ byteCount: Int) -> Int {
    (byteCount + cacheLineBytes - 1) & ~(cacheLineBytes - 1)
  }

  private static func wholePages(_ byteCount: Int) -> Int {
    (byteCount + pageBytes - 1) & ~(pageBytes - 1)
  }

  /// The smallest buffer that a ring can be laid out in.
  static let smallestBufferBytes = 4096
}

/// One end's place in the ring: the slot that comes next.
struct RingSlot {
  private let firstStamp: UnsafeMutableRawPointer
  private let firstChunk: UnsafeMutableRawPointer
  private let slotCount: Int
  private let stampStrideBytes: Int
  private let chunkStrideBytes: Int
  private var index = 0
  private(set) var stamp: UnsafeMutableRawPointer
  private(set) var chunk: UnsafeMutableRawPointer

  init(_ layout: RingLayout, at memory: UnsafeMutableRawPointer) {
    firstStamp = memory + RingLayout.stampsOffset
    firstChunk = memory + layout.chunksOffset
    slotCount = layout.slotCount
    stampStrideBytes = layout.stampStrideBytes
    chunkStrideBytes = layout.chunkStrideBytes
    stamp = firstStamp
    chunk = firstChunk
  }

  /// How many slots there are from this one to the end of the ring.
  @inline(__always)
  var countToEnd: Int { slotCount &- index }

  /// Goes on to the next slot, without coming back to the first behind the last: for a run of slots
  /// that is known to end there at most.
  @inline(__always)
  mutating func advanceWithinLap() {
    stamp += stampStrideBytes
    chunk += chunkStrideBytes
  }

  /// Takes in how many slots a run has advanced.
  @inline(__always)
  mutating func endRun(of slots: Int) {
    index &+= slots
    if index == slotCount {
      index = 0
      stamp = firstStamp
      chunk = firstChunk
    }
  }

  @inline(__always)
  mutating func advance() {
    advanceWithinLap()
    endRun(of: 1)
  }
}
