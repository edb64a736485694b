import Results
import Trials

/// Which configurations of two runs belong together.
struct RunMatching {
  /// In the base's order.
  private(set) var pairs: [RowMaker.Pair] = []
  /// How many of the pairs are of paced configurations with slightly different rates.
  private(set) var pairsOfUnequalRates = 0
  private(set) var onlyInBase: [Configuration] = []
  private(set) var onlyInHead: [Configuration] = []

  /// Rates that were measured as shares of a peak come out a little differently in each run: a rate matches
  /// the nearest one up to a tenth above or below.
  static let largestRateRatio = 1.1

  init(_ base: StoredRun, _ head: StoredRun) {
    let unmatched = base.groups.filter { head.group($0.configuration) == nil }
    let candidates = head.groups.filter { base.group($0.configuration) == nil }
    let nearby = Self.matchRates(
      unmatched.map(\.configuration), candidates.map(\.configuration))
    for group in base.groups {
      let configuration = group.configuration
      if let other = head.group(nearby[configuration] ?? configuration) {
        pairs.append(RowMaker.Pair(base: group, head: other))
      } else {
        onlyInBase.append(configuration)
      }
    }
    let taken = Set(nearby.values)
    pairsOfUnequalRates = taken.count
    onlyInHead = candidates.map(\.configuration).filter { !taken.contains($0) }
  }

  /// For paced configurations of the base, those of the head that differ in nothing but a little in the
  /// rate. Each is taken once: both sides' rates ascend, and the next two either match or the smaller of
  /// them has no match.
  private static func matchRates(
    _ base: [Configuration], _ head: [Configuration]
  ) -> [Configuration: Configuration] {
    let bases = Dictionary(grouping: base.filter(\.isPaced), by: \.withoutRate)
    let heads = Dictionary(grouping: head.filter(\.isPaced), by: \.withoutRate)
    var matches: [Configuration: Configuration] = [:]
    for (key, configurations) in bases {
      let left = configurations.sorted { $0.rate < $1.rate }
      let right = (heads[key] ?? []).sorted { $0.rate < $1.rate }
      var (first, second) = (0, 0)
      while first < left.count, second < right.count {
        let (lower, upper) = (left[first].rate, right[second].rate)
        if max(lower, upper) <= Self.largestRateRatio * min(lower, upper) {
          matches[left[first]] = right[second]
          first += 1
          second += 1
        } else if lower < upper {
          first += 1
        } else {
          second += 1
        }
      }
    }
    return matches
  }
}

extension Configuration {
  fileprivate var isPaced: Bool { workload.pace != nil }

  fileprivate var rate: Double { workload.pace?.messagesPerSecond ?? 0 }

  fileprivate var withoutRate: Configuration {
    var configuration = self
    configuration.workload.pace?.messagesPerSecond = 0
    return configuration
  }
}

extension Comparison.FactorDifference {
  /// Every factor of which one of the two runs has levels that the other lacks.
  static func all(_ base: StoredRun, _ head: StoredRun) -> [Self] {
    Factor.allCases.compactMap { factor in
      let levels = [base, head].map { run in
        run.groups.map(\.configuration)
          // Without this, every run that has streams would have a batch that those without one lack.
          .filter { factor != .batch || factor.applies(to: $0) }
          .map(factor.level).withoutDuplicates()
      }
      let (left, right) = (Set(levels[0]), Set(levels[1]))
      let difference = Self(
        factor: factor, onlyInBase: levels[0].filter { !right.contains($0) },
        onlyInHead: levels[1].filter { !left.contains($0) })
      let isEmpty = difference.onlyInBase.isEmpty && difference.onlyInHead.isEmpty
      return isEmpty ? nil : difference
    }
  }
}
