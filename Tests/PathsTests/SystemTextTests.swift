import Testing

@testable import Paths

@Suite struct SystemTextTests {
  private static func roundTrip(_ bytes: [UInt8]) -> Bool {
    let text = bytes.withUnsafeBytes { String(systemBytes: $0) }
    // What text makes of itself elsewhere, in a file for example, must not change it.
    let again = String(decoding: Array(text.utf8), as: UTF8.self)
    return text.systemBytes == bytes && again.systemBytes == bytes
  }

  @Test func everyOneAndTwoBytesComeBack() {
    var lost: [[UInt8]] = []
    for first in UInt8(1)...255 {
      if !Self.roundTrip([first]) { lost.append([first]) }
      for second in UInt8(1)...255 where !Self.roundTrip([first, second]) {
        lost.append([first, second])
      }
    }
    #expect(lost == [])
  }

  /// Bytes by chance, and mixed of what is close to UTF-8: pieces of characters, the ends of its ranges, and the
  /// scalars that stand for bytes.
  @Test func allBytesComeBack() {
    let pieces: [[UInt8]] = [
      Array("a/=,-".utf8), Array("é".utf8), Array("e\u{301}".utf8), Array("日本".utf8),
      Array("👩‍👩‍👧".utf8), [0xED, 0xA0, 0x80], [0xF4, 0x8F, 0xBC, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xC0, 0xAF], [0xE2, 0x82], [0xF0, 0x9F], [0x80], [0xFF], [0x1B],
      [0x0A], [0x7F], [0xC2, 0x9B], Array("\u{10FF1B}".utf8), Array("\u{301}".utf8),
    ]
    var seed: UInt64 = 20_261_128
    func next(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % bound
    }
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<next(12) {
        bytes += next(2) == 0 ? [UInt8(1 + next(255))] : pieces[next(pieces.count)]
      }
      #expect(Self.roundTrip(bytes), "\(bytes), of seed 20261128")
    }
  }

  @Test(arguments: ["", "plain", "a b/ü.csv", "日本語", "e\u{301}", "\u{10FEFF}"])
  func textStaysWhatItIs(text: String) {
    let made = Array(text.utf8).withUnsafeBytes { String(systemBytes: $0) }
    #expect(Array(made.unicodeScalars) == Array(text.unicodeScalars))
    #expect(text.systemBytes == Array(text.utf8))
  }

  /// No two names become one text, not even one that reads like another's stand-ins.
  @Test func aTextThatLooksLikeAByteIsAnotherName() {
    let byte = String(systemBytes: [0xE9])
    let lookalike = String(systemBytes: Array(byte.utf8))
    #expect(byte != lookalike)
    #expect(lookalike.systemBytes == Array(byte.utf8))
  }

  /// A parser that looks for Characters finds the signs that words are taken apart at.
  @Test(arguments: ["=", ",", "/", "-"])
  func aSignIsASignWhateverFollows(sign: Character) {
    for accent in ["\u{301}", "\u{FE0F}", "\u{200D}", "\u{20DD}"] {
      let text = String(systemBytes: Array("x\(sign)\(accent)y".utf8))
      #expect(text.split(separator: sign).count == 2, "\(accent.unicodeScalars.map(\.value))")
      #expect(text.systemBytes == Array("x\(sign)\(accent)y".utf8))
    }
  }

  @Test func aPathIsTakenApartByBytes() {
    #expect("//a/\u{301}b//c/".pathParts == ["a", "\u{301}b", "c"])
    #expect("/\u{301}".isAbsolutePath)
    #expect(!"a/b".isAbsolutePath)
    #expect("".pathParts == [])
  }

  @Test func theCallGetsTheBytesAndItsErrorStays() {
    let name = String(systemBytes: [0x63, 0xE9, 0x1B])
    let seen = name.withSystemBytes { String(systemBytes: $0) }
    #expect(seen == name)
  }
}

@Suite struct ShownTextTests {
  @Test(arguments: [
    ("plain ü 日本 👩‍👩‍👧", "plain ü 日本 👩‍👩‍👧"), ("a\u{1B}[2Jb", #"a\x1B[2Jb"#),
    ("a\nb\tc\r", #"a\nb\tc\r"#), ("\u{7F}\u{85}\u{9B}31m", #"\x7F\u{85}\u{9B}31m"#),
    ("\u{202E}gpj\u{2069}\u{2028}", #"\u{202E}gpj\u{2069}\u{2028}"#), ("\u{0}", #"\x00"#),
    ("\r\n", #"\r\n"#),
  ])
  func whatWouldSteerATerminalIsSpelledOut(text: String, shown: String) {
    #expect(text.shown == shown)
    #expect(text.shown.shown == shown)
  }

  @Test func theBytesOfAPathAreShown() {
    #expect(String(systemBytes: Array("caf".utf8) + [0xE9, 0x0A]).shown == #"caf\xE9\n"#)
    #expect(String(systemBytes: [0xC2, 0x9B]).shown == #"\u{9B}"#)
  }

  @Test func linesOfATextOfLinesStay() {
    #expect("a\n\u{1B}b\r\nc".shownInLines == "a\n\\x1Bb\\r\nc")
    #expect(String(systemBytes: [0x61, 0x0A]).shownInLines == #"a\n"#)
  }

  @Test func jsonSaysTheSameWithoutControls() {
    #expect("\"a\u{9B}\u{202E}\u{7F}é\"".jsonWithoutControls == #""a\u009b\u202e\u007fé""#)
    #expect(#""plain""#.jsonWithoutControls == #""plain""#)
  }
}
