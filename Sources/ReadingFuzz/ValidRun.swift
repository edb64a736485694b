import Foundation
import Trials

/// A part of a stored run: a few configurations with all or some of their trials, few enough that many
/// thousand cases can be read.
struct ValidRun {
  var header: [String]
  var rows: [[String]]
  /// The whole of `run.json`.
  var description: Data
  /// The histogram log: the lines before the histograms, and those of the rows.
  var log: [String]

  private static let parts = 24
  private static let mostRows = 18

  /// Parts of each run folder in a folder.
  static func all(in folder: String, seed: UInt64) throws -> [ValidRun] {
    var draw = SeededGenerator(seed: seed)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let stored = try names.map { "\(folder)/\($0)" }
      .filter { FileManager.default.fileExists(atPath: "\($0)/trials.csv") }
      .map { try StoredText(folder: $0) }
    guard !stored.isEmpty else {
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: folder])
    }
    return (0..<parts).map { stored[$0 % stored.count].part(mostRows: mostRows, &draw) }
  }

  func place(of column: String) -> Int? { header.firstIndex(of: column) }
}

/// A whole run as text, of which parts are taken.
private struct StoredText {
  private var header: [String]
  private var rows: [[String]]
  private var description: Data
  private var preamble: [String] = []
  private var lines: [String: [String]] = [:]
  /// Of rows, by configuration, in the order of the file.
  private var groups: [[Int]] = []

  init(folder: String) throws {
    func text(_ name: String) throws -> [String] {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      return data.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
    let table = try text("trials.csv").map(Self.fields)
    header = table[0]
    rows = Array(table.dropFirst())
    description = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/run.json"))
    for line in try text("histograms.hlog") {
      guard line.hasPrefix("Tag=") else {
        preamble.append(line)
        continue
      }
      let tag = line.dropFirst(4).prefix { $0 != "," && $0 != "/" }
      lines[String(tag), default: []].append(line)
    }
    let factors = [
      "mechanism", "pattern", "payload_bytes", "wait", "data_path", "touch", "producer_core",
      "consumer_core", "offered_rate_per_s", "buffer_bytes",
    ].compactMap(header.firstIndex)
    var places: [[String]: Int] = [:]
    for (number, row) in rows.enumerated() {
      let key = factors.map { row[$0] }
      if let place = places[key] {
        groups[place].append(number)
      } else {
        places[key] = groups.count
        groups.append([number])
      }
    }
  }

  func part(mostRows: Int, _ draw: inout SeededGenerator) -> ValidRun {
    let count = 1 + draw.next(below: 3)
    // Neighbours often differ in one factor alone, so that there is something to compare.
    let start = draw.next(below: max(1, groups.count - count))
    let step = draw.next(below: 2) == 0 ? 1 : max(1, groups.count / 7)
    let chosen = (0..<count).map { (start + $0 * step) % groups.count }
    let each = max(2, mostRows / count)
    let numbers = Set(chosen).flatMap { groups[$0].prefix(each) }.sorted()
    let id = header.firstIndex(of: "trial_id") ?? 0
    return ValidRun(
      header: header, rows: numbers.map { rows[$0] }, description: description,
      log: preamble + numbers.flatMap { lines[rows[$0][id]] ?? [] })
  }

  /// RFC 4180, except that no field of these goes over several lines.
  private static func fields(of line: String) -> [String] {
    var fields: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    for byte in line.utf8 {
      if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if byte == UInt8(ascii: ","), !isQuoted {
        fields.append(String(decoding: field, as: UTF8.self))
        field = []
      } else {
        field.append(byte)
      }
    }
    return fields + [String(decoding: field, as: UTF8.self)]
  }
}
