import Results

/// A part of the report: words, a table, pictures, in this order.
package struct ReportSection: Sendable {
  /// The anchor: letters, digits and `-`.
  package var name: String
  package var title: String
  /// Plain text, a paragraph each.
  package var paragraphs: [String]
  package var tables: [TextTable]
  package var charts: [Chart]

  package init(
    name: String, title: String, paragraphs: [String] = [], tables: [TextTable] = [],
    charts: [Chart] = []
  ) {
    self.name = name
    self.title = title
    self.paragraphs = paragraphs
    self.tables = tables
    self.charts = charts
  }
}
