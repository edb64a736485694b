import Results
import Trials

/// A report in the making: what it says, in words, tables and charts, before anything is drawn.
package struct Report: Sendable {
  package let runs: [ReportRun]
  /// In the order of the page.
  package private(set) var sections: [ReportSection]
  /// Charts that these runs do not allow, and why.
  package let leftOut: [ChartOffer]

  /// - Parameter answers: what the runs say in words; stands before the charts.
  package init(_ runs: [ReportRun], answers: [ReportSection] = []) {
    self.runs = runs
    let chapters = ChartCatalogue.chapters(of: runs)
    let charts = chapters.map { chapter in
      ReportSection(
        name: chapter.name, title: chapter.title, charts: chapter.offers.compactMap(\.chart))
    }
    leftOut = chapters.flatMap(\.offers).filter { $0.chart == nil }
    // The one place where the parts of a report are joined.
    let parts =
      [Self.whatWasRun(runs)] + answers + charts.filter { !$0.charts.isEmpty }
      + runs.map { Numbers.section(of: $0, isOneOfMany: runs.count > 1) }
      + [Method.section(of: runs)]
    sections = Self.distinct(parts)
  }

  /// Names are anchors and files: where two are the same, the second gets a number. Two runs have two
  /// answers, and two pairs of cores can bear one placement's name.
  private static func distinct(_ sections: [ReportSection]) -> [ReportSection] {
    var counts: [String: Int] = [:]
    func distinct(_ name: String, _ kind: String) -> String {
      counts[kind + name, default: 0] += 1
      let count = counts[kind + name] ?? 1
      return count > 1 ? "\(name)-\(count)" : name
    }
    return sections.map { section in
      var section = section
      section.name = distinct(section.name, "section ")
      for place in section.charts.indices {
        section.charts[place].name = distinct(section.charts[place].name, "chart ")
      }
      return section
    }
  }

  package var title: String {
    let suites = runs.compactMap { $0.description?.suite }.withoutDuplicates()
    return "ipcbench report" + (suites.isEmpty ? "" : ": \(suites.joined(separator: ", "))")
  }

  /// Of all sections.
  package var charts: [Chart] { sections.flatMap(\.charts) }

  /// Of all charts, each as a file of its own, by the chart's name.
  package var specifications: [String: String] {
    let footer = runs.map(\.footer)
    let texts = charts.map { ($0.name, $0.page(footer: footer).indentedText() + "\n") }
    return Dictionary(texts, uniquingKeysWith: { first, _ in first })
  }

  /// Leaves the other charts out, and sections that had nothing else.
  package mutating func keepCharts(_ names: Set<String>) {
    sections = sections.compactMap { section in
      var kept = section
      kept.charts = section.charts.filter { names.contains($0.name) }
      let isEmpty = kept.charts.isEmpty && kept.paragraphs.isEmpty && kept.tables.isEmpty
      return isEmpty ? nil : kept
    }
  }

  /// What `--list` shows: every chart, and why the runs do not allow it.
  package var listing: TextTable {
    TextTable(
      title: "",
      columns: [TextTable.Column("chart"), TextTable.Column("here"), TextTable.Column("what")],
      rows: charts.map { [$0.name, "yes", $0.title] }
        + leftOut.map { offer in
          guard case .leftOut(let reason) = offer.answer else { return [offer.name, "yes", ""] }
          return [offer.name, "no", "\(offer.title): \(reason)"]
        })
  }

  /// All that is written of it where nothing is drawn: the page, and each chart's specification.
  package func textsWithoutPictures() -> [String] {
    let footer = runs.map(\.footer)
    let page = ReportPage(
      title: title, runs: runs, sections: sections, drawings: [:], scripts: nil,
      missingPicture: "Not drawn.")
    return [page.text] + charts.map { $0.page(footer: footer).indentedText() }
  }

  private static func whatWasRun(_ runs: [ReportRun]) -> ReportSection {
    let columns = [
      TextTable.Column("run"), TextTable.Column("suite"), TextTable.Column("started (UTC)"),
      TextTable.Column("trials", alignsRight: true), TextTable.Column("not ok", alignsRight: true),
      TextTable.Column("tainted", alignsRight: true), TextTable.Column("idle policy"),
      TextTable.Column("seed", alignsRight: true),
    ]
    let rows = runs.map { run -> [String] in
      let groups = run.summary.groups
      func sum(_ count: KeyPath<Summary.Group, Int>) -> String {
        "\(groups.reduce(0) { $0 + $1[keyPath: count] })"
      }
      let description = run.description
      return [
        run.name, description?.suite ?? "—", description?.started.text ?? "—", sum(\.trials),
        sum(\.failed), sum(\.tainted),
        run.summary.idlePolicies.map(\.rawValue).joined(separator: ", "),
        description.map { "\($0.seed.value)" } ?? "—",
      ]
    }
    let worlds = runs.flatMap { run in
      run.summary.worlds.sentences.map { runs.count > 1 ? "Run \(run.name): \($0)" : $0 }
    }
    return ReportSection(
      name: "runs", title: "What was run", paragraphs: worlds,
      tables: [TextTable(title: "Runs", columns: columns, rows: rows)])
  }
}

/// The medians that the charts are drawn from, and more.
private enum Numbers {
  static func section(of run: ReportRun, isOneOfMany: Bool) -> ReportSection {
    let tables = SummaryTables(run.summary, relativeTo: run.summary.floors.isEmpty ? [] : [.floor])
    let failed = tables.failures.map { "Failed: \($0)" }
    return ReportSection(
      name: "numbers" + (isOneOfMany ? "-\(Variation.slug(of: run.name))" : ""),
      title: "Numbers" + (isOneOfMany ? ": \(run.name)" : ""),
      paragraphs: [tables.shared].filter { !$0.isEmpty } + tables.notes + failed,
      tables: tables.tables)
  }
}

/// How the numbers came about, and what the host was like.
private enum Method {
  private static let rules = [
    "Two processes, a producer and a consumer, each pinned to a core; a fresh pair for every trial. "
      + "Trials run in randomised blocks, every configuration once in each.",
    "A round trip is from sending a message to having its reply; a stream's rate is payload over the time "
      + "from the first send until the consumer has verified the last message; the response time of a "
      + "paced message counts from when it was due, so that a stall is seen by all that it delayed.",
    "Every message is counted and checked for its number and length; without proof of delivery a trial "
      + "gives no figure. The clock's own cost is published and not subtracted.",
    "Figures are medians over trials. Intervals are exact 95 % order-statistic intervals of the median and "
      + "need six trials. Tainted trials, which something from outside disturbed, are counted, not "
      + "removed.",
  ]

  static func section(of runs: [ReportRun]) -> ReportSection {
    let isOneOfMany = runs.count > 1
    return ReportSection(
      name: "method", title: "How it was measured", paragraphs: rules,
      tables: runs.flatMap { run -> [TextTable] in
        guard let description = run.description else { return [] }
        let suffix = isOneOfMany ? ", \(run.name)" : ""
        return [
          host(description, suffix), findings(description, suffix), excluded(description, suffix),
        ]
        .compactMap { $0 }
      })
  }

  private static func host(_ run: RunDescription, _ suffix: String) -> TextTable {
    let host = run.host
    let rows: [(String, String?)] = [
      ("host", host.hostName), ("processor", host.cpuModel),
      ("CPUs", "\(host.logicalCPUs), of which allowed: \(host.allowedCPUs.kernelList)"),
      ("packages", "\(host.packages)"), ("NUMA nodes", host.numaNodes.kernelList),
      ("virtualisation", host.virtualization), ("system", host.operatingSystem),
      ("kernel", "\(host.kernelRelease) \(host.kernelVersion)"),
      ("clock source", host.clockSource), ("frequency governor", host.frequencyGovernor),
      ("TCP congestion control", host.tcpCongestionControl),
      ("load when the run began", host.loadAverage),
      (
        "clock",
        "\(run.clock.name), read in \(Quantity.text(run.clock.readCostNanoseconds, in: Quantity.time))"
      ),
      (
        "stamps of round trips",
        run.clock.samples.map { samples in
          "\(samples.name), adds \(Quantity.text(samples.addedNanoseconds, in: Quantity.time)) to what it "
            + "times"
        }
      ),
      ("build", "ipcbench \(run.build.version), \(run.build.mode), \(run.build.compiler)"),
      ("commit", run.build.commit),
      (
        "cores",
        run.placements.map { "\($0.placement.rawValue) (CPU \($0.producer) → \($0.consumer))" }
          .joined(separator: ", ")
      ),
    ]
    return TextTable(
      title: "Host and build\(suffix)",
      columns: [TextTable.Column("what"), TextTable.Column("value")],
      rows: rows.map { [$0.0, $0.1.flatMap { $0.isEmpty ? nil : $0 } ?? "not known"] })
  }

  private static func findings(_ run: RunDescription, _ suffix: String) -> TextTable? {
    guard let condition = run.condition else { return nil }
    return TextTable(
      title: "Host grade \(condition.grade.rawValue) (\(condition.grade.rule))\(suffix)",
      columns: [
        TextTable.Column("severity"), TextTable.Column("found"), TextTable.Column("what it does"),
      ],
      rows: condition.findings.filter { $0.severity != .good }
        .map { [$0.severity.rawValue, $0.found, $0.why] })
  }

  private static func excluded(_ run: RunDescription, _ suffix: String) -> TextTable? {
    guard !run.excluded.isEmpty else { return nil }
    return TextTable(
      title: "Asked for and not measured\(suffix)",
      columns: [TextTable.Column("what"), TextTable.Column("why")],
      rows: run.excluded.map { [$0.what, $0.why] })
  }
}
