import ArgumentParser
import Comparison
import Glibc
import Paths
import Results
import Trials

/// A file that gets what the gate says.
struct GateExport: Hashable, Sendable {
  enum Format: String, CaseIterable { case markdown, junit, json }

  let format: Format
  /// `-` for standard output.
  let file: String

  var isToStandardOutput: Bool { file == "-" }

  static func parse(_ text: String) throws -> GateExport {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else {
      throw ValidationError(
        "'\(text)' is no format with a file; write for example markdown=comment.md or junit=gate.xml"
      )
    }
    return GateExport(
      format: try parseName(String(parts[0]), kind: "export format"), file: String(parts[1]))
  }

  /// Throws unless `write` can.
  func requireFile() throws {
    guard !isToStandardOutput else { return }
    try saying { () throws(ResultsError) in
      try OutputPlace.requireFile(file, instead: Self.anotherFile)
    }
  }

  private func saying(_ body: () throws(ResultsError) -> Void) throws(CommandFailure) {
    do throws(ResultsError) { try body() } catch {
      throw CommandFailure(
        error.exitCode, "--export \(format.rawValue)=\(file): cannot be written\n\(error)")
    }
  }

  /// Replaces a file in one step; a pipe or a device is written to as it is.
  func write(_ report: GateReport) throws {
    let text = text(of: report)
    guard !isToStandardOutput else { return try say(text, isExact: format != .markdown) }
    try saying { () throws(ResultsError) in
      if Self.isReplaceable(file) {
        try replaceFile(file, with: text)
      } else {
        try Self.write(text, into: file)
      }
    }
  }

  /// What is put in the place of /dev/null would be there for everybody.
  private static func isReplaceable(_ file: String) -> Bool {
    var status = stat()
    return file.withSystemBytes { stat($0, &status) } != 0 || status.st_mode & S_IFMT == S_IFREG
  }

  private static let anotherFile = "give --export another file"

  private static func write(_ text: String, into file: String) throws(ResultsError) {
    let descriptor = file.withSystemBytes { open($0, O_WRONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw .writing(file, errno, instead: anotherFile) }
    defer { close(descriptor) }
    if let code = writeAll(text, to: descriptor) {
      throw .writing(file, code, instead: anotherFile)
    }
  }

  private func text(of report: GateReport) -> String {
    switch format {
    case .markdown: GateMarkdown(report).text
    case .junit: GateJUnit(report).text
    case .json: report.json.indentedText() + "\n"
    }
  }
}
