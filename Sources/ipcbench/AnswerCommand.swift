import ArgumentParser
import Reporting
import Results
import Trials

struct AnswerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "answer",
    abstract: "Says in sentences whether shared memory or message passing wins in a run, and why.",
    discussion: """
      From which message size on, by how much and at what price in CPU time; where the time of a round \
      trip goes; and what the run says of five claims from lectures. A run that has all of it: \
      ipcbench run --suite tradeoff
      """)

  enum Format: String, CaseIterable { case text, markdown }

  @Argument(help: ArgumentHelp("A run folder, or a trials.csv.", valueName: "run"))
  var path: String

  @Option(
    help: ArgumentHelp("How to print it: text or markdown.", valueName: "name"),
    transform: { try parseName($0, kind: "format") })
  var format: Format = .text

  @Flag(help: "Say it setting by setting, and print the tables that it rests on.")
  var details = false

  func run() throws {
    let evidence = try Evidence.read(from: path)
    let sections = Answer.sections(evidence, details ? .full : .brief)
    if let shortfall = evidence.run.shortfall { try say("\(shortfall)\n\n") }
    switch format {
    case .text: try say(sections.map { $0.plainText() }.joined(separator: "\n"))
    case .markdown: try say(sections.map { $0.markdown() }.joined(separator: "\n"))
    }
  }
}
