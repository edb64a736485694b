/// Text as XML 1.0 can hold it: <https://www.w3.org/TR/xml/>.
package enum XMLText {
  /// Fit for an attribute between quotation marks, and for what stands between tags.
  ///
  /// Line ends and tabs become references, because a reader turns them into spaces in an attribute
  /// (section 3.3.3). A character that XML cannot hold at all, not even as a reference (section 2.2),
  /// becomes the replacement character.
  package static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      // Only `]]>` needs it; always is simpler.
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\t", "\n", "\r": escaped += "&#\(scalar.value);"
      case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
