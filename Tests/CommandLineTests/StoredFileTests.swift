import Foundation
import Glibc
import Testing

extension AtTheCommandLine {
  /// Folders that are not what a finished run leaves: every command that reads one says so.
  @Suite struct StoredFileTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    /// Every command that reads a run, with the folder `R`; a second one, `other`, is as it should be.
    static let readers: [[String]] = [
      ["compare", "R", "other"], ["compare", "other", "R", "--fail-above", "5%"],
      ["compare", "R", "--by", "mechanism"], ["answer", "R"],
      ["recommend", "R", "--payload", "64"],
      ["export", "R", "--format", "go"], ["export", "R", "--format", "bencher"],
      ["report", "R", "--no-render"], ["report", "other", "R", "--list"],
    ]

    private func write(_ run: HandMadeRun = HandMadeRun(blocks: 3)) throws {
      try run.write(to: "R", in: session)
      try HandMadeRun(blocks: 3).write(to: "other", in: session)
    }

    private func run(_ reader: [String]) throws -> Finished {
      try session.command([UserSession.ipcbench] + reader)
    }

    /// Puts something in the place of a value in a row, counted from 1 as the file's lines are.
    private func change(line: Int, _ column: String, to value: String) throws {
      let table = try session.table("R/trials.csv")
      let lines = [table.header] + table.rows.map { row in table.header.map { row[$0] ?? "" } }
      let text = lines.enumerated().map { index, fields in
        zip(table.header, fields).map { $0 == column && index + 1 == line ? value : $1 }
          .joined(separator: ",")
      }
      try session.write(text.joined(separator: "\n") + "\n", to: "R/trials.csv")
    }

    // MARK: - Rows

    /// Three blocks pasted once more are no further trials (F1).
    @Test(arguments: readers)
    func rowsPastedTwiceAreRefused(_ reader: [String]) throws {
      try write()
      let text = try session.text("R/trials.csv")
      let rows = text.split(separator: "\n").dropFirst()
      try session.write(text + rows.joined(separator: "\n") + "\n", to: "R/trials.csv")
      expectRefusal(
        try run(reader), 65, naming: "R/trials.csv:\(rows.count + 2): trial_id 'r-1' stands",
        "remove the row")
    }

    @Test(arguments: [
      ("messages_corrupt", "77"), ("messages_received", "1"), ("latency_p50_ns", "0x10"),
      ("throughput_messages_per_s", "-5"), ("payload_bytes", "-64"), ("producer_core", "-1"),
      ("throughput_messages_per_s", "1.797e308"), ("trial_id", "../../outside/x"),
    ])
    func whatCannotBeIsRefused(_ column: String, _ value: String) throws {
      try write()
      try change(line: 4, column, to: value)
      for reader in Self.readers {
        expectRefusal(try run(reader), 65, naming: "R/trials.csv:4: ", column)
      }
    }

    /// As a spreadsheet saves it (F6).
    @Test func truthInCapitalsIsRead() throws {
      try write()
      let text = try session.text("R/trials.csv")
      try session.write(text.replacing(",false,", with: ",FALSE,"), to: "R/trials.csv")
      for reader in Self.readers {
        let finished = try run(reader)
        #expect(finished.errors == "" || finished.exitCode == 4, "\(finished.errors)")
      }
      try session.write(text.replacing(",", with: ";"), to: "R/trials.csv")
      for reader in Self.readers {
        expectRefusal(try run(reader), 65, naming: "R/trials.csv:1: ", "semicolons", "commas")
      }
    }

    // MARK: - Files

    @Test(arguments: ["trials.csv", "run.json"])
    func aFIFOIsRefusedAtOnce(_ name: String) throws {
      try write()
      try FileManager.default.removeItem(atPath: session.path("R/\(name)"))
      try #require(mkfifo(session.path("R/\(name)"), 0o600) == 0)
      for reader in Self.readers {
        expectRefusal(
          try run(reader), 65, naming: "R/\(name): is a pipe (FIFO)", "not a regular file")
      }
    }

    @Test func aDeviceIsCalledOne() throws {
      try write()
      try FileManager.default.removeItem(atPath: session.path("R/run.json"))
      try #require(symlink("/dev/zero", session.path("R/run.json")) == 0)
      for reader in Self.readers {
        expectRefusal(try run(reader), 65, naming: "R/run.json: is a character device")
      }
    }

    @Test func anotherSchemaIsRefused() throws {
      try write()
      let text = try session.text("R/run.json")
      #expect(text.contains("\"schema_version\":1"))
      try session.write(
        text.replacing("\"schema_version\":1", with: "\"schema_version\":99"), to: "R/run.json")
      for reader in Self.readers {
        expectRefusal(try run(reader), 65, naming: "R/run.json: schema_version 99", "newer one")
      }
    }

    // MARK: - Unfinished runs

    @Test(arguments: [
      ("the run was killed or still goes on", false, true),
      ("the run was interrupted", true, true),
    ])
    func aRunThatIsNotWholeIsSaidByEveryReader(
      _ why: String, _ isFinished: Bool, _ isInterrupted: Bool
    ) throws {
      var run = HandMadeRun(blocks: 3)
      (run.planned, run.isFinished, run.isInterrupted) = (56, isFinished, isInterrupted)
      try write(run)
      let line = "R: 42 of 56 trials, \(why)"
      let forms =
        Self.readers + [
          ["answer", "R", "--format", "markdown"],
          ["recommend", "R", "--payload", "64", "--format", "json"],
          ["compare", "R", "other", "--format", "csv"],
          ["compare", "R", "other", "--format", "json"],
          ["compare", "R", "other", "--format", "markdown"],
          ["compare", "R", "other", "--fail-above", "5%", "--export", "json=-"],
        ]
      for reader in forms {
        let finished = try self.run(reader)
        #expect([0, 4].contains(finished.exitCode), "\(reader): \(finished.errors)")
        let both = finished.output + finished.errors
        #expect(both.contains(line), "\(reader): \(both)")
        let isForPrograms = reader[0] == "export" || reader.contains { $0.contains("json") }
        if isForPrograms { #expect(finished.errors.contains(line), "\(reader)") }
      }
      let page = try session.text("R/report/report.html")
      let header = try #require(page.split(separator: "</header>").first)
      #expect(header.contains("Not finished: \(line)."))
      // What is whole has no such line.
      let whole = try session.ipcbench("answer", "other")
      #expect(!whole.output.contains("other: "))
      #expect(whole.errors == "")
    }

    /// A run that is killed has its number of planned trials in its folder.
    @Test func aKilledRunIsKnownByItsFolder() throws {
      let running = try session.start(
        UserSession.runCommand + UserSession.oneTrial + [
          "--trials", "500", "--output", "killed", "--quiet",
        ])
      try running.wait(for: "three rows") {
        (try? session.text("killed/trials.csv").split(separator: "\n").count) ?? 0 > 3
      }
      running.sendToGroup(SIGKILL)
      _ = try running.finish()
      let export = try session.ipcbench("export", "killed", "--format", "go")
      #expect(export.exitCode == 0, "\(export.errors)")
      #expect(
        export.errors.contains(" of 500 trials, the run was killed or still goes on"),
        "\(export.errors)")
      #expect(try session.leftProcesses() == [])
    }

    // MARK: - run --versus

    /// Another program's folder is looked at as every folder is (F4, F7).
    @Test(arguments: ["trials.csv is a FIFO", "an impossible row", "another schema"])
    func whatTheOtherProgramLeavesIsNotBelieved(_ what: String) throws {
      let spoil =
        switch what {
        case "trials.csv is a FIFO": "rm \"$folder/trials.csv\" && mkfifo \"$folder/trials.csv\""
        case "an impossible row": "sed -i '2,$s/,64,block/,-64,block/' \"$folder/trials.csv\""
        default: "sed -i 's/\"schema_version\" : 1/\"schema_version\" : 99/' \"$folder/run.json\""
        }
      try session.write(
        """
        #!/bin/sh
        "\(UserSession.ipcbench)" "$@"
        code=$?
        while [ $# -gt 0 ]; do
          if [ "$1" = --output ]; then folder=$2; fi
          shift
        done
        if [ -n "$folder" ]; then \(spoil); fi
        exit $code
        """, to: "other-build")
      try #require(chmod(session.path("other-build"), 0o755) == 0)
      let versus = try session.run(
        UserSession.oneTrial + ["--versus", "./other-build", "--output", "gate"])
      #expect(versus.exitCode == 69, "\(versus.errors)")
      #expect(versus.errors.contains("its results cannot be used here: "), "\(versus.errors)")
      #expect(try session.leftProcesses() == [])
    }
  }
}
