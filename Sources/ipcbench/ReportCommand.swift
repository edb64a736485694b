import ArgumentParser
import Glibc
import Harness
import Reporting
import Results
import Trials

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draws charts of stored runs and writes one page that holds them all.",
    usage: "ipcbench report <run> ... [<options>]",
    discussion: """
      Writes report.html, which works offline and on paper, and in charts/ each chart as a Vega-Lite \
      specification, an SVG and a PNG. Of several runs, charts show one beside the other. A report may \
      be made again in its own folder; any other folder is refused.

      Drawing takes vl-convert, which 'scripts/setup --with-report' installs into the checkout. Without \
      it the specifications and the page are written all the same, without pictures, and the exit code \
      is 69 unless --no-render was given.

      For example:
        ipcbench report results/20261121T074158Z-quick
        ipcbench report before after --output compared --only latency,throughput
      """)

  @Argument(
    help: ArgumentHelp("Run folders, or trials.csv files by any name.", valueName: "run"))
  var runs: [String]

  @Option(
    help: ArgumentHelp(
      "Where the report goes. (default: report in the first run's folder)", valueName: "folder"))
  var output: String?

  @Flag(help: "Show which charts these runs allow and why not the others; write nothing.")
  var list = false

  @Option(
    help: ArgumentHelp("Charts to make, by the names that --list shows.", valueName: "names"),
    transform: { $0.commaSeparated().map(String.init) })
  var only: [String]?

  @Flag(help: "Write specifications and the page without pictures.")
  var noRender = false

  func run() throws {
    if !list { try ReportFolder.requirePlace(at: place) }
    var stored: [ReportRun] = []
    for path in runs { stored.append(try ReportRun.read(from: path)) }
    if let empty = stored.first(where: { $0.summary.groups.isEmpty }) {
      throw CommandFailure(
        65, "\(empty.path): holds no trials; give a run that has finished at least one")
    }
    for shortfall in stored.compactMap(\.shortfall) { complain(shortfall) }
    var report = Report(stored, answers: answers(of: stored))
    if list {
      try say(report.listing.plainText() + "\n")
      return
    }
    if let only { try keep(only, in: &report) }
    let folder = try ReportFolder.prepare(
      at: place, charts: report.charts.map(\.name),
      runs: stored.map(\.name))
    let specifications = report.specifications
    try folder.write(specifications)
    let drawing = Drawing(of: specifications, keptIn: folder.path, isWanted: !noRender)
    try folder.write(drawing.pictures)
    try folder.writePage(
      report, pictures: drawing.pictures, scripts: drawing.scripts,
      missingPicture: drawing.missingPicture)
    try say("\(folder.pagePath)\n")
    if let failure = drawing.failure { throw failure }
  }

  private var place: String { output ?? ReportFolder.defaultPath(forRun: runs[0]) }

  /// What each run says in words; of several, each under its own name.
  private func answers(of stored: [ReportRun]) -> [ReportSection] {
    stored.flatMap { run in
      Answer.sections(run.evidence, .illustrated).map { section in
        var section = section
        if stored.count > 1 { section.title += ": \(run.name)" }
        return section
      }
    }
  }

  private func keep(_ names: [String], in report: inout Report) throws(CommandFailure) {
    let known = report.charts.map(\.name)
    for name in names where !known.contains(name) {
      if let offer = report.leftOut.first(where: { $0.name == name }),
        case .leftOut(let reason) = offer.answer
      {
        throw CommandFailure(EX_USAGE, "--only: these runs allow no chart '\(name)': \(reason)")
      }
      throw CommandFailure(
        EX_USAGE, "--only: \(UnknownName(kind: "chart", name: name, validNames: known))")
    }
    report.keepCharts(Set(names))
  }
}

/// The pictures of a report, or why there are none.
private struct Drawing {
  /// By the chart's name.
  private(set) var pictures: [String: ChartPicture] = [:]
  /// nil where nothing was drawn.
  private(set) var scripts: String?
  /// What stands in the place of a picture.
  private(set) var missingPicture = "Not drawn: this report was made with --no-render."
  /// What the command ends with; the page is there all the same.
  private(set) var failure: CommandFailure?

  init(of specifications: [String: String], keptIn folder: String, isWanted: Bool) {
    guard isWanted, !specifications.isEmpty else { return }
    // It ends with this program, however that ends.
    let renderer = ChartRenderer(
      python: RendererLocation.python, startedBy: { Leash.words(for: $0) },
      notStartedExitCodes: Leash.notStartedExitCodes)
    let drawing = renderer.draw(specifications)
    pictures = drawing.pictures
    scripts = drawing.scripts
    guard let reason = drawing.failure else { return }
    missingPicture = "Not drawn: there was no renderer. \(RendererLocation.remedy)"
    failure = Self.failure(
      reason, kept: "\(folder) has the specifications and the page without pictures")
  }

  private static func failure(_ reason: ChartRenderer.Failure, kept: String) -> CommandFailure {
    switch reason {
    case .missing(let reason):
      CommandFailure(
        EX_UNAVAILABLE,
        "no renderer for charts (\(reason)); \(kept)\n\(RendererLocation.remedy)")
    case .failed(let reason):
      CommandFailure(1, "drawing failed: \(reason)\n\(kept); --no-render leaves drawing out")
    case .timedOut(let seconds):
      CommandFailure(
        1,
        "drawing was not done after \(seconds) s\n\(kept); --only draws fewer charts at a time")
    }
  }
}
