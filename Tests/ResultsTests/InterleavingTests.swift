import Foundation
import Glibc
import Testing
import Trials

@testable import Results

@Suite struct InterleavingTests {
  private let other = Build(version: "0.9.0", commit: nil, mode: "release", compiler: "Swift 6.2")

  private var sides: BothSides<RunDescription> {
    let run = runDescription()
    return BothSides(
      base: run.side(.base, measuredBy: other), head: run.side(.head, measuredBy: run.build))
  }

  /// A trial as a program of its own has left it.
  private func okRecord() -> TrialRecord {
    TrialRecord(outcome: measured(1, configuration("pipe"), fastest: 9000), runID: "elsewhere")
  }

  // MARK: - run.json

  @Test func theSidesNameEachOther() throws {
    let sides = sides
    let run = runDescription().runID
    #expect(sides.base.runID == "\(run)-base")
    #expect(sides.base.build == other)
    #expect(sides.head.build == runDescription().build)
    #expect(
      sides.base.interleaving
        == Interleaving(id: "\(run)-versus", side: .base, otherRunID: "\(run)-head"))
    #expect(sides.head.interleaving?.otherRunID == sides.base.runID)
    #expect(
      RunDescription.interleavingID(suite: "quick", started: runDescription().started)
        == "\(run)-versus")
  }

  @Test func anInterleavedDescriptionReadsBackAsItIs() throws {
    try withTemporaryFolder { folder in
      try write(sides.base.json(), to: "\(folder)/run.json")
      #expect(try RunDescription.read(fromRunFolder: folder) == sides.base)
      let text = try sides.base.json()
      #expect(text.contains(#""other_run_id" : "\#(sides.head.runID)""#))
      #expect(text.contains(#""side" : "base""#))
    }
  }

  @Test func aRunAloneSaysNothingOfIt() throws {
    #expect(try !runDescription().json().contains("interleaving"))
  }

  // MARK: - Rows

  @Test func aCarriedTrialIsTheOtherRunsOwn() throws {
    let trial = Trial(
      number: 7, block: 3, position: 2, configuration: okRecord().configuration,
      limits: TrialLimits(
        length: .messages(1), warmUpNanoseconds: 0, timeoutNanoseconds: 1_000_000_000))
    var found = okRecord()
    found.taintReason = "steal;\(TrialRecord.unusualProbe)"
    found.tainted = true
    let record = try #require(found.carried(into: "run-base", as: trial, idlePolicy: .poll))
    #expect(record.runID == "run-base")
    #expect(record.trialID == "run-base-00007")
    #expect(record.block == 3)
    #expect(record.position == 2)
    #expect(record.idlePolicy == .poll)
    #expect(record.taintReason == "steal")
    #expect(record.started == found.started)
    #expect(record.latencyP50Nanoseconds == found.latencyP50Nanoseconds)

    found.taintReason = TrialRecord.unusualProbe
    #expect(found.carried(into: "r", as: trial, idlePolicy: .standard)?.tainted == false)
  }

  @Test func aCorePairKeepsTheNameThatItWasAskedForBy() throws {
    var configuration = okRecord().configuration
    configuration.cores.placement = .samePackage
    let trial = Trial(
      number: 1, block: 1, position: 1, configuration: configuration,
      limits: TrialLimits(length: .messages(1), warmUpNanoseconds: 0, timeoutNanoseconds: 1))
    let record = okRecord().carried(into: "r", as: trial, idlePolicy: .standard)
    #expect(record?.configuration == configuration)
  }

  @Test func aTrialOfSomethingElseIsNotCarried() {
    var wanted = okRecord().configuration
    wanted.workload.payloadBytes += 1
    let trial = Trial(
      number: 1, block: 1, position: 1, configuration: wanted,
      limits: TrialLimits(length: .messages(1), warmUpNanoseconds: 0, timeoutNanoseconds: 1))
    #expect(okRecord().carried(into: "r", as: trial, idlePolicy: .standard) == nil)
  }

  // MARK: - Folders

  @Test func aClaimThatCameToNothingIsTakenBack() throws {
    try withTemporaryFolder { folder in
      do {
        let place = try InterleavedPlace.claim("\(folder)/a/run/")
        #expect(place.path == "\(folder)/a/run")
        try write("x", to: "\(place.scratch)/left")
      }
      #expect(FileManager.default.fileExists(atPath: "\(folder)/a"))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/a/run"))
    }
  }

  @Test func aPlaceThatIsTakenIsRefused() throws {
    try withTemporaryFolder { folder in
      #expect(mkdir("\(folder)/run", 0o777) == 0)
      expectError(.cannotCreate, saying: "\(folder)/run: exists", "never overwrites") {
        _ = try InterleavedPlace.claim("\(folder)/run")
      }
      #expect(FileManager.default.fileExists(atPath: "\(folder)/run"))
    }
  }

  @Test func aPairLiesInBothFolders() throws {
    try withTemporaryFolder { folder in
      do {
        let place = try InterleavedPlace.claim("\(folder)/run")
        var both = try InterleavedFolder.create(in: place, describing: sides)
        try both.append(
          BothSides(base: okRecord(), head: okRecord()),
          BothSides(base: LatencyHistograms(), head: LatencyHistograms()))
        var summaries = BothSides(base: Summary(runID: "b"), head: Summary(runID: "h"))
        try both.finish(
          &summaries, at: .now, precision: BothSides(base: nil, head: nil), interrupted: false)
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/run").sorted()
      #expect(names == ["base", "head"])
      for side in RunSide.allCases {
        let path = "\(folder)/run/\(side.rawValue)"
        #expect(try TrialRecord.read(from: path).count == 1)
        let run = try RunDescription.read(fromRunFolder: path)
        #expect(run.interleaving?.side == side)
        #expect(!run.interrupted)
        #expect(run.trials.ok == 1)
      }
    }
  }

  /// Whatever keeps the second folder from being made, the first does not stay alone.
  @Test func bothFoldersAreThereOrNone() throws {
    try withTemporaryFolder { folder in
      do {
        let place = try InterleavedPlace.claim("\(folder)/run")
        try write("in the way", to: "\(folder)/run/head")
        expectError(.cannotCreate, saying: "run/head: exists") {
          _ = try InterleavedFolder.create(in: place, describing: sides)
        }
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/run")
      #expect(names == ["head"])
    }
  }
}
