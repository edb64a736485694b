import Paths
import Trials

/// A summary laid out for people: one table per pattern and payload, the fastest row first.
package struct SummaryTables {
  private let heading: String
  /// The factors that all rows share, said once.
  package let shared: String
  package let tables: [TextTable]
  /// Each configuration's first error, a line each.
  package let failures: [String]
  /// How to read the tables, a sentence or two each.
  package let notes: [String]

  package init(_ summary: Summary, relativeTo yardsticks: Set<Yardstick> = []) {
    let factors = Self.factorsThatMayVary.filter { factor in
      let configurations = summary.groups.map(\.configuration)
      return Set(configurations.filter(factor.applies).map(factor.level)).count > 1
    }
    let constant = Self.factorsThatMayVary.filter { !factors.contains($0) }
    heading = "Run \(summary.runID)"
    let phrases =
      constant.compactMap { factor in
        summary.groups.map(\.configuration).first(where: factor.applies).map(factor.phrase)
      }
    shared = (phrases + [Self.idlePhrase(summary.idlePolicies)]).filter { !$0.isEmpty }
      .joined(separator: ", ")
    tables = Self.sections(summary).map {
      Self.table(of: $0, in: summary, factors, yardsticks)
    }
    failures = summary.groups.compactMap { group in
      group.firstError.map { error in
        "\(group.configuration.name(with: factors)): "
          + "\(group.failed) of \(group.trials): \(Self.oneLine(error))"
      }
    }
    notes = Self.notes(for: summary, yardsticks)
  }

  /// What gets a column only where a run varies it; the others have places of their own.
  private static let factorsThatMayVary: [Factor] = [
    .placement, .touch, .dataPath, .buffer, .workingSet, .memoryNode, .batch,
  ]

  /// Empty where every trial ran as the host idles by itself, which goes without saying.
  private static func idlePhrase(_ policies: [IdlePolicy]) -> String {
    guard policies.contains(where: { $0 != .standard }) else { return "" }
    return "idle policy \(policies.map(\.rawValue).joined(separator: " and "))"
  }

  /// Pattern, then payload, each in ascending order; of paced ones, then how messages arrive.
  private static func sections(_ summary: Summary) -> [[Summary.Group]] {
    Pattern.allCases.flatMap { pattern in
      let groups = summary.groups.filter { $0.configuration.workload.pattern == pattern }
      let payloads = Set(groups.map(\.configuration.workload.payloadBytes)).sorted()
      return payloads.flatMap { payload in
        let ofPayload = groups.filter { $0.configuration.workload.payloadBytes == payload }
        guard pattern == .paced else { return [ofPayload] }
        return Arrivals.allCases.map { arrivals in
          ofPayload.filter { $0.configuration.workload.pace?.arrivals == arrivals }
        }.filter { !$0.isEmpty }
      }
    }
  }

  private static func table(
    of groups: [Summary.Group], in summary: Summary, _ factors: [Factor],
    _ yardsticks: Set<Yardstick>
  ) -> TextTable {
    let workload = groups[0].configuration.workload
    let factors = factors.filter { $0.applies(to: groups[0].configuration) }
    var figures = Figure.of(workload.pattern)
    if yardsticks.contains(.floor) { figures.append(.timesFloor) }
    if yardsticks.contains(.probe) { figures.append(.timesProbe) }
    var columns = [TextTable.Column("mechanism"), TextTable.Column("wait")]
    columns += factors.map { TextTable.Column($0.title) }
    columns += figures.map {
      TextTable.Column($0.header.upper, $0.header.lower, alignsRight: true)
    }
    columns += [TextTable.Column("", "n", alignsRight: true), TextTable.Column("")]
    let sorted =
      workload.pattern == .paced
      ? ratesAscending(groups, summary) : fastestFirst(groups, summary)
    let rows = sorted.map { group in
      [group.configuration.mechanism, group.configuration.workload.wait.rawValue]
        + factors.map { $0.level(of: group.configuration) }
        + figures.map { $0.text(group, summary) ?? "—" }
        + ["\(group.trials - group.failed - group.elsewhere)", marks(group)]
    }
    let unit = workload.pattern == .pingPong ? "round trip" : "message"
    return TextTable(
      title: "\(workload.pattern.rawValue), \(Quantity.bytes(workload.payloadBytes))"
        + "\(workload.pace.map { ", \($0.arrivals.rawValue) arrivals" } ?? ""); "
        + "CPU time is per \(unit)",
      columns: columns, rows: rows)
  }

  /// Configurations that measured nothing come last; equals keep their order.
  private static func fastestFirst(
    _ groups: [Summary.Group], _ summary: Summary
  ) -> [Summary.Group] {
    groups.enumerated().sorted { left, right in
      let speeds = (speed(left.element, summary) ?? 0, speed(right.element, summary) ?? 0)
      return speeds.0 == speeds.1 ? left.offset < right.offset : speeds.0 > speeds.1
    }.map(\.element)
  }

  /// What differs in the rate alone stands together, as one curve; the fastest curve comes first.
  private static func ratesAscending(
    _ groups: [Summary.Group], _ summary: Summary
  ) -> [Summary.Group] {
    func curve(_ group: Summary.Group) -> Configuration {
      var configuration = group.configuration
      configuration.workload.pace = nil
      return configuration
    }
    func rate(_ group: Summary.Group) -> Double {
      group.configuration.workload.pace?.messagesPerSecond ?? 0
    }
    let sorted = fastestFirst(groups, summary)
    let curves = Dictionary(grouping: sorted, by: curve)
    return sorted.map(curve).withoutDuplicates().flatMap { name in
      (curves[name] ?? []).sorted { rate($0) < rate($1) }
    }
  }

  /// Something that is larger for the faster of two configurations with one pattern.
  fileprivate static func speed(_ group: Summary.Group, _ summary: Summary) -> Double? {
    let metric = summary.mainMetric(for: group.configuration.workload.pattern)
    return group.estimate(metric).flatMap { estimate in
      metric.isRate ? estimate.median : estimate.median > 0 ? 1 / estimate.median : nil
    }
  }

  private static func marks(_ group: Summary.Group) -> String {
    var marks: [String] = []
    if group.failed > 0 { marks.append("\(group.failed) failed") }
    if group.tainted > 0 { marks.append("\(group.tainted) tainted") }
    if group.elsewhere > 0 { marks.append("\(group.elsewhere) in another world") }
    return marks.joined(separator: ", ")
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  private static func notes(
    for summary: Summary, _ yardsticks: Set<Yardstick>
  ) -> [String] {
    let patterns = Set(summary.groups.map(\.configuration.workload.pattern))
    var notes: [String] = []
    guard !patterns.isEmpty else { return ["No trials."] }
    notes += summary.worlds.sentences + [summary.taintSentence].compactMap { $0 }
    notes.append(
      "Medians over n ok trials, with 95 % intervals where n is at least 6. "
        + "—: not measured, or too few samples.")
    if patterns != [.pingPong] {
      notes.append("M/s: 10⁶ messages a second. GB/s: 10⁹ payload bytes a second.")
    }
    if patterns.contains(.paced) {
      notes.append(
        "response: from when a message was due to its arrival; service: from when it was sent.")
    }
    let compared = summary.groups.map(\.configuration).filter { $0.workload.pattern != .paced }
    if compared.contains(where: { $0.mechanism == "pipe" }) {
      notes.append("vs pipe: how many times as fast as pipe with all else equal.")
    }
    if summary.groups.contains(where: { $0.configuration.workload.roundTripsPerSample ?? 1 > 1 }) {
      notes.append(
        "batch: samples are means of so many round trips, for which there is no p99."
          + (summary.roundTripMetric == .latencyMean
            ? " Rows of different batches are compared by the mean round trip alone." : ""))
    }
    if yardsticks.contains(.probe) {
      notes.append(
        "× probe: the median of each trial as a multiple of its own probes, a cache line's round trip "
          + "just before and after it.")
    }
    if yardsticks.contains(.floor) {
      notes.append(
        "× floor: the median as a multiple of what hardware and kernel charge at least, measured "
          + "in the same run on the same cores; run.json has the floors. Of sleeping sides it is a "
          + "multiple of a plain hand-off, which is a reference and no lower bound.")
    }
    return notes
  }
}

/// A measured column of the tables.
private struct Figure: Sendable {
  let header: (upper: String, lower: String)
  let text: @Sendable (Summary.Group, Summary) -> String?

  static func of(_ pattern: Pattern) -> [Figure] {
    switch pattern {
    case .pingPong: pingPong
    case .stream: stream
    case .paced: paced
    }
  }

  private static let pingPong = [
    Figure(header: ("round trip", "median")) { group, _ in
      group.estimate(.latencyP50).map { Quantity.text($0.median, in: Quantity.time) }
    },
    Figure(header: ("", "95 % interval")) { group, _ in
      group.estimate(.latencyP50)?.interval.map { Quantity.text($0, in: Quantity.time) }
    },
    Figure(header: ("", "p99")) { group, _ in
      group.estimate(.latencyP99).map { Quantity.text($0.median, in: Quantity.time) }
    },
    versusPipe, producerCPU, consumerCPU,
  ]

  private static let stream = [
    Figure(header: ("messages/s", "median")) { group, _ in
      group.estimate(.messageThroughput).map { Quantity.text($0.median, in: Quantity.messageRate) }
    },
    Figure(header: ("", "95 % interval")) { group, _ in
      group.estimate(.messageThroughput)?.interval.map {
        Quantity.text($0, in: Quantity.messageRate)
      }
    },
    Figure(header: ("bytes/s", "median")) { group, _ in
      group.estimate(.byteThroughput).map { Quantity.text($0.median, in: Quantity.byteRate) }
    },
    versusPipe, producerCPU, consumerCPU,
  ]

  private static let paced = [
    Figure(header: ("offered", "")) { group, _ in
      group.configuration.workload.pace.map {
        Quantity.text($0.messagesPerSecond, in: Quantity.messageRate)
      }
    },
    time(.latencyP50, ("response", "p50")), time(.latencyP99, ("", "p99")),
    time(.latencyP999, ("", "p99.9")), time(.serviceP50, ("service", "p50")),
    time(.serviceP99, ("", "p99")), producerCPU, consumerCPU,
  ]

  private static func time(_ metric: Metric, _ header: (String, String)) -> Figure {
    Figure(header: header) { group, _ in
      group.estimate(metric).map { Quantity.text($0.median, in: Quantity.time) }
    }
  }

  private static let versusPipe = Figure(header: ("speed", "vs pipe")) { group, summary in
    var pipe = group.configuration
    pipe.mechanism = "pipe"
    guard let other = summary.group(ofAnyBatch: pipe),
      let baseline = SummaryTables.speed(other, summary), baseline > 0,
      let speed = SummaryTables.speed(group, summary)
    else { return nil }
    return "\(Quantity.significant(speed / baseline))×"
  }

  /// A time as a multiple of its floor, or a rate's floor as a multiple of the rate.
  static let timesFloor = Figure(header: ("", "× floor")) { group, summary in
    let metric: Metric = group.estimate(.latencyP50) != nil ? .latencyP50 : .byteThroughput
    return summary.relation(of: group, to: metric).times.map { "\(Quantity.significant($0))×" }
  }

  static let timesProbe = Figure(header: ("", "× probe")) { group, _ in
    let metric: Metric = group.estimate(.latencyP50) != nil ? .latencyP50 : .messageThroughput
    return group.timesProbe(metric).map { "\(Quantity.significant($0))×" }
  }

  private static let producerCPU = Figure(header: ("CPU time", "producer")) { group, _ in
    group.estimate(.producerCPU).map { Quantity.text($0.median, in: Quantity.time) }
  }

  private static let consumerCPU = Figure(header: ("CPU time", "consumer")) { group, _ in
    group.estimate(.consumerCPU).map { Quantity.text($0.median, in: Quantity.time) }
  }
}

extension SummaryTables {
  func plainText() -> String {
    var blocks = [[heading.shown, shared.shown].filter { !$0.isEmpty }.joined(separator: "\n")]
    blocks += tables.map { $0.plainText() }
    if !failures.isEmpty {
      blocks.append(
        (["Failed trials, with each configuration's first error:"]
          + failures.map { "  \($0.shown)" })
          .joined(separator: "\n"))
    }
    blocks.append(notes.joined(separator: "\n"))
    return blocks.joined(separator: "\n\n") + "\n"
  }

  func markdown() -> String {
    var blocks = ["## \(heading.shown)"]
    if !shared.isEmpty { blocks.append(shared.shown) }
    blocks += tables.map { $0.markdown() }
    if !failures.isEmpty {
      blocks.append("Failed trials, with each configuration's first error:")
      blocks.append(
        failures.map { "- \(TextTable.escapedForMarkdown($0))" }.joined(separator: "\n"))
    }
    blocks.append(notes.joined(separator: "\n"))
    return blocks.joined(separator: "\n\n") + "\n"
  }
}
