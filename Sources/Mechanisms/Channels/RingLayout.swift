import Glibc

/// Where everything lies in the shared memory of one ring, by named byte offsets.
///
/// A ring is a header page and an array of slots. A slot holds one chunk: a message, or a part of one
/// that is larger than a slot. To each belongs a stamp, which carries the chunk's turn and its length.
/// - Where the whole cache lines that a message takes have room for its stamp, that is the end of the
///   slot: no line more travels, and the sender writes the line that the receiver looks at last. A
///   message of up to 56 bytes takes 16, 32 or 64 bytes of one line.
/// - A message of 57 to 64 bytes takes a pair of lines, which the processor fetches together: a
///   round trip takes little longer than one of 56 bytes.
/// - Other stamps have an area of their own. Eight share a line, so that a stream hardly pays for
///   them. Chunks begin at a line, those of whole pages at a page: a copy between equal offsets
///   does not trip over its own stores.
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
  /// A smaller message counts as this much of the buffer, or its stamps would take many times the
  /// memory of the messages.
  static let smallestCountedBytes = 8

  /// Stands in a stamp in place of the length where the chunk of this turn is in the first slot.
  static let restartMark = 0xFFFF_FFFF

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

  /// The most that a slot holds.
  let chunkBytes: Int
  /// From one chunk to the next.
  let chunkStrideBytes: Int
  /// From one stamp to the next.
  let stampStrideBytes: Int
  /// Where the first stamp is.
  let stampsOffset: Int
  /// Where the first chunk begins.
  let chunksOffset: Int
  /// How many slots may be full.
  let slotCount: Int
  /// How many slots lie in memory; see `RingSender.endShortLap`.
  let slotsInMemory: Int
  /// How many chunks may be copied by one call: 1 where one does not end where the next begins.
  let mostChunksInOneGo: Int
  /// Header, stamps and chunks, in whole pages.
  let byteCount: Int

  /// The layout for messages of one size in a buffer that holds so many bytes of them: stamps come on
  /// top of that. Both ends compute it.
  ///
  /// - Parameters:
  ///   - wholeMessages: Whether a message must lie in one slot, so that it can be lent.
  ///   - memoryBytes: How much memory the slots lie in if those that may be full take less.
  init(
    payloadBytes: Int, bufferBytes: Int, wholeMessages: Bool = false, memoryBytes: Int = 0
  ) {
    let line = Self.cacheLineBytes
    // At least four slots, so that sender and receiver can work at the same time.
    let most =
      wholeMessages || payloadBytes <= line
      ? payloadBytes
      : max(min(Self.largestChunkBytes, bufferBytes / 4 & ~(line - 1)), line)
    // Parts of equal size, so that the last one wastes no slot.
    let parts = (payloadBytes + most - 1) / most
    let part = (payloadBytes + parts - 1) / parts
    chunkBytes = parts == 1 ? payloadBytes : Self.wholeLines(part)
    chunkStrideBytes = Self.slotBytes(for: chunkBytes)
    slotCount = max(bufferBytes / max(chunkBytes, Self.smallestCountedBytes), 2)
    slotsInMemory = max(memoryBytes / chunkStrideBytes, slotCount)
    if parts == 1 && chunkBytes + Self.stampBytes <= chunkStrideBytes {
      stampStrideBytes = chunkStrideBytes
      chunksOffset = Self.headerBytes
      stampsOffset = Self.headerBytes + chunkStrideBytes - Self.stampBytes
    } else {
      stampStrideBytes = Self.stampBytes
      stampsOffset = Self.headerBytes
      chunksOffset = Self.wholePages(stampsOffset + slotsInMemory * stampStrideBytes)
    }
    // No more than half of the ring, so that the other side has the other half to work on.
    mostChunksInOneGo =
      chunkStrideBytes == chunkBytes
      ? max(min(Self.largestCopyBytes / chunkBytes, slotCount / 2), 1) : 1
    byteCount = Self.wholePages(chunksOffset + slotsInMemory * chunkStrideBytes)
  }

  /// What the stamp of a chunk says.
  @inline(__always)
  static func stamp(_ turn: UInt32, _ byteCount: Int) -> UInt64 {
    UInt64(turn) | UInt64(truncatingIfNeeded: byteCount) << 32
  }

  /// How many chunks are copied in one go while the other side works, too: a quarter of the ring, and an
  /// eighth where a side may sleep, because it sleeps for as long as the other copies.
  func chunksAtATime<Policy: Waiting>(_: Policy.Type) -> Int {
    max(min(mostChunksInOneGo, slotCount / (Policy.sleeps ? 8 : 4)), 1)
  }

  /// A power of two below a line, so that no slot lies in two.
  private static func slotBytes(for chunkBytes: Int) -> Int {
    switch chunkBytes {
    case ...8: 16
    case ...24: 32
    case ...56: cacheLineBytes
    case ...cacheLineBytes: 2 * cacheLineBytes
    default: wholeLines(chunkBytes)
    }
  }

  private static func wholeLines(_ byteCount: Int) -> Int {
    (byteCount + cacheLineBytes - 1) & ~(cacheLineBytes - 1)
  }

  private static func wholePages(_ byteCount: Int) -> Int {
    (byteCount + pageBytes - 1) & ~(pageBytes - 1)
  }

  /// More than the second-level caches of both cores hold: four times one of them. sysconf(3).
  static let longLapBytes: Int = {
    let cacheBytes = sysconf(Int32(_SC_LEVEL2_CACHE_SIZE))
    return cacheBytes > 0 ? min(4 * cacheBytes, 16 << 20) : 4 << 20
  }()

  /// The smallest buffer that a ring can be laid out in.
  static let smallestBufferBytes = 4096
}

/// One end's place in the ring: the slot that comes next.
struct RingSlot {
  private let firstStamp: UnsafeMutableRawPointer
  private let firstChunk: UnsafeMutableRawPointer
  private let slotsInMemory: Int
  private let stampStrideBytes: Int
  private let chunkStrideBytes: Int
  private(set) var index = 0
  private(set) var stamp: UnsafeMutableRawPointer
  private(set) var chunk: UnsafeMutableRawPointer

  init(_ layout: RingLayout, at memory: UnsafeMutableRawPointer) {
    firstStamp = memory + layout.stampsOffset
    firstChunk = memory + layout.chunksOffset
    slotsInMemory = layout.slotsInMemory
    stampStrideBytes = layout.stampStrideBytes
    chunkStrideBytes = layout.chunkStrideBytes
    stamp = firstStamp
    chunk = firstChunk
  }

  /// How many slots there are from this one to the end of the memory.
  @inline(__always)
  var countToEnd: Int { slotsInMemory &- index }

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
    if index == slotsInMemory { restart() }
  }

  /// Comes back to the first slot.
  @inline(__always)
  mutating func restart() {
    index = 0
    stamp = firstStamp
    chunk = firstChunk
  }

  @inline(__always)
  mutating func advance() {
    advanceWithinLap()
    endRun(of: 1)
  }
}
