import ArgumentParser
import Glibc
import Harness
import Mechanisms
import Paths
import Results
import Trials

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Measures a matrix of trials and writes a run folder.",
    discussion: """
      Lists are comma separated. Sizes take B, K, KiB, M, MiB, G and GiB, all binary; 64..1MiB \
      steps by powers of four, 64..1MiB*2 by two. Durations take ns, us, ms and s. Options take \
      the place of what the suite says.
      """)

  @OptionGroup(title: "What to measure") var axes: AxisOptions
  @OptionGroup(title: "How long and how often") var limits: LimitOptions

  @Option(
    help: ArgumentHelp(
      "Where the run folder goes; refuses to overwrite. (default: results/<time>-<suite>)",
      valueName: "folder"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "How to print the summary: table, csv, json or markdown.", valueName: "name"),
    transform: { try parseName($0, kind: "format") })
  var format: SummaryFormat = .table

  @Flag(help: "Show each row as a multiple of its floor as well, in a table or as markdown.")
  var relativeToFloor = false

  @Flag(
    help: ArgumentHelp(
      "Show each row as a multiple of its trials' own probes as well: of a cache line's way to the "
        + "other core and back, around each trial."))
  var relativeToProbe = false

  @Flag(help: "Do not measure the floors first; nothing can be shown as a multiple of them then.")
  var noFloors = false

  @Flag(name: [.short, .long], help: "Print nothing but errors; the run folder has it all.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "Measure each trial by this other ipcbench as well, one right after the other, so that the "
        + "two builds can be compared on a machine whose speed drifts. Leaves two run folders, base "
        + "(the other build) and head (this one), for 'ipcbench compare'. Takes twice the time.",
      valueName: "program"))
  var versus: String?

  @Flag(help: "Measure with a debug build, whose figures say nothing about the mechanisms.")
  var allowDebugBuild = false

  func validate() throws {
    guard !(relativeToFloor && noFloors) else {
      throw ValidationError(
        "--relative-to-floor needs the floors that --no-floors leaves out; give one or the other")
    }
    guard versus == nil || (format == .table && !relativeToFloor && !relativeToProbe) else {
      throw ValidationError(
        "--versus leaves two runs and prints no summary of either; leave out --format, "
          + "--relative-to-floor and --relative-to-probe, and see 'ipcbench compare'")
    }
  }

  func run() throws {
    try requireReleaseBuild()
    let interrupts = try UserSignals.take(" before the first trial; nothing is kept")
    guard let versus else { return try runAlone(interrupts) }
    try runInterleaved(with: versus, interrupts)
  }

  private func runAlone(_ interrupts: Interrupts) throws {
    let topology = try orFailure(69) { () throws(TopologyError) in try CPUTopology.toMeasureOn() }
    var plan = try RunPlan(axes, limits, on: topology)
    try OutputPlace.requireNewFolder(output ?? RunFolder.defaultPath(forRun: "run-\(getpid())"))
    try Self.requireTrials()
    Leftovers.sweep()
    var driver = Driver(
      executable: "/proc/self/exe", mechanisms: MechanismList.all, interrupts: interrupts)
    var watch = NeighbourWatch(plan, by: driver)
    let idling = try Self.hold(plan.suite.idlePolicy)
    try fitBuffers(of: plan.configurations, by: &driver)
    let peaks = try measurePeaks(for: &plan, by: driver)
    try decideBatches(for: &plan, by: driver)
    if !quiet { for exclusion in plan.exclusions { complain("left out: \(exclusion)") } }

    let examination = Examination.ofThisMachine(topology, idlePolicy: plan.suite.idlePolicy)
    var description = describe(plan, examination, peaks, started: .now)
    description.buffers = driver.buffers.all
    var folder = try UserSignals.keep { () throws(ResultsError) in
      try RunFolder.create(at: output, describing: &description)
    }
    UserSignals.enter("; the trials before are kept in \(folder.path)")
    var summary = Summary(runID: description.runID)

    var finished = 0
    var interruption: Interruption?
    do {
      var measurement = FloorMeasurement(
        of: noFloors ? [] : plan.configurations,
        timeoutNanoseconds: plan.suite.limits.timeoutNanoseconds)
      var progress = ProgressLine(total: plan.fewestTrials, quiet: quiet)
      defer { progress.clear() }
      while true {
        if try measurement.catchUp(
          withBlocks: plan.schedule.blocks, of: plan.fewestBlocks, by: driver,
          runID: description.runID, quiet: quiet)
        {
          try UserSignals.keep { () throws(ResultsError) in
            try folder.keep(measurement.floors)
          }
          summary.floors = measurement.floors
        }
        guard plan.wantsAnotherBlock(after: summary) else { break }
        let block = plan.schedule.nextBlock()
        if plan.schedule.blocks > plan.fewestBlocks { folder.plan(moreTrials: block.count) }
        progress.total = plan.plannedTrials
        for trial in block {
          progress.show(trial)
          let outcome = try driver.run(trial)
          watch.look(at: outcome, progress)
          let record = TrialRecord(
            outcome: outcome, runID: description.runID, idlePolicy: plan.suite.idlePolicy)
          let histograms = LatencyHistograms(outcome: outcome)
          try UserSignals.keep { () throws(ResultsError) in
            try folder.append(record, histograms)
          }
          summary.add(record, histograms)
          finished += 1
        }
      }
    } catch let stop as Interruption {
      // What is finished is kept and summed up below.
      interruption = stop
      UserSignals.noteStop()
    }
    // The host idles as it likes again before anything else is done.
    _ = consume idling
    let precision = plan.precisionReport(summary, isInterrupted: interruption != nil)
    try UserSignals.keep { () throws(ResultsError) in
      try folder.finish(
        &summary, at: .now, precision: precision, interrupted: interruption != nil)
    }
    let kept = ": \(finished) of \(plan.plannedTrials) trials are kept in \(folder.path)"
    UserSignals.enter(kept)
    if !quiet { try show(summary, precision, of: folder.path, on: examination.condition.grade) }

    if let interruption { throw CommandFailure(interruption, kept) }
    let failed = summary.groups.reduce(0) { $0 + $1.failed }
    if failed > 0 {
      throw CommandFailure(
        3,
        "\(failed) of \(finished) trials failed; see status and error in \(folder.path)/trials.csv")
    }
  }

  func describe(
    _ plan: RunPlan, _ examination: Examination, _ peaks: [PeakRate]?, started: UTCTime
  ) -> RunDescription {
    RunDescription(
      suite: plan.suite.name, started: started, commandLine: ProgramArguments.all.map(\.shown),
      seed: plan.seed, idlePolicy: plan.suite.idlePolicy, build: .current,
      host: examination.host, clock: examination.clock, condition: examination.condition,
      plannedTrials: plan.fewestTrials, excluded: plan.exclusions, placements: plan.placements,
      peaks: peaks, thresholds: plan.suite.thresholds.isEmpty ? nil : plan.suite.thresholds)
  }

  /// Works out the buffers before anything is measured, and says in one line where they are not what was
  /// asked for. What the kernel refuses, the rows of its trials say.
  func fitBuffers(
    of configurations: [Configuration], by driver: inout Driver
  ) throws(CommandFailure) {
    try orStopped(" while buffers were measured; nothing is kept") { () throws(Interruption) in
      _ = try driver.fitBuffers(of: configurations, setting: axes.bufferSetting)
    }
    if !quiet, let deviations = driver.buffers.deviations { complain(deviations) }
  }

  /// Rates that are shares of a peak need that peak before there is a plan; nil if there are none.
  func measurePeaks(
    for plan: inout RunPlan, by driver: Driver
  ) throws(CommandFailure) -> [PeakRate]? {
    guard !plan.streamsForPeaks.isEmpty else { return nil }
    let measurement = PeakRates(
      driver: driver, timeoutNanoseconds: plan.suite.limits.timeoutNanoseconds, quiet: quiet)
    let peaks = try orStopped(" while the peak rates were measured; nothing is kept") {
      () throws(Interruption) in try measurement.measure(plan.streamsForPeaks)
    }
    try plan.settle(peaks)
    return plan.streamsForPeaks.compactMap { peaks[$0] }
  }

  /// What a latency sample is, for all trials of the run.
  func decideBatches(for plan: inout RunPlan, by driver: Driver) throws(CommandFailure) {
    let configurations = plan.configurations
    switch plan.suite.batch {
    case .roundTrips(let batch):
      let all = configurations.map { ($0.sampledAlike, batch) }
      plan.settle(batches: Dictionary(all, uniquingKeysWith: { first, _ in first }))
    case .automatic:
      let limits = plan.suite.limits
      plan.settle(
        batches: try orStopped(" before the first trial; nothing is kept") {
          () throws(Interruption) in
          try SampleBatches(driver: driver, limits: limits, quiet: quiet)
            .decide(for: configurations)
        })
    }
  }

  /// Refuses what would fail in each trial alike, before any is started.
  static func requireTrials() throws(CommandFailure) {
    guard let error = Driver.obstacle() else { return }
    throw CommandFailure(EX_UNAVAILABLE, "no trial can be run here: \(error)")
  }

  static func hold(_ policy: IdlePolicy) throws(CommandFailure) -> HeldIdlePolicy {
    do { return try HeldIdlePolicy.hold(policy) } catch {
      throw CommandFailure(error.exitCode, "\(error)")
    }
  }

  private func show(
    _ summary: Summary, _ precision: PrecisionReport?, of path: String, on grade: Grade
  ) throws(CommandFailure) {
    var yardsticks: Set<Yardstick> = []
    if relativeToFloor { yardsticks.insert(.floor) }
    if relativeToProbe { yardsticks.insert(.probe) }
    var text = summary.text(as: format, relativeTo: yardsticks)
    // The other formats have no place for what the table says below itself.
    if format != .table && format != .markdown {
      for sentence in summary.worlds.sentences { complain(sentence) }
      if let sentence = summary.taintSentence { complain(sentence) }
    }
    if format == .table {
      if let precision { text += "\n\(precision)\n" }
      if Build.isDebug {
        text += "\nDEBUG BUILD: these figures say nothing about the mechanisms.\n"
      }
      text += "\nHost grade \(grade.rawValue): 'ipcbench doctor' says why"
      text += "\nEvery trial: \(path)/trials.csv\n"
    }
    try say(text, isExact: format == .csv || format == .json)
  }

  /// METHOD: debug builds refuse to print results unless told to.
  private func requireReleaseBuild() throws(CommandFailure) {
    guard !Build.isDebug || allowDebugBuild else {
      throw CommandFailure(
        EX_USAGE,
        "this is a debug build, whose figures say nothing about the mechanisms\n"
          + "build by 'make build', or measure all the same with --allow-debug-build")
    }
  }
}

/// Runs `body`; an error of it ends the command with this exit code, and with these words or its own.
func orFailure<Value, Failure: Error>(
  _ exitCode: Int32, _ message: String? = nil, _ body: () throws(Failure) -> Value
) throws(CommandFailure) -> Value {
  do { return try body() } catch { throw CommandFailure(exitCode, message ?? "\(error)") }
}
