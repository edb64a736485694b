import Paths

/// Text that GitHub-flavoured Markdown shows as it is: <https://github.github.com/gfm/>.
package enum MarkdownText {
  /// On one line, without control characters. What may mean something is preceded by a backslash (section 6.1); `&` and `<` become
  /// references, since what is folded stands inside of HTML, where a backslash means nothing.
  ///
  /// A bar is left to the table that ends cells with it.
  package static func escaped(_ text: String) -> String {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    var escaped = ""
    for character in lines.joined(separator: " ").shown {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\\", "`", "*", "_", "[", "]", "#", "~", "@": escaped += "\\\(character)"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
