import ArgumentParser
import Trials

/// The options that name an axis of the matrix. What is not given, the suite says.
struct AxisOptions: ParsableArguments {
  @Option(help: "A suite's name (quick, full, ci) or the path of a suite file.")
  var suite = "quick"

  @Option(
    help: "Mechanisms, or all; see 'ipcbench list'.",
    transform: { try MechanismChoice.parse($0, known: MechanismList.names) })
  var mechanism: MechanismChoice?

  @Option(
    help: "Message sizes: 64,4KiB or 64..1MiB.",
    transform: { try ByteSize.parseList($0, limit: Workload.largestPayloadBytes) })
  var payload: [Int]?

  @Option(
    help: "ping-pong (round trips), stream (maximum rate).",
    transform: { try parseNames($0, kind: "pattern") })
  var pattern: [Pattern]?

  @Option(
    help: "How a side waits for its peer: block, spin.",
    transform: { try parseNames($0, kind: "wait") })
  var wait: [WaitPolicy]?

  @Option(
    help: "How much of a payload both sides look at: none, header, full (every byte, verified).",
    transform: { try parseNames($0, kind: "touch") })
  var touch: [Touch]?

  @Option(
    help: "Whether messages are copied through the channel: copy.",
    transform: { try parseNames($0, kind: "data path") })
  var dataPath: [DataPath]?

  @Option(
    help: "Capacity of the mechanism's own buffer, per direction; default 128KiB.",
    transform: { try ByteSize.parseList($0) })
  var buffer: [Int]?

  @Option(
    help: ArgumentHelp(
      "What the two cores share: same-core, smt, same-l2, same-l3, same-package, cross-package, "
        + "cross-numa, or default (the two nearest distinct cores)."),
    transform: { try PlacementChoice.parse($0) })
  var placement: [PlacementChoice]?

  @Option(help: "The logical CPU of the producer; goes with --consumer-core.")
  var producerCore: Int?

  @Option(help: "The logical CPU of the consumer; goes with --producer-core.")
  var consumerCore: Int?

  @Option(help: "Bind both workers' memory to this NUMA node, and verify it.")
  var memoryNode: Int?

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
      mechanisms: mechanism, patterns: pattern, payloadBytes: payload, waits: wait,
      touches: touch, dataPaths: dataPath, bufferBytes: buffer, placements: cores,
      memoryNodes: memoryNode.map { [$0] })
  }
}

/// The options that bound a run. What is not given, the suite says.
struct LimitOptions: ParsableArguments {
  @Option(
    help: "Trials of each configuration, each with a fresh pair of processes.",
    transform: { Int(try Count.parse($0, in: 1...Suite.mostTrials)) })
  var trials: Int?

  @Option(
    help: "Length of a trial's timed part, such as 500ms.", transform: { try TimeSpan.parse($0) })
  var duration: UInt64?

  @Option(
    help: "Messages in a trial's timed part, in place of a duration.",
    transform: { try Count.parse($0) })
  var messages: UInt64?

  @Option(
    help: "Warm-up before it; at least 1ms, which the choice of the sampling needs.",
    transform: { try TimeSpan.parse($0, allowingZero: true) })
  var warmup: UInt64?

  @Option(help: "When to give a trial up, such as 30s.", transform: { try TimeSpan.parse($0) })
  var timeout: UInt64?

  @Option(
    help: "Seed of the order of trials; drawn, and recorded, if not given.",
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
