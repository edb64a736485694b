import Glibc
import Results
import Trials

/// Latency against how rare it is: all samples of a configuration's trials in one histogram.
///
/// The horizontal axis is 1 / (1 − p), logarithmic, so that each step to the right is a sample in ten
/// times as many. A curve ends where fewer than ten samples are left.
struct PercentileSpectrum: Sendable {
  let name: String
  let title: String
  let pattern: Pattern

  static let roundTrips = PercentileSpectrum(
    name: "percentiles", title: "Percentiles of the round trip", pattern: .pingPong)
  static let responses = PercentileSpectrum(
    name: "percentiles-paced", title: "Percentiles of the response time", pattern: .paced)

  private static let height = 270
  /// METHOD: a percentile with fewer samples beyond it is a draw from the tail.
  private static let fewestSamplesBeyond = 10.0
  private static let pointsPerDecade = 16.0

  func offers(_ runs: [ReportRun]) -> [ChartOffer] {
    guard let level = levelToShow(runs) else {
      return [
        ChartOffer(
          name, title,
          leftOut: pattern == .paced
            ? "no paced trials of two mechanisms that wait alike at the same rate, with their histograms"
            : "no ping-pong trials with their histograms, which are in run folders only")
      ]
    }
    let panels = runs.panels(pattern) { groups in groups.contains { level.matches($0) } }
    return [ChartOffer(chart(panels, level))]
  }

  /// What all curves of the chart have in common besides the setting.
  struct Level: Hashable {
    var payloadBytes: Int
    var messagesPerSecond: Double?

    init(_ configuration: Configuration) {
      payloadBytes = configuration.workload.payloadBytes
      messagesPerSecond = configuration.workload.pace?.messagesPerSecond
    }

    func matches(_ group: Summary.Group) -> Bool {
      Level(group.configuration) == self && group.merged.singleCounts != nil
    }

    var phrase: String {
      let rate = messagesPerSecond.map {
        ", \(Quantity.text($0, in: Quantity.messageRate)) offered"
      }
      return "\(Quantity.bytes(payloadBytes))\(rate ?? "")"
    }
  }

  /// What most curves have; of several such the smallest message, for what it costs is the mechanism and
  /// not the bytes, and of paced trials the highest rate, which two mechanisms must have had that wait alike.
  private func levelToShow(_ runs: [ReportRun]) -> Level? {
    let groups = runs.panels(pattern) { !$0.isEmpty }.joined().flatMap(\.groups)
      .filter { $0.merged.singleCounts != nil }
    let levels = Dictionary(grouping: groups) { Level($0.configuration) }.filter { level in
      pattern != .paced
        || WaitMarks.order.contains { wait in
          let alike = level.value.filter { $0.configuration.workload.wait == wait }
          return Set(alike.map(\.configuration.mechanism)).count > 1
        }
    }
    func rank(_ level: (key: Level, value: [Summary.Group])) -> (Int, Int, Double) {
      (-level.value.count, level.key.payloadBytes, -(level.key.messagesPerSecond ?? 0))
    }
    return levels.min { rank($0) < rank($1) }?.key
  }

  private func chart(_ panels: [[PanelContent]], _ level: Level) -> Chart {
    let spectra = panels.map { row in row.map { self.spectra(of: $0, level) } }
    let points = spectra.joined().joined().flatMap(\.points)
    let mechanisms = Set(spectra.joined().joined().map(\.curve.mechanism))
    let rarest = points.map(\.oneIn).max() ?? 1
    let decades = [2.0] + (1...9).map { pow(10, Double($0)) }
    let x = Axis("percentile of all samples (%)", .percentile, over: [1, rarest], ticks: decades)
    let y = Axis(
      pattern == .paced ? "response time" : "round trip time", .nanoseconds,
      over: points.map(\.nanoseconds))
    let width = Panel.width(ofOneIn: panels.columns)
    let rows = zip(panels, spectra).map { row, spectra in
      zip(row, spectra).enumerated().map { column, panel in
        Panel(
          title: panel.0.title, width: width, height: Self.height,
          layers: layers(
            panel.1, Array(mechanisms),
            PanelAxes(horizontal: x, vertical: y, labelsVertical: column == 0), width: width))
      }
    }
    let title = "\(title), \(level.phrase)"
    let grid = PanelGrid(
      title: title, subtitle: panels.heldConstant + missing(panels, level), rows: rows)
    return Chart(
      name: name, title: title,
      caption:
        "Lower and flatter is better. Each step to the right is ten times as rare; a curve ends where "
        + "fewer than ten samples are left. All samples of the ok trials in one histogram. "
        + "\(panels.heldConstant.joined(separator: ". ")).",
      specification: grid.specification)
  }

  /// Curves that a reader would look for in vain.
  private func missing(_ panels: [[PanelContent]], _ level: Level) -> [String] {
    let names = panels.joined().flatMap { content in
      content.groups.filter { Level($0.configuration) == level && $0.merged.singleCounts == nil }
        .map { "\(Curve($0.configuration).name), \(content.title)" }
    }
    guard !names.isEmpty else { return [] }
    return [
      "left out, for their samples are means of several round trips, which have no percentiles: "
        + names.joined(separator: "; ")
    ]
  }

  struct Spectrum: Sendable {
    var curve: Curve
    var points: [(oneIn: Double, nanoseconds: Double)]
  }

  private func spectra(of content: PanelContent, _ level: Level) -> [Spectrum] {
    content.curves.compactMap { curve in
      let group = content.groups(of: curve).first { level.matches($0) }
      guard let counts = group?.merged.singleCounts else { return nil }
      let points = Self.points(counts)
      return points.isEmpty ? nil : Spectrum(curve: curve, points: points)
    }
  }

  /// The latency that one sample in so many exceeds or equals, for steps of equal ratio from about the
  /// 13th percentile on.
  ///
  /// - Parameter counts: ascending by value.
  static func points(_ counts: [LatencyCount]) -> [(oneIn: Double, nanoseconds: Double)] {
    let samples = Double(counts.reduce(0) { $0 + $1.samples })
    let rarest = samples / fewestSamplesBeyond
    guard rarest >= 1 else { return [] }
    let steps = Int(log10(rarest) * pointsPerDecade)
    // The very fastest sample is an accident, and would stretch the axis.
    let grid =
      (1...max(1, steps)).map { pow(10, Double($0) / pointsPerDecade) } + [
        2, 10, 100, 1000, 10_000,
      ]
    var points: [(oneIn: Double, nanoseconds: Double)] = []
    var below = 0.0
    var rest = counts[...]
    for oneIn in grid.filter({ $0 <= rarest }).sorted() {
      // The value at this rank: as many samples are not above it as the percentile says, one at least.
      let rank = max(1, samples * (1 - 1 / oneIn))
      while let first = rest.first, below + Double(first.samples) < rank, rest.count > 1 {
        below += Double(first.samples)
        rest.removeFirst()
      }
      if let first = rest.first { points.append((oneIn, Double(first.nanoseconds))) }
    }
    return points
  }

  private func layers(
    _ spectra: [Spectrum], _ mechanisms: [String], _ axes: PanelAxes, width: Int
  ) -> [JSON] {
    let rows = spectra.flatMap { spectrum in
      spectrum.points.map { point in
        spectrum.curve.members + [
          JSON.Member("one_in", .number(point.oneIn)),
          JSON.Member("latency_ns", .number(point.nanoseconds)),
          JSON.Member(
            "percentile_text", .string("\(Quantity.significant(100 - 100 / point.oneIn)) %")),
          JSON.Member("latency_text", .string(Quantity.text(point.nanoseconds, in: Quantity.time))),
        ]
      }
    }
    let line = Layer(
      rows: rows, mark: ["type": "line", "strokeWidth": 1.8, "interpolate": "step-after"],
      encoding: [
        JSON.Member("x", axes.x("one_in")), JSON.Member("y", axes.y("latency_ns")),
        JSON.Member("color", MechanismEncoding.colour(mechanisms)),
        JSON.Member("strokeDash", Self.dashes),
        JSON.Member("detail", MechanismEncoding.detail("line")),
        JSON.Member(
          "tooltip",
          Tooltip([
            "line": "mechanism", "percentile_text": "percentile", "latency_text": "latency",
          ]).channel),
      ])
    let labels = LineLabels(
      labels: spectra.compactMap { spectrum in
        spectrum.points.last.map { last in
          LineLabels.Label(
            text: spectrum.curve.name, mechanism: spectrum.curve.mechanism, x: last.oneIn,
            y: last.nanoseconds, isHollow: spectrum.curve.isInPlace)
        }
      }, mechanisms: mechanisms, axes: axes, width: width, height: Self.height)
    return [line.specification] + labels.layers
  }

  /// Without marks along it, a line in place has to differ by itself.
  private static let dashes: JSON = [
    "field": "hollow", "type": "nominal", "legend": .null,
    "scale": ["domain": [false, true], "range": [[1, 0], [5, 2]]],
  ]
}
