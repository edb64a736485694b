import Results
import Trials

/// What the gate says, for a pull request: the verdict, then what changed, then the rest folded.
package struct GateMarkdown: Sendable {
  /// A comment on GitHub may have 65 536 characters, and a row takes some 150 in the table and 200 with its
  /// reason, or more where many factors tell rows apart.
  private static let mostRows = 100
  /// More than this nobody reads unasked.
  private static let mostRowsInSight = 20

  private let report: GateReport
  private let names: RowNames

  package init(_ report: GateReport) {
    self.report = report
    names = RowNames(report.comparison)
  }

  /// With its last newline.
  package var text: String {
    let unclear = report.rows(.inconclusive) + report.rows(.notComparable)
    var blocks = [heading, sentence(report.conclusion)]
    blocks += report.comparison.shortfalls.map(sentence)
    blocks += table("Regressions", report.rows(.regression))
    blocks += pools("Regressions of rows together", report.poolsOfRegression)
    blocks += table("Changed, within the thresholds", changedWithinThresholds)
    blocks += folded("Not decided: \(unclear.count) rows", reasons(unclear))
    blocks += folded("All \(report.rows.count) gated rows", allRows)
    blocks += folded("Rows of a mechanism together", pools("", report.pools))
    blocks += folded("What was compared, and how", details)
    return blocks.joined(separator: "\n\n") + "\n"
  }

  private var heading: String {
    if report.isUndecided { return "## ⚠️ ipcbench: nothing could be judged" }
    return switch report.outcome {
    case .regression: "## ❌ ipcbench: regression"
    case .pass: "## ✅ ipcbench: no regression"
    case .inconclusive: "## ⚠️ ipcbench: inconclusive"
    case .notComparable: "## ⚠️ ipcbench: not comparable"
    }
  }

  private func sentence(_ text: String) -> String {
    MarkdownText.escaped(text.prefix(1).uppercased() + text.dropFirst()) + "."
  }

  private var changedWithinThresholds: [GateReport.Row] {
    report.rows.filter { row in
      row.outcome != .regression && (row.row.verdict == .faster || row.row.verdict == .slower)
    }
  }

  // MARK: - Tables

  private func table(_ title: String, _ rows: [GateReport.Row]) -> [String] {
    guard !rows.isEmpty else { return [] }
    let most = Self.mostRowsInSight
    return ["### \(title)", self.rows(rows.prefix(most)).markdown()] + rest(rows.count, most)
  }

  private var allRows: [String] {
    guard !report.rows.isEmpty else { return [] }
    return [rows(report.rows.prefix(Self.mostRows)).markdown()]
      + rest(report.rows.count, Self.mostRows)
  }

  private func rest(_ count: Int, _ most: Int) -> [String] {
    count > most ? ["… and \(count - most) more; `--export json=FILE` has them all."] : []
  }

  private func rows(_ rows: some Sequence<GateReport.Row>) -> TextTable {
    TextTable(
      title: "",
      columns: [
        .init("configuration"), .init("metric"), .init("base", alignsRight: true),
        .init("head", alignsRight: true), .init("slower by", alignsRight: true),
        .init("95 % interval", alignsRight: true), .init("p", alignsRight: true), .init("verdict"),
      ],
      rows: rows.map { cells($0).map(MarkdownText.escaped) })
  }

  private func cells(_ row: GateReport.Row) -> [String] {
    let slowdown = row.row.effect?.slowdown(row.row.metric)
    func median(_ estimate: Estimate?) -> String {
      estimate.map { row.row.metric.text($0.median) } ?? "—"
    }
    let verdict = row.outcome == .pass ? row.row.verdict.rawValue : row.outcome.rawValue
    return [
      names.name(row.row), row.row.title, median(row.row.base), median(row.row.head),
      slowdown.map { ComparisonText.change($0.ratio) } ?? "—",
      slowdown?.interval.map(ComparisonText.changes) ?? "—",
      row.adjustedPValue.map(ComparisonText.pValue) ?? "—", verdict,
    ]
  }

  private func pools(_ title: String, _ pools: [GateReport.Pool]) -> [String] {
    guard !pools.isEmpty else { return [] }
    let table = TextTable(
      title: title,
      columns: [
        .init("mechanism"), .init("rows", alignsRight: true), .init("slower by", alignsRight: true),
        .init("95 % interval", alignsRight: true), .init("p", alignsRight: true),
        .init("threshold", alignsRight: true), .init("verdict"),
      ],
      rows: pools.map { pool in
        [
          pool.title, "\(pool.rows)", ComparisonText.change(pool.slowdown),
          ComparisonText.changes(pool.interval), ComparisonText.pValue(pool.adjustedPValue),
          ComparisonText.percent(pool.threshold), pool.outcome.rawValue,
        ].map(MarkdownText.escaped)
      })
    return [table.markdown()]
  }

  private func reasons(_ rows: [GateReport.Row]) -> [String] {
    guard !rows.isEmpty else { return [] }
    let lines = rows.prefix(Self.mostRows).map { row in
      "- " + MarkdownText.escaped("\(names.name(row.row)), \(row.row.title): \(row.reason)")
    }
    return [lines.joined(separator: "\n")] + rest(rows.count, Self.mostRows)
  }

  // MARK: - How

  private var details: [String] {
    let comparison = report.comparison
    var lines = [
      "base: \(side(comparison.base))", "head: \(side(comparison.head))",
      comparison.isPaired
        ? "paired by block: the median of head over base within each block"
        : "not paired: the ratio of the medians",
      "a regression: the whole 95 % interval is above the threshold, and p is below "
        + "\(ComparisonText.pValue(report.rules.significance)) after Holm's correction for all "
        + "that is judged",
    ]
    lines += Metric.allCases.compactMap { metric in
      guard report.rows.contains(where: { $0.row.metric == metric }),
        let threshold = report.rules.threshold(metric)
      else { return nil }
      let noise = report.rules.noise[metric].map { "; noise \(ComparisonText.percent($0))" } ?? ""
      return "threshold of \(metric.rawValue): \(ComparisonText.percent(threshold))\(noise)"
    }
    lines += comparison.differences.map { difference in
      "\(difference.isDecisive ? "different and decisive" : "different"): \(difference.name): "
        + "\(difference.base) → \(difference.head)"
    }
    lines += comparison.worldNotes + comparison.notes
    lines += gone("only in the base", comparison.onlyInBase)
    lines += gone("only in the head", comparison.onlyInHead)
    return [lines.map { "- " + MarkdownText.escaped($0) }.joined(separator: "\n")]
  }

  private func side(_ side: Comparison.Side) -> String {
    var text = "\(side.name) (run \(side.runID)"
    if let build = side.description?.build {
      text += ", ipcbench \(build.version)\(build.commit.map { ", commit \($0)" } ?? "")"
    }
    return text + ")"
  }

  private func gone(_ what: String, _ configurations: [Configuration]) -> [String] {
    guard !configurations.isEmpty else { return [] }
    let listed = configurations.prefix(Self.mostRowsInSight).map(names.name).joined(separator: "; ")
    let more = configurations.count - Self.mostRowsInSight
    return ["\(what): \(listed)\(more > 0 ? "; and \(more) more" : "")"]
  }

  /// GitHub reads Markdown inside of HTML only behind an empty line.
  private func folded(_ summary: String, _ blocks: [String]) -> [String] {
    guard !blocks.isEmpty else { return [] }
    return ["<details><summary>\(MarkdownText.escaped(summary))</summary>"] + blocks
      + ["</details>"]
  }
}
