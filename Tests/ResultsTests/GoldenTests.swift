import Foundation
import Testing

@testable import Results

/// The files as people and scripts get them, letter by letter.
///
/// After an intended change: `IPCBENCH_REGENERATE_GOLDEN=1 swift test --filter GoldenTests` writes
/// them anew and still fails, so that nobody takes that for a test; read the difference, then
/// commit it.
@Suite struct GoldenTests {
  private static let regenerates =
    ProcessInfo.processInfo.environment["IPCBENCH_REGENERATE_GOLDEN"] == "1"

  private func expectGolden(
    _ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    if Self.regenerates {
      let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "Golden/\(name)")
      try Data(text.utf8).write(to: source)
      Issue.record("\(name) was written anew; read the difference", sourceLocation: sourceLocation)
      return
    }
    let file = try #require(
      Bundle.module.url(forResource: "Golden/\(name)", withExtension: nil),
      "no Golden/\(name)", sourceLocation: sourceLocation)
    let golden = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(text == golden, sourceLocation: sourceLocation)
  }

  private let summary = Summary(runID: fixtureRunID, outcomesOfEveryKind())

  @Test func aFinishedRunFolder() throws {
    try withTemporaryFolder { parent in
      let path = "\(parent)/run"
      var folder = try RunFolder.create(at: path, describing: runDescription())
      for outcome in outcomesOfEveryKind() { try folder.append(outcome) }
      let finished = UTCTime(unixNanoseconds: startedUnixNanoseconds + 60_000_000_000)
      var summary = summary
      try folder.finish(&summary, at: finished, interrupted: false)
      for name in ["trials.csv", "summary.csv", "run.json", "datapackage.json"] {
        try expectGolden(name, contents("\(path)/\(name)"))
      }
    }
  }

  @Test func theTable() throws {
    try expectGolden("table.txt", summary.text(as: .table))
  }

  @Test func theMarkdown() throws {
    try expectGolden("table.md", summary.text(as: .markdown))
  }

  @Test func theCSVOnStandardOutputIsTheFile() throws {
    try expectGolden("summary.csv", summary.text(as: .csv))
  }
}
