import Results
import Trials

/// Stacked bars of what a round trip goes into, as shares of the round trip, so that sizes which differ
/// ten thousandfold have room in one picture.
enum DecompositionChart {
  /// - Parameter number: tells the charts of a run apart that has more than one; nil for a single one.
  static func chart(of all: [Decomposition], titled title: String, number: Int?) -> Chart {
    Chart(
      name: "decomposition" + (number.map { "-\($0)" } ?? ""),
      title: "Where the time of a round trip goes, \(title)",
      caption: caption(all), specification: specification(all))
  }

  private static func caption(_ all: [Decomposition]) -> String {
    let touches = all.map(\.setting.touch.rawValue).withoutDuplicates()
    return
      "Shares of the median round trip, touch \(Phrase.list(touches)): the bars add up to the line at "
      + "100 %, the measured round trip, which is written beside each. Bars to the left of 0 are "
      + "negative: the parts together come to more than was measured."
  }

  private static func specification(_ all: [Decomposition]) -> JSON {
    let payloads = Set(all.map(\.payloadBytes)).sorted().map { JSON.string(Quantity.bytes($0)) }
    let names = all.map(\.contender.name).withoutDuplicates().map { JSON.string($0) }
    let parts = Part.allCases.filter { part in all.contains { $0.nanoseconds(part) != nil } }
    let size: JSON = [
      "field": "payload", "type": "ordinal", "title": "payload", "sort": .array(payloads),
    ]
    return [
      "data": ["values": .array(all.flatMap(rows))],
      "facet": [
        "field": "mechanism", "type": "nominal", "title": .null, "sort": .array(names),
        "header": ["labelFontSize": 13, "labelFontWeight": "bold"],
      ],
      "columns": 2,
      "spacing": ["column": 70, "row": 30],
      "spec": [
        "width": 260, "height": .object([.init("step", 22)]),
        "layer": [bars(size, parts), whole, label(size)],
      ],
      "resolve": ["axis": ["x": "independent", "y": "independent"]],
    ]
  }

  private static func bars(_ size: JSON, _ parts: [Part]) -> JSON {
    [
      "mark": ["type": "bar"],
      "encoding": [
        "y": size,
        "x": [
          "field": "share", "type": "quantitative", "stack": "zero",
          "title": "share of the measured round trip (%)", "axis": ["format": ".0%"],
        ],
        "color": [
          "field": "part", "type": "nominal", "title": "part",
          "scale": [
            "domain": .array(parts.map { .string($0.rawValue) }),
            "range": .array(parts.map { .string($0.colour) }),
          ],
          "legend": ["orient": "bottom", "columns": 6],
        ],
        "order": ["field": "order", "type": "quantitative"],
        "tooltip": [
          ["field": "mechanism", "title": "mechanism"], ["field": "payload", "title": "payload"],
          ["field": "part", "title": "part"], ["field": "time", "title": "time"],
          ["field": "share", "title": "share", "format": ".1%"],
          ["field": "source", "title": "from"], ["field": "whole", "title": "round trip"],
        ],
      ],
    ]
  }

  private static let whole: JSON = [
    "mark": ["type": "rule", "strokeDash": [4, 3]],
    "encoding": ["x": ["datum": 1]],
  ]

  private static func label(_ size: JSON) -> JSON {
    [
      "transform": [["filter": .string("datum.part == '\(Part.rest.rawValue)'")]],
      "mark": ["type": "text", "align": "left", "dx": 6, "clip": false],
      "encoding": [
        "y": size, "x": ["value": "width"], "text": ["field": "whole", "type": "nominal"],
      ],
    ]
  }

  private static func rows(_ decomposition: Decomposition) -> [JSON] {
    decomposition.terms.map { term in
      [
        "mechanism": .string(decomposition.contender.name),
        "payload": .string(Quantity.bytes(decomposition.payloadBytes)),
        "part": .string(term.part.rawValue),
        "order": .integer(Part.allCases.firstIndex(of: term.part) ?? 0),
        "nanoseconds": .number(term.nanoseconds),
        "time": .string(Phrase.time(term.nanoseconds)),
        "share": .number(term.nanoseconds / decomposition.roundTripNanoseconds),
        "whole": .string(Phrase.time(decomposition.roundTripNanoseconds)),
        "source": .string(term.source),
      ]
    }
  }
}
