import ArgumentParser
import Results
import Trials

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Prints a run in the format of a tool that keeps or compares benchmarks.",
    discussion: """
      go is what Go's benchmarks print, a line a trial, for benchstat. bencher is Bencher's Metric Format, for \
      'bencher run --adapter json'. github-action-benchmark is for that action's tool \
      customSmallerIsBetter; rates are written as the time a message.

      For example:
        ipcbench export results/before --format go > before.txt
        ipcbench export results/after --format go > after.txt
        benchstat before.txt after.txt

      Exit codes: 0 all well, 64 usage, 65 malformed file, 66 file missing, 74 I/O error, 77 permission.
      """)

  enum Format: String, CaseIterable {
    case go, bencher
    case gitHubActionBenchmark = "github-action-benchmark"
  }

  @Argument(help: ArgumentHelp("A run folder, or a trials.csv.", valueName: "run"))
  var path: String

  @Option(
    help: ArgumentHelp(
      "What to print: go, bencher or github-action-benchmark.", valueName: "name"),
    transform: { try parseName($0, kind: "format") })
  var format: Format

  func run() throws {
    switch format {
    case .go: try sayGoBenchmark()
    case .bencher: try sayMedians { BencherMetrics.json($0) }
    case .gitHubActionBenchmark: try sayMedians { GitHubActionBenchmark.json($0) }
    }
  }

  /// The formats have no place for a sentence, and medians without it would mislead.
  private func sayMedians(_ write: (StoredRun) -> JSON) throws {
    let run = try StoredRun.read(from: path)
    if let shortfall = run.shortfall { complain(shortfall) }
    for sentence in run.worlds.sentences { complain(sentence) }
    try say(write(run).indentedText() + "\n", isExact: true)
  }

  /// Line by line, because a run may have more trials than memory has room for.
  private func sayGoBenchmark() throws {
    let description = try RunDescription.readIfThere(path)
    var benchmark = GoBenchmark(description)
    var text = benchmark.header(description)
    let mostBuffered = 1 << 16
    var failure: CommandFailure?
    var trials = 0
    try TrialRecord.forEach(in: path) { record in
      trials += 1
      text += benchmark.line(record) ?? ""
      guard text.utf8.count > mostBuffered, failure == nil else { return }
      do throws(CommandFailure) {
        try say(text, isExact: true)
      } catch { failure = error }
      text = ""
    }
    if let failure { throw failure }
    if let shortfall = description?.shortfall(of: path, trials: trials) { complain(shortfall) }
    try say(text + benchmark.footer, isExact: true)
  }
}
