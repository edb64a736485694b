import Results

/// One view of a chart, to stand beside others that share its axes.
struct Panel: Sendable {
  var title: String
  var subtitle = ""
  var width: Int
  var height: Int
  var layers: [JSON]

  var specification: JSON {
    let heading: JSON =
      subtitle.isEmpty
      ? .string(title) : ["text": .string(title), "subtitle": .string(subtitle)]
    return [
      "title": heading, "width": .integer(width), "height": .integer(height),
      "layer": .array(layers),
    ]
  }

  /// Three of them, with their labels, fill a page.
  static func width(ofOneIn columns: Int) -> Int {
    switch columns {
    case 1: 460
    case 2: 330
    default: 220
    }
  }
}

/// Panels in rows, below a chart's title.
struct PanelGrid: Sendable {
  var title: String
  /// What is held constant and how to read the marks, a line each.
  var subtitle: [String]
  var rows: [[Panel]]

  var specification: JSON {
    let heading: JSON = [
      "text": .string(title), "subtitle": .array(subtitle.map { .string($0) }), "fontSize": 14,
      "offset": 12,
    ]
    // A grid keeps columns in line; rows of unequal length are none.
    if Set(rows.map(\.count)).count == 1 {
      return [
        "title": heading, "columns": .integer(rows[0].count),
        "concat": .array(rows.joined().map(\.specification)),
      ]
    }
    return [
      "title": heading,
      "vconcat": .array(
        rows.map { row in ["hconcat": .array(row.map(\.specification))] }),
    ]
  }
}

/// A layer: a mark with its own data.
struct Layer: Sendable {
  var rows: [[JSON.Member]]
  var mark: JSON
  var encoding: [JSON.Member]

  var specification: JSON {
    [
      "data": ["values": .array(rows.map { .object($0) })], "mark": mark,
      "encoding": .object(encoding),
    ]
  }
}

/// How a mechanism's colour and mark get into a chart.
enum MechanismEncoding {
  static let field = "mechanism"

  /// - Parameter mechanisms: all that the chart shows, so that none is lost on its way to a legend.
  static func colour(_ mechanisms: [String]) -> JSON { scaled(mechanisms) { $0.colour } }

  static func shape(_ mechanisms: [String]) -> JSON { scaled(mechanisms) { $0.shape } }

  private static func scaled(
    _ mechanisms: [String], _ property: (MechanismStyle) -> String
  ) -> JSON {
    let ordered = MechanismStyle.ordered(mechanisms)
    return [
      "field": .string(field), "type": "nominal", "legend": .null,
      "scale": [
        "domain": .array(ordered.map { .string($0) }),
        "range": .array(ordered.map { .string(property(MechanismStyle.of($0))) }),
      ],
    ]
  }

  /// A channel that only serves to draw one path for each of its values.
  static func detail(_ field: String) -> JSON { ["field": .string(field), "type": "nominal"] }
}

/// What appears when a reader points at a mark, where scripts run.
struct Tooltip {
  private var fields: [(field: String, title: String)]

  init(_ fields: KeyValuePairs<String, String>) {
    self.fields = fields.map { ($0.key, $0.value) }
  }

  var channel: JSON {
    .array(
      fields.map { ["field": .string($0.field), "type": "nominal", "title": .string($0.title)] })
  }
}
