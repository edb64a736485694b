import Comparison
import Foundation
import Reporting
import Results
import Trials

/// What became of a case.
enum Outcome {
  /// Every reader made a text of it.
  case read
  /// It is not what it should be, as the error says.
  case refused(String)
}

/// Every command that reads a stored run, without its process and its output.
struct Readers {
  private let valid: [ValidRun]
  private let bases: [StoredRun]
  private let folder: String

  init(_ valid: [ValidRun], folder: String) throws {
    self.valid = valid
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var bases: [StoredRun] = []
    for run in valid {
      try Self.write(run, to: folder)
      bases.append(try StoredRun.read(from: folder))
    }
    self.bases = bases
  }

  /// Makes the case of that number and has it read.
  func run(_ number: Int, seed: UInt64) throws -> Outcome {
    var run = SeededGenerator(seed: seed)
    var draw = SeededGenerator(seed: run.next() &+ UInt64(number))
    let place = draw.next(below: valid.count)
    var changed = valid[place]
    let kind = draw.next(below: 10)
    if kind < 8 { changed = RowChanges.apply(to: changed, &draw) }
    if kind > 6 {
      changed.description = try DescriptionChanges.apply(to: changed.description, &draw)
    }
    if draw.next(below: 8) == 0 { Self.changeLog(&changed, &draw) }
    try Self.write(changed, to: folder, &draw)
    do {
      try read(against: bases[place], &draw)
      return .read
    } catch let error as ResultsError {
      return .refused(error.message)
    }
  }

  // MARK: - Commands

  private func read(against base: StoredRun, _ draw: inout SeededGenerator) throws {
    let run = try StoredRun.read(from: folder)
    compare(base, run)
    compare(run, base)
    compareLevels(of: run, &draw)
    let report = try ReportRun.read(from: folder)
    answer(report.evidence)
    recommend(report.evidence, &draw)
    try export(run)
    summarise(report.summary)
    let whole = Report([report], answers: Answer.sections(report.evidence, .illustrated))
    var length = whole.textsWithoutPictures().reduce(0) { $0 + $1.utf8.count }
    length += whole.listing.plainText().utf8.count
    precondition(length > 0)
  }

  private static let thresholds: [Metric: Double] = [.latencyP50: 0.05, .messageThroughput: 0.05]

  private func rules(isForced: Bool = true) -> ComparisonRules {
    var rules = ComparisonRules(metrics: .all, replicates: 100, isForced: isForced)
    rules.gated = Set(Self.thresholds.keys)
    return rules
  }

  private func compare(_ base: StoredRun, _ head: StoredRun) {
    judge(Comparison(base, head, rules()))
  }

  private func judge(_ comparison: Comparison) {
    for format in ComparisonFormat.allCases { _ = comparison.text(as: format) }
    var gate = GateRules(thresholds: Self.thresholds)
    gate.noise = (try? Noise.of(comparison, for: Set(Self.thresholds.keys))) ?? [:]
    gate.pooledNoise = Noise.ofPools(in: comparison, for: Set(Self.thresholds.keys))
    let report = GateReport(judging: comparison, by: gate)
    _ = [report.conclusion, GateMarkdown(report).text, GateJUnit(report).text, report.json.text]
  }

  private func compareLevels(of run: StoredRun, _ draw: inout SeededGenerator) {
    let factor = Factor.allCases[draw.next(below: Factor.allCases.count)]
    guard let comparison = try? Comparison(within: run, by: factor, rules()) else { return }
    judge(comparison)
  }

  private func answer(_ evidence: Evidence) {
    for section in Answer.sections(evidence, .full) {
      _ = [section.plainText(), section.markdown()]
    }
  }

  private func recommend(_ evidence: Evidence, _ draw: inout SeededGenerator) {
    let payloads = [1, 64, 100, 4096, 1 << 30]
    let rates: [Double?] = [nil, 0.001, 5000, 1e9]
    for goal in RecommendationRequest.Goal.allCases {
      let rate = rates[draw.next(below: rates.count)]
      let request = RecommendationRequest(
        payloadBytes: payloads[draw.next(below: payloads.count)], goal: goal,
        messagesPerSecond: rate, processorBudget: rate == nil ? nil : 0.2)
      guard let found = try? Recommendation(for: request, from: evidence) else { continue }
      for format in Recommendation.Format.allCases { _ = found.text(as: format) }
    }
  }

  private func export(_ run: StoredRun) throws {
    _ = [BencherMetrics.json(run).indentedText(), GitHubActionBenchmark.json(run).indentedText()]
    var benchmark = GoBenchmark(run.description)
    var text = benchmark.header(run.description)
    for record in try TrialRecord.read(from: folder) { text += benchmark.line(record) ?? "" }
    text += benchmark.footer
  }

  private func summarise(_ summary: Summary) {
    for format in SummaryFormat.allCases {
      _ = summary.text(as: format, relativeTo: [.floor, .probe])
    }
  }

  // MARK: - Files

  private static func write(_ run: ValidRun, to folder: String) throws {
    var draw = SeededGenerator(seed: 0)
    try write(run, to: folder, isPlain: true, &draw)
  }

  /// - Parameter isPlain: as ipcbench writes it, and not as a spreadsheet does now and then.
  private static func write(
    _ run: ValidRun, to folder: String, isPlain: Bool = false, _ draw: inout SeededGenerator
  ) throws {
    var lines = ([run.header] + run.rows).map { CSV.line($0) }
    if !isPlain, draw.next(below: 16) == 0 {
      lines = lines.map { $0.dropLast() + "\r\n" }
      lines[0] = "\u{FEFF}" + lines[0]
    }
    func put(_ text: Data, _ name: String) throws {
      try text.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    try put(Data(lines.joined().utf8), "trials.csv")
    try put(run.description, "run.json")
    try put(Data((run.log.joined(separator: "\n") + "\n").utf8), "histograms.hlog")
  }

  private static func changeLog(_ run: inout ValidRun, _ draw: inout SeededGenerator) {
    guard !run.log.isEmpty else { return }
    let place = draw.next(below: run.log.count)
    switch draw.next(below: 5) {
    case 0: run.log.remove(at: place)
    case 1: run.log.append(run.log[place])
    case 2: run.log.swapAt(place, draw.next(below: run.log.count))
    case 3: run.log = []
    default:
      var bytes = Array(run.log[place].utf8)
      guard !bytes.isEmpty else { return }
      bytes[draw.next(below: bytes.count)] = Array("AZaz09+/=,x".utf8)[draw.next(below: 11)]
      run.log[place] = String(decoding: bytes, as: UTF8.self)
    }
  }
}
