import Glibc

/// RFC 4180 text, with LF line ends as the contract says.
package enum CSV {
  /// One row with its line end. A field is quoted only where it must be.
  package static func line(_ fields: [String]) -> String {
    fields.map(quotedIfNeeded).joined(separator: ",") + "\n"
  }

  static func header<Row>(_ columns: [Column<Row>]) -> String {
    line(columns.map(\.name))
  }

  static func line<Row>(_ row: Row, _ columns: [Column<Row>]) -> String {
    line(columns.map { $0.text(row) })
  }

  private static func quotedIfNeeded(_ field: String) -> String {
    // Bytes, not Characters: "\r\n" is one Character and would hide both.
    let special: [UInt8] = [0x22, 0x2C, 0x0A, 0x0D]
    guard field.utf8.contains(where: special.contains) else { return field }
    var quoted = "\""
    for scalar in field.unicodeScalars {
      if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }
}

/// Takes the bytes of a CSV file one by one and hands out a row whenever one is complete.
struct CSVParser {
  struct Row: Equatable {
    /// The line the row begins on, from 1: a quoted field may span several.
    var line: Int
    var fields: [String]
  }

  /// Wider tables and longer fields are some other kind of file.
  static let mostFields = 1000
  static let mostFieldBytes = 1 << 20

  private enum State {
    case fieldStart, unquoted, quoted, afterQuote, afterCarriageReturn
  }

  private let path: String
  private var state = State.fieldStart
  private var line = 1
  private var rowLine = 1
  private var fields: [String] = []
  private var field: [UInt8] = []

  /// `path` only names the file in messages.
  init(path: String) {
    self.path = path
  }

  /// The row that this byte completes, if it does.
  mutating func take(_ byte: UInt8) throws(ResultsError) -> Row? {
    let newline = UInt8(ascii: "\n")
    let quote = UInt8(ascii: "\"")
    switch (state, byte) {
    case (.quoted, quote):
      state = .afterQuote
    case (.quoted, _):
      if byte == newline { line += 1 }
      try append(byte)
    case (.afterQuote, quote):
      try append(quote)
      state = .quoted
    case (_, newline):
      return try endRow()
    case (.afterCarriageReturn, _):
      throw malformed("a carriage return inside a row; quote the field or remove it")
    case (_, UInt8(ascii: "\r")):
      state = .afterCarriageReturn
    case (_, UInt8(ascii: ",")):
      try endField()
    case (.fieldStart, quote):
      state = .quoted
    case (.afterQuote, _):
      throw malformed("text after a closing quote; double the quotes inside the field")
    case (_, quote):
      throw malformed("a quote inside an unquoted field; quote the whole field")
    default:
      try append(byte)
      state = .unquoted
    }
    return nil
  }

  /// The last row, if the file does not end in a newline.
  mutating func finish() throws(ResultsError) -> Row? {
    if state == .quoted {
      throw malformed(
        "the file ends inside a quoted field that began in row line \(rowLine); "
          + "the last row is torn: remove it")
    }
    let isEmpty = fields.isEmpty && field.isEmpty && state == .fieldStart
    return isEmpty ? nil : try endRow()
  }

  private mutating func append(_ byte: UInt8) throws(ResultsError) {
    guard field.count < Self.mostFieldBytes else {
      throw malformed("a field is longer than \(Self.mostFieldBytes) bytes; is this a CSV file?")
    }
    field.append(byte)
  }

  private mutating func endField() throws(ResultsError) {
    guard fields.count < Self.mostFields else {
      throw malformed("more than \(Self.mostFields) fields; is this a CSV file?")
    }
    // Excel writes a byte order mark, which is no part of the first name.
    if rowLine == 1, fields.isEmpty, field.starts(with: [0xEF, 0xBB, 0xBF]) {
      field.removeFirst(3)
    }
    guard let text = String(validating: field, as: UTF8.self) else {
      throw malformed("field \(fields.count + 1) is not UTF-8; save the file as UTF-8")
    }
    fields.append(text)
    field.removeAll(keepingCapacity: true)
    state = .fieldStart
  }

  private mutating func endRow() throws(ResultsError) -> Row {
    try endField()
    let row = Row(line: rowLine, fields: fields)
    fields.removeAll(keepingCapacity: true)
    line += 1
    rowLine = line
    return row
  }

  private func malformed(_ what: String) -> ResultsError {
    ResultsError(.malformed, "\(path):\(line): \(what)")
  }
}

/// Reads a CSV file row by row, without holding more of it than one row and one buffer.
struct CSVFile: ~Copyable {
  let path: String
  private let descriptor: Int32
  private var parser: CSVParser
  private var buffer: [UInt8] = []
  private var position = 0
  private var ended = false

  private static let bufferBytes = 64 << 10

  static func open(_ path: String) throws(ResultsError) -> CSVFile {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .reading(path, errno) }
    return CSVFile(path: path, descriptor: descriptor)
  }

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
    self.parser = CSVParser(path: path)
  }

  deinit { _ = close(descriptor) }

  /// The next row, or nil at the end.
  mutating func next() throws(ResultsError) -> CSVParser.Row? {
    while !ended {
      while position < buffer.count {
        let byte = buffer[position]
        position += 1
        if let row = try parser.take(byte) { return row }
      }
      try fill()
      if ended { return try parser.finish() }
    }
    return nil
  }

  private mutating func fill() throws(ResultsError) {
    var code: Int32 = 0
    buffer = [UInt8](unsafeUninitializedCapacity: Self.bufferBytes) { bytes, count in
      var result = read(descriptor, bytes.baseAddress, bytes.count)
      while result < 0 && errno == EINTR {
        result = read(descriptor, bytes.baseAddress, bytes.count)
      }
      if result < 0 { code = errno }
      count = max(0, result)
    }
    guard code == 0 else { throw .reading(path, code) }
    position = 0
    ended = buffer.isEmpty
  }
}

/// Reads a table by its header's names: columns may stand in any order, and unknown ones are passed
/// over, so that a later version's files stay readable.
struct TableReader<Row>: ~Copyable {
  private var file: CSVFile
  /// For each field of a row, the column that takes it.
  private let columns: [Column<Row>?]
  private let blank: Row

  static func open(
    _ path: String, columns: [Column<Row>], blank: Row
  ) throws(ResultsError) -> TableReader<Row> {
    var file = try CSVFile.open(path)
    guard let header = try file.next() else {
      throw ResultsError(.malformed, "\(path):1: the file is empty; it needs a header row")
    }
    var known: [String: Column<Row>] = [:]
    for column in columns { known[column.name] = column }
    var seen: Set<String> = []
    for name in header.fields where !seen.insert(name).inserted {
      throw ResultsError(
        .malformed, "\(path):1: column '\(name)' stands there twice; remove one")
    }
    let missing = columns.filter { !$0.mayBeAbsent && !seen.contains($0.name) }.map(\.name)
    guard missing.isEmpty else {
      throw ResultsError(
        .malformed,
        "\(path):1: no column \(missing.map { "'\($0)'" }.joined(separator: ", ")); "
          + "give a file that ipcbench wrote")
    }
    return TableReader(file: file, columns: header.fields.map { known[$0] }, blank: blank)
  }

  private init(file: consuming CSVFile, columns: [Column<Row>?], blank: Row) {
    self.file = file
    self.columns = columns
    self.blank = blank
  }

  /// The next row, or nil at the end. Empty lines are passed over.
  mutating func next() throws(ResultsError) -> (line: Int, row: Row)? {
    while let read = try file.next() {
      if read.fields == [""] { continue }
      guard read.fields.count == columns.count else {
        throw ResultsError(
          .malformed,
          "\(file.path):\(read.line): \(read.fields.count) fields, but the header has "
            + "\(columns.count); restore or remove the row")
      }
      var row = blank
      for (column, field) in zip(columns, read.fields) {
        guard let column else { continue }
        guard column.store(field, &row) else {
          throw ResultsError(
            .malformed,
            "\(file.path):\(read.line): \(column.name) is '\(field)'; "
              + "write \(column.expectation)")
        }
      }
      return (read.line, row)
    }
    return nil
  }
}
