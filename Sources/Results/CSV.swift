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
