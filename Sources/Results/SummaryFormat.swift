import Trials

/// How a summary is written to standard output.
public enum SummaryFormat: String, CaseIterable, Sendable {
  /// Aligned text for a terminal.
  case table
  /// What summary.csv holds.
  case csv
  /// An array with an object for each row of summary.csv, each with its run.
  case json
  /// Pipe tables for a page or an issue.
  case markdown
}

/// What a result can be shown as a multiple of.
public enum Yardstick: CaseIterable, Sendable {
  /// What hardware and kernel charge at least; of sleeping sides a reference hand-off.
  case floor
  /// A cache line's round trip around the trial itself.
  case probe
}

extension Summary {
  /// The whole text, with its last newline.
  ///
  /// - Parameter yardsticks: what tables show each row as a multiple of, too. CSV and JSON always have
  ///   both.
  public func text(as format: SummaryFormat, relativeTo yardsticks: Set<Yardstick> = []) -> String {
    switch format {
    case .table: SummaryTables(self, relativeTo: yardsticks).plainText()
    case .markdown: SummaryTables(self, relativeTo: yardsticks).markdown()
    case .csv: csv()
    case .json: json()
    }
  }

  func csv() -> String {
    var text = ""
    forEachPart { text += $0 }
    return text
  }

  /// Hands over summary.csv in parts of whole lines: where every trial has a configuration of its own,
  /// it is larger than the run.
  func forEachPart<Failure: Error>(_ body: (String) throws(Failure) -> Void) throws(Failure) {
    try body(CSV.header(SummaryRow.columns))
    for group in groups {
      try body(rows(of: group).map { CSV.line($0, SummaryRow.columns) }.joined())
    }
  }

  /// Keys in the order of the columns; what was not measured is null.
  private func json() -> String {
    let objects = rows.map { row in
      let members = SummaryRow.columns.map { column in
        "\(JSON.quoted(column.name)): \(jsonValue(column.text(row), column.type))"
      }
      return "  {" + (["\"run_id\": \(JSON.quoted(runID))"] + members).joined(separator: ", ") + "}"
    }
    return objects.isEmpty ? "[]\n" : "[\n" + objects.joined(separator: ",\n") + "\n]\n"
  }

  private func jsonValue(_ text: String, _ type: FieldType) -> String {
    guard !text.isEmpty else { return "null" }
    switch type {
    case .integer, .number, .boolean: return text
    case .string, .datetime: return JSON.quoted(text)
    }
  }
}
