/// Numbers as people read them: three significant digits and a unit that keeps them short.
package enum Quantity {
  package struct Unit: Sendable {
    package let name: String
    package let size: Double
  }

  package static let time = [
    Unit(name: "ns", size: 1), Unit(name: "µs", size: 1e3), Unit(name: "ms", size: 1e6),
    Unit(name: "s", size: 1e9),
  ]
  /// Powers of ten, as for every other rate: 1 GB/s is 10⁹ bytes a second.
  package static let byteRate = [
    Unit(name: "B/s", size: 1), Unit(name: "kB/s", size: 1e3), Unit(name: "MB/s", size: 1e6),
    Unit(name: "GB/s", size: 1e9),
  ]
  package static let messageRate = [
    Unit(name: "/s", size: 1), Unit(name: "k/s", size: 1e3), Unit(name: "M/s", size: 1e6),
    Unit(name: "G/s", size: 1e9),
  ]

  /// `1.23 µs`.
  package static func text(_ value: Double, in units: [Unit]) -> String {
    let unit = fitting(value, in: units)
    return "\(significant(value / unit.size)) \(unit.name)"
  }

  /// `1.19–1.30 µs`: both ends in one unit, so that their distance can be seen.
  package static func text(_ range: ClosedRange<Double>, in units: [Unit]) -> String {
    let unit = fitting(range.upperBound, in: units)
    let ends = [range.lowerBound, range.upperBound].map { significant($0 / unit.size) }
    return "\(ends[0])–\(ends[1]) \(unit.name)"
  }

  /// A power of two in the units that the command line takes, bytes otherwise.
  package static func bytes(_ bytes: Int) -> String {
    for (shift, name) in [(30, "GiB"), (20, "MiB"), (10, "KiB")]
    where bytes >= 1 << shift && bytes % (1 << shift) == 0 {
      return "\(bytes >> shift) \(name)"
    }
    return "\(bytes) B"
  }

  /// Three significant digits without an exponent: `0.0123`, `1.23`, `12.3`, `123`, `1230`.
  package static func significant(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    var exponent = 0
    var magnitude = abs(value)
    // A Double spans 10^±324, so both loops end.
    while magnitude >= 10 {
      magnitude /= 10
      exponent += 1
    }
    while magnitude < 1 {
      magnitude *= 10
      exponent -= 1
    }
    var digits = (magnitude * 100).rounded()
    if digits >= 1000 {
      digits = 100
      exponent += 1
    }
    let sign = value < 0 ? "-" : ""
    let text = String(Int(digits))
    if exponent >= 2 { return sign + text + String(repeating: "0", count: exponent - 2) }
    if exponent >= 0 {
      return sign + text.prefix(exponent + 1) + "." + text.dropFirst(exponent + 1)
    }
    return sign + "0." + String(repeating: "0", count: -exponent - 1) + text
  }

  /// The largest unit in which the value, as it will be rounded, is at least 1.
  private static func fitting(_ value: Double, in units: [Unit]) -> Unit {
    // 999.5 is written as 1000, which is 1.00 of the next unit.
    units.last { abs(value) >= 0.9995 * $0.size } ?? units[0]
  }
}
