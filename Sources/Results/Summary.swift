import Paths
import Trials

/// What is summarised over a configuration's trials. Raw values name the rows of summary.csv.
public enum Metric: String, CaseIterable, Sendable {
  case latencyP50 = "latency_p50_ns"
  case latencyP99 = "latency_p99_ns"
  case latencyP999 = "latency_p99_9_ns"
  case latencyMean = "latency_mean_ns"
  case mergedP50 = "latency_merged_p50_ns"
  case mergedP90 = "latency_merged_p90_ns"
  case mergedP99 = "latency_merged_p99_ns"
  case mergedP999 = "latency_merged_p99_9_ns"
  case mergedP9999 = "latency_merged_p99_99_ns"
  case mergedMaximum = "latency_merged_max_ns"
  case serviceP50 = "service_p50_ns"
  case serviceP99 = "service_p99_ns"
  case messageThroughput = "throughput_messages_per_s"
  case byteThroughput = "throughput_bytes_per_s"
  case producerCPU = "producer_cpu_ns_per_message"
  case consumerCPU = "consumer_cpu_ns_per_message"
  case producerContextSwitches = "producer_context_switches_per_message"
  case consumerContextSwitches = "consumer_context_switches_per_message"

  package func applies(to pattern: Pattern) -> Bool {
    switch self {
    case .latencyP50, .latencyP99, .latencyP999, .latencyMean: LatencyKind(pattern) != nil
    case .mergedP50, .mergedP90, .mergedP99, .mergedP999, .mergedP9999, .mergedMaximum:
      LatencyKind(pattern) != nil
    case .serviceP50, .serviceP99: pattern == .paced
    default: true
    }
  }

  /// What one `ok` trial says of it, in the unit of its name; nil if it was not measured, or is of
  /// all trials together.
  package func value(of record: TrialRecord) -> Double? {
    func perMessage(_ count: UInt64?) -> Double? {
      guard let count, let messages = record.messagesReceived, messages > 0 else { return nil }
      return Double(count) / Double(messages)
    }
    switch self {
    // Files from before this was known have percentiles of means, and bytes that nobody moved.
    case .latencyP99, .latencyP999: if record.hasMeansForSamples { return nil }
    case .byteThroughput: if !record.configuration.movesPayload { return nil }
    default: break
    }
    switch self {
    case .latencyP50: return record.latencyP50Nanoseconds.map { Double($0) }
    case .latencyP99: return record.latencyP99Nanoseconds.map { Double($0) }
    case .latencyP999: return record.latencyP999Nanoseconds.map { Double($0) }
    case .serviceP50: return record.serviceP50Nanoseconds.map { Double($0) }
    case .serviceP99: return record.serviceP99Nanoseconds.map { Double($0) }
    case .latencyMean: return record.latencyMeanNanoseconds
    case .messageThroughput: return record.throughputMessagesPerSecond
    case .byteThroughput: return record.throughputBytesPerSecond
    case .producerCPU: return record.producerCPUNanosecondsPerMessage
    case .consumerCPU: return record.consumerCPUNanosecondsPerMessage
    case .producerContextSwitches: return perMessage(record.producerContextSwitches)
    case .consumerContextSwitches: return perMessage(record.consumerContextSwitches)
    case .mergedP50, .mergedP90, .mergedP99, .mergedP999, .mergedP9999, .mergedMaximum: return nil
    }
  }

  /// What the samples of all `ok` trials together say of it; nil if it is of trials one by one.
  func value(of merged: MergedLatency) -> UInt64? {
    switch self {
    case .mergedP50: merged.percentile(exceededByOneIn: 2)
    case .mergedP90: merged.percentile(exceededByOneIn: 10)
    case .mergedP99: merged.percentile(exceededByOneIn: 100)
    case .mergedP999: merged.percentile(exceededByOneIn: 1000)
    case .mergedP9999: merged.percentile(exceededByOneIn: 10_000)
    case .mergedMaximum: merged.maximumNanoseconds
    default: nil
    }
  }
}

/// One metric over the trials of a configuration that measured it, in the metric's unit.
public struct Estimate: Hashable, Sendable {
  public var median: Double
  /// 95 %, from order statistics; nil with fewer than 6 trials.
  public var interval: ClosedRange<Double>?
  /// The smallest value: of a time the uncontended cost, of a rate the worst trial.
  public var minimum: Double
  public var trials: Int
  /// How many of these trials were tainted.
  public var tainted: Int

  package init(
    median: Double, interval: ClosedRange<Double>?, minimum: Double, trials: Int, tainted: Int
  ) {
    self.median = median
    self.interval = interval
    self.minimum = minimum
    self.trials = trials
    self.tainted = tainted
  }
}

/// All that a run's trials say, configuration by configuration.
public struct Summary: Sendable {
  public struct Group: Sendable {
    public fileprivate(set) var configuration: Configuration
    public fileprivate(set) var trials = 0
    /// Of all its trials.
    public fileprivate(set) var tainted = 0
    /// Every trial that is not `ok`.
    public fileprivate(set) var failed = 0
    public fileprivate(set) var firstError: String?
    /// Ok trials that ran in another world than most trials between the same cores, or in none: they are in
    /// no figure.
    public fileprivate(set) var elsewhere = 0
    fileprivate var values: [Metric: [Double]] = [:]
    fileprivate var taintedValues: [Metric: Int] = [:]
    /// The samples of all ok trials; empty where there are no histogram logs.
    package fileprivate(set) var merged = MergedLatency()
    /// Each trial's value as a multiple of its own probes.
    fileprivate var timesProbe: [Metric: [Double]] = [:]

    fileprivate init(_ configuration: Configuration) {
      self.configuration = configuration
    }

    /// nil if no `ok` trial measured the metric.
    public func estimate(_ metric: Metric) -> Estimate? {
      guard let values = values[metric], let median = Statistics.median(values),
        let minimum = values.min()
      else { return nil }
      return Estimate(
        median: median, interval: Statistics.medianInterval(values), minimum: minimum,
        trials: values.count, tainted: taintedValues[metric] ?? 0)
    }

    /// Median over the trials of a time, or of the time a message, as a multiple of the trial's own
    /// probes: what is left when the host moves the cores apart or together. nil on one core, where the
    /// probe is of something else.
    package func timesProbe(_ metric: Metric) -> Double? {
      timesProbe[metric].flatMap(Statistics.median)
    }
  }

  public let runID: String
  /// Figures are of the trials that ran in the first world of their cores.
  public let worlds: RunWorlds
  /// How many trials each reason disturbed; one trial can have several.
  public private(set) var taints: [TaintReason: Int] = [:]
  /// What the run's rows are held against; empty where no floors were measured.
  public var floors: [Floor] = [] {
    didSet { floorTable = FloorTable(floors) }
  }
  private var floorTable = FloorTable([])
  /// By first appearance.
  public private(set) var groups: [Group] = []
  /// Those of the trials, by first appearance: one, unless somebody joined the rows of two runs.
  public private(set) var idlePolicies: [IdlePolicy] = []
  private var places = GroupPlaces()

  /// - Parameter worlds: Those of the run, once it is over; while it goes on, nobody knows them.
  public init(runID: String, worlds: RunWorlds = RunWorlds()) {
    self.runID = runID
    self.worlds = worlds
  }

  /// The summary of a stored run, named by its first trial, with the floors of a run folder's
  /// `run.json`.
  ///
  /// - Parameter path: a run folder, or a `trials.csv` by any name, whose summary lacks what takes
  ///   the histograms of the run folder.
  public static func read(from path: String) throws(ResultsError) -> Summary {
    let stored = isDirectory(path) ? try StoredHistograms(inRunFolder: path) : nil
    let worlds = try RunWorlds.read(from: path)
    var summary: Summary?
    try TrialRecord.forEach(in: path) { record throws(ResultsError) in
      summary = summary ?? Summary(runID: record.runID, worlds: worlds)
      let hasSamples =
        record.status == .ok && record.latencySamples ?? 0 > 0 && worlds.world(of: record) == 0
      let histograms = hasSamples ? try stored?.read(of: record) : nil
      summary?.add(record, histograms ?? LatencyHistograms())
    }
    var whole = summary ?? Summary(runID: "")
    whole.floors = try RunDescription.readIfThere(path)?.floors ?? []
    return whole
  }

  /// Only an `ok` trial adds to the estimates; any other is counted as failed.
  ///
  /// - Parameter histograms: of the same trial; without them the configuration gets no merged
  ///   percentiles.
  public mutating func add(_ record: TrialRecord, _ histograms: LatencyHistograms) {
    if !idlePolicies.contains(record.idlePolicy) { idlePolicies.append(record.idlePolicy) }
    let place = places.place(of: record)
    if place == groups.count { groups.append(Group(record.configuration)) }
    groups[place].configuration = places.configurations[place]
    groups[place].trials += 1
    if record.tainted { groups[place].tainted += 1 }
    for reason in record.taintReasons { taints[reason, default: 0] += 1 }
    guard record.status == .ok else {
      groups[place].failed += 1
      groups[place].firstError =
        groups[place].firstError
        ?? (record.error.isEmpty ? record.status.rawValue : record.error)
      return
    }
    guard worlds.world(of: record) == 0 else {
      groups[place].elsewhere += 1
      return
    }
    if record.latencySamples ?? 0 > 0 { groups[place].merged.add(record, histograms.latency) }
    for metric in Metric.allCases {
      guard metric.applies(to: record.configuration.workload.pattern),
        let value = metric.value(of: record)
      else { continue }
      groups[place].values[metric, default: []].append(value)
      if let nanoseconds = metric.nanoseconds(value), let probe = record.probeNanoseconds {
        groups[place].timesProbe[metric, default: []].append(nanoseconds / probe)
      }
      if record.tainted { groups[place].taintedValues[metric, default: 0] += 1 }
    }
  }

  /// Counts a taint that was found only after the trial had been added.
  ///
  /// - Parameter record: as it was then; it may have had other taints.
  mutating func count(_ taint: TaintReason, of record: TrialRecord) {
    taints[taint, default: 0] += 1
    guard !record.tainted, let place = places.known(record) else { return }
    groups[place].tainted += 1
    guard record.status == .ok else { return }
    if record.latencySamples ?? 0 > 0 { groups[place].merged.countTaint() }
    for metric in Metric.allCases
    where metric.applies(to: record.configuration.workload.pattern)
      && metric.value(of: record) != nil
    {
      groups[place].taintedValues[metric, default: 0] += 1
    }
  }

  /// Where in `groups` a trial that was added is summed up.
  package func place(of record: TrialRecord) -> Int? { places.known(record) }

  package func group(_ configuration: Configuration) -> Group? {
    places[configuration].map { groups[$0] }
  }

  /// Like `StoredRun.group(ofAnyBatch:)`.
  package func group(ofAnyBatch configuration: Configuration) -> Group? {
    places.places(ofAnyBatch: configuration).map { groups[$0] }
      .max { ($0.trials - $0.failed) < ($1.trials - $1.failed) }
  }

  /// What round trips of this run can be set against each other by; see `Metric.forRoundTrips(of:)`.
  package var roundTripMetric: Metric { .forRoundTrips(of: groups.map(\.configuration)) }

  /// Likewise for a pattern.
  package func mainMetric(for pattern: Pattern) -> Metric {
    pattern == .pingPong ? roundTripMetric : .main(for: pattern)
  }

  /// One row per configuration and metric of its pattern, also where nothing could be measured.
  var rows: [SummaryRow] { groups.flatMap { rows(of: $0) } }

  func rows(of group: Group) -> [SummaryRow] {
    Metric.allCases
      .filter { $0.applies(to: group.configuration.workload.pattern) }
      .map { SummaryRow(group, $0, relation(of: group, to: $0)) }
  }

  /// The floor that a configuration stands on, in the metric's unit, and how many times that floor its
  /// median is.
  package func relation(of group: Group, to metric: Metric) -> (floor: Double?, times: Double?) {
    let floor = floorTable.floor(of: metric, for: group.configuration)
    guard let floor, let estimate = group.estimate(metric) else { return (floor, nil) }
    return (floor, FloorTable.times(estimate.median, floor, metric))
  }
}

/// One row of summary.csv.
struct SummaryRow: Hashable, Sendable {
  var configuration: Configuration
  var metric: Metric
  var estimate: Double?
  var intervalLow: Double?
  var intervalHigh: Double?
  var minimum: Double?
  var trials: Int
  var tainted: Int
  var failed: Int
  var floor: Double?
  var timesFloor: Double?
  var timesProbe: Double?

  init(
    _ group: Summary.Group, _ metric: Metric, _ relation: (floor: Double?, times: Double?)
  ) {
    let estimate = group.estimate(metric)
    // Six places: a trial that hardly switches still shows how seldom.
    func kept(_ value: Double?) -> Double? { value.map { rounded($0, places: 6) } }
    configuration = group.configuration
    self.metric = metric
    self.estimate = kept(estimate?.median)
    intervalLow = kept(estimate?.interval?.lowerBound)
    intervalHigh = kept(estimate?.interval?.upperBound)
    minimum = kept(estimate?.minimum)
    trials = estimate?.trials ?? 0
    tainted = estimate?.tainted ?? 0
    failed = group.failed
    if let value = metric.value(of: group.merged) {
      self.estimate = Double(value)
      trials = group.merged.trials
      tainted = group.merged.tainted
    }
    floor = kept(relation.floor)
    timesFloor = kept(relation.times)
    timesProbe = kept(group.timesProbe(metric))
  }

  /// In a run folder.
  static let fileName = "summary.csv"

  /// The columns of summary.csv, in order.
  static let columns: [Column<SummaryRow>] =
    (Configuration.workloadColumns + Configuration.placementColumns)
    .map { $0.inside(\.configuration) } + [
      Column("metric", \.metric, "What the numbers are of; the name ends in their unit."),
      Column(
        "estimate", \.estimate, unit: "as metric",
        "Median over the trials; latency_merged_… is of the samples of all trials together."),
      Column(
        "interval_low", \.intervalLow, unit: "as metric",
        "Lower end of the median's 95 % order-statistic interval; empty below 6 trials."),
      Column(
        "interval_high", \.intervalHigh, unit: "as metric",
        "Upper end of the median's 95 % order-statistic interval; empty below 6 trials."),
      Column(
        "minimum", \.minimum, unit: "as metric",
        "Smallest value over the trials: of a time the uncontended cost, of a rate the worst trial."
      ),
      Column(
        "n", \.trials, unit: "trials",
        "Trials that ended ok and measured the metric; where run.json has probe_worlds, in the first."
      ),
      Column("n_tainted", \.tainted, unit: "trials", "How many of n were disturbed from outside."),
      Column("n_failed", \.failed, unit: "trials", "Trials of the configuration that were not ok."),
      Configuration.spinBudgetColumn.inside(\.configuration),
      Configuration.offeredRateColumn.inside(\.configuration),
      Configuration.arrivalsColumn.inside(\.configuration),
      Column(
        "floor", \.floor, unit: "as metric",
        "What hardware and kernel charge at least, or of sleeping sides a reference hand-off, which is "
          + "no lower bound, measured in the same run; empty where no floor applies."),
      Column(
        "times_floor", \.timesFloor, unit: "ratio",
        "How many times the floor: a time over it, or it over a rate."),
      Column(
        "times_probe", \.timesProbe, unit: "ratio",
        "Median over the trials of a time, or of the time a message, over the mean of the trial's own "
          + "probes; empty on one core."),
      Configuration.workingSetColumn.inside(\.configuration),
      Configuration.batchColumn.inside(\.configuration),
    ]
}

extension Metric: CSVValue {}
