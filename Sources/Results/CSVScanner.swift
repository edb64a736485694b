/// Finds the fields of CSV rows (RFC 4180) in bytes that somebody else holds, and copies none of them.
///
/// One row at a time, from its first byte: of a row that the bytes do not hold whole, nothing is kept,
/// and it is looked at again when there are more.
struct CSVScanner {
  struct Field: Equatable {
    /// Of the bytes between the quotes, if it has any.
    var start: Int
    var end: Int
    /// Whether two quotes stand for one in it.
    var hasDoubledQuotes: Bool

    /// Lends what the field says, which is UTF-8.
    ///
    /// - Parameter bytes: those in which it was found.
    func withText<Value>(in bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Value) -> Value {
      let text = bytes.extracting(start..<end)
      return hasDoubledQuotes ? body(text.withoutDoubledQuotes().span) : body(text)
    }
  }

  /// Wider tables and longer fields are some other kind of file.
  static let mostFields = 1000
  static let mostFieldBytes = 1 << 20

  private static let comma = UInt8(ascii: ",")
  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  private static let quote = UInt8(ascii: "\"")

  /// A field and what was learnt on the way to its end.
  private struct Found {
    var field: Field
    /// Where the comma or the line end stands, or where the file ends.
    var delimiter: Int
    var isASCII: Bool
  }

  /// Names the file in messages.
  let path: String
  /// Of the row found last.
  private(set) var fields: [Field] = []
  /// The line that the row begins on, from 1: a quoted field may span several.
  private(set) var rowLine = 1
  private var nextRowLine = 1
  /// Where the scan has come to.
  private var line = 1

  init(path: String) {
    self.path = path
  }

  /// Finds the fields of the row that begins at `start`.
  ///
  /// - Parameter isAll: whether the file ends where the bytes end.
  /// - Returns: where the next row begins; nil if this one needs more bytes, or if there is none.
  mutating func scanRow(
    in bytes: Span<UInt8>, from start: Int, isAll: Bool
  ) throws(ResultsError) -> Int? {
    rowLine = nextRowLine
    line = rowLine
    fields.removeAll(keepingCapacity: true)
    guard var position = startOfText(in: bytes, from: start, isAll: isAll) else { return nil }
    while true {
      let isQuoted = position < bytes.count && bytes[position] == Self.quote
      let found =
        isQuoted
        ? try quotedField(in: bytes, from: position + 1, isAll: isAll)
        : try plainField(in: bytes, from: position, isAll: isAll)
      guard let found else { return nil }
      position = found.delimiter
      if position < bytes.count, bytes[position] == Self.comma {
        try take(found, in: bytes)
        position += 1
        continue
      }
      guard let end = try endOfRow(in: bytes, at: position, isAll: isAll) else { return nil }
      try take(found, in: bytes)
      nextRowLine = line + 1
      return end
    }
  }

  /// Behind the byte order mark with which Excel begins a file; nil if that cannot be told yet, or if
  /// nothing follows.
  private func startOfText(in bytes: Span<UInt8>, from start: Int, isAll: Bool) -> Int? {
    var position = start
    if rowLine == 1 {
      guard bytes.count - start >= 3 || isAll else { return nil }
      if bytes.count - start >= 3, bytes[start] == 0xEF, bytes[start + 1] == 0xBB,
        bytes[start + 2] == 0xBF
      {
        position += 3
      }
    }
    return position == bytes.count ? nil : position
  }

  private func plainField(
    in bytes: Span<UInt8>, from start: Int, isAll: Bool
  ) throws(ResultsError) -> Found? {
    var position = start
    var union: UInt8 = 0
    while position < bytes.count {
      let byte = bytes[position]
      // Letters, digits, points and minus signs stand above the comma: one look passes over them.
      if byte <= Self.comma,
        byte == Self.comma || byte == Self.newline || byte == Self.carriageReturn
          || byte == Self.quote
      {
        break
      }
      union |= byte
      position += 1
    }
    try requireUsualLength(position - start)
    if position == bytes.count {
      guard isAll else { return nil }
    } else if bytes[position] == Self.quote {
      throw malformed("a quote inside an unquoted field; quote the whole field")
    }
    return Found(
      field: Field(start: start, end: position, hasDoubledQuotes: false), delimiter: position,
      isASCII: union < 0x80)
  }

  /// - Parameter start: behind the opening quote.
  private mutating func quotedField(
    in bytes: Span<UInt8>, from start: Int, isAll: Bool
  ) throws(ResultsError) -> Found? {
    var position = start
    var doubledQuotes = 0
    var union: UInt8 = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == Self.quote {
        if position + 1 == bytes.count {
          guard isAll else { return nil }
          break
        }
        guard bytes[position + 1] == Self.quote else { break }
        doubledQuotes += 1
        position += 1
      } else if byte == Self.newline {
        line += 1
      }
      union |= byte
      position += 1
    }
    try requireUsualLength(position - start - doubledQuotes)
    guard position < bytes.count else {
      guard isAll else { return nil }
      throw malformed(
        "the file ends inside a quoted field that began in row line \(rowLine); "
          + "the last row is torn: remove it")
    }
    let delimiter = position + 1
    if delimiter < bytes.count {
      let byte = bytes[delimiter]
      guard byte == Self.comma || byte == Self.newline || byte == Self.carriageReturn else {
        throw malformed("text after a closing quote; double the quotes inside the field")
      }
    }
    return Found(
      field: Field(start: start, end: position, hasDoubledQuotes: doubledQuotes > 0),
      delimiter: delimiter, isASCII: union < 0x80)
  }

  /// Behind the line end that stands at `position`; nil if half of it is not there yet.
  private func endOfRow(
    in bytes: Span<UInt8>, at position: Int, isAll: Bool
  ) throws(ResultsError) -> Int? {
    guard position < bytes.count else { return position }
    if bytes[position] == Self.newline { return position + 1 }
    guard position + 1 < bytes.count else { return isAll ? position + 1 : nil }
    guard bytes[position + 1] == Self.newline else {
      throw malformed("a carriage return inside a row; quote the field or remove it")
    }
    return position + 2
  }

  private mutating func take(_ found: Found, in bytes: Span<UInt8>) throws(ResultsError) {
    guard fields.count < Self.mostFields else {
      throw malformed("more than \(Self.mostFields) fields; is this a CSV file?")
    }
    let field = found.field
    guard found.isASCII || bytes.extracting(field.start..<field.end).isUTF8 else {
      throw malformed("field \(fields.count + 1) is not UTF-8; save the file as UTF-8")
    }
    fields.append(field)
  }

  private func requireUsualLength(_ count: Int) throws(ResultsError) {
    guard count <= Self.mostFieldBytes else {
      throw malformed("a field is longer than \(Self.mostFieldBytes) bytes; is this a CSV file?")
    }
  }

  private func malformed(_ what: String) -> ResultsError {
    ResultsError(.malformed, "\(path):\(line): \(what)")
  }
}

extension Span<UInt8> {
  fileprivate var isUTF8: Bool {
    do {
      _ = try UTF8Span(validating: self)
      return true
    } catch {
      return false
    }
  }

  /// What a quoted field says: of two quotes only one.
  fileprivate func withoutDoubledQuotes() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    var position = 0
    while position < count {
      bytes.append(self[position])
      position += self[position] == UInt8(ascii: "\"") ? 2 : 1
    }
    return bytes
  }
}
