import ArgumentParser
import FoundationEssentials
import Mechanisms
import Paths
import Trials

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Shows the mechanisms, what each can do, and whether it is here.",
    usage: "ipcbench list [<options>]")

  enum Format: String, CaseIterable { case table, json }

  @Option(
    help: ArgumentHelp("How to print them: table or json.", valueName: "name"),
    transform: { try parseName($0, kind: "format") })
  var format: Format = .table

  @Flag(help: "Include the mechanisms that misbehave on purpose, to test the harness.")
  var faults = false

  @Flag(
    help: "Include the floors: what hardware and kernel charge at least, and a reference hand-off.")
  var floors = false

  @Flag(
    help: ArgumentHelp(
      "Show what each link holds instead: payload bytes that it takes while nobody receives. "
        + "Measured now, on links of its own, as a run does it."))
  var capacity = false

  @Option(
    help: ArgumentHelp(
      "Message sizes for --capacity; default 64,4KiB,64KiB.", valueName: "sizes"),
    transform: { try ByteSize.parseList($0, limit: Workload.largestPayloadBytes) })
  var payload: [Int]?

  @Option(
    help: ArgumentHelp(
      "What is to fit, for --capacity; default 128KiB.", valueName: "sizes"),
    transform: { try ByteSize.parseList($0) })
  var buffer: [Int]?

  func validate() throws {
    guard capacity || (payload == nil && buffer == nil) else {
      throw ValidationError("--payload and --buffer are for --capacity; add it, or leave them out")
    }
  }

  func run() throws {
    let shown =
      MechanismList.offered + (floors ? Mechanism.floors : []) + (faults ? Mechanism.faults : [])
    if capacity {
      let list = CapacityList(
        shown, payloadBytes: payload ?? [64, 4 << 10, 64 << 10],
        bufferBytes: buffer ?? [Workload.defaultBufferBytes])
      switch format {
      case .table: try say(list.table())
      case .json: try say(Self.json(list.rows), isExact: true)
      }
      return
    }
    let rows = shown.map { MechanismRow($0) }
    switch format {
    case .table: try say(MechanismRow.table(rows))
    case .json: try say(Self.json(rows), isExact: true)
    }
  }

  private static func json(_ rows: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(rows), as: UTF8.self).jsonWithoutControls + "\n"
  }
}

/// A mechanism as `list` shows it.
private struct MechanismRow: Encodable {
  /// What it is for: `mechanism`, `floor` or `fault`.
  enum Kind: String, Encodable { case mechanism, floor, fault }

  let name: String
  let kind: Kind
  let summary: String
  let copies: String
  let patterns: [Pattern]
  let waits: [WaitPolicy]
  let dataPaths: [DataPath]
  /// The same for every mechanism, because the loops do it.
  let touches = Touch.allCases
  let largestPayloadBytes: Int
  /// Why it cannot be had here and how to get it; nil when it can.
  let unavailable: String?

  enum CodingKeys: String, CodingKey {
    case name, kind, summary, copies, patterns, waits, touches, unavailable
    case dataPaths = "data_paths"
    case largestPayloadBytes = "largest_payload_bytes"
  }

  init(_ mechanism: Mechanism) {
    let capabilities = mechanism.capabilities
    name = mechanism.name
    kind =
      FloorName(rawValue: mechanism.name) != nil
      ? .floor : Fault(rawValue: mechanism.name) != nil ? .fault : .mechanism
    summary = mechanism.summary
    copies = mechanism.copies
    patterns = capabilities.patterns
    waits = capabilities.waits
    dataPaths = capabilities.dataPaths
    largestPayloadBytes = capabilities.largestPayloadBytes
    // What a run takes there by default, if that is more than was tried.
    let needed = mechanism.sharedMemoryBytes?(Workload(pattern: .pingPong, payloadBytes: 64))
    unavailable =
      needed.flatMap { SharedMemoryRoom.now()?.shortage(of: $0) } ?? mechanism.unavailable()
  }

  static func table(_ rows: [MechanismRow]) -> String {
    let header = [
      "mechanism", "patterns", "waits", "data path", "touch", "largest", "here", "what it is",
    ]
    let cells = rows.map { row in
      [
        row.name, row.patterns.map(\.rawValue).joined(separator: ", "),
        row.waits.map(\.rawValue).joined(separator: ", "),
        row.dataPaths.map(\.rawValue).joined(separator: ", "),
        row.touches.map(\.rawValue).joined(separator: ", "),
        ByteSize.format(row.largestPayloadBytes),
      ] + (row.unavailable.map { ["no: \($0)"] } ?? ["yes", row.summary])
    }
    // Why one is not here takes the rest of its line, and no other line has to be as long.
    let columns = [header] + cells.filter { $0.count == header.count }
    let widths = header.indices.map { column in
      let texts = column < header.count - 2 ? [header] + cells : columns
      return texts.map { $0[column].count }.max() ?? 0
    }
    return ([header] + cells).map { row in
      let line = zip(row, widths).map { text, width in
        text + String(repeating: " ", count: max(0, width - text.count))
      }.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }
}
