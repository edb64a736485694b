@testable import Results

/// The plainest reader of CSV: byte after byte, each field a text of its own. What the fast one finds is
/// held against it.
struct PlainCSV {
  struct Row: Equatable {
    var line: Int
    var fields: [String]
  }

  private enum State {
    case fieldStart, unquoted, quoted, afterQuote, afterCarriageReturn
  }

  private let path: String
  private var state = State.fieldStart
  private var line = 1
  private var rowLine = 1
  private var fields: [String] = []
  private var field: [UInt8] = []
  private var rows: [Row] = []

  private init(path: String) {
    self.path = path
  }

  static func rows(of bytes: some Sequence<UInt8>, path: String) throws(ResultsError) -> [Row] {
    var parser = PlainCSV(path: path)
    for byte in bytes { try parser.take(byte) }
    try parser.finish()
    return parser.rows
  }

  private mutating func take(_ byte: UInt8) throws(ResultsError) {
    let newline = UInt8(ascii: "\n")
    let quote = UInt8(ascii: "\"")
    switch (state, byte) {
    case (.quoted, quote):
      state = .afterQuote
    case (.quoted, _):
      if byte == newline { line += 1 }
      field.append(byte)
    case (.afterQuote, quote):
      field.append(quote)
      state = .quoted
    case (_, newline):
      try endRow()
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
      field.append(byte)
      state = .unquoted
    }
  }

  /// The last row may lack its newline.
  private mutating func finish() throws(ResultsError) {
    if state == .quoted {
      throw malformed(
        "the file ends inside a quoted field that began in row line \(rowLine); "
          + "the last row is torn: remove it")
    }
    if !fields.isEmpty || !field.isEmpty || state != .fieldStart { try endRow() }
  }

  private mutating func endField() throws(ResultsError) {
    guard fields.count < CSVScanner.mostFields else {
      throw malformed("more than \(CSVScanner.mostFields) fields; is this a CSV file?")
    }
    guard let text = String(validating: field, as: UTF8.self) else {
      throw malformed("field \(fields.count + 1) is not UTF-8; save the file as UTF-8")
    }
    fields.append(text)
    field = []
    state = .fieldStart
  }

  private mutating func endRow() throws(ResultsError) {
    try endField()
    rows.append(Row(line: rowLine, fields: fields))
    fields = []
    line += 1
    rowLine = line
  }

  private func malformed(_ what: String) -> ResultsError {
    ResultsError(.malformed, "\(path):\(line): \(what)")
  }
}

extension PlainCSV {
  /// The trials of a text that has the columns of a trial in order, or the first thing wrong with it. An
  /// older file lacks those that were appended since.
  static func trials(
    of bytes: some Sequence<UInt8>, path: String
  ) throws(ResultsError) -> [TrialRecord] {
    // What is wrong with a row is said before anybody looks at the next.
    let (rows, end) = rowsBeforeTheEnd(of: bytes, path: path)
    let header = rows.first?.fields ?? []
    let isOlder = header == TrialRecord.columns.prefix(header.count).map(\.name)
    let columns = isOlder ? Array(TrialRecord.columns.prefix(header.count)) : TrialRecord.columns
    var records: [TrialRecord] = []
    var names: Set<String> = []
    for row in rows.dropFirst() where row.fields != [""] {
      guard row.fields.count == columns.count else {
        throw ResultsError(
          .malformed,
          "\(path):\(row.line): \(row.fields.count) fields, but the header has \(columns.count); "
            + "restore or remove the row")
      }
      var record = TrialRecord()
      for absent in TrialRecord.columns.dropFirst(columns.count) {
        _ = absent.store("", in: &record)
      }
      for (column, text) in zip(columns, row.fields) where !column.store(text, in: &record) {
        throw ResultsError(
          .malformed,
          "\(path):\(row.line): \(column.name) is '\(text.prefix(100))'; write \(column.expectation)"
        )
      }
      guard record.schemaVersion == TrialRecord.currentSchemaVersion else {
        throw ResultsError(
          .malformed,
          "\(path):\(row.line): schema_version \(record.schemaVersion) is not known here "
            + "(\(TrialRecord.currentSchemaVersion) is); read it with the ipcbench that wrote it or "
            + "a newer one")
      }
      let name = record.trialID
      guard TrialNames.isPlain(name) else {
        throw ResultsError(
          .malformed,
          "\(path):\(row.line): trial_id '\(name.prefix(100))' is no plain name; write the run's ID, a "
            + "hyphen and a number")
      }
      guard names.insert(name).inserted else {
        throw ResultsError(
          .malformed,
          "\(path):\(row.line): trial_id '\(name)' stands in a row before; a trial counts once: remove "
            + "the row")
      }
      if let contradiction = record.contradiction {
        throw ResultsError(
          .malformed, "\(path):\(row.line): \(contradiction); restore or remove the row")
      }
      records.append(record)
    }
    if let end { throw end }
    return records
  }

  private static func rowsBeforeTheEnd(
    of bytes: some Sequence<UInt8>, path: String
  ) -> ([Row], ResultsError?) {
    var parser = PlainCSV(path: path)
    do throws(ResultsError) {
      for byte in bytes { try parser.take(byte) }
      try parser.finish()
      return (parser.rows, nil)
    } catch {
      return (parser.rows, error)
    }
  }
}

extension Column {
  func store(_ text: String, in row: inout Row) -> Bool {
    let bytes = Array(text.utf8)
    return store(bytes.span, &row)
  }
}
