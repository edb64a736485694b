import Results

/// What all charts look like: colours, type, and what frames them.
enum ChartTheme {
  /// Text and what must be seen.
  static let ink = "#1b1f24"
  /// Labels of axes, and what is said beside the point.
  static let muted = "#57606a"
  static let grid = "#d8dee4"
  /// The page behind; also the halo that keeps text readable on top of lines.
  static let paper = "#ffffff"
  /// What a reader is warned of, whatever the mechanism: a disturbed trial.
  static let warning = "#c1121f"

  /// Liberation Sans is what vl-convert carries, and browsers have one of the others with the same
  /// widths, so that text takes the same room everywhere.
  private static let font = "Liberation Sans, Arial, Helvetica, sans-serif"

  private static let fontSize = 11

  /// Vega-Lite's `config`. <https://vega.github.io/vega-lite/docs/config.html>
  static let configuration: JSON = [
    "font": .string(font),
    "axis": [
      "labelColor": .string(muted), "titleColor": .string(ink), "gridColor": .string(grid),
      "domainColor": .string(muted), "tickColor": .string(muted),
      "labelFontSize": .integer(fontSize),
      "titleFontSize": .integer(fontSize), "titleFontWeight": "normal", "titlePadding": 8,
      "labelOverlap": "greedy", "labelSeparation": 6, "gridWidth": 0.7,
    ],
    "legend": [
      "labelColor": .string(ink), "titleColor": .string(ink), "labelFontSize": .integer(fontSize),
      "titleFontSize": .integer(fontSize), "titleFontWeight": "normal",
    ],
    "title": [
      "color": .string(ink), "subtitleColor": .string(muted), "anchor": "start", "fontSize": 12,
      "subtitleFontSize": .integer(fontSize), "fontWeight": "bold", "subtitlePadding": 4,
      "offset": 6,
    ],
    "header": ["labelColor": .string(ink), "titleColor": .string(ink)],
    "view": ["stroke": .string(grid)],
    "text": ["color": .string(ink), "fontSize": .integer(fontSize)],
    "rule": ["color": .string(muted)],
    "concat": ["spacing": 18],
  ]

  static let schema = "https://vega.github.io/schema/vega-lite/v5.json"
}

extension Chart {
  /// The chart as a file of its own: with title and footer, in the colours of all charts.
  ///
  /// - Parameter footer: whose numbers these are, a line each.
  func page(footer: [String]) -> JSON {
    var members: [JSON.Member] = [JSON.Member("$schema", .string(ChartTheme.schema))]
    members += framed(footer: footer)
    return .object(members)
  }

  /// The same for a page that has the scripts already, and must name nothing in the network.
  func embedded(footer: [String]) -> JSON { .object(framed(footer: footer)) }

  private func framed(footer: [String]) -> [JSON.Member] {
    [
      JSON.Member("config", ChartTheme.configuration),
      JSON.Member("background", .string(ChartTheme.paper)), JSON.Member("padding", 10),
      // A view has no footer in Vega-Lite, but the title of the whole may stand below it.
      JSON.Member(
        "title",
        [
          "text": .array(footer.map { .string($0) }), "orient": "bottom", "anchor": "start",
          "fontSize": 10, "fontWeight": "normal", "color": .string(ChartTheme.muted), "offset": 12,
        ]),
      JSON.Member("vconcat", [titled]),
    ]
  }

  /// The specification with the chart's title, unless it has one of its own.
  private var titled: JSON {
    guard case .object(let members) = specification,
      !members.contains(where: { $0.name == "title" })
    else { return specification }
    return .object(
      [JSON.Member("title", ["text": .string(title), "fontSize": 14, "offset": 12])] + members)
  }
}
