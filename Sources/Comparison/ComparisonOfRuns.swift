import Paths
import Results
import Trials

extension Comparison {
  /// Two runs: what each configuration that is in both of them measured in the one and in the other.
  ///
  /// Blocks are pairs where `ipcbench run --versus` ran the two side by side.
  public init(_ base: StoredRun, _ head: StoredRun, _ rules: ComparisonRules = ComparisonRules()) {
    let matching = RunMatching(base, head)
    let environment = EnvironmentDifferences(base, head)
    let isPaired = Self.areInterleaved(base, head)
    let objection = rules.isForced ? nil : environment.objection
    let worlds = WorldMatching(base, head, areInterleaved: isPaired, isForced: rules.isForced)
    var maker = RowMaker(rules, isPaired: isPaired, objection: objection, worlds: worlds)
    for pair in matching.pairs { maker.add(pair) }
    let rows = maker.judged()

    var notes: [String] = []
    if let objection {
      notes.append(
        "Not comparable: \(objection). --force compares all the same; then differences may be the "
          + "machine's.")
    } else if let ignored = environment.objection {
      notes.append("Compared by --force although \(ignored): differences may be the machine's.")
    }
    if environment.areBothUnknown {
      notes.append(
        "Neither side has a run.json, so nobody knows whether they ran in the same environment.")
    }
    if matching.pairs.isEmpty { notes.append("No configuration is in both: nothing to compare.") }
    notes += Self.notes(onMetricsOf: rows, matching.pairs)
    if matching.pairsOfUnequalRates > 0 {
      notes.append(
        "\(matching.pairsOfUnequalRates) paced configurations are compared at rates that differ by "
          + "up to 10 %: shares of a peak come out differently in each run.")
    }
    self.init(
      base: Side(base), head: Side(head), isPaired: isPaired,
      differences: environment.differences, factorDifferences: FactorDifference.all(base, head),
      onlyInBase: matching.onlyInBase, onlyInHead: matching.onlyInHead, rows: rows,
      shortfalls: [base, head].compactMap(\.shortfall),
      worldNotes: worlds.notes(on: matching.pairs.map(\.base.configuration.cores)),
      notes: notes + Self.notes(onFailuresOf: "base", base.groups)
        + Self.notes(onFailuresOf: "head", head.groups) + Self.notes(onTestsOf: rows),
      margin: rules.margin, seed: isPaired ? nil : rules.seed)
  }

  /// One run: each configuration at the base's level of a factor against the same one at other levels, by
  /// block, because every configuration ran in each.
  ///
  /// - Parameters: `base` and `head` are levels; nil for the usual one, and for all others.
  public init(
    within run: StoredRun, by factor: Factor, base: String? = nil, head: String? = nil,
    _ rules: ComparisonRules = ComparisonRules()
  ) throws(LevelError) {
    let matching = try LevelMatching(run, by: factor, base: base, head: head)
    let worlds = WorldMatching(within: run)
    var maker = RowMaker(rules, isPaired: true, objection: nil, worlds: worlds)
    for pair in matching.pairs { maker.add(pair) }
    let rows = maker.judged()
    var notes: [String] = []
    if matching.pairs.isEmpty {
      notes.append("No two configurations differ in \(factor.rawValue) alone: nothing to compare.")
    }
    notes += Self.notes(onMetricsOf: rows, matching.pairs)
    func side(_ levels: [String]) -> Side {
      var side = Side(run)
      side.name += ", \(factor.rawValue) \(levels.joined(separator: ", "))"
      return side
    }
    self.init(
      base: side([matching.baseLevel]), head: side(matching.headLevels), factor: factor,
      isPaired: true, onlyInBase: matching.onlyInBase, onlyInHead: matching.onlyInHead, rows: rows,
      shortfalls: [run].compactMap(\.shortfall), worldNotes: worlds.notes(on: []),
      notes: notes + Self.notes(onFailuresOf: "run", run.groups) + Self.notes(onTestsOf: rows),
      margin: rules.margin)
  }

  /// Whether the two runs are the sides of one measurement.
  private static func areInterleaved(_ base: StoredRun, _ head: StoredRun) -> Bool {
    guard let left = base.description?.interleaving, let right = head.description?.interleaving
    else { return false }
    return left.id == right.id && left.side != right.side
  }

  /// How many trials are missing because they failed; what is left is compared.
  private static func notes(onFailuresOf name: String, _ groups: [StoredRun.Group]) -> [String] {
    guard let first = groups.first(where: { $0.failed > 0 }) else { return [] }
    let (failed, trials) = groups.reduce((0, 0)) { ($0.0 + $1.failed, $0.1 + $1.trials) }
    return [
      "\(failed) of \(trials) trials of the \(name) failed and are left out; the first error is: "
        + first.errorLine
    ]
  }

  /// Where there are configurations to compare and nothing to compare in them.
  private static func notes(
    onMetricsOf rows: [ComparisonRow], _ pairs: [RowMaker.Pair]
  ) -> [String] {
    guard rows.isEmpty, !pairs.isEmpty else { return [] }
    return ["No trial measured what was asked for: give another --metric, or --metric all."]
  }

  /// What stands between the intervals and the verdicts.
  private static func notes(onTestsOf rows: [ComparisonRow]) -> [String] {
    let tested = rows.filter { $0.effect?.adjustedPValue != nil }
    var notes: [String] = []
    let exceptions = tested.count { $0.effect?.pairs != nil && $0.effect?.test == .rankSums }
    if exceptions > 0 {
      notes.append(
        "So few blocks cannot show anything by signed ranks after the correction for "
          + "\(tested.count) rows; p of \(exceptions) of them is of the rank sums.")
    }
    let undecided = tested.count(where: \.isUndecided)
    if undecided > 0 {
      let isPaired = tested.contains { $0.effect?.pairs != nil }
      let fewest = ComparisonRow.fewestTrials(among: tested.count, isPaired: isPaired)
      notes.append(
        "\(undecided) rows are inconclusive although their intervals exclude 1, for they are among "
          + "\(tested.count). Compare fewer (--metric, --head), or measure more: at least "
          + "--trials \(fewest).")
    }
    return notes
  }
}

extension Comparison.Side {
  init(_ run: StoredRun) {
    self.init(name: run.path.shown, runID: run.runID, description: run.description)
  }
}
