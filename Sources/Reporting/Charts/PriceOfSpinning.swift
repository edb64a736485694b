import Results
import Trials

/// What a round trip takes against what it burns on both sides: what spinning buys, and for how much.
enum PriceOfSpinning {
  static let name = "cpu"
  static let title = "The price of spinning: CPU time against latency"
  private static let height = 270

  static func offers(_ runs: [ReportRun]) -> [ChartOffer] {
    let payloads = runs.typicalPayloads([.pingPong])
    let rows = runs.map { run in
      payloads.map { Content(run, $0, isOneOfMany: runs.count > 1) }.filter { !$0.points.isEmpty }
    }.filter { !$0.isEmpty }
    guard rows.joined().contains(where: { $0.hasTwoWaits }) else {
      return [
        ChartOffer(name, title, leftOut: "no ping-pong trials that wait in two ways, with CPU time")
      ]
    }
    return [ChartOffer(chart(rows))]
  }

  private struct Point {
    var curve: Curve
    var wait: WaitPolicy
    var median: Estimate
    /// Of both sides, nanoseconds a round trip.
    var burnt: Double
  }

  private struct Content {
    var title: String
    var setting: ChartSetting?
    var points: [Point]

    init(_ run: ReportRun, _ payload: Int, isOneOfMany: Bool) {
      title = Quantity.bytes(payload) + (isOneOfMany ? " — \(run.name)" : "")
      setting = run.settings(.pingPong).first
      let groups = setting.map { run.groups(.pingPong, in: $0) } ?? []
      points = groups.filter { $0.payloadBytes == payload }.compactMap { group in
        guard let median = group.estimate(run.summary.roundTripMetric), median.median > 0,
          let producer = group.estimate(.producerCPU), let consumer = group.estimate(.consumerCPU),
          producer.median + consumer.median > 0
        else { return nil }
        return Point(
          curve: Curve(group.configuration), wait: group.configuration.workload.wait,
          median: median, burnt: producer.median + consumer.median)
      }
    }

    var hasTwoWaits: Bool { Set(points.map(\.wait)).count > 1 }
    var curves: [Curve] { Curve.ordered(points.map(\.curve).withoutDuplicates()) }
  }

  private static func chart(_ contents: [[Content]]) -> Chart {
    let points = contents.joined().flatMap(\.points)
    let x = Axis("CPU time of both sides, per round trip", .nanoseconds, over: points.map(\.burnt))
    let y = Axis("median round trip", .nanoseconds, over: points.map(\.median.median))
    let mechanisms = points.map(\.curve.mechanism).withoutDuplicates()
    let width = Panel.width(ofOneIn: contents.map(\.count).max() ?? 1)
    let rows = contents.map { row in
      row.enumerated().map { column, content in
        Panel(
          title: content.title, width: width, height: height,
          layers: layers(
            content, mechanisms,
            PanelAxes(horizontal: x, vertical: y, labelsVertical: column == 0), width: width))
      }
    }
    let held = contents.joined().compactMap(\.setting).withoutDuplicates()
      .map { "Held constant: \($0.phrase)" }
    let grid = PanelGrid(
      title: title,
      subtitle: held + [
        WaitMarks.reading
          + "; a line joins what differs in the wait alone; grey: both cores always busy"
      ], rows: rows)
    return Chart(
      name: name, title: title,
      caption:
        "Lower is faster, further left is cheaper. On the grey line both sides keep their cores busy all "
        + "the time, as spinning does; left of it somebody sleeps. A line from a hollow to a filled mark "
        + "shows what spinning buys a mechanism and what it burns. \(held.joined(separator: ". ")).",
      specification: grid.specification)
  }

  private static func layers(
    _ content: Content, _ mechanisms: [String], _ axes: PanelAxes, width: Int
  ) -> [JSON] {
    let rows = WaitMarks.order.enumerated().flatMap { place, wait in
      content.points.filter { $0.wait == wait }.map { point in
        point.curve.members + WaitMarks.members(wait) + [
          JSON.Member("order", .integer(place)), JSON.Member("cpu_ns", .number(point.burnt)),
          JSON.Member("median", .number(point.median.median)),
          JSON.Member("cpu_text", .string(Quantity.text(point.burnt, in: Quantity.time))),
          JSON.Member(
            "median_text", .string(Quantity.text(point.median.median, in: Quantity.time))),
        ]
      }
    }
    let colour = MechanismEncoding.colour(mechanisms)
    let x = JSON.Member("x", axes.x("cpu_ns"))
    let y = JSON.Member("y", axes.y("median"))
    let path = Layer(
      rows: rows, mark: ["type": "line", "strokeWidth": 1, "opacity": 0.6],
      encoding: [
        x, y, JSON.Member("color", colour), JSON.Member("detail", MechanismEncoding.detail("line")),
        JSON.Member("order", ["field": "order", "type": "quantitative"]),
      ])
    let points = Layer(
      rows: rows, mark: ["type": "point", "size": 62, "opacity": 1, "strokeWidth": 1.4],
      encoding: [
        x, y, JSON.Member("stroke", colour), JSON.Member("fill", colour),
        JSON.Member("fillOpacity", WaitMarks.fillOpacity),
        JSON.Member("shape", MechanismEncoding.shape(mechanisms)),
        JSON.Member(
          "tooltip",
          Tooltip([
            "line": "mechanism", "wait": "wait", "median_text": "median round trip",
            "cpu_text": "CPU time, both sides",
          ]).channel),
      ])
    let backing = WaitMarks.backing(
      rows, at: [x, y], shape: MechanismEncoding.shape(mechanisms))
    return [busyLine(axes), path.specification, backing, points.specification]
      + labels(content, mechanisms, axes, width).layers
  }

  /// Where both cores are busy throughout: two nanoseconds burnt for each that passes.
  private static func busyLine(_ axes: PanelAxes) -> JSON {
    let (x, y) = (axes.horizontal.domain, axes.vertical.domain)
    let start = max(y.lowerBound, x.lowerBound / 2)
    let end = min(y.upperBound, x.upperBound / 2)
    let rows = start < end ? [start, end] : []
    return Layer(
      rows: rows.map {
        [JSON.Member("cpu_ns", .number(2 * $0)), JSON.Member("median", .number($0))]
      },
      mark: [
        "type": "line", "strokeWidth": 5, "opacity": 0.35, "color": .string(ChartTheme.muted),
      ], encoding: [JSON.Member("x", axes.x("cpu_ns")), JSON.Member("y", axes.y("median"))]
    ).specification
  }

  /// At the mark that is furthest from the crowd: the busiest way to wait.
  private static func labels(
    _ content: Content, _ mechanisms: [String], _ axes: PanelAxes, _ width: Int
  ) -> LineLabels {
    LineLabels(
      labels: content.curves.compactMap { curve in
        let own = content.points.filter { $0.curve == curve }
        let end = WaitMarks.order.reversed().lazy.compactMap { wait in own.first { $0.wait == wait }
        }.first
        return end.map { point in
          LineLabels.Label(
            text: curve.name, mechanism: curve.mechanism, x: point.burnt, y: point.median.median)
        }
      }, mechanisms: mechanisms, axes: axes, width: width, height: height)
  }
}
