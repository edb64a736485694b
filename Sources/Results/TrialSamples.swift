import Trials

/// The values of a configuration's ok trials.
///
/// Trial after trial in one array, so that taking one touches one place in memory and not one a metric:
/// the configurations of a run come in random order, and none of them stays in a cache.
struct TrialSamples: Sendable {
  /// What is known of a trial whatever it measured.
  private struct Mark {
    var block: Int
    var isTainted: Bool
    var probes: ProbePair?
  }

  private let metrics: [Metric]
  private var marks: [Mark] = []
  /// `metrics.count` for each trial; not a number where it did not measure one.
  private var values: [Double] = []

  init(_ pattern: Pattern) {
    metrics = Metric.ofTrials(pattern)
  }

  /// - Parameter record: an ok trial of the pattern.
  mutating func add(_ record: TrialRecord) {
    if marks.count == marks.capacity { makeRoom() }
    marks.append(
      Mark(block: record.block, isTainted: record.tainted, probes: ProbePair(record)))
    for metric in metrics { values.append(metric.value(of: record) ?? .nan) }
  }

  /// For a quarter more trials: arrays that double would take twice what a large run needs.
  private mutating func makeRoom() {
    let trials = marks.count + max(8, marks.count / 4)
    marks.reserveCapacity(trials)
    values.reserveCapacity(trials * metrics.count)
  }

  /// Of the trials that measured it, in the order that they were added.
  func samples(_ metric: Metric) -> [StoredRun.Sample] {
    guard let first = metrics.firstIndex(of: metric) else { return [] }
    var samples: [StoredRun.Sample] = []
    samples.reserveCapacity(marks.count)
    for (trial, mark) in marks.enumerated() {
      let value = values[trial * metrics.count + first]
      guard !value.isNaN else { continue }
      samples.append(
        StoredRun.Sample(
          block: mark.block, value: value, isTainted: mark.isTainted, probes: mark.probes))
    }
    return samples
  }

  /// Of the trials that were probed.
  var probes: [ProbePair] { marks.compactMap(\.probes) }
}

extension Metric {
  /// Those that each trial of the pattern has a value of, if it could be measured.
  fileprivate static func ofTrials(_ pattern: Pattern) -> [Metric] {
    allCases.filter { $0.applies(to: pattern) && !$0.isOfAllTrials }
  }
}
