import Paths

/// A table for people: aligned in a terminal, or as Markdown. What its cells hold is shown as text, on one line.
package struct TextTable: Sendable {
  package struct Column: Sendable {
    /// Two lines in a terminal, one in Markdown.
    package var header: (upper: String, lower: String)
    package var alignsRight: Bool

    package init(_ upper: String, _ lower: String = "", alignsRight: Bool = false) {
      header = (upper, lower)
      self.alignsRight = alignsRight
    }
  }

  package var title: String
  package var columns: [Column]
  /// As many cells each as there are columns.
  package var rows: [[String]]

  package init(title: String, columns: [Column], rows: [[String]] = []) {
    self.title = title
    self.columns = columns
    self.rows = rows
  }

  /// Without the last newline. The second line of the header is there only if it says something.
  package func plainText() -> String {
    let upper = columns.map(\.header.upper)
    let lower = columns.map(\.header.lower)
    let hasSecondLine = lower.contains { !$0.isEmpty }
    let lines = (hasSecondLine ? [upper, lower] : [upper]) + rows.map { $0.map(\.shown) }
    let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let text = lines.map { cells in
      let padded = columns.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return columns[column].alignsRight ? space + cells[column] : cells[column] + space
      }
      var line = padded.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
    return ((title.isEmpty ? [] : [title.shown]) + text).joined(separator: "\n")
  }

  /// Without the last newline; the title is a heading of the third level.
  package func markdown() -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    let header = columns.map { column in
      [column.header.upper, column.header.lower].filter { !$0.isEmpty }.joined(separator: " ")
    }
    let rule = columns.map { $0.alignsRight ? "---:" : "---" }
    let heading = title.isEmpty ? [] : ["### \(title.shown)", ""]
    let body = rows.map { line($0.map(Self.escapedForMarkdown)) }
    return (heading + [line(header), line(rule)] + body).joined(separator: "\n")
  }

  /// A bar would end the cell.
  package static func escapedForMarkdown(_ text: String) -> String {
    text.shown.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
