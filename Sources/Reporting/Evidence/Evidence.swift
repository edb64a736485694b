import Results
import Trials

/// A stored run, laid out for questions: what a message took and burned, block by block, and what the
/// hardware charged beside it.
package struct Evidence: Sendable {
  package private(set) var run: StoredRun
  /// Of each ok trial on two cores: what a cache line took to the other core and back around it.
  private var probes: [Configuration: [ProbePair]] = [:]
  /// Of the round trips that are set against each other: how many of them the samples are means of.
  private var batches: [Setting: Set<Int>] = [:]

  /// The part of a run whose values may be held against each other: a block, and in it the world that the
  /// host put the two cores into.
  struct Moment: Hashable, Sendable {
    var block: Int
    var world = 0
  }

  package init(_ run: StoredRun = StoredRun()) {
    self.run = run
    for group in run.groups { noteBatch(of: group.configuration) }
  }

  /// - Parameter path: a run folder, or a `trials.csv` by any name, which has no floors.
  package static func read(from path: String) throws(ResultsError) -> Evidence {
    let description = try RunDescription.readIfThere(path)
    var evidence = Evidence(StoredRun(path: path, description: description))
    try TrialRecord.forEach(in: path) { evidence.add($0) }
    return evidence
  }

  package mutating func add(_ record: TrialRecord) {
    run.add(record)
    noteBatch(of: record.configuration)
    if record.status == .ok, !record.configuration.cores.areOne, let pair = ProbePair(record) {
      probes[record.configuration.withoutBatch, default: []].append(pair)
    }
  }

  // MARK: - What was measured

  /// All that are no floors and no faults, without repetitions.
  var contenders: [Contender] {
    run.groups.map(\.configuration).filter { Family.of($0.mechanism) != .aside }
      .map { Contender(mechanism: $0.mechanism, dataPath: $0.workload.dataPath) }
      .withoutDuplicates()
  }

  /// In the order of the pictures' legends, copying before in place.
  func contenders(of family: Family) -> [Contender] {
    let all = contenders.filter { Family.of($0.mechanism) == family }
    return MechanismStyle.ordered(all.map(\.mechanism).withoutDuplicates()).flatMap { name in
      DataPath.allCases.map { Contender(mechanism: name, dataPath: $0) }.filter(all.contains)
    }
  }

  /// Of round trips and streams, in the order that readers look for them.
  var settings: [Setting] {
    run.groups.map(\.configuration)
      .filter { $0.workload.pattern != .paced && Family.of($0.mechanism) != .aside }
      .map { Setting($0) }.withoutDuplicates().sorted(by: Setting.isBefore)
  }

  /// All that any contender was measured with in a setting, ascending.
  func payloads(in setting: Setting) -> [Int] {
    Set(
      run.groups.map(\.configuration)
        .filter { Family.of($0.mechanism) != .aside && Setting($0) == setting }
        .map(\.workload.payloadBytes)
    ).sorted()
  }

  // MARK: - What it took

  /// Nanoseconds of a round trip, or of a message of a stream, by block and world.
  func time(_ configuration: Configuration) -> [Moment: Double] {
    let metric = metric(of: configuration)
    let values = values(metric, configuration).filter { $0.value > 0 }
    return metric.isRate ? values.mapValues { 1e9 / $0 } : values
  }

  /// The median, or where samples of one setting are means of different numbers of round trips their mean,
  /// which these numbers do not change; of a stream the rate.
  func metric(of configuration: Configuration) -> Metric {
    hasSeveralBatches(Self.place(of: configuration))
      ? .latencyMean : .main(for: configuration.workload.pattern)
  }

  /// The same for round trips of any setting, which `recommend` ranks together.
  var roundTripMetric: Metric { run.roundTripMetric }

  /// Whether there are round trips that are told by their means.
  var hasMeans: Bool { batches.keys.contains(where: hasSeveralBatches) }

  private func hasSeveralBatches(_ place: Setting) -> Bool { batches[place]?.count ?? 0 > 1 }

  private mutating func noteBatch(of configuration: Configuration) {
    guard Family.of(configuration.mechanism) != .aside,
      let batch = configuration.workload.roundTripsPerSample
    else { return }
    batches[Self.place(of: configuration), default: []].insert(batch)
  }

  /// Touches are set against each other, too.
  private static func place(of configuration: Configuration) -> Setting {
    Setting(configuration).touching(.header)
  }

  /// CPU time of both sides together, in nanoseconds a message, by block and world.
  func processorTime(_ configuration: Configuration) -> [Moment: Double] {
    let consumer = values(.consumerCPU, configuration)
    return values(.producerCPU, configuration).reduce(into: [:]) { sums, producer in
      sums[producer.key] = consumer[producer.key].map { $0 + producer.value }
    }
  }

  private func values(_ metric: Metric, _ configuration: Configuration) -> [Moment: Double] {
    let group = run.group(ofAnyBatch: configuration)
    let samples = group.map { run.samplesOfWorlds(metric, $0.configuration) } ?? []
    return Dictionary(samples.map { (Moment(block: $0.block, world: $0.world), $0.value) }) {
      first, _ in first
    }
  }

  /// In the world that most trials between its cores ran in, as all medians are.
  func medianTime(_ configuration: Configuration) -> Double? {
    Self.median(time(configuration))
  }

  /// The same of CPU time.
  func medianProcessorTime(_ configuration: Configuration) -> Double? {
    Self.median(processorTime(configuration))
  }

  static func median(_ values: [Moment: Double]) -> Double? {
    Statistics.median(values.filter { $0.key.world == 0 }.map(\.value))
  }

  func speedup(of subject: Configuration, over other: Configuration) -> Speedup? {
    Speedup(of: time(subject), over: time(other))
  }

  // MARK: - What the hardware charged

  /// Median over the trials of a configuration, in nanoseconds; nil on one core.
  func probe(_ configuration: Configuration) -> Double? {
    let worlds = run.worlds.between(configuration.cores)
    let probes = (probes[configuration.withoutBatch] ?? []).filter { worlds.world(of: $0) == 0 }
    return Statistics.median(probes.map { Double($0.before + $0.after) / 2 })
  }

  func floor(
    _ name: FloorName, _ cores: CorePair, _ pattern: Pattern = .pingPong, payloadBytes: Int? = nil
  ) -> Floor? {
    run.description?.floors?.first { floor in
      floor.mechanism == name.rawValue && floor.pattern == pattern
        && floor.producerCore == cores.producer && floor.consumerCore == cores.consumer
        && floor.payloadBytes == (name.dependsOnPayload ? payloadBytes : nil)
    }
  }
}
