import Paths
import Results
import Trials

/// A comparison laid out for people, in the manner of benchstat: a table for each metric and pattern.
struct ComparisonTables {
  private let heading: [String]
  private let tables: [TextTable]
  private let means: TextTable?
  private let lists: [List]
  private let remarks: [String]

  private struct List {
    var title: String
    var items: [String]
  }

  init(_ comparison: Comparison, showing rows: [ComparisonRow]) {
    heading = Self.heading(comparison)
    let factors = Self.factors(comparison)
    tables = Self.sections(rows).map { Self.table($0, factors) }
    let means = comparison.geometricMeans
    self.means = means.isEmpty ? nil : Self.table(means, by: comparison.factor)
    lists = Self.lists(comparison)
    let hidden = comparison.rows.count - rows.count
    remarks =
      comparison.notes + Self.taints(comparison) + Self.explanation(comparison, hidden: hidden)
  }

  // MARK: - What is compared

  private static func heading(_ comparison: Comparison) -> [String] {
    func line(_ name: String, _ side: Comparison.Side) -> String {
      let run = side.runID.isEmpty ? "" : " (run \(side.runID))"
      return "\(name): \(side.name)\(run)"
    }
    var lines = [line("base", comparison.base), line("head", comparison.head)]
    let constant = varyingFactors.filter { !factors(comparison).contains($0) }
    if let first = comparison.rows.first?.configuration {
      let phrase = constant.map { $0.phrase(for: first) }.filter { !$0.isEmpty }
      if !phrase.isEmpty { lines.append("both: \(phrase.joined(separator: ", "))") }
    }
    return lines + comparison.shortfalls + comparison.worldNotes
  }

  /// What gets a column only where it varies.
  private static let varyingFactors: [Factor] = [
    .placement, .touch, .dataPath, .buffer, .workingSet, .spinBudget, .memoryNode, .arrivals,
  ]

  /// The columns that tell rows from each other.
  private static func factors(_ comparison: Comparison) -> [Factor] {
    let configurations = comparison.rows.flatMap { [$0.configuration, $0.headConfiguration] }
    let varying = varyingFactors.filter { factor in
      Set(configurations.map { factor.level(of: $0) }).count > 1
    }
    let pattern: [Factor] = comparison.factor == .pattern ? [.pattern] : []
    return pattern + [.mechanism, .wait, .payload] + varying + [.rate]
  }

  // MARK: - Rows

  /// By metric, then by pattern, each in the order of its type.
  private static func sections(_ rows: [ComparisonRow]) -> [[ComparisonRow]] {
    struct Key: Hashable {
      var metric: Metric
      var pattern: Pattern
    }
    let sections = Dictionary(grouping: rows) { row in
      Key(metric: row.metric, pattern: row.configuration.workload.pattern)
    }
    return Metric.allCases.flatMap { metric in
      Pattern.allCases.compactMap { sections[Key(metric: metric, pattern: $0)].map(sorted) }
    }
  }

  /// By payload, wait and rate, which a reader looks for first; what has run first comes first otherwise.
  private static func sorted(_ rows: [ComparisonRow]) -> [ComparisonRow] {
    let waits = WaitPolicy.allCases
    func place(_ offset: Int) -> (Int, Int, Double, Int) {
      let workload = rows[offset].configuration.workload
      let wait = waits.firstIndex(of: workload.wait) ?? 0
      // Last its own place, because the sort promises nothing about equals.
      return (workload.payloadBytes, wait, workload.pace?.messagesPerSecond ?? 0, offset)
    }
    return rows.indices.map(place).sorted { $0 < $1 }.map { rows[$0.3] }
  }

  private static func table(
    _ rows: [ComparisonRow], _ factors: [Factor]
  ) -> TextTable {
    let pattern = rows[0].configuration.workload.pattern
    let shown = factors.filter { factor in
      switch factor {
      case .rate, .arrivals: pattern == .paced
      default: true
      }
    }
    let columns =
      shown.map { TextTable.Column($0.title) } + [
        TextTable.Column("base", "median", alignsRight: true),
        TextTable.Column("head", "median", alignsRight: true),
        TextTable.Column("head/base", alignsRight: true),
        TextTable.Column("", "95 % interval", alignsRight: true),
        TextTable.Column("change", alignsRight: true), TextTable.Column("p", alignsRight: true),
        TextTable.Column("n", alignsRight: true), TextTable.Column("verdict"),
      ]
    return TextTable(
      title: "\(rows[0].metric.title(for: pattern)), \(pattern.rawValue)", columns: columns,
      rows: rows.map { row in
        shown.map { level($0, of: row) } + cells(row)
      })
  }

  /// The level, or both where the sides differ: `pipe → shm-ring`.
  private static func level(
    _ factor: Factor, of row: ComparisonRow
  ) -> String {
    let levels = [row.configuration, row.headConfiguration].map { factor.level(of: $0) }
    return levels[0] == levels[1] ? levels[0] : levels.joined(separator: " → ")
  }

  private static func cells(_ row: ComparisonRow) -> [String] {
    let effect = row.effect
    let count =
      effect?.pairs.map { "\($0)" } ?? "\(row.base?.trials ?? 0)+\(row.head?.trials ?? 0)"
    // Where there are figures, they and the last lines say why.
    let reason = effect?.interval == nil && !row.reason.isEmpty ? ": \(row.reason)" : ""
    return [
      ComparisonText.estimate(row.base, row.metric), ComparisonText.estimate(row.head, row.metric),
      effect.map { ComparisonText.ratio($0.ratio) } ?? "—",
      effect?.interval.map { ComparisonText.ratios($0) } ?? "—",
      effect.map { ComparisonText.change($0.ratio) } ?? "—",
      effect?.adjustedPValue.map { ComparisonText.pValue($0) } ?? "—", count,
      row.verdict.rawValue + reason,
    ]
  }

  // MARK: - All rows together

  private static func table(_ means: [GeometricMean], by factor: Factor?) -> TextTable {
    let hasLevels = means.contains { $0.level != nil }
    let columns =
      [TextTable.Column("metric"), TextTable.Column("pattern")]
      + (hasLevels ? [TextTable.Column(factor?.title ?? "")] : [])
      + [
        TextTable.Column("mechanism"), TextTable.Column("head/base", alignsRight: true),
        TextTable.Column("change", alignsRight: true), TextTable.Column("rows", alignsRight: true),
      ]
    return TextTable(
      title: "geometric means of the ratios", columns: columns,
      rows: means.map { mean in
        [mean.metric.title(for: mean.pattern), mean.pattern.rawValue]
          + (hasLevels ? [mean.level ?? ""] : [])
          + [
            mean.mechanism ?? "all", ComparisonText.ratio(mean.ratio),
            ComparisonText.change(mean.ratio), "\(mean.rows)",
          ]
      })
  }

  /// More of one kind than anybody reads; JSON has them all.
  private static let mostItems = 20

  private static func lists(_ comparison: Comparison) -> [List] {
    let differences = comparison.differences.map { difference in
      let mark = difference.isDecisive ? " (decisive)" : ""
      return "\(difference.name): \(difference.base) → \(difference.head)\(mark)"
    }
    let factors = comparison.factorDifferences.map { difference in
      let sides = [("base", difference.onlyInBase), ("head", difference.onlyInHead)]
      let parts = sides.filter { !$0.1.isEmpty }.map { name, levels in
        "\(levels.joined(separator: ", ")) only in \(name)"
      }
      return "\(difference.factor.title): \(parts.joined(separator: "; "))"
    }
    func names(_ configurations: [Configuration]) -> [String] {
      let factors = varyingFactors.filter { factor in
        Set(configurations.map { factor.level(of: $0) }).count > 1
      }
      let rest = configurations.count - mostItems
      return configurations.prefix(mostItems).map { $0.name(with: factors) }
        + (rest > 0 ? ["… and \(rest) more; --format json has them all"] : [])
    }
    func counted(_ title: String, _ configurations: [Configuration]) -> List {
      List(title: "\(title) (\(configurations.count))", items: names(configurations))
    }
    let lists = [
      List(title: "Differences, base → head", items: differences),
      List(title: "Factors that differ", items: factors),
      counted("Only in base", comparison.onlyInBase),
      counted("Only in head", comparison.onlyInHead),
    ]
    return lists.filter { !$0.items.isEmpty }
  }

  /// METHOD: what was disturbed is counted, not deleted. Empty if nothing was.
  private static func taints(_ comparison: Comparison) -> [String] {
    func count(
      _ name: String, _ side: (ComparisonRow) -> (Configuration, Estimate?)
    ) -> String? {
      var seen: Set<Configuration> = []
      var (tainted, trials) = (0, 0)
      for row in comparison.rows {
        let (configuration, estimate) = side(row)
        // The first metric of a configuration is its main one.
        guard let estimate, seen.insert(configuration).inserted else { continue }
        tainted += estimate.tainted
        trials += estimate.trials
      }
      return tainted == 0 ? nil : "\(tainted) of \(trials) trials of the \(name)"
    }
    let counts = [
      count("base") { ($0.configuration, $0.base) },
      count("head") { ($0.headConfiguration, $0.head) },
    ].compactMap { $0 }
    return counts.isEmpty
      ? [] : ["Tainted, and counted all the same: \(counts.joined(separator: ", "))."]
  }

  private static func explanation(_ comparison: Comparison, hidden: Int) -> [String] {
    guard !comparison.rows.isEmpty else { return [] }
    let tested = comparison.rows.count { $0.effect?.adjustedPValue != nil }
    let margin = ComparisonText.percent(comparison.margin)
    var lines: [String] = []
    if hidden > 0 { lines.append("\(hidden) rows that are the same are not shown.") }
    let seed = comparison.seed.map { " of seed \($0)" } ?? ""
    lines.append(
      comparison.isPaired
        ? "head/base: the median of the ratios of the n blocks in which both ran, with its "
          + "order-statistic interval."
        : "head/base: the ratio of the medians, with its bootstrap interval\(seed).")
    lines.append(
      "faster, slower: the interval excludes 1, and p, after Holm's correction for \(tested) "
        + "rows, is below 0.05.")
    lines.append(
      "same: the whole interval lies within \(margin) of 1. inconclusive: neither. "
        + "A time is faster below 1, a rate above.")
    return lines
  }
}

extension ComparisonTables {
  func plainText() -> String {
    var blocks = [heading.map(\.shown).joined(separator: "\n")]
    blocks += (tables + [means].compactMap { $0 }).map { $0.plainText() }
    blocks += lists.map { list in
      (["\(list.title):"] + list.items.map { "  \($0.shown)" }).joined(separator: "\n")
    }
    if !remarks.isEmpty { blocks.append(remarks.map(\.shown).joined(separator: "\n")) }
    return blocks.joined(separator: "\n\n") + "\n"
  }

  func markdown() -> String {
    func items(_ texts: [String]) -> String {
      texts.map { "- \(TextTable.escapedForMarkdown($0))" }.joined(separator: "\n")
    }
    var blocks = ["## Comparison", items(heading)]
    blocks += (tables + [means].compactMap { $0 }).map { $0.markdown() }
    for list in lists { blocks += ["### \(list.title)", items(list.items)] }
    if !remarks.isEmpty { blocks.append(items(remarks)) }
    return blocks.joined(separator: "\n\n") + "\n"
  }
}
