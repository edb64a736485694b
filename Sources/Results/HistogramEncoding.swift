import CZlib
import Trials

/// HdrHistogram's V2 encoding of a histogram with three significant digits, whole nanoseconds and a
/// range of 2^40 ns (18 minutes), which is how the workers count.
///
/// An outer header (cookie, length) and a zlib stream; inside, a header of 40 bytes and the counts
/// array as ZigZag LEB128 numbers, where a negative one stands for so many zeros. All integers are
/// big-endian. Source: http://hdrhistogram.org, `AbstractHistogram.encodeIntoCompressedByteBuffer`.
enum HistogramEncoding {
  /// The cookies' bits that say how wide a count is; V2 always has the same there.
  private static let widthBits: UInt32 = 0xF0
  private static let compressedCookie: UInt32 = 0x1C84_9314
  private static let plainCookie: UInt32 = 0x1C84_9313
  private static let significantDigits: UInt32 = 3
  private static let headerBytes = 40
  /// A number takes at most nine bytes.
  private static let mostPlainBytes = headerBytes + 9 * LatencyHistogram.countOfCounts
  /// At one sample a nanosecond, three days. A sum over many trials still fits into 64 bits.
  static let mostSamples: UInt64 = 1 << 48

  /// What is wrong with an encoding, for a message that names its file and line.
  struct Malformed: Error, Equatable {
    var what: String
  }

  /// The encoding as a histogram log has it, before base64.
  static func compressed(_ counts: [LatencyCount]) -> [UInt8] {
    let plain = plain(counts)
    var length = compressBound(uLong(plain.count))
    let stream = [UInt8](unsafeUninitializedCapacity: Int(length)) { bytes, count in
      let status = compress2(
        bytes.baseAddress, &length, plain, uLong(plain.count), Z_BEST_COMPRESSION)
      // The room is what compressBound asks for: only a lack of memory is left, which traps in
      // Swift's own allocations too.
      precondition(status == Z_OK, "compress2 returned \(status)")
      count = Int(length)
    }
    var bytes: [UInt8] = []
    bytes.appendBigEndian(compressedCookie)
    bytes.appendBigEndian(UInt32(stream.count))
    return bytes + stream
  }

  /// What stands inside the zlib stream.
  static func plain(_ counts: [LatencyCount]) -> [UInt8] {
    let numbers = countsArray(counts)
    var bytes: [UInt8] = []
    bytes.appendBigEndian(plainCookie)
    bytes.appendBigEndian(UInt32(numbers.count))
    bytes.appendBigEndian(UInt32(0))  // The normalizing index offset, which only shifting moves.
    bytes.appendBigEndian(significantDigits)
    bytes.appendBigEndian(UInt64(1))  // The lowest discernible value.
    bytes.appendBigEndian(LatencyHistogram.largestNanoseconds)
    bytes.appendBigEndian((1.0).bitPattern)  // The ratio to a histogram of decimals.
    return bytes + numbers
  }

  /// The counts array up to its last sample.
  private static func countsArray(_ counts: [LatencyCount]) -> [UInt8] {
    var samples: [Int: UInt64] = [:]
    for count in counts where count.samples > 0 {
      samples[LatencyHistogram.index(of: count.nanoseconds), default: 0] += count.samples
    }
    var bytes: [UInt8] = []
    var next = 0
    for (index, samples) in samples.sorted(by: { $0.key < $1.key }) {
      let zeros = index - next
      // The reference writes a single zero as a count, and so it is 0, not −1.
      if zeros > 0 { bytes.appendZigZag(zeros == 1 ? 0 : -Int64(zeros)) }
      bytes.appendZigZag(Int64(clamping: samples))
      next = index + 1
    }
    // The reference always writes a first count.
    if samples.isEmpty { bytes.appendZigZag(0) }
    return bytes
  }

  /// The counts of what `compressed` wrote, or another tool with the same range and digits:
  /// ascending, by the highest value that each stands for, without zeros.
  static func counts(fromCompressed bytes: [UInt8]) throws(Malformed) -> [LatencyCount] {
    var reader = ByteReader(bytes)
    let cookie = try reader.bigEndian(UInt32.self)
    guard cookie & ~widthBits == compressedCookie & ~widthBits else {
      throw Malformed(what: "not a compressed HdrHistogram of version 2")
    }
    guard try reader.bigEndian(UInt32.self) == reader.remaining else {
      throw Malformed(what: "the histogram is not as long as it says")
    }
    let stream = bytes[(bytes.count - reader.remaining)...]
    var length = uLongf(mostPlainBytes)
    var status = Z_OK
    let plain = [UInt8](unsafeUninitializedCapacity: mostPlainBytes) { plain, count in
      status = stream.withUnsafeBufferPointer { stream in
        uncompress(plain.baseAddress, &length, stream.baseAddress, uLong(stream.count))
      }
      count = status == Z_OK ? Int(length) : 0
    }
    guard status == Z_OK else { throw Malformed(what: "the zlib stream is damaged") }
    return try counts(fromPlain: plain)
  }

  private static func counts(fromPlain bytes: [UInt8]) throws(Malformed) -> [LatencyCount] {
    var reader = ByteReader(bytes)
    guard try reader.bigEndian(UInt32.self) & ~widthBits == plainCookie & ~widthBits else {
      throw Malformed(what: "no HdrHistogram of version 2 inside the zlib stream")
    }
    let length = try reader.bigEndian(UInt32.self)
    let offset = try reader.bigEndian(UInt32.self)
    let digits = try reader.bigEndian(UInt32.self)
    let lowest = try reader.bigEndian(UInt64.self)
    _ = try reader.bigEndian(UInt64.self)  // The range: each index is held against ours below.
    let ratio = Double(bitPattern: try reader.bigEndian(UInt64.self))
    guard offset == 0, digits == significantDigits, lowest == 1, ratio == 1 else {
      throw Malformed(what: "a histogram without three significant digits of whole nanoseconds")
    }
    guard length == reader.remaining else {
      throw Malformed(what: "the counts are not as long as they say")
    }
    var counts: [LatencyCount] = []
    var index = 0
    var total: UInt64 = 0
    while reader.remaining > 0 {
      let number = try reader.zigZag()
      let step = number < 0 ? number.magnitude : 1
      guard step <= LatencyHistogram.countOfCounts - index else {
        throw Malformed(what: "a value beyond \(LatencyHistogram.largestNanoseconds) ns")
      }
      if number > 0 {
        total += number.magnitude
        guard total <= mostSamples else { throw Malformed(what: "more than 2^48 samples") }
        let value = LatencyHistogram.highestEquivalent(at: index)
        counts.append(LatencyCount(nanoseconds: value, samples: number.magnitude))
      }
      index += Int(step)
    }
    return counts
  }
}

extension [UInt8] {
  fileprivate mutating func appendBigEndian(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  /// Seven bits a byte, lowest first; a ninth byte has eight.
  fileprivate mutating func appendZigZag(_ value: Int64) {
    var bits = UInt64(bitPattern: (value << 1) ^ (value >> 63))
    var written = 1
    while bits > 0x7F && written < 9 {
      append(UInt8(truncatingIfNeeded: bits) | 0x80)
      bits >>= 7
      written += 1
    }
    append(UInt8(truncatingIfNeeded: bits))
  }
}

/// Takes numbers off the front of an encoding.
private struct ByteReader {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    self.bytes = bytes[...]
  }

  var remaining: Int { bytes.count }

  mutating func bigEndian<Value: FixedWidthInteger>(
    _: Value.Type
  ) throws(HistogramEncoding.Malformed) -> Value {
    var value: Value = 0
    for _ in 0..<MemoryLayout<Value>.size { value = value << 8 | Value(try byte()) }
    return value
  }

  mutating func zigZag() throws(HistogramEncoding.Malformed) -> Int64 {
    var bits: UInt64 = 0
    for place in 0..<9 {
      let byte = try byte()
      let isLast = place == 8 || byte & 0x80 == 0
      bits |= UInt64(isLast ? byte : byte & 0x7F) << UInt64(7 * place)
      if isLast { break }
    }
    return Int64(bitPattern: bits >> 1) ^ -Int64(bits & 1)
  }

  private mutating func byte() throws(HistogramEncoding.Malformed) -> UInt8 {
    guard let byte = bytes.popFirst() else {
      throw HistogramEncoding.Malformed(what: "the histogram is not as long as it says")
    }
    return byte
  }
}
