import Results

/// A name beside the end of each line, in place of a legend: nobody has to match colours.
///
/// The text is in the colour of text, for yellow letters cannot be read; the line's mark stands before
/// it.
struct LineLabels: Sendable {
  struct Label: Sendable {
    var text: String
    var mechanism: String
    /// Where its line ends, in the units of the axes.
    var x: Double
    var y: Double
    /// Drawn hollow, as its line's marks are.
    var isHollow = false
  }

  var labels: [Label]
  var mechanisms: [String]
  var axes: PanelAxes
  var width: Int
  var height: Int

  private static let lineHeight = 12.5
  /// From the panel's edge: end of the leader, mark, text.
  private static let offsets = (leader: 7, mark: 12, text: 19)

  var layers: [JSON] {
    guard !labels.isEmpty else { return [] }
    let size = Double(height)
    let spread = LabelSpacing.spread(
      labels.map { (1 - axes.vertical.fraction(of: $0.y)) * size }, distance: Self.lineHeight,
      // Half a line stays free at both ends, or else the text would push the panel's title away.
      within: (Self.lineHeight / 2)...(size - Self.lineHeight / 2))
    let rows = zip(labels, spread).map { label, pixels -> [JSON.Member] in
      [
        JSON.Member("label", .string(label.text)),
        JSON.Member(MechanismEncoding.field, .string(label.mechanism)),
        JSON.Member("x", .number(label.x)), JSON.Member("y", .number(label.y)),
        JSON.Member("label_y", .number(axes.vertical.value(at: 1 - pixels / size))),
        JSON.Member("hollow", .boolean(label.isHollow)),
      ]
    }
    let colour = MechanismEncoding.colour(mechanisms)
    let place = JSON.Member("y", axes.y("label_y"))
    func edge(_ offset: Int) -> JSON { ["value": .integer(width + offset)] }
    let leader = Layer(
      rows: rows, mark: ["type": "rule", "strokeWidth": 0.8, "opacity": 0.7],
      encoding: [
        JSON.Member("x", axes.x("x")), JSON.Member("x2", edge(Self.offsets.leader)),
        JSON.Member("y", axes.y("y")), JSON.Member("y2", ["field": "label_y"]),
        JSON.Member("color", colour),
      ])
    let text = Layer(
      rows: rows, mark: ["type": "text", "align": "left", "baseline": "middle"],
      encoding: [
        JSON.Member("x", edge(Self.offsets.text)), place,
        JSON.Member("text", ["field": "label", "type": "nominal"]),
      ])
    let marks = marks(rows, colour, place, edge(Self.offsets.mark))
    return [leader.specification, marks, text.specification]
  }

  private func marks(
    _ rows: [[JSON.Member]], _ colour: JSON, _ place: JSON.Member, _ edge: JSON
  ) -> JSON {
    Layer(
      rows: rows, mark: ["type": "point", "size": 42, "opacity": 1, "strokeWidth": 1.3],
      encoding: [
        JSON.Member("x", edge), place, JSON.Member("stroke", colour),
        JSON.Member("fill", HollowMark.fill(colour, hollowWhere: "datum.hollow")),
        JSON.Member("shape", MechanismEncoding.shape(mechanisms)),
      ]
    ).specification
  }
}

/// Marks whose inside is the page's colour where a condition holds.
enum HollowMark {
  /// - Parameters:
  ///   - colour: the channel of all other marks.
  ///   - test: a Vega expression.
  static func fill(_ colour: JSON, hollowWhere test: String) -> JSON {
    guard case .object(let members) = colour else { return colour }
    return .object(
      [
        JSON.Member(
          "condition", ["test": .string(test), "value": .string(ChartTheme.paper)])
      ] + members)
  }
}
