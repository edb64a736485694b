import Results
import Trials

/// Measured values as parts of sentences.
enum Phrase {
  /// `a`, `a and b`, `a, b and c`.
  static func list(_ items: [String], _ conjunction: String = "and") -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " \(conjunction) \(last)"
  }

  static func sizes(_ payloads: [Int]) -> String { list(payloads.map(Quantity.bytes)) }

  /// From the first to the last of ascending sizes.
  static func span(_ payloads: [Int]) -> String {
    guard let first = payloads.first, let last = payloads.last, first != last else {
      return sizes(payloads)
    }
    return "\(Quantity.bytes(first)) to \(Quantity.bytes(last))"
  }

  static func time(_ nanoseconds: Double) -> String {
    Quantity.text(nanoseconds, in: Quantity.time)
  }

  /// `1.23×`.
  static func times(_ ratio: Double) -> String { "\(Quantity.significant(ratio))×" }

  /// `1.10–1.30×`; a dash without one.
  static func times(_ interval: ClosedRange<Double>?) -> String {
    guard let interval else { return "—" }
    return "\(Quantity.significant(interval.lowerBound))–\(times(interval.upperBound))"
  }

  /// `1.23× (1.10–1.30×)`, or where there is no interval `1.23× (no interval)`.
  static func times(_ speedup: Speedup) -> String {
    let interval = speedup.interval.map { times($0) } ?? "no interval"
    return "\(times(speedup.ratio)) (\(interval))"
  }

  /// `12 %`.
  static func percent(_ part: Double) -> String {
    "\(Int((min(max(part, -1e6), 1e6) * 100).rounded())) %"
  }

  /// `none`, `1`, `2` …
  static func number(_ number: Int) -> String { number == 0 ? "none" : "\(number)" }

  /// `none of 3 settings`, `2 of 3 settings`, `the only setting`.
  static func part(_ number: Int, of all: Int) -> String {
    if all == 1 { return number == 1 ? "the only setting" : "none of 1 setting" }
    return "\(self.number(number)) of \(all) settings"
  }

  static func capitalised(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }
}
