import Results
import Trials

/// A stored run, laid out for questions: what a message took and burned, block by block, and what the
/// hardware charged beside it.
package struct Evidence: Sendable {
  package private(set) var run: StoredRun
  /// Of each ok trial on two cores: what a cache line took to the other core and back around it.
  private var probes: [Configuration: [Double]] = [:]
  /// What a round trip of this run is judged by.
  private(set) var roundTripMetric: Metric

  package init(_ run: StoredRun = StoredRun()) {
    self.run = run
    roundTripMetric = run.roundTripMetric
  }

  /// - Parameter path: a run folder, or a `trials.csv` by any name, which has no floors.
  package static func read(from path: String) throws(ResultsError) -> Evidence {
    let description = try RunDescription.readIfThere(path)
    var evidence = Evidence(StoredRun(path: path, description: description))
    try TrialRecord.forEach(in: path) { evidence.add($0) }
    return evidence
  }

  package mutating func add(_ record: TrialRecord) {
    let groups = run.groups.count
    run.add(record)
    if run.groups.count > groups { roundTripMetric = run.roundTripMetric }
    if record.status == .ok, let probe = record.probeNanoseconds {
      probes[record.configuration.withoutBatch, default: []].append(probe)
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

  /// Nanoseconds of a round trip, or of a message of a stream, by block.
  func time(_ configuration: Configuration) -> [Int: Double] {
    let pattern = configuration.workload.pattern
    let metric = pattern == .pingPong ? roundTripMetric : .main(for: pattern)
    let values = values(metric, configuration).filter { $0.value > 0 }
    return metric.isRate ? values.mapValues { 1e9 / $0 } : values
  }

  /// CPU time of both sides together, in nanoseconds a message, by block.
  func processorTime(_ configuration: Configuration) -> [Int: Double] {
    let consumer = values(.consumerCPU, configuration)
    return values(.producerCPU, configuration).reduce(into: [:]) { sums, producer in
      sums[producer.key] = consumer[producer.key].map { $0 + producer.value }
    }
  }

  private func values(_ metric: Metric, _ configuration: Configuration) -> [Int: Double] {
    let samples = run.group(ofAnyBatch: configuration)?.samples(metric) ?? []
    return Dictionary(samples.map { ($0.block, $0.value) }) { first, _ in first }
  }

  func medianTime(_ configuration: Configuration) -> Double? {
    Statistics.median(Array(time(configuration).values))
  }

  func speedup(of subject: Configuration, over other: Configuration) -> Speedup? {
    Speedup(of: time(subject), over: time(other))
  }

  // MARK: - What the hardware charged

  /// Median over the trials of a configuration, in nanoseconds; nil on one core.
  func probe(_ configuration: Configuration) -> Double? {
    probes[configuration.withoutBatch].flatMap(Statistics.median)
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
