import Foundation
import Testing
import Trials

@testable import Results

@Suite struct RunFolderTests {
  private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test func aRunGoesToItsTimeAndSuite() {
    #expect(RunFolder.defaultPath(for: runDescription()) == "results/20261121T031500Z-quick")
    let file = runDescription(suite: "Benchmarks/my suite.v2.yaml")
    #expect(file.runID == "20261121T031500Z-my-suite.v2")
  }

  @Test func aFinishedRunHasAllItsFiles() throws {
    try withTemporaryFolder { parent in
      let path = "\(parent)/a/b/run"
      var folder = try RunFolder.create(at: path + "/", describing: runDescription())
      #expect(folder.path == path)
      #expect(runDescription().runID == fixtureRunID)
      #expect(
        try names(in: path) == ["datapackage.json", "histograms", "run.json", "trials.csv"])
      #expect(try names(in: "\(path)/histograms").isEmpty)
      let outcomes = outcomesOfEveryKind()
      for outcome in outcomes { try folder.append(outcome) }
      var summary = Summary(runID: fixtureRunID, outcomes)
      let finished = UTCTime(unixNanoseconds: startedUnixNanoseconds + 60_000_000_000)
      try folder.finish(&summary, at: finished, interrupted: false)
      #expect(
        try names(in: path) == [
          "datapackage.json", "histograms", "run.json", "summary.csv", "trials.csv",
        ])
      #expect(try TrialRecord.read(from: path) == recordsOfEveryKind())
      #expect(try Summary.read(from: path).rows == summary.rows)

      let run = try RunDescription.read(fromRunFolder: path)
      #expect(run.finished == finished)
      #expect(!run.interrupted)
      #expect(run.trials.planned == 39)
      #expect(run.trials.ok == 36)
      #expect(run.trials.failed == 1)
      #expect(run.trials.timedOut == 1)
      #expect(run.trials.invalid == 1)
      #expect(run.trials.tainted == 1)
    }
  }

  @Test func aKilledRunHasItsTrialsAndSaysThatItDidNotFinish() throws {
    try withTemporaryFolder { parent in
      let path = "\(parent)/run"
      let outcome = outcomesOfEveryKind()[0]
      let record = TrialRecord(outcome: outcome, runID: fixtureRunID)
      do {
        var folder = try RunFolder.create(at: path, describing: runDescription())
        try folder.append(outcome)
        // The row and the log are there before anything is closed or finished.
        #expect(try TrialRecord.read(from: path) == [record])
        #expect(try names(in: "\(path)/histograms") == ["\(record.trialID).hlog"])
      }
      let run = try RunDescription.read(fromRunFolder: path)
      #expect(run.interrupted)
      #expect(run.finished == nil)
      #expect(!(try contents("\(path)/datapackage.json").contains("summary.csv")))
    }
  }

  @Test func everyTrialWithSamplesHasItsHistogramLog() throws {
    try withTemporaryFolder { parent in
      let path = "\(parent)/run"
      var folder = try RunFolder.create(at: path, describing: runDescription())
      for outcome in outcomesOfEveryKind() { try folder.append(outcome) }
      let withSamples = recordsOfEveryKind().filter { $0.latencySamples ?? 0 > 0 }
      #expect(withSamples.count == 23)
      // Also that of a trial which did not prove its delivery.
      #expect(withSamples.contains { $0.status == .invalid })
      let logs = withSamples.map { "\($0.trialID).hlog" }
      #expect(try names(in: "\(path)/histograms") == logs.sorted())
      for record in withSamples {
        let read = try HistogramLog.read(of: record, inRunFolder: path)
        #expect(read?.latency.samples == record.latencySamples)
      }
    }
  }

  @Test func aRowIsNotThereWithoutItsLogNorALogWithoutItsRow() throws {
    try withTemporaryFolder { parent in
      let path = "\(parent)/run"
      var folder = try RunFolder.create(at: path, describing: runDescription())
      let outcomes = outcomesOfEveryKind()
      try folder.append(outcomes[0])
      let log = "\(path)/histograms/\(fixtureRunID)-00002.hlog"
      try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: false)
      try write("in the way", to: "\(log)/file")
      expectError(.inputOutput, saying: log) { try folder.append(outcomes[1]) }
      #expect(try TrialRecord.read(from: path).count == 1)
      #expect(
        try names(in: "\(path)/histograms") == [1, 2].map { "\(fixtureRunID)-0000\($0).hlog" })
    }
  }

  @Test func whatIsThereIsNeverOverwritten() throws {
    try withTemporaryFolder { parent in
      expectError(.cannotCreate, saying: parent, "exists already", "--output") {
        _ = try RunFolder.create(at: parent, describing: runDescription())
      }
      #expect(try names(in: parent).isEmpty)
      try write("mine", to: "\(parent)/file")
      for path in ["\(parent)/file", "\(parent)/file/run"] {
        expectError(.cannotCreate, saying: "\(parent)/file", "--output") {
          _ = try RunFolder.create(at: path, describing: runDescription())
        }
      }
      #expect(try contents("\(parent)/file") == "mine")
      expectError(.cannotCreate, saying: "not a folder's name") {
        _ = try RunFolder.create(at: "", describing: runDescription())
      }
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may write anywhere"))
  func missingPermissionIsSaid() throws {
    try withTemporaryFolder { parent in
      chmod(parent, 0o500)
      defer { chmod(parent, 0o700) }
      expectError(.permission, saying: "\(parent)/run", "no permission") {
        _ = try RunFolder.create(at: "\(parent)/run", describing: runDescription())
      }
    }
  }
}
