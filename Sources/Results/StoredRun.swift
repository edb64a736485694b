import Trials

/// The trials of a stored run as a comparison needs them: by configuration, and by metric in columns,
/// so that a million of them fit into memory.
public struct StoredRun: Sendable {
  /// One value of a metric, of one ok trial.
  public struct Sample: Hashable, Sendable {
    public var block: Int
    public var value: Double
    public var isTainted: Bool

    public init(block: Int, value: Double, isTainted: Bool = false) {
      self.block = block
      self.value = value
      self.isTainted = isTainted
    }
  }

  public struct Group: Sendable {
    public let configuration: Configuration
    public fileprivate(set) var trials = 0
    /// Every trial that is not `ok`.
    public fileprivate(set) var failed = 0
    public fileprivate(set) var firstError: String?
    fileprivate var samples: [Metric: [Sample]] = [:]

    fileprivate init(_ configuration: Configuration) {
      self.configuration = configuration
    }

    /// Of the ok trials that measured it, in the file's order.
    public func samples(_ metric: Metric) -> [Sample] { samples[metric] ?? [] }
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
  private var places: [Configuration: Int] = [:]

  public init(path: String = "", description: RunDescription? = nil) {
    self.path = path
    self.description = description
  }

  /// - Parameter path: a run folder, or a `trials.csv` by any name.
  public static func read(from path: String) throws(ResultsError) -> StoredRun {
    let description =
      RunDescription.isDescribed(path) ? try RunDescription.read(fromRunFolder: path) : nil
    var run = StoredRun(path: path, description: description)
    try TrialRecord.forEach(in: path) { run.add($0) }
    return run
  }

  public mutating func add(_ record: TrialRecord) {
    if runID.isEmpty { runID = record.runID }
    if !idlePolicies.contains(record.idlePolicy) { idlePolicies.append(record.idlePolicy) }
    let place = places[record.configuration] ?? groups.count
    if place == groups.count {
      places[record.configuration] = place
      groups.append(Group(record.configuration))
    }
    groups[place].trials += 1
    guard record.status == .ok else {
      groups[place].failed += 1
      if groups[place].firstError == nil {
        groups[place].firstError = record.error.isEmpty ? record.status.rawValue : record.error
      }
      return
    }
    for metric in Metric.allCases
    where metric.applies(to: record.configuration.workload.pattern) {
      guard let value = metric.value(of: record) else { continue }
      groups[place].samples[metric, default: []].append(
        Sample(block: record.block, value: value, isTainted: record.tainted))
    }
  }

  public func group(_ configuration: Configuration) -> Group? {
    places[configuration].map { groups[$0] }
  }
}
