/// What a run measures, as a file in Benchmarks/ or a user's own says it.
public struct Suite: Hashable, Sendable {
  /// Fit for a folder's name: letters, digits, `.`, `_` and `-`.
  public var name: String
  public var description: String
  /// Repetitions of every configuration, each in a block of its own.
  public var trials: Int
  public var limits: TrialLimits
  /// nil lets the run draw one; it is recorded either way.
  public var seed: UInt64?
  /// How near both ends of a 95 % interval are to be to its median, as a part of that: 0.02 for 2 %.
  /// nil stops after `trials` blocks, however wide the intervals are.
  public var precision: Double?
  /// Where a run with a precision stops in any case.
  public var mostTrials: Int
  public var idlePolicy: IdlePolicy
  /// How many round trips a latency sample is the mean of.
  public var batch: SampleBatch
  /// How much worse a metric may be before `ipcbench compare --fail-above` fails, as a part: 0.05 for 5 %.
  /// By the metric's name in `summary.csv`; this module knows none of them.
  public var thresholds: [String: Double]
  /// Each group crosses its own axes; the matrix joins the groups.
  public var groups: [AxisChoices]

  public init(
    name: String, description: String = "", trials: Int = Suite.defaultTrials,
    limits: TrialLimits = Suite.defaultLimits, seed: UInt64? = nil,
    precision: Double? = nil, mostTrials: Int = Suite.defaultMostTrials,
    idlePolicy: IdlePolicy = .standard, batch: SampleBatch = .automatic,
    thresholds: [String: Double] = [:], groups: [AxisChoices]
  ) {
    self.name = name
    self.description = description
    self.trials = trials
    self.limits = limits
    self.seed = seed
    self.precision = precision
    self.mostTrials = mostTrials
    self.idlePolicy = idlePolicy
    self.batch = batch
    self.thresholds = thresholds
    self.groups = groups
  }

  public static let defaultTrials = 10
  /// Narrows the interval of ten trials to less than half.
  public static let defaultMostTrials = 50
  public static let mostTrials: UInt64 = 100_000
  public static let defaultLimits = TrialLimits(
    length: .nanoseconds(500_000_000), warmUpNanoseconds: 100_000_000,
    timeoutNanoseconds: 30_000_000_000)

  /// The suite with what the command line says in place of what the file says: an axis is replaced
  /// in every group. Groups may become equal by that; the matrix joins them.
  public func applying(_ overrides: SuiteOverrides) -> Suite {
    var suite = self
    suite.trials = overrides.trials ?? trials
    suite.limits.length = overrides.length ?? limits.length
    suite.limits.warmUpNanoseconds = overrides.warmUpNanoseconds ?? limits.warmUpNanoseconds
    suite.limits.timeoutNanoseconds = overrides.timeoutNanoseconds ?? limits.timeoutNanoseconds
    suite.seed = overrides.seed ?? seed
    suite.precision = overrides.precision ?? precision
    suite.mostTrials = overrides.mostTrials ?? mostTrials
    suite.idlePolicy = overrides.idlePolicy ?? idlePolicy
    suite.batch = overrides.batch ?? batch
    suite.groups = groups.map { overrides.axes.filled(from: $0) }
    return suite
  }

  /// The axes of every group, for `TrialMatrix`.
  ///
  /// - Parameters:
  ///   - allMechanisms: What `all` stands for.
  ///   - cores: The cores that a placement means on this host; empty where it has none.
  public func axes<Failure: Error>(
    allMechanisms: [String], cores: (PlacementChoice) throws(Failure) -> [CorePair]
  ) throws(Failure) -> [Axes] {
    var resolved: [Axes] = []
    for group in groups {
      let group = group.filled(from: .standard)
      var pairs: [CorePair] = []
      for placement in group.placements ?? [] { pairs += try cores(placement) }
      resolved.append(
        Axes(
          mechanisms: group.mechanisms?.names(all: allMechanisms) ?? [],
          patterns: group.patterns ?? [], rates: group.rates ?? [],
          arrivals: group.arrivals ?? [], payloadBytes: group.payloadBytes ?? [],
          waits: group.waits ?? [],
          spinBudgetsNanoseconds: group.spinBudgetsNanoseconds ?? [],
          touches: group.touches ?? [], dataPaths: group.dataPaths ?? [],
          bufferBytes: group.bufferBytes ?? [], workingSetBytes: group.workingSetBytes ?? [],
          placements: pairs.withoutDuplicates(), memoryNodes: group.memoryNodes ?? []))
    }
    return resolved
  }
}

/// The values somebody chose for each axis; nil where nothing was said.
///
/// A group of a suite file, the defaults at its top and the flags of the command line are all this.
public struct AxisChoices: Hashable, Sendable {
  public var mechanisms: MechanismChoice?
  public var patterns: [Pattern]?
  public var rates: [OfferedRate]?
  public var arrivals: [Arrivals]?
  public var payloadBytes: [Int]?
  public var waits: [WaitPolicy]?
  public var spinBudgetsNanoseconds: [UInt64]?
  public var touches: [Touch]?
  public var dataPaths: [DataPath]?
  public var bufferBytes: [Int]?
  public var workingSetBytes: [Int]?
  public var placements: [PlacementChoice]?
  /// A node that is nil leaves memory to first touch.
  public var memoryNodes: [Int?]?

  public init(
    mechanisms: MechanismChoice? = nil, patterns: [Pattern]? = nil, rates: [OfferedRate]? = nil,
    arrivals: [Arrivals]? = nil, payloadBytes: [Int]? = nil,
    waits: [WaitPolicy]? = nil, spinBudgetsNanoseconds: [UInt64]? = nil,
    touches: [Touch]? = nil, dataPaths: [DataPath]? = nil,
    bufferBytes: [Int]? = nil, workingSetBytes: [Int]? = nil, placements: [PlacementChoice]? = nil,
    memoryNodes: [Int?]? = nil
  ) {
    self.mechanisms = mechanisms
    self.patterns = patterns
    self.rates = rates
    self.arrivals = arrivals
    self.payloadBytes = payloadBytes
    self.waits = waits
    self.spinBudgetsNanoseconds = spinBudgetsNanoseconds
    self.touches = touches
    self.dataPaths = dataPaths
    self.bufferBytes = bufferBytes
    self.workingSetBytes = workingSetBytes
    self.placements = placements
    self.memoryNodes = memoryNodes
  }

  /// What a group means by an axis that neither it nor the top of its file names.
  public static let standard = AxisChoices(
    mechanisms: .all, patterns: [.pingPong, .stream], rates: OfferedRate.standard,
    arrivals: [.poisson], payloadBytes: [64], waits: [.block],
    spinBudgetsNanoseconds: [Workload.defaultSpinBudgetNanoseconds],
    touches: [.header], dataPaths: [.copy], bufferBytes: [Workload.defaultBufferBytes],
    workingSetBytes: [0], placements: [.standard], memoryNodes: [nil])

  /// These choices, with the other's wherever nothing was chosen here.
  public func filled(from other: AxisChoices) -> AxisChoices {
    AxisChoices(
      mechanisms: mechanisms ?? other.mechanisms, patterns: patterns ?? other.patterns,
      rates: rates ?? other.rates, arrivals: arrivals ?? other.arrivals,
      payloadBytes: payloadBytes ?? other.payloadBytes, waits: waits ?? other.waits,
      spinBudgetsNanoseconds: spinBudgetsNanoseconds ?? other.spinBudgetsNanoseconds,
      touches: touches ?? other.touches, dataPaths: dataPaths ?? other.dataPaths,
      bufferBytes: bufferBytes ?? other.bufferBytes,
      workingSetBytes: workingSetBytes ?? other.workingSetBytes,
      placements: placements ?? other.placements,
      memoryNodes: memoryNodes ?? other.memoryNodes)
  }
}

/// The mechanisms that somebody asked for.
public enum MechanismChoice: Hashable, Sendable {
  /// Whatever this build and host offer.
  case all
  case named([String])

  func names(all: [String]) -> [String] {
    switch self {
    case .all: all
    case .named(let names): names
    }
  }

  /// Reads `all` or names between commas.
  ///
  /// - Parameter known: Every mechanism there is, offered here or not.
  public static func parse(
    _ text: String, known: [String]
  ) throws(UnknownName) -> MechanismChoice {
    var names: [String] = []
    for name in text.commaSeparated().map(String.init) {
      guard name == "all" || known.contains(name) else {
        throw UnknownName(kind: "mechanism", name: name, validNames: known + ["all"])
      }
      names.append(name)
    }
    return names.contains("all") ? .all : .named(names.withoutDuplicates())
  }
}

/// A placement that somebody asked for, before it is known what this host has.
public enum PlacementChoice: Hashable, Sendable {
  /// What the host offers first, written `default`.
  case standard
  case named(Placement)
  /// Two logical CPUs by number, as `--producer-core` and `--consumer-core` give them.
  case cores(producer: Int, consumer: Int)
  /// Each two CPUs that the process may use, both ways round, written `every-pair`.
  case everyPair

  private static let standardName = "default"
  private static let everyPairName = "every-pair"

  /// Reads `default`, `every-pair` or placements between commas.
  public static func parse(_ text: String) throws(UnknownName) -> [PlacementChoice] {
    var choices: [PlacementChoice] = []
    for name in text.commaSeparated().map(String.init) {
      if name == standardName {
        choices.append(.standard)
      } else if name == everyPairName {
        choices.append(.everyPair)
      } else if let placement = Placement(rawValue: name) {
        choices.append(.named(placement))
      } else {
        let names = [standardName] + Placement.allCases.map(\.rawValue) + [everyPairName]
        throw UnknownName(kind: "placement", name: name, validNames: names)
      }
    }
    return choices.withoutDuplicates()
  }
}

/// What the command line says against a suite file; nil where it says nothing.
public struct SuiteOverrides: Hashable, Sendable {
  public var axes: AxisChoices
  /// Repetitions of every configuration.
  public var trials: Int?
  /// A duration takes the place of a number of messages, and the other way round.
  public var length: TrialLength?
  public var warmUpNanoseconds: UInt64?
  public var timeoutNanoseconds: UInt64?
  public var seed: UInt64?
  public var precision: Double?
  public var mostTrials: Int?
  public var idlePolicy: IdlePolicy?
  public var batch: SampleBatch?

  public init(
    axes: AxisChoices = AxisChoices(), trials: Int? = nil, length: TrialLength? = nil,
    warmUpNanoseconds: UInt64? = nil, timeoutNanoseconds: UInt64? = nil, seed: UInt64? = nil,
    precision: Double? = nil, mostTrials: Int? = nil, idlePolicy: IdlePolicy? = nil,
    batch: SampleBatch? = nil
  ) {
    self.axes = axes
    self.trials = trials
    self.length = length
    self.warmUpNanoseconds = warmUpNanoseconds
    self.timeoutNanoseconds = timeoutNanoseconds
    self.seed = seed
    self.precision = precision
    self.mostTrials = mostTrials
    self.idlePolicy = idlePolicy
    self.batch = batch
  }
}
