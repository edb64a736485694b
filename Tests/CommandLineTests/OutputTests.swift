import Foundation
import Glibc
import Testing

extension AtTheCommandLine {
  @Suite struct OutputTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    // MARK: - The run folder's place

    @Test func anExistingFolderIsRefusedAndUntouched() throws {
      try FileManager.default.createDirectory(
        atPath: session.path("run"), withIntermediateDirectories: false)
      try session.write("mine", to: "run/trials.csv")
      expectRefusal(
        try session.run(UserSession.oneTrial + ["--output", "run"]), 73, naming: "run: exists",
        "never overwrites", "another --output")
      #expect(session.names(in: "run") == ["trials.csv"])
      #expect(try session.text("run/trials.csv") == "mine")
    }

    @Test func anExistingFileIsRefusedAndUntouched() throws {
      try session.write("mine", to: "file")
      for path in ["file", "file/run", "file/"] {
        expectRefusal(
          try session.run(UserSession.oneTrial + ["--output", path]), 73, naming: "file",
          "another --output")
      }
      #expect(try session.text("file") == "mine")
    }

    @Test(
      arguments: [
        ("/proc/x", "/proc/x:"), ("/dev/null/run", "/dev/null:"), ("", "''"), ("/", "'/'"),
      ])
    func aPlaceWhereNoFolderCanBeIsRefused(_ path: String, _ named: String) throws {
      expectRefusal(
        try session.run(UserSession.oneTrial + ["--output", path]), 73, naming: named,
        "another --output")
    }

    @Test func foldersAboveAreMade() throws {
      let run = try session.run(UserSession.oneTrial + ["--output", "a/b c/ü/"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try session.table("a/b c/ü/trials.csv").rows.count == 1)
    }

    /// Two runs that begin in the same second, and any number of them.
    @Test(arguments: [[], ["--versus", UserSession.ipcbench]])
    func aPlaceThatIsTakenIsNotWhereARunGoesOfItself(_ versus: [String]) throws {
      // Whatever the second is in which the run begins.
      let name = DateFormatter()
      name.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
      name.timeZone = TimeZone(identifier: "UTC")
      var taken: Set<String> = []
      for second in 0..<90 {
        let time = name.string(from: Date().addingTimeInterval(Double(second)))
        let folder = "\(time)-quick\(versus.isEmpty ? "" : "-versus")"
        taken.insert(folder)
        try FileManager.default.createDirectory(
          atPath: session.path("results/\(folder)"), withIntermediateDirectories: true)
      }
      for number in [2, 3] {
        let run = try session.run(UserSession.oneTrial + versus)
        #expect(run.exitCode == 0, "\(run.errors)")
        let made = session.names(in: "results").filter { !taken.contains($0) }
        #expect(made.count == number - 1)
      }
      for made in session.names(in: "results") where !taken.contains(made) {
        #expect(taken.contains(String(made.dropLast(2))) && made.last?.isNumber == true, "\(made)")
        if versus.isEmpty {
          #expect(try session.json("results/\(made)/run.json")["run_id"] as? String == made)
          let ids = try session.table("results/\(made)/trials.csv").column("run_id")
          #expect(ids == [made])
        } else {
          #expect(try session.table("results/\(made)/base/trials.csv").rows.count == 1)
        }
      }
      for folder in taken { #expect(session.names(in: "results/\(folder)").isEmpty) }
    }

    // MARK: - A full disk

    @Test(
      .enabled(
        if: UserSession.canRun("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"),
        "this user may not mount a small disk"))
    func aFullDiskEndsTheRunWithWholeRows() throws {
      let run = try session.command(
        UserSession.onADiskThatFillsUp(kibibytes: 256, afterRows: 2, of: "trials.csv")
          + UserSession.runCommand + UserSession.oneTrial + ["--trials", "2000"])
      expectRefusal(
        run, 74, naming: "disk/run/", "No space left on device", "rows before are kept",
        "free space")
      let rows = try session.table("kept/trials.csv").rows
      #expect((3..<2000).contains(rows.count))
      #expect(rows.allSatisfy { $0["status"] == "ok" })
      // It does not claim to have finished.
      #expect(try session.json("kept/run.json")["interrupted"] as? Bool == true)
      #expect(
        session.names(in: "kept")
          == ["datapackage.json", "histograms.hlog", "run.json", "trials.csv"])
      // No row without its histogram, no histogram without its row, and no part of one.
      #expect(try session.histogramTags(in: "kept") == rows.compactMap { $0["trial_id"] })
      #expect(try session.text("kept/histograms.hlog").hasSuffix("\n"))
      #expect(try session.leftProcesses() == [])
    }

    /// The kernel refuses the first byte of every file, as a full disk may.
    @Test func aDiskFullFromTheStartLeavesNothing() throws {
      let run = try session.command(
        ["sh", "-c", #"trap "" XFSZ; ulimit -f 0; exec "$@""#, "sh"] + UserSession.runCommand
          + UserSession.oneTrial + ["--output", "run"])
      expectRefusal(run, 74, naming: "run: no room to start a run", "nothing is kept")
      #expect(!session.names(in: ".").contains("run"))
    }

    @Test func aSummaryThatCannotBePrintedIsAnErrorAndTheFolderIsWhole() throws {
      let run = try session.command(
        ["sh", "-c", #"exec "$@" >/dev/full"#, "sh"] + UserSession.runCommand
          + UserSession.oneTrial + ["--format", "csv", "--output", "run"])
      expectRefusal(run, 74, naming: "standard output", "No space left", "free space")
      #expect(try session.table("run/summary.csv").rows.count == 16)
      #expect(try session.json("run/run.json")["interrupted"] as? Bool == false)
      expectRefusal(
        try session.command(
          ["sh", "-c", #"exec "$1" list >/dev/full"#, "sh", UserSession.ipcbench]), 74,
        naming: "standard output")
    }

    // MARK: - Readers and streams that go away

    @Test func aReaderWhoHasSeenEnoughDoesNotEndTheRun() throws {
      // On one core there is no probe that a busy host can change, which would be said.
      let run = try session.command(
        ["sh", "-c", #"("$@"; echo $? >code) | head -1"#, "sh"] + UserSession.runCommand
          + UserSession.oneTrial
          + ["--placement", "same-core", "--format", "csv", "--output", "run"])
      #expect(run.output.hasPrefix("mechanism,"))
      #expect(run.errors == "")
      #expect(try session.text("code") == "0\n")
      #expect(try session.table("run/summary.csv").rows.count == 16)
    }

    @Test func aReaderWhoWasNeverThereDoesNotEndTheRun() throws {
      let run = try session.command(
        ["sh", "-c", #"("$@"; echo $? >code) | true"#, "sh"] + UserSession.runCommand
          + UserSession.oneTrial + ["--output", "run"])
      #expect(run.errors == "")
      #expect(try session.text("code") == "0\n")
    }

    // MARK: - Standard output that takes nothing

    /// All that is printed, help included.
    @Test(
      arguments: [
        ["--help"], ["--version"], [], ["help", "run"], ["run", "--help"], ["list", "-h"],
        ["list"], ["list", "--format", "json"], ["list", "--capacity"], ["doctor"],
        ["doctor", "--format", "json"], ["selftest"], ["answer", "run"],
        ["recommend", "run", "--payload", "64"], ["export", "run", "--format", "go"],
        ["compare", "run", "run"], ["report", "--list", "run"], ["report", "--no-render", "run"],
        ["--generate-completion-script", "bash"],
      ])
    func whatCannotBePrintedIsAnError(_ words: [String]) throws {
      if words.contains("run") { _ = try session.run(UserSession.oneTrial + ["--output", "run"]) }
      for redirection in [">/dev/full", ">&-"] {
        let ended = try session.command(
          ["sh", "-c", #"exec "$@" \#(redirection)"#, "sh", UserSession.ipcbench] + words)
        expectRefusal(ended, 74, naming: "standard output: ")
      }
    }

    // MARK: - Streams that are closed

    @Test(arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
    func aClosedStreamDoesNotLeadIntoAFile(_ redirection: String) throws {
      let run = try session.command(
        ["sh", "-c", #"exec "$@" \#(redirection)"#, "sh"] + UserSession.runCommand
          + UserSession.oneTrial + ["--mechanism", "pipe,fault-error", "--output", "run"])
      // What cannot be printed comes first.
      #expect(run.exitCode == (redirection.contains(">&- ") || redirection == ">&-" ? 74 : 3))
      let files = ["trials.csv", "summary.csv", "run.json", "datapackage.json"]
      for file in files {
        let text = try session.text("run/\(file)")
        #expect(!text.contains("ipcbench: 1 of"), "\(file)")
        #expect(!text.contains("Every trial:"), "\(file)")
      }
      #expect(try session.table("run/trials.csv").rows.count == 2)
    }
  }
}
