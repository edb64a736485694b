import Dispatch
import Synchronization
import Trials

/// The trials of a stored run as a comparison needs them: by configuration, and of each trial only the
/// values, so that a million of them fit into memory.
public struct StoredRun: Sendable {
  /// One value of a metric, of one ok trial.
  public struct Sample: Hashable, Sendable {
    public var block: Int
    public var value: Double
    public var isTainted: Bool
    /// Of its trial; nil where nothing was probed.
    public var probes: ProbePair?
    /// Which of its cores' worlds the trial ran in, where somebody has told them apart.
    package var world = 0

    public init(
      block: Int, value: Double, isTainted: Bool = false, probes: ProbePair? = nil
    ) {
      self.block = block
      self.value = value
      self.isTainted = isTainted
      self.probes = probes
    }
  }

  public struct Group: Sendable {
    public fileprivate(set) var configuration: Configuration
    public private(set) var trials = 0
    /// Every trial that is not `ok`.
    public private(set) var failed = 0
    public private(set) var firstError: String?
    private var samples: TrialSamples
    private var probesOfFailed: [ProbePair] = []

    fileprivate init(_ configuration: Configuration) {
      self.configuration = configuration
      samples = TrialSamples(configuration.workload.pattern)
    }

    fileprivate mutating func add(_ record: TrialRecord) {
      trials += 1
      if record.status == .ok {
        samples.add(record)
      } else {
        failed += 1
        if let probes = ProbePair(record) { probesOfFailed.append(probes) }
        firstError = firstError ?? (record.error.isEmpty ? record.status.rawValue : record.error)
      }
    }

    /// Of the ok trials that measured it, in the file's order.
    public func samples(_ metric: Metric) -> [Sample] { samples.samples(metric) }

    /// Of all its trials that were probed, whatever became of them.
    fileprivate var probes: [ProbePair] { samples.probes + probesOfFailed }
  }

  /// As it was given: a run folder, or a `trials.csv` by any name.
  public let path: String
  public private(set) var runID = ""
  /// What `run.json` says; nil where the path is no run folder or has none.
  public let description: RunDescription?
  /// By first appearance.
  public private(set) var groups: [Group] = []
  /// Those of the trials, by first appearance.
  public private(set) var idlePolicies: [IdlePolicy] = []
  private var places = GroupPlaces()
  private var foundWorlds = FoundWorlds()

  public init(path: String = "", description: RunDescription? = nil) {
    self.path = path
    self.description = description
  }

  /// - Parameter path: a run folder, or a `trials.csv` by any name.
  public static func read(from path: String) throws(ResultsError) -> StoredRun {
    let description = try RunDescription.readIfThere(path)
    var run = StoredRun(path: path, description: description)
    var reader = try TrialReader.open(path, storing: columns)
    // Rows of one kind are of one configuration, which is then found without looking at its factors.
    var placesOfKinds: [Int] = []
    while let trial = try reader.next() {
      if let kind = trial.kind, kind < placesOfKinds.count {
        run.groups[placesOfKinds[kind]].add(trial.row)
      } else {
        let place = run.place(of: trial.row)
        if trial.kind != nil { placesOfKinds.append(place) }
        run.groups[place].add(trial.row)
      }
    }
    return run
  }

  /// The same of two, at the same time.
  ///
  /// - Throws: the first one's error, if both cannot be read.
  public static func read(
    base: String, head: String
  ) throws(ResultsError) -> (base: StoredRun, head: StoredRun) {
    let paths = [base, head]
    let sides = Mutex(paths.map { Result<StoredRun, ResultsError>.success(StoredRun(path: $0)) })
    DispatchQueue.concurrentPerform(iterations: paths.count) { side in
      let result = Result { () throws(ResultsError) in try read(from: paths[side]) }
      sides.withLock { $0[side] = result }
    }
    let results = sides.withLock { $0 }
    return (try results[0].get(), try results[1].get())
  }

  /// The columns that `add` looks at, beside those of the configuration.
  private static let columns = Set(
    Metric.allCases.map(\.rawValue) + [
      "block", "status", "error", "tainted", "messages_received", "producer_context_switches",
      "consumer_context_switches", "probe_before_ns", "probe_after_ns",
    ])

  public mutating func add(_ record: TrialRecord) {
    groups[place(of: record)].add(record)
    foundWorlds = FoundWorlds()
  }

  /// Where the group of the trial's configuration is, which is there then.
  private mutating func place(of record: TrialRecord) -> Int {
    if runID.isEmpty { runID = record.runID }
    if !idlePolicies.contains(record.idlePolicy) { idlePolicies.append(record.idlePolicy) }
    let place = places.place(of: record)
    if place == groups.count { groups.append(Group(record.configuration)) }
    groups[place].configuration = places.configurations[place]
    return place
  }

  /// The group of a configuration that says nothing of the batch its samples are means of. Where there
  /// are several, as in files from when each trial chose its own, the one with the most trials: groups of
  /// different batches are never put together.
  package func group(ofAnyBatch configuration: Configuration) -> Group? {
    places.places(ofAnyBatch: configuration).map { groups[$0] }
      .max { ($0.trials - $0.failed) < ($1.trials - $1.failed) }
  }

  /// What round trips of this run can be set against each other by; see `Metric.forRoundTrips(of:)`.
  package var roundTripMetric: Metric { .forRoundTrips(of: groups.map(\.configuration)) }

  public func group(_ configuration: Configuration) -> Group? {
    places[configuration].map { groups[$0] }
  }
}

// MARK: - Worlds

extension StoredRun {
  /// The worlds of its trials, worked out when somebody first asks.
  public var worlds: RunWorlds { foundWorlds.found { probes.worlds } }

  /// The worlds of two runs that were measured in turns, as those of one.
  package static func worlds(_ base: StoredRun, _ head: StoredRun) -> RunWorlds {
    var all = base.probes
    for group in head.groups { all.add(group.probes, of: group.configuration.cores) }
    return all.worlds
  }

  private var probes: RunProbes {
    var all = RunProbes()
    for group in groups { all.add(group.probes, of: group.configuration.cores) }
    return all
  }

  /// The samples of a configuration's trials in the world that most trials between its cores ran in: what
  /// figures of this run alone are of.
  package func samplesOfOneWorld(
    _ metric: Metric, _ configuration: Configuration
  ) -> [Sample] {
    let worlds = worlds.between(configuration.cores)
    return (group(configuration)?.samples(metric) ?? []).filter {
      worlds.world(of: $0.probes) == 0
    }
  }

  /// The same of all worlds, each sample with the number of its own; without those that are of none.
  package func samplesOfWorlds(_ metric: Metric, _ configuration: Configuration) -> [Sample] {
    let worlds = worlds.between(configuration.cores)
    return (group(configuration)?.samples(metric) ?? []).inWorlds { worlds.world(of: $0) }
  }
}

extension [StoredRun.Sample] {
  /// Each with the number of its world; without those that are of none.
  package func inWorlds(_ world: (ProbePair?) -> Int?) -> [StoredRun.Sample] {
    compactMap { sample in
      world(sample.probes).map { number in
        var sample = sample
        sample.world = number
        return sample
      }
    }
  }
}

/// The worlds of a run as it is, once they are known. A run that changes gets a new one.
private final class FoundWorlds: Sendable {
  private let worlds = Mutex<RunWorlds?>(nil)

  func found(_ find: () -> RunWorlds) -> RunWorlds {
    worlds.withLock { worlds in
      let known = worlds ?? find()
      worlds = known
      return known
    }
  }
}
