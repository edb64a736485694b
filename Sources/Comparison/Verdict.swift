import Results
import Trials

/// What a comparison says of a metric, as seen from the base.
public enum Verdict: String, CaseIterable, Codable, Sendable {
  /// The head is better, by more than chance explains.
  case faster
  /// The head is worse, by more than chance explains.
  case slower
  /// The whole interval lies within the margin.
  case same
  /// The interval is too wide for either.
  case inconclusive
  /// The two are not measurements of the same thing.
  case notComparable = "not comparable"
}

/// Which test a p-value is of.
public enum SignificanceTest: String, CaseIterable, Codable, Sendable {
  /// Wilcoxon's, of the blocks' ratios.
  case signedRanks = "signed ranks"
  /// Mann and Whitney's.
  case rankSums = "rank sums"
}

/// How far the head's values are from the base's.
public struct Effect: Hashable, Sendable {
  /// Head over base: of the medians, or the median over the blocks where both ran in each.
  public var ratio: Double
  /// 95 %; nil with fewer than six trials, or blocks.
  public var interval: ClosedRange<Double>?
  /// Of the hypothesis that there is no difference, two-sided. nil where there is no interval.
  public var pValue: Double?
  public var test: SignificanceTest?
  /// By each of the two tests, whichever was chosen; the first is nil where the sides are not paired.
  public var signedRankPValue: Double?
  public var rankSumPValue: Double?
  /// The same after Holm's correction for all rows of the comparison.
  public var adjustedPValue: Double?
  /// Blocks in which both sides measured it; nil where the sides are not paired.
  public var pairs: Int?

  public init(
    ratio: Double, interval: ClosedRange<Double>?, pValue: Double?,
    test: SignificanceTest? = nil, adjustedPValue: Double? = nil, pairs: Int? = nil
  ) {
    self.ratio = ratio
    self.interval = interval
    self.pValue = pValue
    self.test = test
    self.adjustedPValue = adjustedPValue
    self.pairs = pairs
  }

  /// The same as a slow-down: of a time head over base, of a rate base over head, so that above 1 is
  /// always worse.
  public func slowdown(_ metric: Metric) -> (ratio: Double, interval: ClosedRange<Double>?) {
    guard metric.isRate else { return (ratio, interval) }
    return (1 / ratio, interval.map { (1 / $0.upperBound)...(1 / $0.lowerBound) })
  }
}

/// How far the head's value is from the base's in one block.
package struct BlockDifference: Hashable, Sendable {
  package var block: Int
  /// Of head over base.
  package var logarithm: Double
}

/// One metric of one configuration on both sides.
public struct ComparisonRow: Sendable {
  /// The base's. Within one run the head's has another level of the factor that is compared.
  public var configuration: Configuration
  /// The head's; the base's own where two runs are compared.
  public var headConfiguration: Configuration
  public var metric: Metric
  /// nil if no ok trial measured it.
  public var base: Estimate?
  public var head: Estimate?
  /// nil where a side has no value.
  public var effect: Effect?
  public var verdict: Verdict
  /// Why it is inconclusive or not comparable; empty otherwise.
  public var reason: String
  /// Of paired rows that gate, where several of them are to be seen as one; empty otherwise.
  package var differences: [BlockDifference] = []

  public init(
    configuration: Configuration, headConfiguration: Configuration, metric: Metric,
    base: Estimate?, head: Estimate?, effect: Effect?, verdict: Verdict, reason: String = ""
  ) {
    self.configuration = configuration
    self.headConfiguration = headConfiguration
    self.metric = metric
    self.base = base
    self.head = head
    self.effect = effect
    self.verdict = verdict
    self.reason = reason
  }
}

/// Two runs, or two levels of a factor within one, held against each other.
public struct Comparison: Sendable {
  /// What is known of a side.
  public struct Side: Sendable {
    /// As it was given; within one run, with the level: `results/a, mechanism pipe`.
    public var name: String
    public var runID: String
    /// nil where a bare `trials.csv` was given.
    public var description: RunDescription?

    public init(name: String, runID: String, description: RunDescription? = nil) {
      self.name = name
      self.runID = runID
      self.description = description
    }
  }

  /// Something that is not the same on both sides.
  public struct Difference: Hashable, Sendable {
    /// `kernel_release`, `clock_source`, `idle policy` …
    public var name: String
    public var base: String
    public var head: String
    /// Whether it makes numbers incomparable; a build's commit does not.
    public var isDecisive: Bool

    public init(name: String, base: String, head: String, isDecisive: Bool) {
      self.name = name
      self.base = base
      self.head = head
      self.isDecisive = isDecisive
    }
  }

  /// A factor's levels that are on one side only, as tables write them.
  public struct FactorDifference: Hashable, Sendable {
    public var factor: Factor
    public var onlyInBase: [String]
    public var onlyInHead: [String]

    public init(factor: Factor, onlyInBase: [String], onlyInHead: [String]) {
      self.factor = factor
      self.onlyInBase = onlyInBase
      self.onlyInHead = onlyInHead
    }
  }

  public var base: Side
  public var head: Side
  /// The factor that is compared within one run; nil between two runs.
  public var factor: Factor?
  /// Whether both sides ran in each block, so that a block's two values are a pair.
  public var isPaired: Bool
  /// Of host, build and run.
  public var differences: [Difference]
  /// The factors of which one side has levels that the other lacks.
  public var factorDifferences: [FactorDifference]
  public var onlyInBase: [Configuration]
  public var onlyInHead: [Configuration]
  /// By the base's order, and by metric.
  public var rows: [ComparisonRow]
  /// What is not all of what was planned, a line for each such run; empty as a rule.
  public var shortfalls: [String]
  /// What a reader should know before anything else: that the host moved the cores, during a run or between
  /// the two. A sentence each; empty for most comparisons.
  public var worldNotes: [String]
  /// What else a reader should know, a sentence each.
  public var notes: [String]
  /// How far from 1 a ratio may be and still be called the same: 0.02 for 2 %.
  public var margin: Double
  /// Of the bootstrap; nil where no interval needed one.
  public var seed: UInt64?

  public init(
    base: Side, head: Side, factor: Factor? = nil, isPaired: Bool, differences: [Difference] = [],
    factorDifferences: [FactorDifference] = [], onlyInBase: [Configuration] = [],
    onlyInHead: [Configuration] = [], rows: [ComparisonRow] = [], shortfalls: [String] = [],
    worldNotes: [String] = [], notes: [String] = [],
    margin: Double, seed: UInt64? = nil
  ) {
    self.base = base
    self.head = head
    self.factor = factor
    self.isPaired = isPaired
    self.differences = differences
    self.factorDifferences = factorDifferences
    self.onlyInBase = onlyInBase
    self.onlyInHead = onlyInHead
    self.rows = rows
    self.shortfalls = shortfalls
    self.worldNotes = worldNotes
    self.notes = notes
    self.margin = margin
    self.seed = seed
  }
}
