import Results
import Trials

/// A metric against the size of a message, both logarithmic: one line a mechanism, one panel a way to
/// wait. The price of a message is on the left of such a chart, that of a byte on the right.
struct PayloadCurves: Sendable {
  let name: String
  let title: String
  let pattern: Pattern
  let metric: Metric
  /// Drawn dashed; nil for none.
  let tail: Metric?
  let axisTitle: String
  let unit: Axis.Unit
  let reading: String
  let caption: String

  static let latency = PayloadCurves(
    name: "latency", title: "Round trip against message size", pattern: .pingPong,
    metric: .latencyP50, tail: .latencyP99, axisTitle: "round trip time", unit: .nanoseconds,
    reading: "solid: median over trials, with its 95 % interval as a band; dashed: p99",
    caption:
      "Lower is better. Where a line is flat, a message costs what it costs whatever its size; where it "
      + "rises, its bytes are paid for. Both axes are logarithmic.")

  static let throughput = PayloadCurves(
    name: "throughput", title: "Throughput against message size", pattern: .stream,
    metric: .byteThroughput, tail: nil, axisTitle: "payload throughput", unit: .bytesPerSecond,
    reading: "median over trials, with its 95 % interval as a band",
    caption:
      "Higher is better. Payload bytes a second until the consumer has verified the last of them; in "
      + "place there are none unless every byte is touched. Both axes are logarithmic.")

  /// The main chart, and one for each setting that differs from the main one in a single level.
  func offers(_ runs: [ReportRun]) -> [ChartOffer] {
    comparable(in: runs).offersOfMetric(runs)
  }

  /// The same by the mean, where medians are of different batches.
  private func comparable(in runs: [ReportRun]) -> PayloadCurves {
    let configurations = runs.flatMap { $0.summary.groups.map(\.configuration) }
    guard pattern == .pingPong, Metric.forRoundTrips(of: configurations) != metric else {
      return self
    }
    return PayloadCurves(
      name: name, title: title, pattern: pattern, metric: .latencyMean, tail: nil,
      axisTitle: "mean round trip time", unit: unit,
      reading: "mean round trip, median over trials, with its 95 % interval as a band; means, for "
        + "samples of different numbers of round trips have medians of different things",
      caption: caption)
  }

  private func offersOfMetric(_ runs: [ReportRun]) -> [ChartOffer] {
    let main = runs.panels(pattern, where: Self.hasCurves)
    guard !main.isEmpty else {
      return [
        ChartOffer(
          name, title, leftOut: "no \(pattern.rawValue) trials of two message sizes or more")
      ]
    }
    let further = runs.variations(pattern).compactMap { variation -> ChartOffer? in
      let panels = runs.panels(pattern, varying: variation, where: Self.comparesMechanisms)
      guard !panels.isEmpty else { return nil }
      return ChartOffer(chart(panels, varying: variation))
    }
    return [ChartOffer(chart(main, varying: nil))] + further
  }

  /// A line needs two points.
  private static func hasCurves(_ groups: [Summary.Group]) -> Bool {
    Set(groups.map(\.configuration.workload.payloadBytes)).count > 1
  }

  /// A chart beside the main one has to be worth its place.
  private static func comparesMechanisms(_ groups: [Summary.Group]) -> Bool {
    hasCurves(groups) && Set(groups.map(\.configuration.mechanism)).count > 1
  }

  private func chart(_ panels: [[PanelContent]], varying variation: Variation?) -> Chart {
    let suffix = variation.map { ", \($0.phrase)" } ?? ""
    let mechanisms = panels.mechanisms
    let groups = panels.joined().flatMap(\.groups)
    let payloads = Set(groups.map(\.configuration.workload.payloadBytes)).sorted().map {
      Double($0)
    }
    let values = groups.flatMap { group -> [Double] in
      let estimate = group.estimate(metric)
      let ends = estimate?.interval.map { [$0.lowerBound, $0.upperBound] } ?? []
      return ends
        + [estimate?.median, tail.flatMap { group.estimate($0)?.median }]
        .compactMap { $0 }
    }
    let x = Axis("payload of a message", .bytes, over: payloads, ticks: payloads)
    let y = Axis(axisTitle, unit, over: values)
    let width = Panel.width(ofOneIn: panels.columns)
    let rows = panels.map { row in
      row.enumerated().map { column, content in
        Panel(
          title: content.title, width: width, height: 270,
          layers: layers(
            content, mechanisms,
            PanelAxes(horizontal: x, vertical: y, labelsVertical: column == 0), width: width))
      }
    }
    let grid = PanelGrid(
      title: title + suffix, subtitle: panels.heldConstant + [reading], rows: rows)
    return Chart(
      name: variation.map { "\(name)-\($0.slug)" } ?? name, title: title + suffix,
      caption: "\(caption) \(panels.heldConstant.joined(separator: ". ")).",
      specification: grid.specification)
  }

  private func layers(
    _ content: PanelContent, _ mechanisms: [String], _ axes: PanelAxes, width: Int
  ) -> [JSON] {
    let colour = MechanismEncoding.colour(mechanisms)
    let rows = content.curves.flatMap { curve in
      content.groups(of: curve).sorted {
        $0.configuration.workload.payloadBytes < $1.configuration.workload.payloadBytes
      }.compactMap { row($0, curve) }
    }
    let x = JSON.Member("x", axes.x("payload_bytes"))
    let line = JSON.Member("detail", MechanismEncoding.detail("line"))
    let banded = rows.filter { row in row.contains { $0.name == "low" } }
    let tailed = rows.filter { row in row.contains { $0.name == "tail" } }
    let band = Layer(
      rows: banded, mark: ["type": "area", "opacity": 0.16],
      encoding: [
        x, JSON.Member("y", axes.y("low")), JSON.Member("y2", ["field": "high"]),
        JSON.Member("color", colour), line,
      ])
    let dashes = Layer(
      rows: tailed,
      mark: ["type": "line", "strokeDash": [3, 3], "strokeWidth": 1, "opacity": 0.75],
      encoding: [x, JSON.Member("y", axes.y("tail")), JSON.Member("color", colour), line])
    let median = Layer(
      rows: rows, mark: ["type": "line", "strokeWidth": 1.8],
      encoding: [x, JSON.Member("y", axes.y("median")), JSON.Member("color", colour), line])
    let points = Layer(
      rows: rows, mark: ["type": "point", "size": 34, "opacity": 1, "strokeWidth": 1.2],
      encoding: [
        x, JSON.Member("y", axes.y("median")), JSON.Member("stroke", colour),
        JSON.Member("fill", HollowMark.fill(colour, hollowWhere: "datum.hollow")),
        JSON.Member("shape", MechanismEncoding.shape(mechanisms)),
        JSON.Member("tooltip", tooltip),
      ])
    return (banded.isEmpty ? [] : [band.specification])
      + (tailed.isEmpty ? [] : [dashes.specification])
      + [median.specification, points.specification]
      + labels(content, mechanisms, axes, width: width).layers
  }

  private var tooltip: JSON {
    Tooltip([
      "line": "mechanism", "payload_text": "payload", "median_text": metric.title(for: pattern),
      "interval_text": "95 % interval", "tail_text": tail?.title(for: pattern) ?? "message rate",
      "n": "trials",
    ]).channel
  }

  /// nil where nothing was measured.
  private func row(_ group: Summary.Group, _ curve: Curve) -> [JSON.Member]? {
    guard let estimate = group.estimate(metric), estimate.median > 0 else { return nil }
    let payload = group.configuration.workload.payloadBytes
    var members = curve.members
    members.append(JSON.Member("payload_bytes", .integer(payload)))
    members.append(JSON.Member("median", .number(estimate.median)))
    if let interval = estimate.interval, interval.lowerBound > 0 {
      members.append(JSON.Member("low", .number(interval.lowerBound)))
      members.append(JSON.Member("high", .number(interval.upperBound)))
    }
    let tailMetric = tail ?? .messageThroughput
    let tailValue = group.estimate(tailMetric)?.median
    if tail != nil, let tailValue { members.append(JSON.Member("tail", .number(tailValue))) }
    members.append(JSON.Member("n", .integer(estimate.trials)))
    members.append(JSON.Member("payload_text", .string(Quantity.bytes(payload))))
    members.append(JSON.Member("median_text", .string(metric.text(estimate.median))))
    let interval = estimate.interval.flatMap { interval in
      metric.units.map { Quantity.text(interval, in: $0) }
    }
    members.append(JSON.Member("interval_text", .string(interval ?? "—")))
    members.append(JSON.Member("tail_text", .string(tailValue.map(tailMetric.text) ?? "—")))
    return members
  }

  private func labels(
    _ content: PanelContent, _ mechanisms: [String], _ axes: PanelAxes, width: Int
  ) -> LineLabels {
    let labels = content.curves.compactMap { curve -> LineLabels.Label? in
      let last = content.groups(of: curve).filter { $0.estimate(metric) != nil }.max {
        $0.configuration.workload.payloadBytes < $1.configuration.workload.payloadBytes
      }
      guard let last, let value = last.estimate(metric)?.median, value > 0 else { return nil }
      return LineLabels.Label(
        text: curve.name, mechanism: curve.mechanism,
        x: Double(last.configuration.workload.payloadBytes), y: value, isHollow: curve.isInPlace)
    }
    return LineLabels(
      labels: labels, mechanisms: mechanisms, axes: axes, width: width, height: 270)
  }
}
