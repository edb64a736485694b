import Foundation
import Testing

@testable import Results

@Suite struct CSVTests {
  private func rows(_ text: String) throws -> [CSVParser.Row] {
    var parser = CSVParser(path: "some.csv")
    var rows: [CSVParser.Row] = []
    for byte in text.utf8 {
      if let row = try parser.take(byte) { rows.append(row) }
    }
    if let row = try parser.finish() { rows.append(row) }
    return rows
  }

  @Test func onlyFieldsThatNeedItAreQuoted() {
    #expect(CSV.line(["a b", "", "µs; x"]) == "a b,,µs; x\n")
    #expect(
      CSV.line(["a,b", "say \"no\"", "two\nlines", "c\r\nd"])
        == "\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",\"c\r\nd\"\n")
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let table = [["a", ""], ["", "\""], ["\"\"", ","], ["x\ny", "z\r\n"], ["\n", "ü – ×"]]
    let read = try rows(table.map(CSV.line).joined())
    #expect(read.map(\.fields) == table)
    #expect(read.map(\.line) == [1, 2, 3, 4, 7])
  }

  @Test func lineEndsMayBeCarriageReturnLineFeedAndTheLastMayLack() throws {
    #expect(try rows("a,b\r\nc,d").map(\.fields) == [["a", "b"], ["c", "d"]])
    #expect(try rows("\"a\"\r\n\"b\"").map(\.fields) == [["a"], ["b"]])
    #expect(try rows("a,").map(\.fields) == [["a", ""]])
    #expect(try rows("").isEmpty)
  }

  @Test func byteOrderMarkIsNoPartOfTheFirstName() throws {
    #expect(try rows("\u{FEFF}a,b\n").map(\.fields) == [["a", "b"]])
  }

  @Test(arguments: [
    ("a\nb\"c\n", ":2: ", "quote inside an unquoted field"),
    ("\"a\"b\n", ":1: ", "text after a closing quote"),
    ("a\n\"b\n\nc", ":4: ", "ends inside a quoted field"),
    ("a\rb\n", ":1: ", "carriage return"),
  ])
  func mistakesAreSaidWithFileAndLine(text: String, line: String, what: String) {
    expectError(.malformed, saying: "some.csv\(line)", what) { _ = try rows(text) }
  }

  @Test func otherEncodingsAreRefused() {
    var parser = CSVParser(path: "some.csv")
    expectError(.malformed, saying: "some.csv:1: field 1 is not UTF-8") {
      for byte: UInt8 in [0x66, 0xFC, 0x0A] { _ = try parser.take(byte) }
    }
  }

  @Test func endlessFieldsAndRowsAreRefused() {
    expectError(.malformed, saying: "longer than") {
      _ = try rows(String(repeating: "x", count: CSVParser.mostFieldBytes + 1))
    }
    expectError(.malformed, saying: "more than 1000 fields") {
      _ = try rows(String(repeating: ",", count: 1001))
    }
  }

  /// Seeded, so that a failure can be repeated.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func arbitraryTablesSurviveARoundTrip(seed: UInt64) throws {
    var state = seed
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let alphabet: [Unicode.Scalar] = ["a", ",", "\"", "\n", "\r", " ", "é", "🦊"]
    let table = (0..<200).map { _ in
      (0..<3).map { _ in
        var field = ""
        for _ in 0..<random(6) { field.unicodeScalars.append(alphabet[random(alphabet.count)]) }
        return field
      }
    }
    #expect(try rows(table.map(CSV.line).joined()).map(\.fields) == table, "seed \(seed)")
  }
}

@Suite struct DecimalTextTests {
  @Test(
    arguments: [
      (0, "0"), (-0.0, "0"), (1, "1"), (0.5, "0.5"), (-2.25, "-2.25"), (0.000_004, "0.000004"),
      (0.000_000_1, "0"), (1e15, "1000000000000000"), (1e18, "1000000000000000000"),
      (123_456_789_012.345, "123456789012.345"), (1.0 / 3, "0.333333"), (-0.000_25, "-0.00025"),
    ] as [(Double, String)])
  func numbersAreWrittenPlainly(value: Double, text: String) {
    #expect(decimalText(value) == text)
  }

  @Test func roundedValuesReadBackAsTheyAre() {
    for step in 1...1000 {
      let value = rounded(Double(step) * 1e6 / 7, places: 3)
      #expect(Double(decimalText(value)) == value)
    }
  }
}

@Suite struct UTCTimeTests {
  @Test func textIsRFC3339WithMicroseconds() {
    let time = UTCTime(unixNanoseconds: startedUnixNanoseconds)
    #expect(time.text == "2026-11-21T03:15:00.123456Z")
    #expect(time.compactText == "20261121T031500Z")
    #expect(UTCTime(text: time.text) == time)
    #expect(UTCTime(unixNanoseconds: 0).text == "1970-01-01T00:00:00.000000Z")
  }

  @Test(arguments: [
    "", "2026-11-21", "2026-11-21T03:15:00Z", "2026-02-30T03:15:00.000000Z",
    "2026-11-21T25:15:00.000000Z", "2026-11-21 03:15:00.000000Z", "1969-12-31T23:59:59.000000Z",
  ])
  func otherTextsAreNoTime(text: String) {
    #expect(UTCTime(text: text) == nil)
  }
}
