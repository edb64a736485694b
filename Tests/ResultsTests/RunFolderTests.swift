import Foundation
import Synchronization
import Testing
import Trials

@testable import Results

@Suite struct RunFolderTests {
  private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// Those of a run's histogram log, in its order.
  private func tags(in folder: String) throws -> [String] {
    try contents("\(folder)/histograms.hlog").split(separator: "\n")
      .filter { $0.hasPrefix("Tag=") }.compactMap { $0.dropFirst(4).split(separator: ",").first }
      .map(String.init)
  }

  @Test func aRunGoesToItsTimeAndSuite() {
    #expect(
      RunFolder.defaultPath(forRun: runDescription().runID) == "results/20261121T031500Z-quick")
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
        try names(in: path) == ["datapackage.json", "histograms.hlog", "run.json", "trials.csv"])
      #expect(
        try contents("\(path)/histograms.hlog") == HistogramLog.header(of: runDescription()))
      let outcomes = outcomesOfEveryKind()
      for outcome in outcomes { try folder.append(outcome) }
      var summary = Summary(runID: fixtureRunID, outcomes)
      let finished = UTCTime(unixNanoseconds: startedUnixNanoseconds + 60_000_000_000)
      try folder.finish(&summary, at: finished, interrupted: false)
      #expect(
        try names(in: path) == [
          "datapackage.json", "histograms.hlog", "run.json", "summary.csv", "trials.csv",
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
      #expect(run.histograms?.file == "histograms.hlog")
      #expect(run.histograms?.holds == .all)
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
        // The row and the histogram are there before anything is closed or finished.
        #expect(try TrialRecord.read(from: path) == [record])
        #expect(try tags(in: path) == [record.trialID])
      }
      let run = try RunDescription.read(fromRunFolder: path)
      #expect(run.interrupted)
      #expect(run.finished == nil)
      #expect(!(try contents("\(path)/datapackage.json").contains("summary.csv")))
    }
  }

  @Test func everyTrialWithSamplesHasItsHistogram() throws {
    try withTemporaryFolder { parent in
      let path = "\(parent)/run"
      var folder = try RunFolder.create(at: path, describing: runDescription())
      for outcome in outcomesOfEveryKind() { try folder.append(outcome) }
      let withSamples = recordsOfEveryKind().filter { $0.latencySamples ?? 0 > 0 }
      #expect(withSamples.count == 23)
      // Also that of a trial which did not prove its delivery.
      #expect(withSamples.contains { $0.status == .invalid })
      #expect(
        try tags(in: path).filter { !$0.hasSuffix("/service") } == withSamples.map(\.trialID))
      let stored = try StoredHistograms(inRunFolder: path)
      // In the order of the file, and in any other.
      for record in withSamples + withSamples.reversed() {
        #expect(try stored.read(of: record)?.latency.samples == record.latencySamples)
      }
    }
  }

  /// The disk is full at the second trial's histogram, or at its row.
  @Test(arguments: [5, 6])
  func aRowIsNotThereWithoutItsHistogramNorAHistogramWithoutItsRow(failing: Int) throws {
    try withTemporaryFolder { parent in
      let path = "\(parent)/run"
      // Headers are the first two writes, and each trial is a write to either file.
      let writes = Atomic<Int>(0)
      var folder = try RunFolder.create(at: path, describing: runDescription()) {
        guard writes.add(1, ordering: .relaxed).newValue == failing else {
          return write($0, $1, $2)
        }
        errno = ENOSPC
        return -1
      }
      func files() throws -> [String] {
        try ["trials.csv", "histograms.hlog"].map { try contents("\(path)/\($0)") }
      }
      let outcomes = outcomesOfEveryKind()
      try folder.append(outcomes[0])
      let before = try files()
      expectError(.inputOutput, saying: path) { try folder.append(outcomes[1]) }
      #expect(try files() == before)
      // What fits is still taken: both files ended at a line's end.
      try folder.append(outcomes[2])
      let ids = try TrialRecord.read(from: path).map(\.trialID)
      #expect(ids == [1, 3].map { "\(fixtureRunID)-0000\($0)" })
      #expect(try tags(in: path) == ids)
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
