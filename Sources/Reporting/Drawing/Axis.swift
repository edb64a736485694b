import Glibc
import Results

/// One axis of a chart: what it shows, in which unit, from where to where.
///
/// The ends are worked out here and not left to Vega, so that all panels of a chart share them, and so
/// that labels can be kept apart by where they will stand.
struct Axis: Sendable {
  enum Unit: Sendable {
    case nanoseconds, bytes, bytesPerSecond, messagesPerSecond
    /// How many times something.
    case times
    /// 1 / (1 − p), written as p.
    case percentile
    case minutes
  }

  let title: String
  let unit: Unit
  let isLogarithmic: Bool
  let domain: ClosedRange<Double>
  let ticks: [Double]

  /// Room for marks between the outermost values and the ends, as a part of the axis.
  private static let margin = 0.05

  /// A logarithmic axis over these values; those that are not above 0 have no place on it.
  ///
  /// - Parameter ticks: nil for round numbers.
  init(_ title: String, _ unit: Unit, over values: [Double], ticks: [Double]? = nil) {
    self.title = title
    self.unit = unit
    isLogarithmic = true
    let drawn = values.filter { $0 > 0 && $0.isFinite }
    let (least, most) = (drawn.min() ?? 1, drawn.max() ?? 10)
    // A single value stands in the middle.
    let span = max(log10(most / least), 0.1)
    let margin = pow(10, span * Self.margin)
    domain = (least / margin)...(max(most, least * 1.05) * margin)
    self.ticks =
      ticks.map { [domain] in $0.filter(domain.contains) } ?? Self.roundNumbers(in: domain)
  }

  /// A linear axis from 0.
  init(_ title: String, _ unit: Unit, upTo greatest: Double) {
    self.title = title
    self.unit = unit
    isLogarithmic = false
    let end = greatest > 0 && greatest.isFinite ? greatest : 1
    domain = 0...end
    let step = Self.roundStep(end / 5)
    ticks = (0...Int(end / step)).map { Double($0) * step }
  }

  /// 1, 2 or 5 times a power of ten, the nearest that is not smaller.
  private static func roundStep(_ least: Double) -> Double {
    let power = pow(10, floor(log10(least)))
    return ([1, 2, 5].map { $0 * power }.first { $0 >= least * 0.999 }) ?? 10 * power
  }

  /// Powers of ten, with more in between the fewer there are.
  static func roundNumbers(in domain: ClosedRange<Double>) -> [Double] {
    let decades = log10(domain.upperBound / domain.lowerBound)
    let steps: [Double] =
      decades > 2.3
      ? [1] : decades > 1 ? [1, 2, 5] : decades > 0.4 ? [1, 1.5, 2, 3, 4, 5, 7] : tenths
    let exponents =
      Int(floor(log10(domain.lowerBound)))...Int(ceil(log10(domain.upperBound)))
    let all = exponents.flatMap { exponent in steps.map { $0 * pow(10, Double(exponent)) } }
      .filter(domain.contains)
    // Of a very short axis not every tenth can be written.
    let stride = steps.count == tenths.count ? (all.count + 5) / 6 : 1
    return all.enumerated().filter { $0.offset % max(1, stride) == 0 }.map(\.element)
  }

  private static let tenths = (10..<100).map { Double($0) / 10 }

  /// Where a value stands, from 0 at the lower end to 1 at the upper.
  func fraction(of value: Double) -> Double {
    let (low, high) = (domain.lowerBound, domain.upperBound)
    return isLogarithmic ? log10(value / low) / log10(high / low) : (value - low) / (high - low)
  }

  /// The value that stands there.
  func value(at fraction: Double) -> Double {
    let (low, high) = (domain.lowerBound, domain.upperBound)
    return isLogarithmic ? low * pow(high / low, fraction) : low + (high - low) * fraction
  }
}

// MARK: - For Vega-Lite

extension Axis {
  var scale: JSON {
    // Its domain says where it begins; Vega-Lite warns of a "zero" that has no place on it.
    [
      "type": isLogarithmic ? "log" : "linear", "nice": false,
      "domain": [.number(domain.lowerBound), .number(domain.upperBound)],
    ]
  }

  /// - Parameter isLabelled: false where a neighbouring panel has the title and the labels already.
  func guide(isLabelled: Bool = true) -> JSON {
    [
      "title": isLabelled ? .string(title) : .null, "labels": .boolean(isLabelled),
      "values": .array(ticks.map { .number($0) }), "labelExpr": .string(unit.expression),
    ]
  }

}

/// The two axes of a panel, as all of its layers have to name them: Vega-Lite makes one axis of many
/// only if they are the same.
struct PanelAxes: Sendable {
  var horizontal: Axis
  var vertical: Axis
  /// false where a neighbour has the title and the labels already.
  var labelsVertical = true
  var labelsHorizontal = true

  /// The channel of a mark whose value is in this field.
  func x(_ field: String) -> JSON { Self.channel(field, horizontal, labelsHorizontal) }
  func y(_ field: String) -> JSON { Self.channel(field, vertical, labelsVertical) }

  private static func channel(_ field: String, _ axis: Axis, _ isLabelled: Bool) -> JSON {
    [
      "field": .string(field), "type": "quantitative", "scale": axis.scale,
      "axis": axis.guide(isLabelled: isLabelled),
    ]
  }
}

extension Axis.Unit {
  /// How Vega writes a tick's label.
  var expression: String {
    func scaled(_ units: [Quantity.Unit]) -> String {
      // Rounded up a little: 1000 comes out of a logarithm as 999.9999.
      units.dropLast().enumerated().reduce("") { text, unit in
        text + "datum.value < \(Self.number(0.9995 * units[unit.offset + 1].size)) ? "
          + "\(Self.format(divisor: unit.element.size)) + ' \(unit.element.name)' : "
      } + (units.last.map { "\(Self.format(divisor: $0.size)) + ' \($0.name)'" } ?? "''")
    }
    switch self {
    case .nanoseconds: return scaled(Quantity.time)
    case .bytesPerSecond: return scaled(Quantity.byteRate)
    case .messagesPerSecond: return scaled(Quantity.messageRate)
    case .bytes:
      return "datum.value < 1024 ? datum.value + ' B' : datum.value < 1048576 ? "
        + "format(datum.value / 1024, '~g') + ' KiB' : datum.value < 1073741824 ? "
        + "format(datum.value / 1048576, '~g') + ' MiB' : "
        + "format(datum.value / 1073741824, '~g') + ' GiB'"
    case .times: return "format(datum.value, '.3~r') + '×'"
    case .percentile: return "format(100 - 100 / datum.value, '.7~g')"
    case .minutes: return "format(datum.value, '~g') + ' min'"
    }
  }

  private static func format(divisor: Double) -> String {
    "format(datum.value / \(number(divisor)), '.3~r')"
  }

  private static func number(_ value: Double) -> String { JSON.number(value).text }
}
