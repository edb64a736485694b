import Results
import Trials

/// Makes the rows of a comparison: measures them one by one, then judges them together, because how sure a
/// row has to be hangs on how many there are.
struct RowMaker {
  /// A configuration on both sides.
  struct Pair {
    var base: StoredRun.Group
    var head: StoredRun.Group
  }

  private let rules: ComparisonRules
  private let isPaired: Bool
  /// Why nothing may be called faster or slower; nil if it may.
  private let objection: String?
  private let worlds: WorldMatching
  private var meter: EffectMeter
  private var rows: [ComparisonRow] = []

  init(
    _ rules: ComparisonRules, isPaired: Bool, objection: String?,
    worlds: WorldMatching = WorldMatching()
  ) {
    self.rules = rules
    self.isPaired = isPaired
    self.objection = objection
    self.worlds = worlds
    meter = EffectMeter(rules)
  }

  /// A row for each metric that either side measured or that gates; where there is none, or a side never
  /// succeeded, one that says so.
  mutating func add(_ pair: Pair) {
    let patterns = (pair.base.pattern, pair.head.pattern)
    let metrics = rules.metrics(base: patterns.0, head: patterns.1)
    var measurements = metrics.map { metric in
      Measurement(
        metric: metric, base: pair.base.samples(metric), head: pair.head.samples(metric))
    }
    let isFailure = pair.base.isFailure || pair.head.isFailure
    let isNothingMeasured = measurements.allSatisfy(\.isEmpty)
    let first = measurements.first?.metric
    measurements = measurements.filter { measurement in
      // What gates has a row in any case: a gate must not be green because something is missing.
      if rules.gated.contains(measurement.metric), measurement.metric.gates(in: patterns.0) {
        return true
      }
      return isFailure || isNothingMeasured ? measurement.metric == first : !measurement.isEmpty
    }
    for measurement in measurements { add(measurement, of: pair) }
  }

  /// A metric's samples on both sides. Taking them from a run may copy them: that is done once.
  private struct Measurement {
    var metric: Metric
    var base: [StoredRun.Sample]
    var head: [StoredRun.Sample]

    var isEmpty: Bool { base.isEmpty && head.isEmpty }
  }

  private mutating func add(_ measurement: Measurement, of pair: Pair) {
    var row = row(measurement, pair.base.configuration, pair.head.configuration)
    if row.verdict != .notComparable { row.reason = Self.whatIsMissing(pair, measurement, row) }
    rows.append(row)
  }

  /// A row of samples that are in no stored run.
  mutating func add(_ sampled: SampledRow) {
    let measurement = Measurement(
      metric: sampled.metric, base: sampled.base, head: sampled.head)
    rows.append(row(measurement, sampled.configuration, sampled.configuration))
  }

  private mutating func row(
    _ measurement: Measurement, _ configuration: Configuration, _ headConfiguration: Configuration
  ) -> ComparisonRow {
    let samples = worlds.samples(
      base: measurement.base, configuration.cores, head: measurement.head,
      headConfiguration.cores)
    let base = SortedValues(samples.base)
    let head = SortedValues(samples.head)
    var row = ComparisonRow(
      configuration: configuration, headConfiguration: headConfiguration,
      metric: measurement.metric, base: base.estimate, head: head.estimate, effect: nil,
      verdict: .inconclusive)
    if let objection = samples.objection {
      row.verdict = .notComparable
      row.reason = objection
    }
    guard isPaired else {
      row.effect = meter.unpaired(base, head)
      return row
    }
    let pairs = BlockPairs(samples.basePairs, samples.headPairs)
    row.effect = meter.paired(pairs, base, head)
    if rules.gated.contains(measurement.metric) {
      row.differences = zip(pairs.blocks, pairs.differences).map {
        BlockDifference(block: $0, logarithm: $1)
      }
    }
    return row
  }

  /// Empty if there is an interval.
  private static func whatIsMissing(
    _ pair: Pair, _ measurement: Measurement, _ row: ComparisonRow
  ) -> String {
    let sides = [
      ("base", pair.base, measurement.base, row.base),
      ("head", pair.head, measurement.head, row.head),
    ]
    for (name, group, samples, estimate) in sides where estimate == nil {
      if group.isFailure {
        return "all \(group.trials) trials of the \(name) failed: \(group.errorLine)"
      }
      return samples.isEmpty
        ? "the \(name) did not measure it"
        : "no trial of the \(name) ran in the world that is compared"
    }
    guard row.effect?.interval == nil else { return "" }
    let fewest = SortedValues.fewest
    guard let pairs = row.effect?.pairs else {
      return row.effect == nil
        ? "no block has both"
        : "\(row.base?.trials ?? 0) and \(row.head?.trials ?? 0) trials; an interval takes "
          + "\(fewest) a side"
    }
    return "\(pairs) blocks have both; an interval takes \(fewest)"
  }

  // MARK: - Judging

  /// All rows that were added, each with its verdict.
  mutating func judged() -> [ComparisonRow] {
    chooseTests()
    let tested = testedRows
    let adjusted = Holm.adjusted(tested.compactMap { rows[$0].effect?.pValue })
    for (place, pValue) in zip(tested, adjusted) { rows[place].effect?.adjustedPValue = pValue }
    for place in rows.indices {
      if let objection {
        rows[place].verdict = .notComparable
        rows[place].reason = objection
      } else if rows[place].verdict != .notComparable {
        rows[place].judge(margin: rules.margin, among: tested.count)
      }
    }
    return rows
  }

  private var testedRows: [Int] {
    rows.indices.filter {
      rows[$0].effect?.pValue != nil && rows[$0].verdict != .notComparable
    }
  }

  /// With n blocks the signed ranks cannot get below 2·2⁻ⁿ, which no longer says anything once it is
  /// multiplied by the number of rows: eight blocks and seven rows make `inconclusive` of everything. The
  /// rank sums of as many trials go far lower. They hold for blocks, too: what the two sides of a block have
  /// in common only makes their values more alike than the test expects.
  private mutating func chooseTests() {
    let tested = testedRows
    for place in tested {
      guard let pairs = rows[place].effect?.pairs, let pValue = rows[place].effect?.rankSumPValue,
        WilcoxonSignedRanks.smallestPValue(pairs: pairs) * Double(tested.count)
          > ComparisonRules.significance
      else { continue }
      rows[place].effect?.pValue = pValue
      rows[place].effect?.test = .rankSums
    }
  }
}

extension ComparisonRow {
  /// Decides by the interval and the adjusted p-value; a row without them stays inconclusive.
  ///
  /// - Parameter rows: how many the p-value was adjusted for.
  fileprivate mutating func judge(margin: Double, among rows: Int) {
    guard let interval = effect?.interval, let pValue = effect?.adjustedPValue else {
      return
    }
    if interval.lowerBound >= 1 / (1 + margin), interval.upperBound <= 1 + margin {
      verdict = .same
    } else if interval.contains(1) {
      reason = "the interval includes 1"
    } else if pValue >= ComparisonRules.significance {
      let fewest = Self.fewestTrials(among: rows, isPaired: effect?.pairs != nil)
      let trials = effect?.pairs ?? min(base?.trials ?? 0, head?.trials ?? 0)
      reason =
        trials < fewest
        ? "\(trials) trials are too few to tell among \(rows) rows; it takes \(fewest)"
        : "chance explains it: p is \(ComparisonText.pValue(pValue)) among \(rows) rows"
    } else {
      verdict = (interval.lowerBound > 1) == metric.isRate ? .faster : .slower
    }
  }
}

extension ComparisonRow {
  /// How many trials a side, or blocks, it takes for the test to show anything after the correction for so
  /// many rows. A billion rows take 36.
  static func fewestTrials(among rows: Int, isPaired: Bool) -> Int {
    let largest = ComparisonRules.significance / Double(max(1, rows))
    return (SortedValues.fewest...64).first { count in
      isPaired
        ? WilcoxonSignedRanks.smallestPValue(pairs: count) < largest
        : MannWhitney.smallestPValue(count, count) < largest
    } ?? 64
  }

  /// Whether the sides differ as far as the interval goes, and the correction for many rows forbids to say
  /// so.
  var isUndecided: Bool {
    verdict == .inconclusive && effect?.interval?.contains(1) == false
  }
}

extension StoredRun.Group {
  fileprivate var pattern: Pattern { configuration.workload.pattern }

  /// Whether no trial was ok.
  fileprivate var isFailure: Bool { failed == trials }

  /// The first error, on one line.
  var errorLine: String {
    (firstError ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
