import Results
import Trials

/// How many times as fast as `pipe` each mechanism is, against the size of the message, and from which
/// size on it wins or loses.
struct SpeedAgainstPipe: Sendable {
  let name: String
  let title: String
  let pattern: Pattern

  static let roundTrips = SpeedAgainstPipe(
    name: "speed-up", title: "Speed of round trips, as a multiple of pipe", pattern: .pingPong)
  static let streams = SpeedAgainstPipe(
    name: "speed-up-stream", title: "Throughput, as a multiple of pipe", pattern: .stream)

  static let baseline = "pipe"
  private static let height = 250

  func offers(_ runs: [ReportRun]) -> [ChartOffer] {
    let panels = runs.panels(pattern, where: Self.isComparable)
    guard !panels.isEmpty else {
      return [
        ChartOffer(
          name, title,
          leftOut: "no \(pattern.rawValue) trials of \(Self.baseline) and another mechanism at two "
            + "message sizes or more")
      ]
    }
    return [ChartOffer(chart(panels))]
  }

  private static func isComparable(_ groups: [Summary.Group]) -> Bool {
    func payloads(_ isBaseline: Bool) -> Set<Int> {
      Set(
        groups.filter { ($0.configuration.mechanism == baseline) == isBaseline }
          .map(\.configuration.workload.payloadBytes))
    }
    return payloads(true).intersection(payloads(false)).count > 1
  }

  private func chart(_ panels: [[PanelContent]]) -> Chart {
    let curves = panels.map { row in row.map { self.curves(of: $0) } }
    let points = curves.joined().joined().flatMap(\.points)
    let payloads = Set(points.map(\.payloadBytes)).sorted().map { Double($0) }
    let ends = points.flatMap { point in
      [point.ratio] + (point.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
    }
    let x = Axis("payload of a message", .bytes, over: payloads, ticks: payloads)
    let y = Axis("speed, as a multiple of pipe's", .times, over: ends + [1])
    let mechanisms = panels.mechanisms
    let width = Panel.width(ofOneIn: panels.columns)
    let rows = zip(panels, curves).map { row, curves in
      zip(row, curves).enumerated().map { column, panel in
        Panel(
          title: panel.0.title, width: width, height: Self.height,
          layers: layers(
            panel.1, mechanisms,
            PanelAxes(horizontal: x, vertical: y, labelsVertical: column == 0), width: width))
      }
    }
    let grid = PanelGrid(
      title: title,
      subtitle: panels.heldConstant + [
        "median of the ratios block by block, with its 95 % interval as a band; ring: from "
          + "this size on the whole interval is on one side of 1×"
      ], rows: rows)
    return Chart(
      name: name, title: title,
      caption:
        "Above 1× a mechanism is faster than pipe, below it is slower. A ring marks the smallest "
        + "measured size from which on every measured size is won (or lost) with its whole interval; "
        + "between sizes nothing is claimed. \(panels.heldConstant.joined(separator: ". ")).",
      specification: grid.specification)
  }

  private func curves(of content: PanelContent) -> [SpeedCurve] {
    content.curves.filter { $0.mechanism != Self.baseline }.map { curve in
      let groups = content.groups(of: curve).sorted {
        $0.configuration.workload.payloadBytes < $1.configuration.workload.payloadBytes
      }
      let points = groups.compactMap { group -> SpeedPoint? in
        let payload = group.configuration.workload.payloadBytes
        let baseline = content.groups.first {
          $0.configuration.mechanism == Self.baseline
            && $0.configuration.workload.payloadBytes == payload
            && $0.configuration.workload.dataPath == .copy
        }
        return baseline.flatMap { baseline in
          SpeedPoint(payload, content.run.speeds(of: group, over: baseline, in: pattern))
        }
      }
      return SpeedCurve(curve: curve, points: points)
    }.filter { !$0.points.isEmpty }
  }

  private func layers(
    _ curves: [SpeedCurve], _ mechanisms: [String], _ axes: PanelAxes, width: Int
  ) -> [JSON] {
    let rows = curves.flatMap { curve in curve.points.map { $0.members + curve.curve.members } }
    let colour = MechanismEncoding.colour(mechanisms)
    let x = JSON.Member("x", axes.x("payload_bytes"))
    let y = JSON.Member("y", axes.y("ratio"))
    let line = JSON.Member("detail", MechanismEncoding.detail("line"))
    let even = Layer(
      rows: [[JSON.Member("ratio", 1)]], mark: ["type": "rule", "strokeWidth": 1.2], encoding: [y])
    let banded = rows.filter { row in row.contains { $0.name == "low" } }
    let band = Layer(
      rows: banded, mark: ["type": "area", "opacity": 0.16],
      encoding: [
        x, JSON.Member("y", axes.y("low")), JSON.Member("y2", ["field": "high"]),
        JSON.Member("color", colour), line,
      ])
    let ratio = Layer(
      rows: rows, mark: ["type": "line", "strokeWidth": 1.8],
      encoding: [x, y, JSON.Member("color", colour), line])
    let points = Layer(
      rows: rows, mark: ["type": "point", "size": 34, "opacity": 1, "strokeWidth": 1.2],
      encoding: [
        x, y, JSON.Member("stroke", colour),
        JSON.Member("fill", HollowMark.fill(colour, hollowWhere: "datum.hollow")),
        JSON.Member("shape", MechanismEncoding.shape(mechanisms)),
        JSON.Member(
          "tooltip",
          Tooltip([
            "line": "mechanism", "payload_text": "payload", "ratio_text": "as fast as pipe",
            "interval_text": "95 % interval",
          ]).channel),
      ])
    return [even.specification] + (banded.isEmpty ? [] : [band.specification])
      + [ratio.specification, points.specification] + crossovers(curves, axes)
      + labels(curves, mechanisms, axes, width).layers
  }

  /// A ring; the size stands in the line's label, where it cannot cover anything.
  private func crossovers(_ curves: [SpeedCurve], _ axes: PanelAxes) -> [JSON] {
    let rows = curves.flatMap { curve in
      curve.crossovers.map { crossover in
        crossover.point.members + curve.curve.members + [
          JSON.Member("wins", .boolean(crossover.wins))
        ]
      }
    }
    guard !rows.isEmpty else { return [] }
    let x = JSON.Member("x", axes.x("payload_bytes"))
    let y = JSON.Member("y", axes.y("ratio"))
    let rings = Layer(
      rows: rows,
      mark: [
        "type": "point", "shape": "circle", "size": 170, "filled": false, "strokeWidth": 1.3,
        "opacity": 1, "color": .string(ChartTheme.ink),
      ], encoding: [x, y])
    return [rings.specification]
  }

  private func labels(
    _ curves: [SpeedCurve], _ mechanisms: [String], _ axes: PanelAxes, _ width: Int
  ) -> LineLabels {
    LineLabels(
      labels: curves.compactMap { curve in
        curve.points.last.map { last in
          LineLabels.Label(
            text: curve.label, mechanism: curve.curve.mechanism, x: Double(last.payloadBytes),
            y: last.ratio, isHollow: curve.curve.isInPlace)
        }
      }, mechanisms: mechanisms, axes: axes, width: width, height: Self.height)
  }
}

/// How many times as fast as the baseline at one size.
struct SpeedPoint: Sendable {
  var payloadBytes: Int
  /// The median of the blocks' ratios.
  var ratio: Double
  /// 95 %, from order statistics; nil with fewer than 6 blocks.
  var interval: ClosedRange<Double>?

  /// nil without ratios.
  init?(_ payloadBytes: Int, _ ratios: [Double]) {
    guard let ratio = Statistics.median(ratios) else { return nil }
    self.payloadBytes = payloadBytes
    self.ratio = ratio
    interval = Statistics.medianInterval(ratios)
  }

  fileprivate var members: [JSON.Member] {
    var members = [
      JSON.Member("payload_bytes", .integer(payloadBytes)), JSON.Member("ratio", .number(ratio)),
      JSON.Member("payload_text", .string(Quantity.bytes(payloadBytes))),
      JSON.Member("ratio_text", .string("\(Quantity.significant(ratio))×")),
    ]
    if let interval {
      members.append(JSON.Member("low", .number(interval.lowerBound)))
      members.append(JSON.Member("high", .number(interval.upperBound)))
    }
    let ends = interval.map { [$0.lowerBound, $0.upperBound].map(Quantity.significant) }
    members.append(
      JSON.Member("interval_text", .string(ends.map { "\($0.joined(separator: "–"))×" } ?? "—")))
    return members
  }
}

/// A mechanism's speed over all sizes.
struct SpeedCurve: Sendable {
  var curve: Curve
  /// By ascending size.
  var points: [SpeedPoint]

  /// `tcp, faster ≥ 64 KiB`.
  var label: String {
    ([curve.name]
      + crossovers.map { crossover in
        "\(crossover.wins ? "faster" : "slower") ≥ \(Quantity.bytes(crossover.point.payloadBytes))"
      }).joined(separator: ", ")
  }

  /// Where the curve goes over to one side of 1 for good: the smallest size from which on all intervals
  /// are on that side, if smaller sizes are not. Beyond what was measured nothing is said.
  var crossovers: [(point: SpeedPoint, wins: Bool)] {
    [true, false].compactMap { wins in
      func isDecided(_ point: SpeedPoint) -> Bool {
        point.interval.map { wins ? $0.lowerBound > 1 : $0.upperBound < 1 } ?? false
      }
      let undecided = points.lastIndex { !isDecided($0) }
      guard let undecided, undecided + 1 < points.count else { return nil }
      return (points[undecided + 1], wins)
    }
  }
}

extension ReportRun {
  /// How many times as fast as `baseline` the group was, in each block that has both in one world.
  func speeds(
    of group: Summary.Group, over baseline: Summary.Group, in pattern: Pattern
  ) -> [Double] {
    let isRate = Metric.main(for: pattern).isRate
    let ours = valuesByMoment(group)
    let theirs = valuesByMoment(baseline)
    let moments = theirs.keys.sorted { ($0.block, $0.world) < ($1.block, $1.world) }
    return moments.compactMap { moment in
      guard let own = ours[moment], let theirs = theirs[moment], own > 0, theirs > 0 else {
        return nil
      }
      return isRate ? own / theirs : theirs / own
    }
  }

  private func valuesByMoment(_ group: Summary.Group) -> [Evidence.Moment: Double] {
    let configuration = group.configuration
    var values: [Evidence.Moment: Double] = [:]
    for trial in trials where summary.groups[trial.group].configuration == configuration {
      if let value = trial.value, let world = trial.world {
        values[Evidence.Moment(block: trial.block, world: world)] = value
      }
    }
    return values
  }
}
