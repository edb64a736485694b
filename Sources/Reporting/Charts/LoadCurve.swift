import Results
import Trials

/// The response time of paced messages against the rate that was offered, up to where a mechanism gives
/// in: the median above, the 99th percentile below.
enum LoadCurve {
  static let name = "load"
  static let title = "Response time against offered load"
  private static let height = 200

  static func offers(_ runs: [ReportRun]) -> [ChartOffer] {
    let panels = runs.panels(.paced) { groups in
      Set(groups.compactMap(\.configuration.workload.pace)).count > 1
    }
    guard let payload = panels.joined().flatMap(\.groups).map(\.payloadBytes).min() else {
      return [ChartOffer(name, title, leftOut: "no paced trials at two rates or more")]
    }
    return [ChartOffer(chart(panels, payload))]
  }

  /// A row of panels.
  private enum Figure: CaseIterable {
    case median, tail

    var metric: Metric { self == .median ? .latencyP50 : .latencyP99 }
    var axisTitle: String { self == .median ? "median response time" : "p99 response time" }
  }

  private static func chart(_ panels: [[PanelContent]], _ payload: Int) -> Chart {
    let lines = panels.map { row in row.map { loadLines(of: $0, payload) } }
    let steps = lines.joined().joined().flatMap(\.steps)
    let x = Axis("offered load", .messagesPerSecond, over: steps.map(\.messagesPerSecond))
    let mechanisms = panels.mechanisms
    let width = Panel.width(ofOneIn: panels.columns)
    let rows = Figure.allCases.flatMap { figure in
      let times = steps.filter(\.isReached).compactMap { $0.group.estimate(figure.metric)?.median }
      // Room for the crosses above all that was measured.
      let y = Axis(figure.axisTitle, .nanoseconds, over: times + [3 * (times.max() ?? 1)])
      return zip(panels, lines).map { row, lines in
        zip(row, lines).enumerated().map { column, panel in
          Panel(
            title: panel.0.title, width: width, height: height,
            layers: layers(
              panel.1, figure, mechanisms,
              PanelAxes(horizontal: x, vertical: y, labelsVertical: column == 0), width: width))
        }
      }
    }
    let size = Quantity.bytes(payload)
    let grid = PanelGrid(
      title: "\(title), \(size)",
      subtitle: panels.heldConstant + [
        "medians over trials; ring: the knee, up to which every rate was reached; cross at the top: rate "
          + "not reached"
      ], rows: rows)
    return Chart(
      name: name, title: "\(title), \(size)",
      caption:
        "Latency counts from when a message was due. A rate is reached if more than half of its trials "
        + "kept up with 99 % of it; the ring marks the knee, the highest rate up to which all were. "
        + "Crosses are rates that were not reached and therefore have no latency; their height says "
        + "nothing. \(panels.heldConstant.joined(separator: ". ")).",
      specification: grid.specification)
  }

  private static func loadLines(of content: PanelContent, _ payload: Int) -> [LoadLine] {
    content.curves.map { curve in
      let steps = content.groups(of: curve).filter { $0.payloadBytes == payload }
        .compactMap { LoadStep($0) }
      return LoadLine(
        curve: curve, steps: steps.sorted { $0.messagesPerSecond < $1.messagesPerSecond })
    }.filter { !$0.steps.isEmpty }
  }

  private static func row(
    _ step: LoadStep, _ curve: Curve, _ figure: Figure
  ) -> [JSON.Member] {
    let rate = step.messagesPerSecond
    let kept = "\(step.group.trials - step.group.failed) of \(step.group.trials)"
    var members = curve.members
    members.append(JSON.Member("offered_per_s", .number(rate)))
    members.append(
      JSON.Member("rate_text", .string(Quantity.text(rate, in: Quantity.messageRate))))
    members.append(JSON.Member("trials_text", .string(kept)))
    if step.isReached, let estimate = step.group.estimate(figure.metric) {
      let interval = estimate.interval.map { Quantity.text($0, in: Quantity.time) }
      members.append(JSON.Member("response", .number(estimate.median)))
      members.append(
        JSON.Member("response_text", .string(Quantity.text(estimate.median, in: Quantity.time))))
      members.append(JSON.Member("interval_text", .string(interval ?? "—")))
    }
    return members
  }

  private static func hasResponse(_ row: [JSON.Member]) -> Bool {
    row.contains { $0.name == "response" }
  }

  private static func layers(
    _ lines: [LoadLine], _ figure: Figure, _ mechanisms: [String], _ axes: PanelAxes, width: Int
  ) -> [JSON] {
    let rows = lines.flatMap { line in line.steps.map { row($0, line.curve, figure) } }
      .filter(hasResponse)
    let colour = MechanismEncoding.colour(mechanisms)
    let x = JSON.Member("x", axes.x("offered_per_s"))
    let y = JSON.Member("y", axes.y("response"))
    let line = Layer(
      rows: rows,
      mark: [
        "type": "line", "strokeWidth": 1.6, "strokeDash": figure == .tail ? [3, 3] : [1, 0],
      ],
      encoding: [
        x, y, JSON.Member("color", colour), JSON.Member("detail", MechanismEncoding.detail("line")),
      ])
    let points = Layer(
      rows: rows, mark: ["type": "point", "size": 26, "opacity": 1, "filled": true],
      encoding: [
        x, y, JSON.Member("color", colour),
        JSON.Member("shape", MechanismEncoding.shape(mechanisms)),
        JSON.Member(
          "tooltip",
          Tooltip([
            "line": "mechanism", "rate_text": "offered", "response_text": figure.axisTitle,
            "interval_text": "95 % interval", "trials_text": "trials that kept up",
          ]).channel),
      ])
    return [line.specification, points.specification] + knees(lines, figure, axes)
      + crosses(lines, figure, mechanisms, axes)
      + labels(lines, figure, mechanisms, axes, width).layers
  }

  private static func knees(
    _ lines: [LoadLine], _ figure: Figure, _ axes: PanelAxes
  ) -> [JSON] {
    let rows = lines.compactMap { line in line.knee.map { row($0, line.curve, figure) } }
      .filter(hasResponse)
    guard !rows.isEmpty else { return [] }
    let rings = Layer(
      rows: rows,
      mark: [
        "type": "point", "shape": "circle", "size": 150, "filled": false, "strokeWidth": 1.3,
        "opacity": 1, "color": .string(ChartTheme.ink),
      ],
      encoding: [
        JSON.Member("x", axes.x("offered_per_s")), JSON.Member("y", axes.y("response")),
      ])
    return [rings.specification]
  }

  /// Along the top, each mechanism's a little below the one before, so that none hides another.
  private static func crosses(
    _ lines: [LoadLine], _ figure: Figure, _ mechanisms: [String], _ axes: PanelAxes
  ) -> [JSON] {
    let rows = lines.enumerated().flatMap { place, line in
      let top = axes.vertical.value(at: 1 - Double(8 + 8 * place) / Double(height))
      return line.steps.filter { !$0.isReached }.map { step in
        row(step, line.curve, figure) + [JSON.Member("top", .number(top))]
      }
    }
    guard !rows.isEmpty else { return [] }
    let cross = Layer(
      rows: rows,
      mark: [
        "type": "point", "size": 34, "strokeWidth": 1.8, "opacity": 1,
        "shape": .string(CrossMark.path),
      ],
      encoding: [
        JSON.Member("x", axes.x("offered_per_s")), JSON.Member("y", axes.y("top")),
        JSON.Member("stroke", MechanismEncoding.colour(mechanisms)),
        JSON.Member(
          "tooltip",
          Tooltip([
            "line": "mechanism", "rate_text": "offered", "trials_text": "trials that kept up",
          ]).channel),
      ])
    return [cross.specification]
  }

  /// With the knee's rate, which would cover other lines if it stood beside the ring.
  private static func labels(
    _ lines: [LoadLine], _ figure: Figure, _ mechanisms: [String], _ axes: PanelAxes, _ width: Int
  ) -> LineLabels {
    LineLabels(
      labels: lines.compactMap { line in
        let measured = line.steps.filter(\.isReached).compactMap { step in
          step.group.estimate(figure.metric).map { (step.messagesPerSecond, $0.median) }
        }
        guard let (rate, response) = measured.last else { return nil }
        let knee = line.knee.map {
          ", knee \(Quantity.text($0.messagesPerSecond, in: Quantity.messageRate))"
        }
        return LineLabels.Label(
          text: line.curve.name + (knee ?? ""), mechanism: line.curve.mechanism, x: rate,
          y: response, isHollow: line.curve.isInPlace)
      }, mechanisms: mechanisms, axes: axes, width: width, height: height)
  }
}

/// One offered rate of a mechanism.
struct LoadStep: Sendable {
  let group: Summary.Group
  let messagesPerSecond: Double

  init?(_ group: Summary.Group) {
    guard let pace = group.configuration.workload.pace else { return nil }
    self.group = group
    messagesPerSecond = pace.messagesPerSecond
  }

  /// More than half of its trials kept up.
  var isReached: Bool { 2 * group.failed < group.trials }
}

/// A mechanism over all rates that it was offered.
struct LoadLine: Sendable {
  var curve: Curve
  /// By ascending rate.
  var steps: [LoadStep]

  /// The highest rate up to which all were reached, where a higher one was not.
  var knee: LoadStep? {
    guard let firstLost = steps.firstIndex(where: { !$0.isReached }), firstLost > 0 else {
      return nil
    }
    return steps[firstLost - 1]
  }
}

extension Summary.Group {
  var payloadBytes: Int { configuration.workload.payloadBytes }
}
