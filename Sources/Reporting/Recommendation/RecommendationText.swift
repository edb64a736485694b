import Paths
import Results
import Trials

extension Recommendation {
  /// How it is written to standard output.
  package enum Format: String, CaseIterable, Sendable { case table, markdown, json }

  /// The whole text, with its last newline.
  package func text(as format: Format) -> String {
    switch format {
    case .table: document { $0.plainText() }
    case .markdown: document { $0.markdown() }
    case .json: json.indentedText() + "\n"
    }
  }

  private func document(_ write: (TextTable) -> String) -> String {
    var blocks = [heading]
    if choices.isEmpty {
      blocks.append("Nothing that this run measured does that.")
    } else {
      blocks.append(write(choiceTable))
      blocks.append(
        choices.map { "\($0.rank). \($0.candidate.name): \($0.reason).".shown }.joined(
          separator: "\n"))
    }
    if !excluded.isEmpty {
      let reasons = excluded.map(\.reason).withoutDuplicates()
      let lines = reasons.map { reason in
        let names = excluded.filter { $0.reason == reason }.map(\.candidate.name)
        return "- \(names.joined(separator: "; ")): \(reason).".shown
      }
      blocks.append((["Left out:"] + lines).joined(separator: "\n"))
    }
    return (blocks + [notes]).joined(separator: "\n\n") + "\n"
  }

  // MARK: - Words

  private var heading: String {
    var wishes = ["\(Quantity.bytes(request.payloadBytes)) messages"]
    if let rate = request.messagesPerSecond { wishes.append("at \(Self.rate(rate))") }
    if let budget = request.processorBudget {
      wishes.append("with at most \(Phrase.percent(budget)) of a core a side")
    }
    let goal =
      switch request.goal {
      case .latency: "lowest latency"
      case .throughput: "highest rate"
      case .cpu: "least CPU time"
      }
    var lines = ["For \(wishes.joined(separator: " ")), \(goal) first (run \(runID.shown)):"]
    lines.append(
      "touch \(scope.touch.rawValue), \(scope.cores.placement.rawValue) (CPU \(scope.cores.producer) → "
        + "\(scope.cores.consumer)), buffer \(Quantity.bytes(scope.bufferBytes))"
        + (scope.workingSetBytes == 0
          ? "" : ", working set \(Quantity.bytes(scope.workingSetBytes))")
        + (scope.alternatives.isEmpty
          ? "" : "; also in this run: \(scope.alternatives.joined(separator: ", "))"))
    return (lines + worldNotes).joined(separator: "\n")
  }

  private var notes: String {
    var notes = [
      "Medians with exact 95 % intervals. Where intervals overlap, a rank is shared. CPU time is of "
        + (request.goal == .throughput ? "a message of a stream." : "a round trip.")
    ]
    if choices.contains(where: { $0.score.between != nil }) {
      notes.append(
        "~: interpolated on a straight line over the size that passes through the intervals of the "
          + "measured sizes around it.")
    }
    if request.messagesPerSecond != nil {
      notes.append(
        "Load: rate × CPU time, of a core; a spinning side takes all of its core, an adaptive one may "
          + "spin for its budget at each message.")
    }
    if roundTripMetric == .latencyMean {
      notes.append(
        "Round trips are told by their means, for their samples average different numbers of them.")
    }
    return notes.joined(separator: "\n")
  }

  // MARK: - Table

  /// Without the columns that would be empty.
  private var choiceTable: TextTable {
    let columns = self.columns.filter { column in
      choices.contains { column.cell($0) != Self.unknown }
    }
    return TextTable(
      title: "", columns: columns.map(\.header),
      rows: choices.map { choice in columns.map { $0.cell(choice) } })
  }

  private static let unknown = "—"

  private typealias Column = (header: TextTable.Column, cell: (Choice) -> String)

  private var columns: [Column] {
    func time(_ reading: Reading?) -> String { Self.cell(reading) { Phrase.time($0) } }
    func roundTrip(_ choice: Choice) -> Reading? { try? choice.candidate.roundTrip.get() }
    let measured: [Column] = [
      (.init("", "rank", alignsRight: true), { "\($0.rank)" }),
      (.init("", "mechanism"), { $0.candidate.contender.name }),
      (.init("", "wait"), { $0.candidate.wait.rawValue }),
      (
        .init(
          "round trip", roundTripMetric == .latencyMean ? "mean" : "median", alignsRight: true),
        { time(roundTrip($0)) }
      ),
      (
        .init("", "95 % interval", alignsRight: true),
        { roundTrip($0)?.interval.map { Quantity.text($0, in: Quantity.time) } ?? Self.unknown }
      ),
      (.init("", "p99", alignsRight: true), { time($0.candidate.roundTripP99) }),
      (.init("CPU time", "producer", alignsRight: true), { time($0.candidate.producerCPU) }),
      (.init("CPU time", "consumer", alignsRight: true), { time($0.candidate.consumerCPU) }),
      (
        .init("largest", "rate", alignsRight: true),
        { Self.cell($0.candidate.peak) { Self.rate($0) } }
      ),
      (
        .init("reached", "when paced", alignsRight: true),
        { $0.candidate.largestPacedRate.map { Self.rate($0) } ?? Self.unknown }
      ),
    ]
    return measured + (request.messagesPerSecond.map(columns) ?? [])
  }

  private func columns(at rate: Double) -> [Column] {
    func time(_ reading: Reading?) -> String { Self.cell(reading) { Phrase.time($0) } }
    return [
      (
        .init("paced", "at", alignsRight: true),
        { $0.candidate.pacing(at: rate).map { Self.rate($0.messagesPerSecond) } ?? Self.unknown }
      ),
      (
        .init("response", "median", alignsRight: true),
        { time($0.candidate.pacing(at: rate)?.response) }
      ),
      (.init("", "p99", alignsRight: true), { time($0.candidate.pacing(at: rate)?.responseP99) }),
      (
        .init("load", "producer", alignsRight: true),
        { $0.candidate.load(at: rate).map { Phrase.percent($0.producer) } ?? Self.unknown }
      ),
      (
        .init("load", "consumer", alignsRight: true),
        { $0.candidate.load(at: rate).map { Phrase.percent($0.consumer) } ?? Self.unknown }
      ),
    ]
  }

  private static func cell(_ reading: Reading?, _ text: (Double) -> String) -> String {
    guard let reading else { return unknown }
    return (reading.between == nil ? "" : "~") + text(reading.value)
  }
}
