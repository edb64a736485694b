/// Where everything lies in the shared memory of one ring, by named byte offsets.
///
/// A ring is a header page and an array of slots. A slot holds one chunk: a message, or a part of one
/// that is larger than a slot. To each belongs a stamp, which carries the chunk's turn and its length,
/// at the beginning of a cache line.
/// - A chunk of up to 56 bytes lies behind its stamp in that line: one line is all that travels.
/// - A medium one begins at the next line, which the processor fetches together with the stamp's.
/// - Large chunks have an area of their own, page aligned, so that a chunk of a whole page lies in one
///   page and is copied between equal offsets: a copy whose target is a little ahead of its source,
///   modulo the page size, trips over its own stores.
struct RingLayout: Equatable {
  static let cacheLineBytes = 64
  static let pageBytes = 4096
  static let headerBytes = pageBytes
  /// Turn (low 32 bits) and length (high 32 bits) of the chunk in the slot.
  static let stampBytes = 8
  /// Chunks larger than this would keep the receiver idle while the sender is still copying.
  static let largestChunkBytes = 16 << 10

  /// From here on a longer copy was no faster.
  static let largestCopyBytes = 256 << 10

  // Offsets in the header page. Each word is two lines away from the next, because adjacent lines
  // are fetched in pairs.
  /// UInt32: how many chunks the receiver has given back, modulo 2^32. Written by the receiver.
  static let headOffset = 0
  /// UInt32 futex word: 1 while the receiver sleeps, waiting for a chunk.
  static let receiverAsleepOffset = 128
  /// UInt32 futex word: 1 while the sender sleeps, waiting for room.
  static let senderAsleepOffset = 256

  /// The stamps begin behind the header.
  static let stampsOffset = headerBytes
  /// Chunks from this size on have an area of their own.
  static let smallestLargeChunkBytes = 1024

  /// The most that a slot holds.
  let chunkBytes: Int
  /// From one chunk to the next: whole cache lines.
  let chunkStrideBytes: Int
  /// From one stamp to the next: whole cache lines.
  let stampStrideBytes: Int
  /// Where the first chunk begins.
  let chunksOffset: Int
  let slotCount: Int
  /// How many chunks may be copied by one call: 1 where one does not end where the next begins.
  let mostChunksInOneGo: Int
  /// Header, stamps and chunks, in whole pages.
  let byteCount: Int

  /// The layout for messages of one size in a buffer of the given capacity. Both ends compute it.
  /// The capacity is that of the slots; the stamps of large chunks come on top of it.
  ///
  /// - Parameter wholeMessages: Whether a message must lie in one slot, so that it can be lent.
  init(payloadBytes: Int, bufferBytes: Int, wholeMessages: Bool = false) {
    let line = Self.cacheLineBytes
    // At least four slots, so that sender and receiver can work at the same time.
    let most =
      wholeMessages
      ? payloadBytes + line : min(Self.largestChunkBytes, bufferBytes / 4) & ~(line - 1)
    if payloadBytes <= line - Self.stampBytes {
      chunkBytes = payloadBytes
      chunkStrideBytes = line
      stampStrideBytes = line
      slotCount = max(bufferBytes / chunkStrideBytes, 2)
      chunksOffset = Self.stampsOffset + Self.stampBytes
    } else if min(payloadBytes, most) < Self.smallestLargeChunkBytes {
      chunkBytes = min(payloadBytes, max(most - line, line))
      chunkStrideBytes = line + (chunkBytes + line - 1) & ~(line - 1)
      stampStrideBytes = chunkStrideBytes
      slotCount = max(bufferBytes / chunkStrideBytes, 2)
      chunksOffset = Self.stampsOffset + line
    } else {
      chunkBytes = min(payloadBytes, most)
      chunkStrideBytes = (chunkBytes + line - 1) & ~(line - 1)
      stampStrideBytes = line
      slotCount = max(bufferBytes / chunkStrideBytes, 2)
      chunksOffset = Self.wholePages(Self.stampsOffset + slotCount * line)
    }
    // No more than half of the ring, so that the other side has the other half to work on.
    mostChunksInOneGo =
      chunkStrideBytes == chunkBytes
      ? max(min(Self.largestCopyBytes / chunkBytes, slotCount / 2), 1) : 1
    let lastChunkEnd = chunksOffset + (slotCount - 1) * chunkStrideBytes + chunkBytes
    byteCount = Self.wholePages(lastChunkEnd)
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
  private let stampsEnd: UnsafeMutableRawPointer
  private let stampStrideBytes: Int
  private let chunkStrideBytes: Int
  private(set) var stamp: UnsafeMutableRawPointer
  private(set) var chunk: UnsafeMutableRawPointer

  init(_ layout: RingLayout, at memory: UnsafeMutableRawPointer) {
    firstStamp = memory + RingLayout.stampsOffset
    firstChunk = memory + layout.chunksOffset
    stampsEnd = firstStamp + layout.slotCount * layout.stampStrideBytes
    stampStrideBytes = layout.stampStrideBytes
    chunkStrideBytes = layout.chunkStrideBytes
    stamp = firstStamp
    chunk = firstChunk
  }

  /// How many slots there are from this one to the end of the ring.
  var countToEnd: Int { (stampsEnd - stamp) / stampStrideBytes }

  @inline(__always)
  mutating func advance() {
    stamp += stampStrideBytes
    chunk += chunkStrideBytes
    if stamp == stampsEnd {
      stamp = firstStamp
      chunk = firstChunk
    }
  }
}
