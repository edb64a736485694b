import Foundation
import Histogram
import Testing
import Trials

@testable import Results

@Suite struct HistogramEncodingTests {
  private func counts(_ samples: KeyValuePairs<UInt64, UInt64>) -> [LatencyCount] {
    samples.map { LatencyCount(nanoseconds: $0.key, samples: $0.value) }
  }

  private func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private func decoded(_ base64: String) throws -> [LatencyCount] {
    let bytes = try #require(Data(base64Encoded: base64))
    return try HistogramEncoding.counts(fromCompressed: Array(bytes))
  }

  /// One zero, many zeros, the first bucket's end, the next one's beginning, and the very last.
  private var anyCounts: [LatencyCount] {
    counts([
      0: 1, 1: 2, 3: 5, 2047: 1, 2049: 3, 5003: 1_000_000, (1 << 40) - 1: 1,
    ])
  }

  /// What the reference implementation (Java, 2.1.11) makes of the same samples.
  @Test func theBytesAreTheReferences() {
    let header = "0000000000000003" + "0000000000000001" + "000000ffffffffff" + "3ff0000000000000"
    let cases: [([LatencyCount], String)] = [
      (anyCounts, "1c84931300000011" + header + "0204000af51f0206c11380897ab7bc0302"),
      ([], "1c84931300000001" + header + "00"),
      (
        counts([1000: (1 << 47) + 12_345_678_901]),
        "1c84931300000009" + header + "cf0feaf0e0fddb8040"
      ),
    ]
    for (counts, bytes) in cases { #expect(hex(HistogramEncoding.plain(counts)) == bytes) }
  }

  @Test func whatOtherToolsWroteIsReadable() throws {
    // By the reference, and by the hdrhistogram package of PyPI, which writes single zeros otherwise.
    for base64 in [
      "HISTFAAAADB42pNpmSzMwMAgyAABzFCaEYj/g4D9B4gAEwsD11d5JraDwg2dVdv3MDMBABe+DIE=",
      "HISTFAAAADB4nJNpmSzMwMAgyAABzFCaEYj/g4D9B4gAEwsj11d5JraDwg2dVdv3MDMBABfNDII=",
    ] {
      #expect(try decoded(base64) == anyCounts)
    }
    #expect(try decoded("HISTFAAAABp4nJNpmSzMgADMUJoRiP+DgP0HiAAAcOIHdQ==").isEmpty)
  }

  @Test func theExtremesComeBack() throws {
    let extremes = [
      [], counts([0: 1]), counts([(1 << 40) - 1: 1 << 48]), counts([0: 1, (1 << 40) - 1: 1]),
      counts([1: HistogramEncoding.mostSamples]), anyCounts,
      (0..<LatencyHistogram.countOfCounts).map {
        LatencyCount(nanoseconds: LatencyHistogram.highestEquivalent(at: $0), samples: 7)
      },
    ]
    for counts in extremes {
      let bytes = HistogramEncoding.compressed(counts)
      #expect(try HistogramEncoding.counts(fromCompressed: bytes) == counts)
    }
  }

  @Test(arguments: [seedOfThisRun])
  func randomHistogramsComeBack(seed: UInt64) throws {
    var numbers = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      var samples: [UInt64: UInt64] = [:]
      for _ in 0..<numbers.next(below: 300) {
        // Small values, samples and gaps as often as large ones.
        let range = 1 + LatencyHistogram.countOfCounts >> numbers.next(below: 15)
        let index = numbers.next(below: range)
        let value = LatencyHistogram.highestEquivalent(at: index)
        samples[value] = 1 + numbers.next() >> UInt64(24 + numbers.next(below: 40))
      }
      let counts = samples.sorted { $0.key < $1.key }
        .map { LatencyCount(nanoseconds: $0.key, samples: $0.value) }
      let bytes = HistogramEncoding.compressed(counts)
      #expect(try HistogramEncoding.counts(fromCompressed: bytes) == counts)
    }
  }

  /// Values are not taken for what they are not: beyond the range, or inside a bucket.
  @Test func valuesAreCountedWhereTheyBelong() throws {
    let bytes = HistogramEncoding.compressed(
      counts([5000: 1, 5003: 1, 1 << 40: 1, UInt64.max: 1]))
    #expect(
      try HistogramEncoding.counts(fromCompressed: bytes)
        == counts([5003: 2, (1 << 40) - 1: 2]))
  }

  @Test func theLayoutIsTheOneOfHdrHistogram() {
    let reference = Histogram<UInt64>(
      lowestDiscernibleValue: 1, highestTrackableValue: LatencyHistogram.largestNanoseconds,
      numberOfSignificantValueDigits: .three)
    #expect(LatencyHistogram.countOfCounts == 31 * 1024)
    var next: UInt64 = 0
    for index in 0..<LatencyHistogram.countOfCounts {
      let highest = LatencyHistogram.highestEquivalent(at: index)
      #expect(highest == reference.highestEquivalentForValue(next))
      #expect(LatencyHistogram.index(of: next) == index)
      #expect(LatencyHistogram.index(of: highest) == index)
      next = highest + 1
    }
    #expect(next == 1 << 40)
  }

  // MARK: - What is not such an encoding

  private func expectMalformed(
    _ what: String, _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do throws(HistogramEncoding.Malformed) {
      let counts = try HistogramEncoding.counts(fromCompressed: bytes)
      Issue.record("taken for \(counts.count) counts", sourceLocation: sourceLocation)
    } catch {
      #expect(error.what.contains(what), "\(error.what)", sourceLocation: sourceLocation)
    }
  }

  /// The same plain bytes inside a sound stream.
  private func wrapped(_ plain: [UInt8]) throws -> [UInt8] {
    // Stored blocks need no compressor: header, blocks, checksum (RFC 1950, RFC 1951).
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in plain {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    var stream: [UInt8] = [0x78, 0x01]
    var rest = plain[...]
    repeat {
      let block = rest.prefix(Int(UInt16.max))
      rest = rest.dropFirst(block.count)
      stream.append(rest.isEmpty ? 1 : 0)
      let length = UInt16(block.count)
      for part in [length, ~length] { stream += [UInt8(part & 0xFF), UInt8(part >> 8)] }
      stream += block
    } while !rest.isEmpty
    for part in [b, a] { stream += [UInt8(part >> 8), UInt8(part & 0xFF)] }
    let count = UInt32(stream.count)
    return [0x1C, 0x84, 0x93, 0x14]
      + stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: count >> UInt32($0)) }
      + stream
  }

  @Test func damageIsNoticed() throws {
    let good = HistogramEncoding.compressed(anyCounts)
    for length in 0..<good.count { expectMalformed("not as long", Array(good[..<length])) }
    expectMalformed("not as long", good + [0])
    expectMalformed("version 2", [0x1C, 0x84, 0x93, 0x02] + good[4...])
    // zlib's checksum stands for all that is inside; only bits that pad a byte mean nothing.
    for place in 8..<good.count {
      for bit in 0..<8 {
        var bytes = good
        bytes[place] ^= 1 << bit
        if (try? HistogramEncoding.counts(fromCompressed: bytes)) != anyCounts {
          expectMalformed("zlib stream is damaged", bytes)
        }
      }
    }
    // A sound stream of more than any histogram has.
    expectMalformed("zlib stream is damaged", try wrapped([UInt8](repeating: 0, count: 400_000)))
  }

  @Test func whatASoundStreamMustNotHoldIsNoticed() throws {
    let good = HistogramEncoding.plain(anyCounts)
    #expect(try HistogramEncoding.counts(fromCompressed: wrapped(good)) == anyCounts)
    func changed(_ place: Int, _ byte: UInt8) throws -> [UInt8] {
      var plain = good
      plain[place] = byte
      return try wrapped(plain)
    }
    func holding(_ numbers: [UInt8]) throws -> [UInt8] {
      try wrapped(good[..<7] + [UInt8(numbers.count)] + good[8..<40] + numbers)
    }
    expectMalformed("version 2", try changed(3, 0x02))
    expectMalformed("counts are not as long", try changed(7, 0x12))
    for place in [11, 15, 23, 32] {
      expectMalformed("three significant digits", try changed(place, 4))
    }
    expectMalformed("not as long", try wrapped(Array(good[..<20])))
    expectMalformed("not as long", try wrapped([]))
    expectMalformed("not as long", try holding([0x80]))
    let most: [UInt8] = [UInt8](repeating: 0xFF, count: 9)
    // 2^63 zeros, 2^63 − 1 samples, a sample behind the last count.
    expectMalformed("a value beyond", try holding(most))
    expectMalformed("more than 2^48", try holding([0xFE] + most.dropFirst()))
    expectMalformed("a value beyond", try holding([0xFF, 0xEF, 0x03, 0x02]))
    #expect(
      try HistogramEncoding.counts(fromCompressed: holding([0xFD, 0xEF, 0x03, 0x02]))
        == counts([(1 << 40) - 1: 1]))
  }
}
