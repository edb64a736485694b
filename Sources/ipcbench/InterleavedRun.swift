import FoundationEssentials
import Glibc
import Harness
import Mechanisms
import Paths
import Results
import Trials

extension RunCommand {
  /// Measures every trial twice, one right after the other: by the other build and by this one.
  ///
  /// A shared machine is faster or slower by tens of per cent from one minute to the next, and two runs
  /// made one after the other differ by that. Of a pair made within half a second both sides have the
  /// same; what is left of the difference is the builds'.
  ///
  /// - Parameter path: The other build's program.
  func runInterleaved(with path: String, _ interrupts: Interrupts) throws {
    if let output { try OutputPlace.requireNewFolder(output) }
    let other = try Self.untilAnythingIsKept { try OtherBuild(at: path, interrupts) }
    let topology = try orFailure(69) { () throws(TopologyError) in try CPUTopology.toMeasureOn() }
    var plan = try RunPlan(axes, limits, on: topology, withoutMechanisms: other.unknownMechanisms)
    try Self.requireTrials()
    Leftovers.sweep()
    var driver = Driver(
      executable: "/proc/self/exe", mechanisms: MechanismList.all, interrupts: interrupts)
    _ = NeighbourWatch(plan, by: driver)
    let idling = try Self.hold(plan.suite.idlePolicy)

    let started = UTCTime.now
    let id = RunDescription.interleavingID(suite: plan.suite.name, started: started)
    let place = try InterleavedPlace.claim(output, orNamed: id)
    let tidyUp = place.tidyUp
    UserSignals.enter(" before anything was measured; nothing is kept", cleanUp: tidyUp)
    let calls = TrialProgram.Calls(
      scratch: place.scratch, idlePolicy: plan.suite.idlePolicy, allowsDebugBuild: allowDebugBuild,
      interrupts: interrupts)
    // For batches and peaks; and what is far off is so for both builds, or nearly.
    try fitBuffers(of: plan.configurations, by: &driver)
    // Before anybody measures: both sides take the same samples.
    try decideBatches(for: &plan, by: driver)
    let programs = try Self.untilAnythingIsKept { try Self.rehearsed(other, plan, calls) }
    let peaks = try measurePeaks(for: &plan, by: driver)
    if !quiet { for exclusion in plan.exclusions { complain("left out: \(exclusion)") } }

    let examination = Examination.ofThisMachine(topology, idlePolicy: plan.suite.idlePolicy)
    let description = describe(plan, examination, peaks, started: started)
    var run = try InterleavedRun(plan, programs, description, in: place)
    UserSignals.enter("; the pairs before are kept in \(place.path)", cleanUp: tidyUp)
    let interruption = try run.measure(floorsBy: noFloors ? nil : driver, quiet: quiet)
    // The host idles as it likes again before anything else is done.
    _ = consume idling
    try UserSignals.keep { () throws(ResultsError) in
      try run.finish(interrupted: interruption != nil)
    }
    UserSignals.enter(run.kept(in: place.path), cleanUp: tidyUp)
    if !quiet { try say(run.conclusion(in: place.path)) }
    try run.requireSuccess(in: place.path, interruption)
  }

  /// Both programs, when they have shown that they run whatever the plan asks for.
  private static func rehearsed(
    _ other: OtherBuild, _ plan: RunPlan, _ calls: TrialProgram.Calls
  ) throws -> BothSides<TrialProgram> {
    try replaceFile(calls.suiteFile, with: Trial.emptySuite)
    var base = TrialProgram(.base, at: other.path, named: other.path.shown, calls)
    var head = TrialProgram(.head, at: "/proc/self/exe", named: "this build", calls)
    let telling = plan.configurations.showingEveryLevel
    let timeout = plan.suite.limits.timeoutNanoseconds
    try base.rehearse(telling, timeoutNanoseconds: timeout)
    // What this build can do, the plan knows; once shows that it can be called.
    try head.rehearse(Array(telling.prefix(1)), timeoutNanoseconds: timeout)
    return BothSides(base: base, head: head)
  }

  private static func untilAnythingIsKept<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let interruption as Interruption {
      UserSignals.noteStop()
      throw CommandFailure(interruption, " before anything was measured; nothing is kept")
    }
  }
}

/// An interleaved run, from its first block to what is said of it.
private struct InterleavedRun: ~Copyable {
  private var plan: RunPlan
  private var programs: BothSides<TrialProgram>
  private let runs: BothSides<RunDescription>
  private var folder: InterleavedFolder
  private var summaries: BothSides<Summary>
  private var toss: SideToss
  private var finishedPairs = 0

  /// - Parameter description: Of both sides, but for what tells them apart.
  init(
    _ plan: RunPlan, _ programs: BothSides<TrialProgram>, _ description: RunDescription,
    in place: borrowing InterleavedPlace
  ) throws(ResultsError) {
    let runs = BothSides(
      base: description.side(.base, measuredBy: programs.base.build ?? description.build),
      head: description.side(.head, measuredBy: programs.head.build ?? description.build))
    folder = try InterleavedFolder.create(in: place, describing: runs)
    self.plan = plan
    self.programs = programs
    self.runs = runs
    summaries = BothSides(
      base: Summary(runID: runs.base.runID), head: Summary(runID: runs.head.runID))
    toss = SideToss(runSeed: plan.seed)
  }

  // MARK: - Measuring

  /// Measures pair after pair until all is measured, or the user wants to stop, which it returns.
  ///
  /// - Parameter driver: What measures the floors; nil for none.
  mutating func measure(floorsBy driver: Driver?, quiet: Bool) throws -> Interruption? {
    do {
      var measurement = FloorMeasurement(
        of: plan.configurations, timeoutNanoseconds: plan.suite.limits.timeoutNanoseconds)
      var progress = ProgressLine(total: plan.fewestTrials, quiet: quiet)
      defer { progress.clear() }
      while true {
        if let driver,
          try measurement.catchUp(
            withBlocks: plan.schedule.blocks, of: plan.fewestBlocks, by: driver,
            runID: runs.head.runID, quiet: quiet)
        {
          try keep(measurement.floors)
        }
        guard wantsAnotherBlock else { return nil }
        let block = plan.schedule.nextBlock()
        if plan.schedule.blocks > plan.fewestBlocks { folder.plan(morePairs: block.count) }
        progress.total = plan.plannedTrials
        for trial in block {
          progress.show(trial)
          let known = buffersKnown
          try keep(measurePair(trial))
          if buffersKnown != known { try keepBuffers() }
        }
      }
    } catch let interruption as Interruption {
      // Finished pairs are kept; half a pair is none.
      UserSignals.noteStop()
      return interruption
    }
  }

  private mutating func keep(_ floors: [Floor]) throws(ResultsError) {
    try UserSignals.keep { () throws(ResultsError) in try folder.keep(floors) }
    for side in RunSide.allCases { summaries[side].floors = floors }
  }

  /// By both sides together.
  private var buffersKnown: Int {
    RunSide.allCases.reduce(0) { $0 + programs[$1].buffers.all.count }
  }

  private mutating func keepBuffers() throws(ResultsError) {
    let buffers = BothSides(base: programs.base.buffers.all, head: programs.head.buffers.all)
    try UserSignals.keep { () throws(ResultsError) in try folder.keep(buffers) }
  }

  private mutating func measurePair(_ trial: Trial) throws -> BothSides<MeasuredTrial> {
    let first = toss.first(for: trial.configuration)
    let leading = try programs[first].measure(trial, inRun: runs[first].runID)
    let following = try programs[first.other].measure(trial, inRun: runs[first.other].runID)
    return BothSides(first, leading, other: following)
  }

  private mutating func keep(_ pair: BothSides<MeasuredTrial>) throws(ResultsError) {
    try UserSignals.keep { () throws(ResultsError) in
      try folder.append(
        BothSides(base: pair.base.record, head: pair.head.record),
        BothSides(base: pair.base.histograms, head: pair.head.histograms))
    }
    for side in RunSide.allCases {
      summaries[side].add(pair[side].record, pair[side].histograms)
    }
    finishedPairs += 1
  }

  /// A precision is asked of both sides.
  private var wantsAnotherBlock: Bool {
    RunSide.allCases.contains { plan.wantsAnotherBlock(after: summaries[$0]) }
  }

  // MARK: - The end

  mutating func finish(interrupted: Bool) throws(ResultsError) {
    let precision = BothSides(
      base: plan.precisionReport(summaries.base, isInterrupted: interrupted),
      head: plan.precisionReport(summaries.head, isInterrupted: interrupted))
    try folder.finish(&summaries, at: .now, precision: precision, interrupted: interrupted)
  }

  /// What was measured, and how to have it compared.
  func conclusion(in path: String) -> String {
    let id = runs.head.interleaving?.id ?? runs.head.runID
    var text = "Run \(id): \(finishedPairs) pairs of trials\n"
    for side in RunSide.allCases {
      let build = runs[side].build
      let commit = build.commit.map { " (\($0))" } ?? ""
      let groups = summaries[side].groups
      let failed = groups.reduce(0) { $0 + $1.failed }
      let tainted = groups.reduce(0) { $0 + $1.tainted }
      text += "  \(side.rawValue)  \(programs[side].name), version \(build.version)\(commit): "
      text += "\(failed) failed, \(tainted) tainted\n"
    }
    for side in RunSide.allCases {
      let summary = summaries[side]
      for sentence in summary.worlds.sentences + [summary.taintSentence].compactMap({ $0 }) {
        text += "\(side.rawValue): \(sentence)\n"
      }
    }
    if Build.isDebug {
      text += "\nDEBUG BUILD: these figures say nothing about the mechanisms.\n"
    }
    return text + "\nWhat has changed: ipcbench compare \(path)\n"
  }

  /// As it follows "interrupted".
  func kept(in path: String) -> String {
    ": \(finishedPairs) of \(plan.plannedTrials) pairs are kept in \(path)"
  }

  func requireSuccess(
    in path: String, _ interruption: Interruption?
  ) throws(CommandFailure) {
    if let interruption { throw CommandFailure(interruption, kept(in: path)) }
    let failed = RunSide.allCases.flatMap { summaries[$0].groups }.reduce(0) { $0 + $1.failed }
    if failed > 0 {
      throw CommandFailure(
        3,
        "\(failed) of \(2 * finishedPairs) trials failed; see status and error in "
          + "\(path)/base/trials.csv and \(path)/head/trials.csv")
    }
  }
}
