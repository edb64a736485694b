import Paths

/// A piece of HTML that is put together from text and other pieces: what comes from a file or a user is
/// always escaped.
struct HTML: Sendable, ExpressibleByStringInterpolation {
  let text: String

  /// Markup of our own, as it is.
  init(stringLiteral markup: String) { text = markup }

  init(stringInterpolation interpolation: StringInterpolation) { text = interpolation.text }

  private init(markup: String) { text = markup }

  /// One after the other, a line each.
  static func lines(_ pieces: [HTML]) -> HTML {
    HTML(markup: pieces.map(\.text).joined(separator: "\n"))
  }

  static let none: HTML = ""

  /// The page's own style sheet.
  static func style(_ sheet: String) -> HTML { HTML(markup: sheet) }

  /// A script in its element: see `PageScripts`.
  static func script(_ code: String) -> HTML { HTML(markup: "<script>\(code)</script>") }

  /// JSON in a script element: no `<` that could begin a tag, which JSON allows to write otherwise.
  static func json(_ value: JSONText) -> HTML {
    HTML(markup: value.text.replacing("<", with: "\\u003c"))
  }

  /// The text of a JSON value.
  struct JSONText {
    let text: String
  }

  /// What a reader is to see as it is written; what would not be seen, or would turn the text round, is
  /// spelled out.
  static func escaped(_ text: String) -> HTML {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for character in text.shownInLines.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return HTML(markup: escaped)
  }

  struct StringInterpolation: StringInterpolationProtocol {
    var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }

    /// Text is escaped, whether it stands between tags or in an attribute's quotes.
    mutating func appendInterpolation(_ text: String) { self.text += HTML.escaped(text).text }
    mutating func appendInterpolation(_ piece: HTML) { text += piece.text }
    mutating func appendInterpolation(_ number: Int) { text += String(number) }
  }
}
