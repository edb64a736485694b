extension StoredRun.Group {
  /// nil if no ok trial measured the metric.
  package func estimate(_ metric: Metric) -> Estimate? {
    let samples = samples(metric)
    let values = samples.map(\.value)
    guard let median = Statistics.median(values), let minimum = values.min() else { return nil }
    return Estimate(
      median: median, interval: Statistics.medianInterval(values), minimum: minimum,
      trials: values.count, tainted: samples.count { $0.isTainted })
  }
}
