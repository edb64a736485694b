/// How a comparison is written.
public enum ComparisonFormat: String, CaseIterable, Sendable {
  /// Aligned text for a terminal.
  case table
  /// Pipe tables for a page or an issue.
  case markdown
  /// A line for each row.
  case csv
  /// All that is known.
  case json
}

/// Which rows are written; what is said about all of them together is about all of them.
public enum RowChoice: String, CaseIterable, Sendable {
  case all
  /// Without those that are the same on both sides.
  case changed
}

extension Comparison {
  /// The whole text, with its last newline.
  public func text(as format: ComparisonFormat, only choice: RowChoice = .all) -> String {
    let shown = choice == .all ? rows : rows.filter { $0.verdict != .same }
    return switch format {
    case .table: ComparisonTables(self, showing: shown).plainText()
    case .markdown: ComparisonTables(self, showing: shown).markdown()
    case .csv: csv(shown)
    case .json: json(shown).indentedText() + "\n"
    }
  }
}
