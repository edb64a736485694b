import ArgumentParser
import Glibc
import Reporting
import Results
import Trials

struct RecommendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recommend",
    abstract: "Ranks mechanism, way to wait and data path for a message size, by a stored run.",
    usage: "ipcbench recommend <run> --payload <size> [<options>]",
    discussion: """
      For example:
        ipcbench recommend results/mine --payload 4KiB
        ipcbench recommend results/mine --payload 4KiB --rate 20k/s --cpu-budget 20%

      A size between measured ones is interpolated only where a straight line over the size passes \
      through the 95 % intervals of those around it; nothing is extrapolated. A rate must have been \
      reached when paced, or be at most 70 % of the rate as a stream. If nothing does what is asked, \
      the answer says so for each mechanism, and the exit code is 0 all the same.
      """)

  @Argument(help: ArgumentHelp("A run folder, or a trials.csv.", valueName: "run"))
  var path: String

  @Option(
    help: ArgumentHelp("Size of a message, such as 4KiB.", valueName: "size"),
    transform: { try ByteSize.parse($0, limit: Workload.largestPayloadBytes) })
  var payload: Int

  @Option(
    help: ArgumentHelp("Messages a second to be carried, such as 20k/s.", valueName: "rate"),
    transform: { try OfferedRate.parseConstant($0) })
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "Largest share of a core for each side at that rate, such as 20%.", valueName: "part"),
    transform: { try Percentage.parse($0) })
  var cpuBudget: Double?

  @Option(
    help: ArgumentHelp(
      "What is to be best: latency, throughput or cpu.", valueName: "name"),
    transform: { try parseName($0, kind: "goal") })
  var optimise: RecommendationRequest.Goal = .latency

  @Option(
    help: ArgumentHelp(
      "How much of a payload both sides look at: none, header, full; default header if the run has it.",
      valueName: "name"),
    transform: { try parseName($0, kind: "touch") })
  var touch: Touch?

  @Option(
    help: ArgumentHelp(
      "What the two cores share, such as same-core or same-l3; default the run's two cores.",
      valueName: "name"),
    transform: { try parseName($0, kind: "placement") })
  var placement: Placement?

  @Option(
    help: ArgumentHelp("How to print it: table, markdown or json.", valueName: "name"),
    transform: { try parseName($0, kind: "format") })
  var format: Recommendation.Format = .table

  func validate() throws {
    guard cpuBudget == nil || rate != nil else {
      throw ValidationError(
        "--cpu-budget is a share of a core, which depends on the rate; give --rate as well")
    }
  }

  func run() throws {
    let evidence = try Evidence.read(from: path)
    let request = RecommendationRequest(
      payloadBytes: payload, goal: optimise, messagesPerSecond: rate, processorBudget: cpuBudget,
      touch: touch, placement: placement)
    let recommendation = try orFailure(EX_USAGE) { () throws(RecommendationError) in
      try Recommendation(for: request, from: evidence)
    }
    if let shortfall = evidence.run.shortfall {
      if format == .json { complain(shortfall) } else { try say("\(shortfall)\n\n") }
    }
    try say(recommendation.text(as: format), isExact: format == .json)
  }
}
