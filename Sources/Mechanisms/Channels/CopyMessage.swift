/// Copies a message's bytes as memcpy(3) does, but those of a cache line or less without a call: where a
/// message takes some ten nanoseconds, four calls a round trip are a good part of it.
///
/// Two copies of a fixed size that overlap cover every size in between.
@inline(__always)
func copyMessage(
  to target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, byteCount: Int
) {
  switch byteCount {
  case 49...64:
    copyEnds(to: target, from: source, byteCount, as: SIMD32<UInt8>.self)
  case 33...48:
    let head = source.loadUnaligned(as: SIMD16<UInt8>.self)
    copyEnds(
      to: target + 16, from: source + 16, byteCount - 16, as: SIMD16<UInt8>.self)
    target.storeBytes(of: head, as: SIMD16<UInt8>.self)
  case 17...32:
    copyEnds(to: target, from: source, byteCount, as: SIMD16<UInt8>.self)
  case 9...16:
    copyEnds(to: target, from: source, byteCount, as: UInt64.self)
  case 8:
    target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
  default:
    target.copyMemory(from: source, byteCount: byteCount)
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
