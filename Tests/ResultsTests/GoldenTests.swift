import Testing

@testable import Results

/// The files as people and scripts get them, letter by letter.
///
/// After an intended change: `IPCBENCH_REGENERATE_GOLDEN=1 swift test --filter GoldenTests` writes
/// them anew and still fails, so that nobody takes that for a test; read the difference, then
/// commit it.
@Suite struct GoldenTests {
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
