/// A row of a table with its place.
struct TableRow<Row> {
  /// From 1.
  var line: Int
  var row: Row
  /// The same number for rows that say the same in the repeated columns, from 0; nil once there were
  /// too many different ones.
  var kind: Int?
}

/// Reads a table by its header's names: columns may stand in any order, and unknown ones are passed
/// over, so that a later version's files stay readable.
struct TableReader<Row>: ~Copyable {
  /// A field of each row, and what becomes of it.
  private struct Place {
    var field: Int
    /// Its place in the table's definition.
    var column: Int
    /// Stores the field's value in the row, or only checks it; false if it is no such value.
    var take: @Sendable (Span<UInt8>, inout Row) -> Bool
    /// What needs no `take`, which most fields of a run are.
    var plain = Plain()
  }

  /// What a field that is only checked may be without anybody being asked: a call through a closure takes
  /// longer than the look at its few bytes.
  private struct Plain {
    var mayBeEmpty = false
    /// nil where it may be no whole number.
    var wholeNumbers: ClosedRange<Int>?

    func includes(_ text: Span<UInt8>) -> Bool {
      guard !text.isEmpty else { return mayBeEmpty }
      guard let wholeNumbers, let number = text.shortWholeNumber else { return false }
      return number >= wholeNumbers.lowerBound && number <= wholeNumbers.upperBound
    }
  }

  private var file: CSVFile
  private let fieldCount: Int
  private let columns: [Column<Row>]
  /// In the order of the table's definition, which a column may rely on.
  private var places: [Place] = []
  private var repeatedPlaces: [Place] = []
  private var repeatedFields: [Int] = []
  private var otherPlaces: [Place] = []
  private let blank: Row
  private var repetitions = Repetitions<Row>()

  /// - Parameters:
  ///   - blank: what a row is where the file has no column for it.
  ///   - stored: names of the columns that rows are wanted for; all, unless given.
  ///   - repeated: names of columns that say the same in many rows, and are read once for all of them.
  static func open(
    _ path: String, columns: [Column<Row>], blank: Row, storing stored: Set<String>? = nil,
    repeated: Set<String> = []
  ) throws(ResultsError) -> TableReader<Row> {
    var file = try CSVFile.open(path)
    guard try file.next() else {
      throw ResultsError(.malformed, "\(path):1: the file is empty; it needs a header row")
    }
    var fields: [String: Int] = [:]
    for (index, name) in file.texts.enumerated() {
      guard fields.updateValue(index, forKey: name) == nil else {
        throw ResultsError(
          .malformed, "\(path):1: column '\(name)' stands there twice; remove one")
      }
    }
    let missing = columns.filter { !$0.mayBeAbsent && fields[$0.name] == nil }.map(\.name)
    guard missing.isEmpty else {
      try refuseOtherSeparators(file.texts, columns, path)
      throw ResultsError(
        .malformed,
        "\(path):1: no column \(missing.map { "'\($0)'" }.joined(separator: ", ")); "
          + "give a file that ipcbench wrote")
    }
    var reader = TableReader(file: file, columns: columns, blank: blank)
    for (index, column) in columns.enumerated() {
      guard let field = fields[column.name] else { continue }
      var place = Place(field: field, column: index, take: column.store)
      if let stored, !stored.contains(column.name) {
        place.take = { (text: Span<UInt8>, _: inout Row) in column.accepts(text) }
        place.plain = Plain(
          mayBeEmpty: !column.isRequired,
          wholeNumbers: column.type == .integer ? column.limits : nil)
      }
      reader.add(place, isRepeated: repeated.contains(column.name))
    }
    return reader
  }

  /// Spreadsheets write semicolons where the decimal point is a comma, and tabs where they are asked to.
  private static func refuseOtherSeparators(
    _ header: [String], _ columns: [Column<Row>], _ path: String
  ) throws(ResultsError) {
    for (separator, name) in [(";", "semicolons"), ("\t", "tabs")] {
      let words = header.joined(separator: ",").split(separator: separator).map {
        String($0.drop { $0 == "\"" }.prefix { $0 != "\"" })
      }
      guard words.count(where: { word in columns.contains { $0.name == word } }) > 1 else {
        continue
      }
      throw ResultsError(
        .malformed,
        "\(path):1: the fields are separated by \(name); save the file with commas between them, and "
          + "with points in numbers")
    }
  }

  /// Which field of each row is a column's; nil where the file has no such column.
  func field(of column: String) -> Int? {
    places.first { columns[$0.column].name == column }?.field
  }

  /// Lends what a field of the row says.
  func withText<Value>(ofField index: Int, _ body: (Span<UInt8>) -> Value) -> Value {
    file.withFields { bytes, fields in fields[index].withText(in: bytes, body) }
  }

  private init(file: consuming CSVFile, columns: [Column<Row>], blank: Row) {
    fieldCount = file.fieldCount
    self.file = file
    self.columns = columns
    self.blank = blank
  }

  private mutating func add(_ place: Place, isRepeated: Bool) {
    places.append(place)
    if isRepeated {
      repeatedPlaces.append(place)
      repeatedFields.append(place.field)
    } else {
      otherPlaces.append(place)
    }
  }

  /// The next row, or nil at the end. Empty lines are passed over.
  mutating func next() throws(ResultsError) -> TableRow<Row>? {
    while try file.next() {
      if file.isBlank { continue }
      guard file.fieldCount == fieldCount else {
        throw ResultsError(
          .malformed,
          "\(file.path):\(file.line): \(file.fieldCount) fields, but the header has "
            + "\(fieldCount); restore or remove the row")
      }
      return try readRow()
    }
    return nil
  }

  private mutating func readRow() throws(ResultsError) -> TableRow<Row> {
    repetitions.makeKey(of: repeatedFields, in: file)
    if let (kind, start) = repetitions.known {
      var row = start
      try read(otherPlaces, into: &row)
      return TableRow(line: file.line, row: row, kind: kind)
    }
    var row = blank
    try read(places, into: &row)
    guard repetitions.hasRoom else { return TableRow(line: file.line, row: row, kind: nil) }
    var start = blank
    try read(repeatedPlaces, into: &start)
    return TableRow(line: file.line, row: row, kind: repetitions.learn(start))
  }

  private func read(_ places: [Place], into row: inout Row) throws(ResultsError) {
    let wrong = file.withFields { bytes, fields -> Int? in
      // Of a place as a whole a copy would be made, which takes longer than most of what it is for.
      places.indices.first { index in
        !fields[places[index].field].withText(in: bytes) { text in
          places[index].plain.includes(text) || places[index].take(text, &row)
        }
      }
    }
    guard let wrong else { return }
    let (text, column) = (file.texts[places[wrong].field], columns[places[wrong].column])
    throw ResultsError(
      .malformed,
      "\(file.path):\(file.line): \(column.name) is '\(text.prefix(100))'; write "
        + column.expectation)
  }
}

/// What is read once for all rows that say the same in some columns: a run has some hundred
/// configurations, and a million trials of them.
private struct Repetitions<Row> {
  /// Rows of further kinds are read whole, one by one: their number has no limit, and memory has one.
  private static var mostKinds: Int { 1 << 14 }

  /// The texts of the repeated columns.
  private struct Key: Hashable {
    var bytes: [UInt8] = []

    func hash(into hasher: inout Hasher) {
      // An array would be hashed byte by byte.
      bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
  }

  /// Made in place for each row.
  private var key = Key()
  private var kinds: [Key: Int] = [:]
  /// By kind: a row of which only the repeated columns were read.
  private var starts: [Row] = []

  mutating func makeKey(of fields: [Int], in file: borrowing CSVFile) {
    key.bytes.removeAll(keepingCapacity: true)
    file.withFields { bytes, found in
      for field in fields {
        found[field].withText(in: bytes) { text in
          text.withUnsafeBufferPointer { key.bytes.append(contentsOf: $0) }
        }
        // No byte of UTF-8: two keys are only equal if all their fields are.
        key.bytes.append(0xFF)
      }
    }
  }

  /// What rows of the key's kind begin as; nil for a kind that is new.
  var known: (kind: Int, start: Row)? {
    kinds[key].map { ($0, starts[$0]) }
  }

  var hasRoom: Bool { starts.count < Self.mostKinds }

  /// The number of the key's kind, which is new, and whose rows begin as `start`.
  mutating func learn(_ start: Row) -> Int {
    kinds[key] = starts.count
    starts.append(start)
    return starts.count - 1
  }
}
