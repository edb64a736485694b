import ArgumentParser
import Trials

/// The options that name an axis of the matrix, and the one factor that a whole run shares. What is
/// not given, the suite says.
struct AxisOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A suite's name (quick, full, ci) or the path of a suite file.", valueName: "name or file"))
  var suite = "quick"

  @Option(
    help: ArgumentHelp("Mechanisms, or all; see 'ipcbench list'.", valueName: "names"),
    transform: { try MechanismList.parse($0) })
  var mechanism: MechanismChoice?

  @Option(
    help: ArgumentHelp("Message sizes: 64,4KiB or 64..1MiB.", valueName: "sizes"),
    transform: { try ByteSize.parseList($0, limit: Workload.largestPayloadBytes) })
  var payload: [Int]?

  @Option(
    help: ArgumentHelp(
      "ping-pong (round trips), stream (maximum rate), paced (latency at a given rate).",
      valueName: "names"),
    transform: { try parseNames($0, kind: "pattern") })
  var pattern: [Pattern]?

  @Option(
    help: ArgumentHelp(
      "Messages a second of pattern paced: 500, 10k, 1k..1M, or shares of each configuration's "
        + "stream rate, measured first: 50%, 10%..90%; default 10%,25%,50%.",
      valueName: "rates"),
    transform: { try OfferedRate.parseList($0) })
  var rate: [OfferedRate]?

  @Option(
    help: ArgumentHelp(
      "How pattern paced spreads its messages: poisson (default) or fixed.", valueName: "names"),
    transform: { try parseNames($0, kind: "arrivals") })
  var arrivals: [Arrivals]?

  @Option(
    help: ArgumentHelp(
      "How a side waits for its peer: block, spin, adaptive (spin, then block).",
      valueName: "names"),
    transform: { try parseNames($0, kind: "wait") })
  var wait: [WaitPolicy]?

  @Option(
    help: ArgumentHelp(
      "How long an adaptive side spins before it blocks; default 50us.", valueName: "times"),
    transform: { try TimeSpan.parseList($0) })
  var spinBudget: [UInt64]?

  @Option(
    help: ArgumentHelp(
      "How much of a payload both sides look at: none, header, full (every byte, verified).",
      valueName: "names"),
    transform: { try parseNames($0, kind: "touch") })
  var touch: [Touch]?

  @Option(
    help: ArgumentHelp(
      "copy (through the channel) or in-place (built and read where the channel keeps them).",
      valueName: "names"),
    transform: { try parseNames($0, kind: "data path") })
  var dataPath: [DataPath]?

  @Option(
    help: ArgumentHelp(
      "Payload bytes in flight, per direction: what a link takes while nobody receives. The kernel is "
        + "given whatever comes nearest; default 128KiB.",
      valueName: "sizes"),
    transform: { try ByteSize.parseList($0) })
  var buffer: [Int]?

  @Option(
    help: ArgumentHelp(
      "Memory that each side takes its messages from in turn, per direction; default 0: one buffer, "
        + "used again and again, which stays in the cache (hot).",
      valueName: "sizes"),
    transform: { try WorkingSet.parseList($0) })
  var workingSet: [Int]?

  /// For the single trials of `--versus`, whose buffers are those of the trials before.
  @Option(
    help: ArgumentHelp(
      "What the kernel is given for the buffer, in place of what comes nearest to --buffer.",
      valueName: "size", visibility: .hidden),
    transform: { try ByteSize.parse($0) })
  var bufferSetting: Int?

  @Option(
    help: ArgumentHelp(
      "What the two cores share: same-core, smt, same-l2, same-l3, same-package, cross-package, "
        + "cross-numa, default (the two nearest distinct cores), or every-pair (each two CPUs, both ways "
        + "round).",
      valueName: "names"),
    transform: { try PlacementChoice.parse($0) })
  var placement: [PlacementChoice]?

  @Option(
    help: ArgumentHelp(
      "The logical CPU of the producer; goes with --consumer-core.", valueName: "cpu"),
    transform: { Int(try Count.parse($0, in: 0...UInt64(Int32.max))) })
  var producerCore: Int?

  @Option(
    help: ArgumentHelp(
      "The logical CPU of the consumer; goes with --producer-core.", valueName: "cpu"),
    transform: { Int(try Count.parse($0, in: 0...UInt64(Int32.max))) })
  var consumerCore: Int?

  @Option(
    help: ArgumentHelp(
      "Bind both workers' memory to this NUMA node, and verify it.", valueName: "node"),
    transform: { Int(try Count.parse($0, in: 0...1023)) })
  var memoryNode: Int?

  @Option(
    help: ArgumentHelp(
      "How idle processors may sleep during the run: default, or poll (never halt).",
      valueName: "name"),
    transform: { try parseName($0, kind: "idle policy") })
  var idlePolicy: IdlePolicy?

  func validate() throws {
    guard (producerCore == nil) == (consumerCore == nil) else {
      throw ValidationError("--producer-core and --consumer-core go together; give both or neither")
    }
    guard producerCore == nil || placement == nil else {
      throw ValidationError(
        "--placement and --producer-core both choose the cores; give one or the other")
    }
  }

  /// What these options put in the suite's place.
  var choices: AxisChoices {
    var cores = placement
    if let producerCore, let consumerCore {
      cores = [.cores(producer: producerCore, consumer: consumerCore)]
    }
    return AxisChoices(
      mechanisms: mechanism, patterns: pattern, rates: rate, arrivals: arrivals,
      payloadBytes: payload, waits: wait,
      spinBudgetsNanoseconds: spinBudget, touches: touch, dataPaths: dataPath, bufferBytes: buffer,
      workingSetBytes: workingSet, placements: cores,
      memoryNodes: memoryNode.map { [$0] })
  }
}

/// The options that bound a run. What is not given, the suite says.
struct LimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Trials of each configuration, each with a fresh pair of processes.", valueName: "count"),
    transform: { Int(try Count.parse($0, in: 1...Suite.mostTrials)) })
  var trials: Int?

  @Option(
    help: ArgumentHelp(
      "Go on until both ends of every 95 % interval are this near to the median, such as 2%.",
      valueName: "part"),
    transform: { try Percentage.parse($0) })
  var precision: Double?

  @Option(
    help: ArgumentHelp(
      "Trials of each configuration at which --precision gives up; default 50.",
      valueName: "count"),
    transform: { Int(try Count.parse($0, in: 1...Suite.mostTrials)) })
  var maxTrials: Int?

  @Option(
    help: ArgumentHelp("Length of a trial's timed part, such as 500ms.", valueName: "time"),
    transform: { try TimeSpan.parse($0) })
  var duration: UInt64?

  @Option(
    help: ArgumentHelp(
      "Messages in a trial's timed part, in place of a duration.", valueName: "count"),
    transform: { try Count.parse($0) })
  var messages: UInt64?

  @Option(
    help: ArgumentHelp(
      "Warm-up before it; a shorter one than 1ms is made 1ms.", valueName: "time"),
    transform: { try TimeSpan.parse($0, allowingZero: true) })
  var warmup: UInt64?

  @Option(
    help: ArgumentHelp(
      "Round trips that a latency sample is the mean of: auto (default: the fewest of which a read of "
        + "the clock is a tenth at most, found out before the first trial), or 1, 2, 4 … 1024.",
      valueName: "count"),
    transform: { try SampleBatch.parse($0) })
  var batch: SampleBatch?

  @Option(
    help: ArgumentHelp("When to give a trial up, such as 30s.", valueName: "time"),
    transform: { try TimeSpan.parse($0) })
  var timeout: UInt64?

  @Option(
    help: ArgumentHelp(
      "Seed of the order of trials and of Poisson arrivals; drawn, and recorded, if not given.",
      valueName: "number"),
    transform: { try Count.parse($0, in: 0...UInt64.max) })
  var seed: UInt64?

  func validate() throws {
    guard duration == nil || messages == nil else {
      throw ValidationError("--duration and --messages both end a trial; give one or the other")
    }
  }

  var length: TrialLength? {
    duration.map { .nanoseconds($0) } ?? messages.map { .messages($0) }
  }
}
