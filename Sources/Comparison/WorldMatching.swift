import Results
import Trials

/// Which trials of two sides may be held against each other: those that ran in the same world (see
/// `ProbeWorlds`). Values of one world beside those of another show what the host did, and nothing else.
struct WorldMatching {
  /// The samples of a metric that are compared.
  struct Samples {
    /// Of one world on either side: what medians are of.
    var base: [StoredRun.Sample]
    var head: [StoredRun.Sample]
    /// For the ratios of blocks: of every world, each sample with the number of its own.
    var basePairs: [StoredRun.Sample]
    var headPairs: [StoredRun.Sample]
    /// Why the two must not be compared; nil if they may.
    var objection: String?
  }

  private let base: RunWorlds
  private let head: RunWorlds
  /// Whether both sides' worlds are the same ones by the same numbers: those of one measurement.
  private let areShared: Bool
  /// Whether sides without a common world are compared all the same.
  private let isForced: Bool

  /// Two runs.
  init(_ base: StoredRun, _ head: StoredRun, areInterleaved: Bool, isForced: Bool) {
    if areInterleaved {
      let worlds = StoredRun.worlds(base, head)
      (self.base, self.head) = (worlds, worlds)
    } else {
      (self.base, self.head) = (base.worlds, head.worlds)
    }
    areShared = areInterleaved
    self.isForced = isForced
  }

  /// One run.
  init(within run: StoredRun) {
    (base, head) = (run.worlds, run.worlds)
    areShared = true
    isForced = false
  }

  /// Samples that are of no stored run.
  init() {
    (base, head) = (RunWorlds(), RunWorlds())
    areShared = true
    isForced = false
  }

  func samples(
    base: [StoredRun.Sample], _ baseCores: CorePair, head: [StoredRun.Sample],
    _ headCores: CorePair
  ) -> Samples {
    let (left, right) = (self.base.between(baseCores), self.head.between(headCores))
    guard areShared else {
      return samplesOfRuns(base, left, head, right, areOne: baseCores.areOne || headCores.areOne)
    }
    let bases = base.inWorlds(left.world(of:))
    let heads = head.inWorlds(right.world(of:))
    let (first, second) = (bases.filter { $0.world == 0 }, heads.filter { $0.world == 0 })
    // The worlds of two pairs of cores have nothing to do with each other: each side's commonest, then.
    let haveSameWorlds = baseCores == headCores
    return Samples(
      base: first, head: second, basePairs: haveSameWorlds ? bases : first,
      headPairs: haveSameWorlds ? heads : second)
  }

  private func samplesOfRuns(
    _ base: [StoredRun.Sample], _ left: ProbeWorlds, _ head: [StoredRun.Sample],
    _ right: ProbeWorlds, areOne: Bool
  ) -> Samples {
    // On one core nothing travels, and what was not probed nobody knows.
    let isTold = !areOne && !left.worlds.isEmpty && !right.worlds.isEmpty
    let common = isTold ? Self.commonWorld(left, right) : (base: 0, head: 0)
    let worlds = common ?? (base: 0, head: 0)
    let bases = base.filter { left.world(of: $0.probes) == worlds.base }
    let heads = head.filter { right.world(of: $0.probes) == worlds.head }
    var samples = Samples(base: bases, head: heads, basePairs: bases, headPairs: heads)
    if common == nil, !isForced { samples.objection = Self.difference(left, right) }
    return samples
  }

  /// The world that both sides have, and of several the one that the side with fewer of its trials has the
  /// most of; nil if there is none.
  private static func commonWorld(
    _ left: ProbeWorlds, _ right: ProbeWorlds
  ) -> (base: Int, head: Int)? {
    var best: (base: Int, head: Int, trials: Int)?
    for (base, one) in left.worlds.enumerated() {
      for (head, other) in right.worlds.enumerated()
      where !ProbeTolerance.isExceeded(by: one.nanoseconds, other.nanoseconds) {
        let trials = min(one.trials, other.trials)
        if trials > best?.trials ?? -1 { best = (base, head, trials) }
      }
    }
    return best.map { (base: $0.base, head: $0.head) }
  }

  private static func difference(_ left: ProbeWorlds, _ right: ProbeWorlds) -> String {
    "its probes are near \(words(left)) in the base and near \(words(right)) in the head"
  }

  private static func words(_ worlds: ProbeWorlds) -> String {
    worlds.worlds.map { Quantity.text($0.nanoseconds, in: Quantity.time) }
      .joined(separator: " or ")
  }

  // MARK: - What is said of it

  /// A sentence or two for each pair of cores whose worlds matter; empty where there is one world.
  ///
  /// - Parameter cores: Those of the configurations that are compared.
  func notes(on cores: [CorePair]) -> [String] {
    guard !areShared else { return Self.notes(onOne: base) }
    return cores.filter { !$0.areOne }.withoutDuplicates().compactMap { cores in
      let (left, right) = (base.between(cores), head.between(cores))
      guard !left.worlds.isEmpty, !right.worlds.isEmpty else { return nil }
      let place = "CPU \(cores.producer) → \(cores.consumer)"
      let probes =
        "probes near \(Self.words(left)) in the base, near \(Self.words(right)) in the head"
      guard let common = Self.commonWorld(left, right) else {
        let consequence =
          isForced
          ? "compared by --force, so differences may be the host's"
          : "these rows are not comparable; measure again, or interleave both builds by run --versus"
        return "Different worlds (\(place)): \(probes); \(consequence)."
      }
      guard left.areSeveral || right.areSeveral else { return nil }
      let (one, other) = (left.worlds[common.base], right.worlds[common.head])
      return
        "Two worlds (\(place)): \(probes); compared are \(one.trials) of \(left.trials) trials "
        + "with \(other.trials) of \(right.trials), near "
        + "\(Quantity.text(one.nanoseconds, in: Quantity.time)) and "
        + "\(Quantity.text(other.nanoseconds, in: Quantity.time))."
    }
  }

  private static func notes(onOne worlds: RunWorlds) -> [String] {
    guard worlds.areSeveral else { return [] }
    return worlds.sentences + [
      "A ratio is of blocks in which both sides ran in the same world, whichever that was."
    ]
  }
}
