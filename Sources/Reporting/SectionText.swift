import Paths
import Results

/// A section without its pictures, for a terminal or a page.
extension ReportSection {
  /// As wide as a terminal is at least.
  private static let lineWidth = 100

  /// With its last newline.
  package func plainText() -> String {
    let title = title.shown
    let heading = "\(title)\n\(String(repeating: "=", count: title.count))"
    let words = paragraphs.map { Self.wrapped($0.shown, width: Self.lineWidth) }
    return ([heading] + words + tables.map { $0.plainText() })
      .joined(separator: "\n\n") + "\n"
  }

  /// With its last newline; the title is a heading of the second level.
  package func markdown() -> String {
    (["## \(title.shown)"] + paragraphs.map(\.shown) + tables.map { $0.markdown() })
      .joined(separator: "\n\n") + "\n"
  }

  /// Broken at spaces; a word that is wider than a line has one of its own.
  static func wrapped(_ text: String, width: Int) -> String {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    return (lines + [line]).joined(separator: "\n")
  }
}
