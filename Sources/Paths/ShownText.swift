// Data may hold anything: a name in a file that somebody sent can clear the screen, set the window's title,
// or turn the text behind it round. Whatever is printed for people is text only.

extension StringProtocol {
  /// The text on one line, with all escaped that would do something to a terminal instead of being seen:
  /// control characters, line breaks among them, marks that change the direction of writing, and the bytes of a
  /// path that are no text. `a\x1Bb`, `a\nb`, `caf\xE9`, `\u{202E}`.
  package var shown: String { shown(keepingLines: false) }

  /// The same of a text that has lines of its own.
  package var shownInLines: String { shown(keepingLines: true) }

  private func shown(keepingLines: Bool) -> String {
    var shown = ""
    shown.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      if scalar == "\n" && keepingLines {
        shown.unicodeScalars.append(scalar)
      } else if let byte = scalar.keptByte {
        shown += byte.escape
      } else if scalar.value < 0x20 || scalar.value == 0x7F {
        shown += UInt8(scalar.value).escape
      } else if scalar.steersText {
        shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  /// The text of a JSON value with `\u` in place of what steers a terminal and may stand in JSON as it is. What it
  /// says is the same (RFC 8259, section 7).
  package var jsonWithoutControls: String {
    guard unicodeScalars.contains(where: { $0.steersText || $0.value == 0x7F }) else {
      return String(self)
    }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.steersText || scalar.value == 0x7F {
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  /// The C1 controls, of which U+009B begins an escape sequence (ECMA-48); line breaks of Unicode's own; and
  /// what changes the direction of writing (Unicode Standard Annex 9), with which a text can be made to read as
  /// another one.
  fileprivate var steersText: Bool {
    switch value {
    case 0x80...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

extension UInt8 {
  fileprivate var escape: String {
    switch self {
    case 0x09: return "\\t"
    case 0x0A: return "\\n"
    case 0x0D: return "\\r"
    case 0x20..<0x7F: return String(Character(Unicode.Scalar(self)))
    default:
      let digits = String(self, radix: 16, uppercase: true)
      return "\\x" + (digits.count < 2 ? "0" : "") + digits
    }
  }
}
