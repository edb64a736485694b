/// `value` with at most `places` decimal places: what is kept of a quotient.
///
/// A record holds the rounded value, so that it equals what is read back from its row.
package func rounded(_ value: Double, places: Int) -> Double {
  var scale = 1.0
  for _ in 0..<places { scale *= 10 }
  // Neighbouring Doubles are then further apart than the last place: nothing is left to round.
  guard abs(value) * scale < 0x1p53 else { return value }
  return (value * scale).rounded() / scale
}

/// A finite number in plain decimal digits: `.` as the point, no exponent, no trailing zeros, the
/// fewest digits that read back as the same value but never more than six decimal places.
package func decimalText(_ value: Double) -> String {
  let value = rounded(value, places: 6)
  guard abs(value) < 0x1p53 else {
    return Int64(exactly: value).map { String($0) } ?? String(value)
  }
  if value == value.rounded() { return String(Int64(value)) }
  // `description` is the shortest text that reads back, but below 1e-4 it takes an exponent.
  if abs(value) >= 1e-3 { return value.description }
  let millionths = padded(UInt64((abs(value) * 1e6).rounded()), to: 6)
  var text = (value < 0 ? "-0." : "0.") + millionths
  while text.hasSuffix("0") { text.removeLast() }
  return text
}

extension String {
  /// - Parameter utf8: valid, or else the text has replacement characters.
  init(utf8: Span<UInt8>) {
    self = utf8.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }
}

extension Span<UInt8> {
  /// Whether these are the bytes of the text.
  func says(_ text: String) -> Bool {
    guard count == text.utf8.count else { return false }
    var position = 0
    for byte in text.utf8 {
      guard self[position] == byte else { return false }
      position += 1
    }
    return true
  }

  /// What up to 18 digits and nothing else say: few enough never to overflow. nil is no verdict on
  /// longer texts, or on those with a sign.
  var shortWholeNumber: UInt64? {
    guard (1...18).contains(count) else { return nil }
    var number: UInt64 = 0
    for position in 0..<count {
      guard let digit = digit(at: position) else { return nil }
      number = number * 10 + digit
    }
    return number
  }

  /// What up to 18 digits, with or without a point among them, say, where it takes one rounding; nil is no
  /// verdict on other texts.
  ///
  /// A whole number up to 2^53 and a power of ten up to 10^22 are exact as Doubles, so that their quotient
  /// is the nearest one there is to the text (W. D. Clinger, "How to Read Floating Point Numbers
  /// Accurately", PLDI 1990, <https://doi.org/10.1145/93542.93557>).
  var shortDecimal: Double? {
    guard (1...19).contains(count) else { return nil }
    var number: UInt64 = 0
    var digits = 0
    var scale = 1.0
    var hasPoint = false
    for position in 0..<count {
      if let digit = digit(at: position) {
        number = number &* 10 &+ digit
        digits += 1
        if hasPoint { scale *= 10 }
      } else {
        // Of a point before all digits or behind them, the standard library may judge.
        guard self[position] == UInt8(ascii: "."), !hasPoint, digits > 0, position + 1 < count
        else { return nil }
        hasPoint = true
      }
    }
    guard digits <= 18, number <= 1 << 53 else { return nil }
    return Double(number) / scale
  }

  /// Whether this is a number as files of figures have it: digits, a point among them, a minus sign before
  /// them, a power of ten behind them. The standard library also reads `0x10`, `+1`, `nan` and `inf`.
  var isPlainNumber: Bool {
    var position = 0
    func skip(_ wanted: StaticString) {
      wanted.withUTF8Buffer { wanted in
        if position < count, wanted.contains(self[position]) { position += 1 }
      }
    }
    func skipDigits() -> Int {
      let start = position
      while position < count, digit(at: position) != nil { position += 1 }
      return position - start
    }
    skip("-")
    var digits = skipDigits()
    skip(".")
    digits += skipDigits()
    guard digits > 0 else { return false }
    guard position < count else { return true }
    let mantissa = position
    skip("eE")
    guard position > mantissa else { return false }
    skip("+-")
    return skipDigits() > 0 && position == count
  }

  private func digit(at position: Int) -> UInt64? {
    let digit = self[position] &- UInt8(ascii: "0")
    return digit < 10 ? UInt64(digit) : nil
  }
}
