/// Durations as people write them: `100ns`, `10us` or `10µs`, `1.5ms`, `5s`.
public enum TimeSpan {
  /// - Parameter allowingZero: Whether `0s` has a meaning, as it has for a warm-up.
  /// - Returns: The duration in nanoseconds. It is exact: whatever no whole number of nanoseconds
  ///   can express is refused, not rounded.
  public static func parse(
    _ text: String, allowingZero: Bool = false
  ) throws(QuantityError) -> UInt64 {
    func refuse(_ problem: QuantityProblem) -> QuantityError {
      QuantityError(input: text, kind: .duration, problem: problem)
    }
    let scanned = try ScannedQuantity(text, .duration)
    guard !scanned.unit.isEmpty else { throw refuse(.missingUnit) }
    let written = String(scanned.unit)
    guard let unit = units.first(where: { $0.name == written || $0.signs.contains(written) }) else {
      throw refuse(.unknownUnit(String(scanned.unit)))
    }
    guard scanned.fraction.count <= unit.decimals else { throw refuse(.finerThanNanosecond) }
    // Written out in nanoseconds, the number is its digits and zeros: no arithmetic to round it.
    let zeros = String(repeating: "0", count: unit.decimals - scanned.fraction.count)
    guard let nanoseconds = UInt64(scanned.whole + scanned.fraction + zeros) else {
      throw refuse(.tooLarge(limit: format(UInt64.max)))
    }
    guard nanoseconds > 0 || allowingZero else { throw refuse(.zero) }
    return nanoseconds
  }

  /// Parses durations between commas, without repetitions.
  public static func parseList(_ text: String) throws(QuantityError) -> [UInt64] {
    var spans: [UInt64] = []
    for item in text.commaSeparated() { spans.append(try parse(String(item))) }
    return spans.withoutDuplicates()
  }

  /// The shortest exact way to write a duration in one unit: `format(1_500_000_000)` is `1500ms`.
  /// `parse` reads it back to the same number.
  public static func format(_ nanoseconds: UInt64) -> String {
    for unit in units where nanoseconds.isMultiple(of: unit.nanoseconds) {
      return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
    }
    return "\(nanoseconds)ns"
  }

  private struct Unit {
    var name: String
    /// Other ways to write it.
    var signs: [String] = []
    var nanoseconds: UInt64
    /// How many decimals of the unit a nanosecond is.
    var decimals: Int
  }

  /// Largest first.
  private static let units = [
    Unit(name: "s", nanoseconds: 1_000_000_000, decimals: 9),
    Unit(name: "ms", nanoseconds: 1_000_000, decimals: 6),
    // The micro sign, which tables print, and the Greek letter, which keyboards have.
    Unit(name: "us", signs: ["\u{B5}s", "\u{3BC}s"], nanoseconds: 1000, decimals: 3),
    Unit(name: "ns", nanoseconds: 1, decimals: 0),
  ]
}
