import Results

/// Measures effects. What rows with as many trials have in common is worked out once.
struct EffectMeter {
  private var bootstrap: RatioBootstrap
  private var rankSums = MannWhitney()

  init(_ rules: ComparisonRules) {
    bootstrap = RatioBootstrap(seed: rules.seed, replicates: rules.replicates)
  }

  /// Of two runs one after the other: the ratio of the medians. nil if a side has no value.
  mutating func unpaired(_ base: SortedValues, _ head: SortedValues) -> Effect? {
    guard let baseMedian = base.median, let headMedian = head.median else { return nil }
    let ratio = Ratio.of(head: headMedian, base: baseMedian)
    guard base.suffices, head.suffices else {
      return Effect(ratio: ratio, interval: nil, pValue: nil)
    }
    let pValue = rankSums.pValue(base.values, head.values)
    var effect = Effect(
      ratio: ratio, interval: bootstrap.interval(base: base.values, head: head.values),
      pValue: pValue, test: .rankSums)
    effect.rankSumPValue = pValue
    return effect
  }

  /// Of blocks in which both ran: the median of the blocks' ratios, with its order-statistic interval. nil
  /// if there is no such block.
  mutating func paired(
    _ pairs: BlockPairs, _ base: SortedValues, _ head: SortedValues
  ) -> Effect? {
    let ratios = pairs.ratios.sorted()
    guard let ratio = Statistics.medianOfSorted(ratios) else { return nil }
    var effect = Effect(ratio: ratio, interval: nil, pValue: nil, pairs: ratios.count)
    guard let interval = Statistics.medianIntervalOfSorted(ratios) else {
      return effect
    }
    effect.interval = interval
    effect.signedRankPValue = WilcoxonSignedRanks.pValue(pairs.differences)
    effect.pValue = effect.signedRankPValue
    effect.test = .signedRanks
    effect.rankSumPValue = rankSums.pValue(base.values, head.values)
    return effect
  }
}

/// A metric's values on one side, sorted once for all that is made of them.
struct SortedValues {
  /// Ascending.
  let values: [Double]
  private let tainted: Int

  init(_ samples: [StoredRun.Sample]) {
    values = samples.map(\.value).sorted()
    tainted = samples.count { $0.isTainted }
  }

  /// Fewer have no interval of 95 %.
  static let fewest = 6

  var suffices: Bool { values.count >= Self.fewest }

  var median: Double? { Statistics.medianOfSorted(values) }

  /// nil if no ok trial measured it.
  var estimate: Estimate? {
    guard let median, let minimum = values.first else { return nil }
    return Estimate(
      median: median, interval: Statistics.medianIntervalOfSorted(values), minimum: minimum,
      trials: values.count, tainted: tainted)
  }
}
