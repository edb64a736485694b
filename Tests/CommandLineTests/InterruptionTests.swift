import Foundation
import Glibc
import Testing

extension AtTheCommandLine {
  @Suite struct InterruptionTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    enum Way: String, CaseIterable {
      case interrupt, terminate, interruptOfTheWholeGroup, controlCOnATerminal
    }

    /// Starts a run that takes long, with mechanisms that need names for a moment, and returns once
    /// some of its trials are kept.
    private func startLongRun(onTerminal: Bool = false) throws -> RunningProgram {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial + [
          "--mechanism", "fifo,shm-ring", "--trials", "2000", "--output", "run",
        ], onTerminal: onTerminal)
      try run.wait(forMoreLinesThan: 3, of: session)
      // The driver at least, or nobody could tell that nothing is left.
      #expect(try session.processes().contains("\(run.process)"))
      return run
    }

    private func expectNothingLeft() throws {
      #expect(try session.leftProcesses() == [])
      #expect(try session.leftObjects() == [])
    }

    @Test(arguments: Way.allCases)
    func whatIsFinishedIsKept(_ way: Way) throws {
      let run = try startLongRun(onTerminal: way == .controlCOnATerminal)
      switch way {
      case .interrupt: run.send(SIGINT)
      case .terminate: run.send(SIGTERM)
      case .interruptOfTheWholeGroup: run.sendToGroup(SIGINT)
      case .controlCOnATerminal: try run.type("\u{03}")
      }
      let ended = try run.finish()
      #expect(ended.exitCode == 130, "signal \(ended.signal ?? 0): \(ended.errors)")

      let rows = try session.table("run/trials.csv").rows
      #expect(rows.count >= 3)
      #expect(rows.allSatisfy { $0["status"] == "ok" })
      let message = "ipcbench: interrupted: \(rows.count) of 4000 trials are kept in run"
      if way == .controlCOnATerminal {
        // The terminal says ^C itself, and ends lines in its own way.
        #expect(ended.errors.hasSuffix("\u{1B}[K\(message)\r\n"), "\(ended.errors)")
      } else {
        #expect(ended.errors == "\(message)\n")
      }

      #expect(try session.table("run/summary.csv").rows.count == 32)
      #expect(ended.output.contains("run/trials.csv"))
      let description = try session.json("run/run.json")
      #expect(description["interrupted"] as? Bool == true)
      #expect(description["finished_utc"] is String)
      let counts = try #require(description["trials"] as? [String: Any])
      #expect(counts["ok"] as? Int == rows.count)
      #expect(counts["planned"] as? Int == 4000)
      try expectNothingLeft()
    }

    /// Impatient users press Ctrl-C again, and a signal can come just when the last trial has ended.
    @Test func furtherInterruptsDoNotCutTheEndShort() throws {
      let run = try startLongRun()
      try run.wait(for: "its end") {
        run.send(SIGINT)
        return run.hasEnded
      }
      let ended = try run.finish()
      #expect(ended.exitCode == 130, "signal \(ended.signal ?? 0): \(ended.errors)")
      let rows = try session.table("run/trials.csv").rows
      #expect(
        ended.errors == "ipcbench: interrupted: \(rows.count) of 4000 trials are kept in run\n")
      #expect(try session.json("run/run.json")["finished_utc"] is String)
      try expectNothingLeft()
    }

    @Test func aHungTrialDoesNotHoldUpTheEnd() throws {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial + [
          "--mechanism", "fault-hang", "--timeout", "3600s", "--output", "run",
        ])
      try run.wait(for: "the run folder") {
        FileManager.default.fileExists(atPath: session.path("run/datapackage.json"))
      }
      run.send(SIGINT)
      let ended = try run.finish()
      #expect(ended.exitCode == 130)
      #expect(ended.errors == "ipcbench: interrupted: 0 of 1 trials are kept in run\n")
      #expect(try session.table("run/trials.csv").rows.isEmpty)
      try expectNothingLeft()
    }

    @Test func aKilledRunKeepsItsRowsAndDoesNotClaimToHaveFinished() throws {
      let run = try startLongRun()
      run.send(SIGKILL)
      let ended = try run.finish()
      #expect(ended.signal == SIGKILL)
      #expect(try session.table("run/trials.csv").rows.count >= 3)
      let description = try session.json("run/run.json")
      #expect(description["interrupted"] as? Bool == true)
      #expect(!description.keys.contains("finished_utc"))
      #expect(try session.leftProcesses() == [])

      // It may have been killed while a link had a name; the next run sweeps that away.
      _ = try session.run(UserSession.oneTrial + ["--output", "next"])
      try expectNothingLeft()
    }

    @Test func theNextRunSweepsWhatAKilledOneLeftAndNothingElse() throws {
      let gone = try session.start(["true"])
      _ = try gone.finish()
      let orphans = [
        "/dev/shm/ipcbench-\(gone.process)-1",
        "\(session.temporaryFolder)/ipcbench-\(gone.process)-abcdef",
      ]
      let inUse = "\(session.temporaryFolder)/ipcbench-\(getpid())-abcdef"
      try Data().write(to: URL(fileURLWithPath: orphans[0]))
      for folder in [orphans[1], inUse] {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: false)
      }
      try #require(mkfifo(orphans[1] + "/forth", 0o600) == 0)
      defer { unlink(orphans[0]) }

      let run = try session.run(UserSession.oneTrial + ["--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      for orphan in orphans { #expect(!FileManager.default.fileExists(atPath: orphan)) }
      #expect(FileManager.default.fileExists(atPath: inUse))
    }

    // MARK: - What a terminal is told

    @Test(arguments: [("TERM=xterm", true), ("TERM=dumb", false), ("TERM=", false), ("", false)])
    func aTerminalIsToldOnlyWhatItUnderstands(_ type: String, _ shown: Bool) throws {
      let setting = ["env", "-u", "TERM"] + (type.isEmpty ? [] : [type])
      let run = try session.start(
        setting + UserSession.runCommandWithFloors + UserSession.oneTrial + ["--output", "run"],
        onTerminal: true)
      let ended = try run.finish()
      #expect(ended.exitCode == 0, "\(ended.errors)")
      #expect(ended.errors.contains("\u{1B}[K") == shown, "\(ended.errors)")
      if !shown { #expect(!ended.errors.contains("[1/1]"), "\(ended.errors)") }
      #expect(!ended.output.contains("\u{1B}"))
    }

    /// There is no colour to be left out; this keeps it so.
    @Test func noCommandSendsEscapesToATerminal() throws {
      _ = try session.run(UserSession.oneTrial + ["--output", "run"])
      for words in [["list"], ["doctor"], ["answer", "run"], ["compare", "run", "run"], ["-h"]] {
        let ended = try session.start(
          ["env", "NO_COLOR=1", UserSession.ipcbench] + words, onTerminal: true
        ).finish()
        #expect(!ended.output.contains("\u{1B}") && !ended.errors.contains("\u{1B}"))
      }
    }
  }
}
