import Trials

/// Where everything lies in the shared memory of one ring, by named byte offsets.
///
/// A ring is a header page and an array of slots. A slot holds one chunk: a message, or a part of one
/// that is larger than a slot. Each slot begins with a stamp, which carries the chunk's turn and its
/// length; a small chunk follows the stamp in the same cache line, so that one line is all that
/// travels, and a large one begins at the next line, so that it is copied aligned.
struct RingLayout: Equatable {
  static let cacheLineBytes = 64
  static let headerBytes = 4096
  /// Turn (low 32 bits) and length (high 32 bits) of the chunk in the slot.
  static let stampBytes = 8
  /// Chunks larger than this would keep the receiver idle while the sender is still copying.
  static let largestChunkBytes = 16 << 10

  // Offsets in the header page. Each word is two lines away from the next, because adjacent lines
  // are fetched in pairs.
  /// UInt32: how many chunks the receiver has given back, modulo 2^32. Written by the receiver.
  static let headOffset = 0
  /// UInt32 futex word: 1 while the receiver sleeps, waiting for a chunk.
  static let receiverAsleepOffset = 128
  /// UInt32 futex word: 1 while the sender sleeps, waiting for room.
  static let senderAsleepOffset = 256

  let chunkBytes: Int
  let payloadOffset: Int
  let slotBytes: Int
  let slotCount: Int

  /// Header page and slots, in whole pages.
  let byteCount: Int

  /// The layout for messages of one size in a buffer of the given capacity. Both ends compute it.
  init(payloadBytes: Int, bufferBytes: Int) {
    let line = Self.cacheLineBytes
    if payloadBytes <= line - Self.stampBytes {
      chunkBytes = payloadBytes
      payloadOffset = Self.stampBytes
      slotBytes = line
    } else {
      // At least four slots, so that sender and receiver can work at the same time.
      let most = min(Self.largestChunkBytes, bufferBytes / 4 - line)
      chunkBytes = min(payloadBytes, max(most & ~(line - 1), line))
      payloadOffset = line
      slotBytes = line + (chunkBytes + line - 1) & ~(line - 1)
    }
    slotCount = max(bufferBytes / slotBytes, 2)
    let page = 4096
    byteCount = Self.headerBytes + (slotBytes * slotCount + page - 1) & ~(page - 1)
  }

  /// The smallest buffer that a ring can be laid out in.
  static let smallestBufferBytes = 4096
}
