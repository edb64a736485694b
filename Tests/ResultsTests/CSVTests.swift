import Foundation
import Testing
import Trials

@testable import Results

@Suite struct CSVTests {
  private func rows(_ text: String) throws -> [PlainCSV.Row] {
    try scannedRows(Array(text.utf8), step: .max)
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
    #expect(try rows("\u{FEFF}\"a\",b\n\u{FEFF}").map(\.fields) == [["a", "b"], ["\u{FEFF}"]])
    #expect(try rows("\u{FEFF}").isEmpty)
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
    expectError(.malformed, saying: "some.csv:1: field 1 is not UTF-8") {
      _ = try scannedRows([0x66, 0xFC, 0x0A], step: 1)
    }
  }

  @Test func endlessFieldsAndRowsAreRefused() throws {
    for quote in ["", "\""] {
      let longest = String(repeating: "x", count: CSVScanner.mostFieldBytes)
      #expect(try rows(quote + longest + quote).map(\.fields) == [[longest]])
    }
    expectError(.malformed, saying: "longer than") {
      _ = try rows(String(repeating: "x", count: CSVScanner.mostFieldBytes + 1))
    }
    expectError(.malformed, saying: "more than 1000 fields") {
      _ = try rows(String(repeating: ",", count: 1001))
    }
  }

  @Test(arguments: [seedOfThisRun])
  func arbitraryTablesSurviveARoundTrip(seed: UInt64) throws {
    var numbers = SeededGenerator(seed: seed)
    let alphabet: [Unicode.Scalar] = ["a", ",", "\"", "\n", "\r", " ", "é", "🦊"]
    let table = (0..<200).map { _ in
      (0..<3).map { _ in
        var field = ""
        for _ in 0..<numbers.next(below: 6) {
          field.unicodeScalars.append(alphabet[numbers.next(below: alphabet.count)])
        }
        return field
      }
    }
    let bytes = Array(table.map(CSV.line).joined().utf8)
    #expect(try scannedRows(bytes, step: 7).map(\.fields) == table)
  }

  /// Rows and errors, wherever the blocks of a file end.
  @Test(arguments: [seedOfThisRun])
  func arbitraryBytesAreReadAsByThePlainReader(seed: UInt64) {
    var numbers = SeededGenerator(seed: seed)
    let alphabet = Array("aaa1.,,,\"\"\n\n\r ".utf8) + [0xC3, 0xA9, 0xFC]
    for _ in 0..<20_000 {
      let bytes = (0..<numbers.next(below: 24)).map { _ in
        alphabet[numbers.next(below: alphabet.count)]
      }
      let plain = Result { () throws(ResultsError) in
        try PlainCSV.rows(of: bytes, path: "some.csv")
      }
      let step = 1 + numbers.next(below: 9)
      let scanned = Result { () throws(ResultsError) in try scannedRows(bytes, step: step) }
      #expect(scanned == plain, "step \(step): \(String(decoding: bytes, as: UTF8.self))")
    }
  }
}

/// The rows of a file that comes in blocks of `step` bytes.
private func scannedRows(_ bytes: [UInt8], step: Int) throws(ResultsError) -> [PlainCSV.Row] {
  var scanner = CSVScanner(path: "some.csv")
  var rows: [PlainCSV.Row] = []
  var start = 0
  var end = 0
  while true {
    let seen = bytes.span.extracting(first: end)
    if let next = try scanner.scanRow(in: seen, from: start, isAll: end == bytes.count) {
      let fields = scanner.fields.map { $0.withText(in: seen) { String(utf8: $0) } }
      rows.append(PlainCSV.Row(line: scanner.rowLine, fields: fields))
      start = next
    } else if end == bytes.count {
      return rows
    } else {
      end += min(step, bytes.count - end)
    }
  }
}

/// A text as the fields of a row are read.
private func read<Value: CSVValue>(_ text: String, as type: Value.Type) -> Value? {
  let bytes = Array(text.utf8)
  let value = Value(csvField: bytes.span)
  #expect(
    Value.accepts(bytes.span, within: FieldLimits.counts)
      == (value?.isWithin(FieldLimits.counts) ?? false), "\(text)")
  return value
}

@Suite struct CSVValueTests {
  /// But for what no file of figures has: a sign before what is not negative, other bases, and what is no
  /// number.
  @Test(arguments: [
    "", "0", "-0", "007", "1.", ".5", "1.5", "1..5", "1.5.", "1e3", "1.5E-3", "1e", "-2.5",
    "-", "--1", "12a", "a12", " 1", "1 ", "١", "999999999999999999", "1000000000000000000",
    "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
    "9007199254740992", "9007199254740993", "9007199254740.993", "0.000000000000000001",
    "123456789012345678.5", "0.1", "4531661185.649", "true", "false", "tru",
  ])
  func textsAreReadAsByTheStandardLibrary(text: String) {
    #expect(read(text, as: Int.self) == Int(text))
    #expect(read(text, as: UInt64.self) == UInt64(text))
    #expect(read(text, as: Double.self) == Double(text).flatMap { $0.isFinite ? $0 : nil })
    #expect(read(text, as: Bool.self) == Bool(text))
    #expect(read(text, as: String.self) == text)
    #expect(read(text, as: Int?.self) == (text.isEmpty ? .some(nil) : Int(text).map { .some($0) }))
  }

  @Test(arguments: ["+5", "0x10", "0X1P3", "0x1p3", "nan", "inf", "-inf", "infinity", "1_000"])
  func spellingsOfOtherProgramsAreNoNumbers(text: String) {
    #expect(read(text, as: Int.self) == nil)
    #expect(read(text, as: UInt64.self) == nil)
    #expect(read(text, as: Double.self) == nil)
  }

  /// As a spreadsheet writes them.
  @Test func truthIsReadInEveryCommonSpelling() {
    for text in ["true", "TRUE", "True"] { #expect(read(text, as: Bool.self) == true) }
    for text in ["false", "FALSE", "False"] { #expect(read(text, as: Bool.self) == false) }
    for text in ["1", "yes", "tRUE", ""] { #expect(read(text, as: Bool.self) == nil) }
  }

  /// Rounded to the nearest Double, whichever way is taken.
  @Test(arguments: [seedOfThisRun])
  func decimalsAreReadToTheLastBit(seed: UInt64) throws {
    var numbers = SeededGenerator(seed: seed)
    for _ in 0..<50_000 {
      var text = (0..<(1 + numbers.next(below: 20))).map { _ in "\(numbers.next(below: 10))" }
        .joined()
      if numbers.next(below: 4) > 0 {
        text.insert(".", at: text.index(text.startIndex, offsetBy: numbers.next(below: text.count)))
      }
      if numbers.next(below: 16) == 0 { text = "-" + text }
      #expect(read(text, as: Double.self) == Double(text), "\(text)")
    }
  }

  @Test(arguments: [seedOfThisRun])
  func wholeNumbersAreReadAsByTheStandardLibrary(seed: UInt64) {
    var numbers = SeededGenerator(seed: seed)
    for _ in 0..<20_000 {
      let number = numbers.next() >> UInt64(numbers.next(below: 64))
      #expect(read(String(number), as: UInt64.self) == number)
      #expect(read("-\(number)", as: Int.self) == Int("-\(number)"))
    }
  }

  @Test func onlyTheNamesOfCasesAreCases() {
    for status in TrialStatus.allCases {
      #expect(read(status.rawValue, as: TrialStatus.self) == status)
      #expect(read(status.rawValue + " ", as: TrialStatus.self) == nil)
      #expect(read(String(status.rawValue.dropLast()), as: TrialStatus.self) == nil)
    }
    #expect(read("", as: TrialStatus?.self) == .some(nil))
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

  /// From 1970 to 9999.
  @Test(arguments: [seedOfThisRun])
  func everyMomentReadsBack(seed: UInt64) {
    var numbers = SeededGenerator(seed: seed)
    for _ in 0..<5000 {
      let time = UTCTime(unixMicroseconds: numbers.next() % 253_402_300_800_000_000)
      #expect(UTCTime(text: time.text) == time)
    }
  }

  @Test func everyDayOfFourCenturiesHasItsText() {
    for day in 0..<146_097 as Range<UInt64> {
      let time = UTCTime(unixMicroseconds: day * 86_400_000_000)
      guard UTCTime(text: time.text) == time else {
        Issue.record("\(time.text)")
        return
      }
    }
  }

  @Test(arguments: [
    "", "2026-11-21", "2026-11-21T03:15:00Z", "2026-02-30T03:15:00.000000Z",
    "2026-00-01T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z", "2026-01-00T00:00:00.000000Z",
    "2100-02-29T00:00:00.000000Z", "2026-06-31T00:00:00.000000Z", "2026-01-01T24:00:00.000000Z",
    "2026-01-01T00:60:00.000000Z", "2026-01-01T00:00:60.000000Z", "+026-01-01T00:00:00.000000Z",
    "2026-11-21T25:15:00.000000Z", "2026-11-21 03:15:00.000000Z", "1969-12-31T23:59:59.000000Z",
  ])
  func otherTextsAreNoTime(text: String) {
    #expect(UTCTime(text: text) == nil)
  }
}
