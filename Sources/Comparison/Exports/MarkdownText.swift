/// Text that GitHub-flavoured Markdown shows as it is: <https://github.github.com/gfm/>.
package enum MarkdownText {
  /// On one line, without control characters. What may mean something is preceded by a backslash (section 6.1); `&` and `<` become
  /// references, since what is folded stands inside of HTML, where a backslash means nothing.
  ///
  /// A bar is left to the table that ends cells with it.
  package static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\\", "`", "*", "_", "[", "]", "#", "~", "@": escaped += "\\\(character)"
      case _ where character.isNewline: escaped += " "
      case "\u{0}"..<" ": escaped += "\u{FFFD}"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
