import Testing

@testable import Trials

@Suite struct SpellingTests {
  static let mechanisms = [
    "pipe", "fifo", "unix-stream", "tcp", "shm-ring", "shm-plain", "onc-rpc-unix", "onc-rpc-tcp",
  ]

  @Test(arguments: [
    ("pip", "pipe"), ("pipee", "pipe"), ("ppie", "pipe"), ("TCP", "tcp"), ("tpc", "tcp"),
    ("uni", "unix-stream"), ("shmplain", "shm-plain"), ("shmring", "shm-ring"),
    ("unixstream", "unix-stream"),
    ("onc-rpc-unx", "onc-rpc-unix"), ("fif0", "fifo"),
  ])
  func suggestsTheNearest(typed: String, expected: String) {
    #expect(nearest(typed, among: Self.mechanisms) == expected)
  }

  @Test(arguments: ["", "x", "grpc-http2", "zeromq", "pp", String(repeating: "p", count: 65)])
  func staysSilentWhenNothingIsNear(typed: String) {
    #expect(nearest(typed, among: Self.mechanisms) == nil)
  }

  @Test func anAmbiguousBeginningIsNoSuggestion() {
    #expect(nearest("onc-rpc", among: ["onc-rpc-unix-stream", "onc-rpc-tcp-stream"]) == nil)
  }

  @Test(arguments: [
    ("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("", "abc", 3), ("abc", "acb", 1),
    ("kitten", "sitting", 3), ("ca", "abc", 3),
  ])
  func countsSlips(first: String, second: String, slips: Int) {
    #expect(slipsBetween(Array(first), Array(second)) == slips)
  }

  @Test func readsNames() throws {
    #expect(
      try parseNames("spin, block,spin", as: WaitPolicy.self, kind: "wait") == [.spin, .block])
  }

  @Test(arguments: [
    ("blok", "unknown wait 'blok'; did you mean 'block'? Valid: block, spin, adaptive"),
    ("block,", "unknown wait ''. Valid: block, spin, adaptive"),
    ("poll", "unknown wait 'poll'. Valid: block, spin, adaptive"),
  ])
  func refusesUnknownNames(text: String, message: String) {
    let error = #expect(throws: UnknownName.self) {
      try parseNames(text, as: WaitPolicy.self, kind: "wait")
    }
    #expect(error?.description == message)
  }

  /// An error is one line on a terminal, whatever the input holds.
  @Test(arguments: [
    ("pipe", "'pipe'"), ("", "''"), ("größe", "'größe'"), ("a\nb\r\n", "'a\\nb\\r\\n'"),
    ("\u{1B}[2J", "'\\u{1B}[2J'"), ("\u{2028}", "'\\u{2028}'"),
    (String(repeating: "x", count: 61), "'\(String(repeating: "x", count: 60))…'"),
  ])
  func quotesOnOneLine(text: String, quoted: String) {
    #expect(text.quoted() == quoted)
  }
}
