import CLinux

/// Copies a message's bytes as memcpy(3) does, but those of a cache line or less without a call: where a
/// message takes some ten nanoseconds, four calls a round trip are a good part of it.
@inline(__always)
func copyMessage(
  to target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, byteCount: Int
) {
  switch byteCount {
  case CopiedInOneWord.sizes: CopiedInOneWord.copy(to: target, from: source, byteCount)
  case CopiedInWords.sizes: CopiedInWords.copy(to: target, from: source, byteCount)
  case CopiedInHalfLanes.sizes: CopiedInHalfLanes.copy(to: target, from: source, byteCount)
  case CopiedInThreeHalfLanes.sizes:
    CopiedInThreeHalfLanes.copy(to: target, from: source, byteCount)
  case 49...64: copyEnds(to: target, from: source, byteCount, as: SIMD32<UInt8>.self)
  default: target.copyMemory(from: source, byteCount: byteCount)
  }
}

/// A way of copying that suits some sizes. A loop over many messages of one size is compiled for each
/// way, and has nothing to decide or to keep for the others.
///
/// Two copies of a fixed size that overlap cover every size in between.
protocol MessageCopying: SendableMetatype {
  static func copy(
    to target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, _ byteCount: Int)
  /// Called behind the last copy of a loop.
  static func end()
}

extension MessageCopying {
  @inline(__always)
  static func end() {}
}

enum CopiedInOneWord: MessageCopying {
  static var sizes: ClosedRange<Int> { 8...8 }

  @inline(__always)
  static func copy(
    to target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, _: Int
  ) {
    target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
  }
}

enum CopiedInWords: MessageCopying {
  static var sizes: ClosedRange<Int> { 9...16 }

  @inline(__always)
  static func copy(
    to target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, _ byteCount: Int
  ) {
    copyEnds(to: target, from: source, byteCount, as: UInt64.self)
  }
}

enum CopiedInHalfLanes: MessageCopying {
  static var sizes: ClosedRange<Int> { 17...32 }

  @inline(__always)
  static func copy(
    to target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, _ byteCount: Int
  ) {
    copyEnds(to: target, from: source, byteCount, as: SIMD16<UInt8>.self)
  }
}

enum CopiedInThreeHalfLanes: MessageCopying {
  static var sizes: ClosedRange<Int> { 33...48 }

  @inline(__always)
  static func copy(
    to target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, _ byteCount: Int
  ) {
    let head = source.loadUnaligned(as: SIMD16<UInt8>.self)
    copyEnds(to: target + 16, from: source + 16, byteCount - 16, as: SIMD16<UInt8>.self)
    target.storeBytes(of: head, as: SIMD16<UInt8>.self)
  }
}

/// By registers of 32 bytes, where the processor has them.
enum CopiedInLanes: MessageCopying {
  /// Of more bytes memcpy(3) is as fast.
  static var sizes: ClosedRange<Int> { 49...256 }
  static let areThere = linux_has_lanes()

  @inline(__always)
  static func copy(
    to target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, _ byteCount: Int
  ) {
    linux_copy_by_lanes(target, source, byteCount)
  }

  @inline(__always)
  static func end() { linux_end_lanes() }
}

/// Whatever the size: decides anew for each message.
enum AnyCopy: MessageCopying {
  @inline(__always)
  static func copy(
    to target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, _ byteCount: Int
  ) {
    copyMessage(to: target, from: source, byteCount: byteCount)
  }
}

/// Copies the first and the last bytes, which overlap where there are fewer than two of the type.
@inline(__always)
private func copyEnds<Word: BitwiseCopyable>(
  to target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, _ byteCount: Int,
  as _: Word.Type
) {
  let last = byteCount - MemoryLayout<Word>.size
  let head = source.loadUnaligned(as: Word.self)
  let tail = source.loadUnaligned(fromByteOffset: last, as: Word.self)
  target.storeBytes(of: head, as: Word.self)
  target.storeBytes(of: tail, toByteOffset: last, as: Word.self)
}
