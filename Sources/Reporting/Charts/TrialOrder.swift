import Results
import Trials

/// The trials as the run went on, each relative to its configuration's median: whether the host was the
/// same all the time, and whether what is marked as tainted stands out.
enum TrialOrder {
  static let name = "trials"
  static let title = "Trials in the order of time"
  /// More dots than these cannot be told apart, and make a page heavy.
  private static let mostDots = 1500
  /// What is further from the median is drawn at the edge: one trial that stood still for a second would
  /// flatten all others.
  private static let relativeEdges = 0.1...10.0
  private static let noisiestShown = 6
  private static let columns = 3

  static func offers(_ runs: [ReportRun]) -> [ChartOffer] {
    let panels = runs.flatMap { rows(of: $0, isOneOfMany: runs.count > 1) }
    guard !panels.isEmpty else {
      return [ChartOffer(name, title, leftOut: "no configuration with three ok trials")]
    }
    let grid = PanelGrid(
      title: title,
      subtitle: [
        "each dot: a trial's main figure over the median of its configuration; red cross: tainted trial; "
          + "beyond 10× and 0.1×: drawn at the edge",
        "probe: round trip of a cache line just before and after the trial",
      ], rows: panels)
    return [
      ChartOffer(
        Chart(
          name: name, title: title,
          caption:
            "Around 1× throughout is what a quiet host shows; a band that moves is the host, not a "
            + "mechanism. The figure of a round trip or response is its median, of a stream its rate. "
            + "Below the probes are the configurations that vary most. Tainted trials are marked, not "
            + "removed.", specification: grid.specification))
    ]
  }

  private struct Dot {
    var trial: ReportRun.TimedTrial
    var relative: Double
  }

  private static func rows(of run: ReportRun, isOneOfMany: Bool) -> [[Panel]] {
    let medians = run.summary.groups.map { group -> Double? in
      let metric = run.summary.mainMetric(for: group.configuration.workload.pattern)
      let estimate = group.estimate(metric)
      return estimate.flatMap { $0.trials >= 3 && $0.median > 0 ? $0.median : nil }
    }
    let dots = run.trials.compactMap { trial -> Dot? in
      guard let median = medians[trial.group], let value = trial.value, value > 0 else {
        return nil
      }
      return Dot(trial: trial, relative: value / median)
    }
    guard let last = dots.map(\.trial.startSeconds).max() else { return [] }
    let time = Axis("since the first trial began", .minutes, upTo: max(last / 60, 0.01))
    let shown = thinned(dots)
    let heading = isOneOfMany ? " — \(run.name)" : ""
    let all = dots.count { !$0.trial.isTainted }
    let drawn = shown.count { !$0.trial.isTainted }
    let tainted = dots.count - all
    let counts =
      drawn < all ? "all \(tainted) tainted trials and \(drawn) of the \(all) others" : "all trials"
    var rows = [
      [
        panel(
          "\(counts), relative to their medians\(heading)", shown, run,
          PanelAxes(
            horizontal: time,
            vertical: relativeAxis),
          size: (760, 150))
      ]
    ]
    if let probes = probePanel(shown, run, time, heading) { rows.append([probes]) }
    return rows + noisiest(dots, run, time)
  }

  private static let relativeAxis = Axis(
    "relative to median", .times, over: [relativeEdges.lowerBound, relativeEdges.upperBound])

  /// All the tainted ones, and of the others as many as fit, evenly.
  private static func thinned(_ dots: [Dot]) -> [Dot] {
    let step = (dots.count + mostDots - 1) / mostDots
    return dots.enumerated().filter { $0.element.trial.isTainted || $0.offset % max(1, step) == 0 }
      .map(\.element)
  }

  private static func probePanel(
    _ dots: [Dot], _ run: ReportRun, _ time: Axis, _ heading: String
  ) -> Panel? {
    let probed = dots.compactMap { dot in
      dot.trial.probeNanoseconds.flatMap { $0 > 0 ? Dot(trial: dot.trial, relative: $0) : nil }
    }
    guard !probed.isEmpty else { return nil }
    let axes = PanelAxes(
      horizontal: time, vertical: Axis("probe", .nanoseconds, over: probed.map(\.relative)))
    return Panel(
      title: "probe beside each of these trials\(heading)", width: 760, height: 90,
      layers: layers(probed, run, axes, text: { Quantity.text($0, in: Quantity.time) }))
  }

  /// The configurations whose intervals are widest, in rows.
  private static func noisiest(_ dots: [Dot], _ run: ReportRun, _ time: Axis) -> [[Panel]] {
    let byGroup = Dictionary(grouping: dots, by: \.trial.group)
    let ranked = run.summary.groups.indices.compactMap { place -> (place: Int, width: Double)? in
      let group = run.summary.groups[place]
      let metric = run.summary.mainMetric(for: group.configuration.workload.pattern)
      guard let interval = group.estimate(metric)?.interval, interval.lowerBound > 0,
        byGroup[place] != nil
      else { return nil }
      return (place, interval.upperBound / interval.lowerBound)
    }.sorted { ($0.width, $1.place) > ($1.width, $0.place) }.prefix(noisiestShown)
    let chosen = ranked.map(\.place)
    let varying = (ChartSetting.factors + [.dataPath]).filter { factor in
      Set(run.summary.groups.map { factor.level(of: $0.configuration) }).count > 1
    }
    let panels = chosen.enumerated().map { number, place in
      let configuration = run.summary.groups[place].configuration
      let workload = configuration.workload
      var panel = panel(
        "\(configuration.mechanism), \(workload.wait.rawValue), \(workload.pattern.rawValue), "
          + Quantity.bytes(workload.payloadBytes), byGroup[place] ?? [], run,
        PanelAxes(
          horizontal: time, vertical: relativeAxis, labelsVertical: number % columns == 0),
        size: (228, 90), mechanism: configuration.mechanism)
      panel.subtitle = varying.map { $0.phrase(for: configuration) }.filter { !$0.isEmpty }
        .joined(separator: ", ")
      return panel
    }
    return stride(from: 0, to: panels.count, by: columns).map { start in
      Array(panels[start..<min(start + columns, panels.count)])
    }
  }

  private static func panel(
    _ title: String, _ dots: [Dot], _ run: ReportRun, _ axes: PanelAxes,
    size: (width: Int, height: Int), mechanism: String? = nil
  ) -> Panel {
    let one = Layer(
      rows: [[JSON.Member("value", 1)]], mark: ["type": "rule", "strokeWidth": 1],
      encoding: [JSON.Member("y", axes.y("value"))])
    return Panel(
      title: title, width: size.width, height: size.height,
      layers: [one.specification]
        + layers(dots, run, axes, mechanism: mechanism, within: relativeEdges) {
          "\(Quantity.significant($0))×"
        })
  }

  private static func layers(
    _ dots: [Dot], _ run: ReportRun, _ axes: PanelAxes, mechanism: String? = nil,
    within edges: ClosedRange<Double>? = nil, text: (Double) -> String
  ) -> [JSON] {
    func rows(_ isTainted: Bool) -> [[JSON.Member]] {
      dots.filter { $0.trial.isTainted == isTainted }.map { dot in
        [
          JSON.Member("minutes", .number(dot.trial.startSeconds / 60)),
          JSON.Member("value", .number(edges.map { clamp(dot.relative, to: $0) } ?? dot.relative)),
          JSON.Member("text", .string(text(dot.relative))),
          JSON.Member(
            "configuration", .string(run.summary.groups[dot.trial.group].configuration.name())),
        ]
      }
    }
    func layer(_ isTainted: Bool, _ mark: JSON) -> [JSON] {
      let rows = rows(isTainted)
      guard !rows.isEmpty else { return [] }
      let encoding = [
        JSON.Member("x", axes.x("minutes")), JSON.Member("y", axes.y("value")),
        JSON.Member(
          "tooltip", Tooltip(["configuration": "configuration", "text": "value"]).channel),
      ]
      return [Layer(rows: rows, mark: mark, encoding: encoding).specification]
    }
    let style = mechanism.map { MechanismStyle.of($0) }
    let quiet: JSON = [
      "type": "point", "filled": true, "size": .integer(style == nil ? 7 : 28),
      "opacity": .number(style == nil ? 0.45 : 0.9),
      "color": .string(style?.colour ?? ChartTheme.muted),
      "shape": .string(style?.shape ?? "circle"),
    ]
    let tainted: JSON = [
      "type": "point", "shape": .string(CrossMark.path), "size": .integer(style == nil ? 10 : 26),
      "strokeWidth": .number(style == nil ? 0.9 : 1.5), "opacity": 0.8,
      "color": .string(ChartTheme.warning),
    ]
    return layer(false, quiet) + layer(true, tainted)
  }
}

private func clamp(_ value: Double, to edges: ClosedRange<Double>) -> Double {
  min(max(value, edges.lowerBound), edges.upperBound)
}

/// A diagonal cross, which Vega has not: its own is a plus.
enum CrossMark {
  /// In Vega's unit square. <https://vega.github.io/vega-lite/docs/point.html>
  static let path = "M-1,-1L1,1M1,-1L-1,1"
}
