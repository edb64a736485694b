import Trials

extension StoredRun {
  /// Of the trials that ran in one world; nil if no ok trial of them measured the metric.
  package func estimate(_ metric: Metric, _ configuration: Configuration) -> Estimate? {
    let samples = samplesOfOneWorld(metric, configuration)
    let values = samples.map(\.value)
    guard let median = Statistics.median(values), let minimum = values.min() else { return nil }
    return Estimate(
      median: median, interval: Statistics.medianInterval(values), minimum: minimum,
      trials: values.count, tainted: samples.count { $0.isTainted })
  }
}
