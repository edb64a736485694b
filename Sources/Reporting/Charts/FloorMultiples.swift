import Results
import Trials

/// Every mechanism as a multiple of what hardware and kernel charge at least for the same exchange, or of
/// a reference hand-off where both sides sleep.
enum FloorMultiples {
  static let name = "floor"
  static let title = "Multiples of the floor"

  static func offers(_ runs: [ReportRun]) -> [ChartOffer] {
    let patterns: [Pattern] = [.pingPong, .stream]
    let payloads = runs.typicalPayloads(patterns)
    let rows = runs.flatMap { run in
      patterns.map { pattern in
        payloads.map { Content(run, pattern, $0, isOneOfMany: runs.count > 1) }
          .filter { !$0.points.isEmpty }
      }
    }.filter { !$0.isEmpty }
    guard !rows.isEmpty else {
      return [
        ChartOffer(
          name, title, leftOut: "no floors in run.json; 'ipcbench run' measures them by default")
      ]
    }
    return [ChartOffer(chart(rows))]
  }

  private struct Point {
    var curve: Curve
    var wait: WaitPolicy
    var times: Double
    /// The interval of the estimate, over the floor.
    var interval: ClosedRange<Double>?
  }

  private struct Content {
    var title: String
    var setting: ChartSetting?
    var points: [Point]

    init(_ run: ReportRun, _ pattern: Pattern, _ payload: Int, isOneOfMany: Bool) {
      title =
        "\(pattern.rawValue), \(Quantity.bytes(payload))" + (isOneOfMany ? " — \(run.name)" : "")
      setting = run.settings(pattern).first
      let metric = run.summary.mainMetric(for: pattern)
      points = (setting.map { run.groups(pattern, in: $0) } ?? [])
        .filter { $0.payloadBytes == payload }
        .compactMap { group in
          let relation = run.summary.relation(of: group, to: metric)
          guard let times = relation.times, let floor = relation.floor,
            let estimate = group.estimate(metric)
          else { return nil }
          let ends = estimate.interval.map { interval in
            [interval.lowerBound, interval.upperBound].filter { $0 > 0 }
              .map { metric.isRate ? floor / $0 : $0 / floor }.sorted()
          }
          let interval = ends.flatMap { $0.count == 2 ? $0[0]...$0[1] : nil }
          return Point(
            curve: Curve(group.configuration), wait: group.configuration.workload.wait,
            times: times, interval: interval)
        }
    }
  }

  private static func chart(_ contents: [[Content]]) -> Chart {
    let points = contents.joined().flatMap(\.points)
    let ends = points.flatMap { point in
      [point.times] + (point.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
    }
    let x = Axis("multiple of the floor", .times, over: ends + [1])
    let curves = Curve.ordered(points.map(\.curve).withoutDuplicates())
    let columns = contents.map(\.count).max() ?? 1
    let width = columns == 1 ? 460 : columns == 2 ? 330 : 250
    let rows = contents.map { row in
      row.enumerated().map { column, content in
        Panel(
          title: content.title, width: width, height: 22 * curves.count,
          layers: layers(content, curves, x, isFirst: column == 0))
      }
    }
    let held = contents.joined().compactMap(\.setting).withoutDuplicates()
      .map { "Held constant: \($0.phrase)" }
    let grid = PanelGrid(
      title: title, subtitle: held + [WaitMarks.reading + "; bars: 95 % intervals"], rows: rows)
    return Chart(
      name: name, title: title,
      caption:
        "Nearer to 1× is better: the floor is a cache line's bounce or a bare copy on the same cores, "
        + "measured in the same run; of sleeping sides it is a plain hand-off by futex, a reference that "
        + "can be beaten. A mark well to the left of 1× says that the "
        + "host was slower while the floor was measured than during the trials, and that the multiples "
        + "of this run compare two moments of the host. "
        + "\(held.joined(separator: ". ")).",
      specification: grid.specification)
  }

  private static func layers(
    _ content: Content, _ curves: [Curve], _ axis: Axis, isFirst: Bool
  ) -> [JSON] {
    let mechanisms = curves.map(\.mechanism)
    let rows = content.points.map { point in
      var members = point.curve.members + WaitMarks.members(point.wait)
      members.append(JSON.Member("times", .number(point.times)))
      members.append(JSON.Member("times_text", .string("\(Quantity.significant(point.times))×")))
      if let interval = point.interval {
        members.append(JSON.Member("low", .number(interval.lowerBound)))
        members.append(JSON.Member("high", .number(interval.upperBound)))
      }
      return members
    }
    let colour = MechanismEncoding.colour(mechanisms)
    func x(_ field: String) -> JSON.Member {
      JSON.Member(
        "x",
        [
          "field": .string(field), "type": "quantitative", "scale": axis.scale,
          "axis": axis.guide(),
        ])
    }
    let y = JSON.Member(
      "y",
      [
        "field": "line", "type": "nominal",
        "scale": ["domain": .array(curves.map { .string($0.name) })],
        "axis": ["title": .null, "labels": .boolean(isFirst), "grid": true, "ticks": false],
      ])
    let one = Layer(
      rows: [[JSON.Member("times", 1)]], mark: ["type": "rule", "strokeWidth": 1.2],
      encoding: [x("times")])
    let bars = Layer(
      rows: rows.filter { row in row.contains { $0.name == "low" } },
      mark: ["type": "rule", "strokeWidth": 2, "opacity": 0.4],
      encoding: [x("low"), JSON.Member("x2", ["field": "high"]), y, JSON.Member("color", colour)])
    let dots = Layer(
      rows: rows, mark: ["type": "point", "size": 56, "opacity": 1, "strokeWidth": 1.4],
      encoding: [
        x("times"), y, JSON.Member("stroke", colour), JSON.Member("fill", colour),
        JSON.Member("fillOpacity", WaitMarks.fillOpacity),
        JSON.Member("shape", MechanismEncoding.shape(mechanisms)),
        JSON.Member(
          "tooltip",
          Tooltip(["line": "mechanism", "wait": "wait", "times_text": "multiple of the floor"])
            .channel),
      ])
    let backing = WaitMarks.backing(
      rows, at: [x("times"), y], shape: MechanismEncoding.shape(mechanisms))
    return [one.specification, bars.specification, backing, dots.specification]
  }
}
