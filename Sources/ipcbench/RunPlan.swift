import Glibc
import Harness
import Results
import Trials

/// A suite and the command line, worked out for this machine: what will be run, and what cannot be.
struct RunPlan {
  let suite: Suite
  let seed: UInt64
  let configurations: [Configuration]
  var schedule: TrialSchedule
  let exclusions: [Exclusion]
  /// The cores that the placements stand for here.
  let placements: [CorePair]

  /// Everything that can be refused is refused here, before anything starts.
  init(
    _ axes: AxisOptions, _ limits: LimitOptions, on topology: CPUTopology
  ) throws(CommandFailure) {
    let overrides = SuiteOverrides(
      axes: axes.choices, trials: limits.trials, length: limits.length,
      warmUpNanoseconds: limits.warmup, timeoutNanoseconds: limits.timeout, seed: limits.seed,
      precision: limits.precision, mostTrials: limits.maxTrials, idlePolicy: axes.idlePolicy)
    suite = try SuiteLocation.load(axes.suite).applying(overrides)
    guard limits.maxTrials == nil || suite.precision != nil else {
      throw CommandFailure(
        EX_USAGE,
        "--max-trials limits --precision, which is not given; add for example --precision 2%")
    }
    seed = suite.seed ?? UInt64.random(in: .min ... .max)
    try MechanismList.requireAvailable(axes.mechanism)
    for node in suite.groups.flatMap({ $0.memoryNodes ?? [] }) {
      try Self.requireNode(node, on: topology)
    }

    var absent: [Exclusion] = []
    let crossed = try suite.axes(allMechanisms: MechanismList.available.map(\.name)) {
      choice throws(CommandFailure) in
      try Self.cores(choice, on: topology, isExplicit: axes.choices.placements != nil, &absent)
    }
    do throws(MatrixError) {
      let matrix = try TrialMatrix(
        crossing: crossed, capabilities: MechanismList.all.map(\.capabilities))
      configurations = matrix.configurations
      schedule = try matrix.schedule(
        mostBlocks: Self.mostBlocks(of: suite), limits: suite.limits, seed: seed)
      // Groups of a suite that name the same placement miss it once.
      exclusions = absent.withoutDuplicates() + matrix.exclusions
    } catch {
      throw CommandFailure(EX_USAGE, "\(error)")
    }
    placements = Array(Set(configurations.map(\.cores))).sorted {
      ($0.producer, $0.consumer) < ($1.producer, $1.consumer)
    }
    guard !configurations.isEmpty else {
      let reasons = exclusions.map { "\n\($0)" }.joined()
      throw CommandFailure(EX_USAGE, "nothing is left to measure\(reasons)")
    }
  }

  /// Blocks that are run whatever they yield.
  var fewestBlocks: Int { suite.trials }
  /// Blocks after which the run ends whatever they have yielded.
  var mostBlocks: Int { Self.mostBlocks(of: suite) }

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

  private static func mostBlocks(of suite: Suite) -> Int {
    suite.precision == nil ? suite.trials : max(suite.trials, suite.mostTrials)
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
      }
    } catch {
      if isExplicit { throw CommandFailure(EX_UNAVAILABLE, "\(error)") }
      absent.append(Exclusion(what: "a placement of the suite", why: "\(error)"))
      return []
    }
  }

  private static func requireNode(
    _ node: Int?, on topology: CPUTopology
  ) throws(CommandFailure) {
    guard let node else { return }
    do throws(PlacementError) { try topology.requireNUMANode(node) } catch {
      throw CommandFailure(EX_UNAVAILABLE, "\(error)")
    }
  }
}
