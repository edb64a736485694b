import Testing

@testable import Mechanisms

@Suite struct CopyMessageTests {
  /// Every size around the ones where the way to copy changes, at every alignment of a word.
  @Test(arguments: Array(0...130), [0, 1, 7])
  func copiesThatManyBytesAndNoMore(byteCount: Int, shift: Int) {
    let margin = 64
    let source = (0..<(byteCount + shift)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
    var target = [UInt8](repeating: 0xEE, count: byteCount + shift + 2 * margin)
    source.withUnsafeBytes { source in
      target.withUnsafeMutableBytes { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        copyMessage(to: to + margin + shift, from: from + shift, byteCount: byteCount)
      }
    }
    #expect(Array(target[(margin + shift)...].prefix(byteCount)) == Array(source.dropFirst(shift)))
    #expect(target.prefix(margin + shift).allSatisfy { $0 == 0xEE })
    #expect(target.suffix(margin).allSatisfy { $0 == 0xEE })
  }
}
