import Glibc
import Harness
import Results
import Trials

/// A suite and the command line, worked out for this machine: what will be run, and what cannot be.
struct RunPlan {
  let suite: Suite
  let seed: UInt64
  /// What has to be measured before the rates are known that are shares of a peak.
  let streamsForPeaks: [Configuration]
  private(set) var configurations: [Configuration] = []
  var schedule: TrialSchedule
  private(set) var exclusions: [Exclusion] = []
  private let axes: [Axes]
  private let obstacles: HostObstacles
  /// What this host cannot run.
  private var obstructed: [Configuration] = []
  /// nil until it is decided how many round trips a sample is the mean of.
  private var batches: [Configuration: Int]?
  /// Placements that this machine lacks.
  private let absent: [Exclusion]

  /// The cores that the placements stand for here.
  var placements: [CorePair] {
    Array(Set(configurations.map(\.cores))).sorted {
      ($0.producer, $0.consumer) < ($1.producer, $1.consumer)
    }
  }

  /// Everything that can be refused is refused here, before anything starts.
  ///
  /// - Parameter unknown: Mechanisms that a build to compare with does not know: nobody gets them.
  init(
    _ axes: AxisOptions, _ limits: LimitOptions, on topology: CPUTopology,
    withoutMechanisms unknown: Set<String> = []
  ) throws(CommandFailure) {
    let overrides = SuiteOverrides(
      axes: axes.choices, trials: limits.trials, length: limits.length,
      warmUpNanoseconds: limits.warmup, timeoutNanoseconds: limits.timeout, seed: limits.seed,
      precision: limits.precision, mostTrials: limits.maxTrials, idlePolicy: axes.idlePolicy,
      batch: limits.batch)
    suite = try SuiteLocation.load(axes.suite).applying(overrides)
    guard limits.maxTrials == nil || suite.precision != nil else {
      throw CommandFailure(
        EX_USAGE,
        "--max-trials limits --precision, which is not given; add for example --precision 2%")
    }
    try Self.requireFilledBatch(suite)
    seed = suite.seed ?? UInt64.random(in: .min ... .max)
    try Self.requireNone(of: unknown, in: axes.mechanism)
    for node in Set(suite.groups.flatMap { $0.memoryNodes ?? [] }.compactMap(\.self)).sorted() {
      try Self.requireNode(node, on: topology)
    }
    try Self.requirePacedPattern(for: axes, in: suite)

    var absent: [Exclusion] = []
    let resolved = try suite.axes(allMechanisms: MechanismList.offered.map(\.name)) {
      choice throws(CommandFailure) in
      try Self.cores(choice, on: topology, isExplicit: axes.choices.placements != nil, &absent)
    }
    absent += Self.exclusions(of: unknown, in: resolved)
    self.axes = resolved.map { $0.without(mechanisms: unknown) }
    // Groups of a suite that name the same placement miss it once.
    self.absent = absent.withoutDuplicates()
    obstacles = HostObstacles(self.axes.flatMap(\.mechanisms).withoutDuplicates())
    do throws(MatrixError) {
      streamsForPeaks = try TrialMatrix.streamsForPeaks(
        crossing: self.axes, capabilities: MechanismList.all.map(\.capabilities),
        obstacle: obstacles.obstacle)
    } catch {
      throw CommandFailure(EX_USAGE, "\(error)")
    }
    schedule = TrialSchedule([], limits: suite.limits, seed: seed)
    // Until the peaks are known, any rate stands in for them: how many trials there are, and whether
    // they can be, hangs on the rest.
    let assumed = streamsForPeaks.map { ($0, PeakRate(of: $0, messagesPerSecond: 1000)) }
    try plan(
      peaks: Dictionary(assumed, uniquingKeysWith: { first, _ in first }),
      within: assumed.isEmpty ? suite.limits : nil)
    try obstacles.requireNone(of: axes.mechanism, in: obstructed)
    try requireConfigurations(orFail: EX_USAGE)
  }

  /// Plans anew with the peaks that were measured. Rates whose peak is not known are left out.
  mutating func settle(_ peaks: [Configuration: PeakRate]) throws(CommandFailure) {
    try plan(peaks: peaks, within: suite.limits)
    try requireConfigurations(orFail: 3)
  }

  /// Plans anew with the batches of `SampleBatches.decide`.
  mutating func settle(batches: [Configuration: Int]) {
    self.batches = batches
    configurations = configurations.map { $0.sampled(by: batches) }
    schedule = TrialSchedule(configurations, limits: suite.limits, seed: seed)
  }

  /// - Parameter limits: What a schedule has to fit in; nil while rates are not known.
  private mutating func plan(
    peaks: [Configuration: PeakRate], within limits: TrialLimits?
  ) throws(CommandFailure) {
    do throws(MatrixError) {
      let matrix = try TrialMatrix(
        crossing: axes, capabilities: MechanismList.all.map(\.capabilities), limits: limits,
        peaks: peaks, obstacle: obstacles.obstacle)
      configurations = matrix.configurations
      schedule = try matrix.schedule(mostBlocks: mostBlocks, limits: suite.limits, seed: seed)
      exclusions = absent + matrix.exclusions
      obstructed = matrix.obstructed
    } catch {
      throw CommandFailure(EX_USAGE, "\(error)")
    }
    if let batches { settle(batches: batches) }
  }

  private func requireConfigurations(orFail exitCode: Int32) throws(CommandFailure) {
    guard configurations.isEmpty else { return }
    let reasons = exclusions.map { "\n\($0)" }.joined()
    throw CommandFailure(exitCode, "nothing is left to measure\(reasons)")
  }

  // MARK: - Blocks

  /// Blocks that are run whatever they yield.
  var fewestBlocks: Int { suite.trials }
  /// Blocks after which the run ends whatever they have yielded.
  var mostBlocks: Int {
    suite.precision == nil ? suite.trials : max(suite.trials, suite.mostTrials)
  }

  var fewestTrials: Int { fewestBlocks * configurations.count }
  /// As far as is known by now.
  var plannedTrials: Int { max(fewestBlocks, schedule.blocks) * configurations.count }

  /// Whether the blocks so far are fewer than planned, or not enough for the precision.
  func wantsAnotherBlock(after summary: Summary) -> Bool {
    if schedule.blocks < fewestBlocks { return true }
    guard schedule.blocks < mostBlocks,
      let report = precisionReport(summary, isInterrupted: false)
    else { return false }
    return !report.isReached
  }

  /// nil if no precision was asked for.
  func precisionReport(_ summary: Summary, isInterrupted: Bool) -> PrecisionReport? {
    suite.precision.map { target in
      PrecisionReport(
        summary, target: target, mostTrials: mostBlocks, isInterrupted: isInterrupted)
    }
  }

  // MARK: - What is refused

  private static let unknownToTheOther =
    "the build to compare with does not know it, so that there is nothing to compare"

  /// A mechanism that was asked for by name is not left out without a word.
  private static func requireNone(
    of unknown: Set<String>, in choice: MechanismChoice?
  ) throws(CommandFailure) {
    guard case .named(let names) = choice, let name = names.first(where: unknown.contains) else {
      return
    }
    throw CommandFailure(
      EX_UNAVAILABLE, "mechanism '\(name)': \(unknownToTheOther); leave it out of --mechanism")
  }

  private static func exclusions(of unknown: Set<String>, in axes: [Axes]) -> [Exclusion] {
    axes.flatMap(\.mechanisms).filter(unknown.contains).withoutDuplicates()
      .map { Exclusion(what: $0, why: unknownToTheOther) }
  }

  /// A rate for nothing that is paced would be a mistake without a trace.
  private static func requirePacedPattern(
    for axes: AxisOptions, in suite: Suite
  ) throws(CommandFailure) {
    guard let option = axes.rate != nil ? "--rate" : axes.arrivals != nil ? "--arrivals" : nil,
      !suite.groups.contains(where: { $0.patterns?.contains(.paced) == true })
    else { return }
    throw CommandFailure(
      EX_USAGE,
      "\(option) is for pattern paced, which is not among those to measure; add --pattern paced")
  }

  /// A trial shorter than a sample has none.
  private static func requireFilledBatch(_ suite: Suite) throws(CommandFailure) {
    guard case .roundTrips(let batch) = suite.batch,
      case .messages(let count) = suite.limits.length, count < batch
    else { return }
    throw CommandFailure(
      EX_USAGE,
      "a sample of \(batch) round trips does not fit into a trial of \(count) messages; "
        + "lower --batch or raise --messages")
  }

  /// The cores of a placement. One that a suite names and this machine lacks is left out of the
  /// matrix; one that the user asked for is refused.
  private static func cores(
    _ choice: PlacementChoice, on topology: CPUTopology, isExplicit: Bool,
    _ absent: inout [Exclusion]
  ) throws(CommandFailure) -> [CorePair] {
    do throws(PlacementError) {
      switch choice {
      case .standard: return [topology.nearestDistinctCores()]
      case .named(let placement): return [try topology.requirePair(for: placement)]
      case .cores(let producer, let consumer):
        return [try topology.pair(producerCore: producer, consumerCore: consumer)]
      case .everyPair: return try topology.everyPair()
      }
    } catch {
      if isExplicit { throw CommandFailure(EX_UNAVAILABLE, "\(error)") }
      absent.append(Exclusion(what: "a placement of the suite", why: "\(error)"))
      return []
    }
  }

  private static func requireNode(
    _ node: Int, on topology: CPUTopology
  ) throws(CommandFailure) {
    try orFailure(EX_UNAVAILABLE) { () throws(PlacementError) in
      try topology.requireNUMANode(node)
    }
    try orFailure(EX_UNAVAILABLE) { () throws(NUMAError) in
      try NUMAMemory.requireUsable(node: node)
    }
  }
}
