import Foundation
import Glibc
import Testing

extension AtTheCommandLine {
  /// `ipcbench run --versus`: the program against itself, and against scripts that stand for other
  /// builds of it.
  @Suite struct VersusTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    /// Two configurations, and so four trials a block.
    private static let small = UserSession.oneTrial + ["--mechanism", "pipe,shm-ring"]

    private func words(_ other: String, _ more: [String] = []) -> [String] {
      UserSession.runCommand + Self.small + ["--versus", other, "--output", "run"] + more
    }

    private func run(_ other: String, _ more: String...) throws -> Finished {
      try session.start(words(other, more)).finish()
    }

    /// Another build: a script that does something of its own, and is an ipcbench otherwise.
    ///
    /// - Parameter special: Finds the subcommand in `$1`, and in `$calls` how often `run` has been
    ///   called by now.
    private func script(_ special: String) throws -> String {
      try session.write(
        """
        #!/bin/sh
        calls=0
        if [ "$1" = run ]; then
          [ ! -e calls ] || read calls <calls
          calls=$((calls + 1))
          echo $calls >calls
        fi
        \(special)
        exec \(UserSession.ipcbench) "$@"

        """, to: "other")
      try #require(chmod(session.path("other"), 0o755) == 0)
      return "./other"
    }

    private func expectNothingLeft() throws {
      #expect(try session.leftProcesses() == [])
      #expect(try session.leftObjects() == [])
    }

    private func expectNoFolder() throws {
      #expect(!session.names(in: ".").contains("run"))
      try expectNothingLeft()
    }

    // MARK: - Two run folders

    private static let pairColumns = ["block", "position", "mechanism", "pattern", "payload_bytes"]

    /// Each trial of a side, by what makes it a pair with one of the other.
    private func pairs(_ side: String) throws -> [[String]] {
      try session.table("run/\(side)/trials.csv").rows.map { row in
        Self.pairColumns.compactMap { row[$0] }
      }
    }

    @Test func aRunAgainstItselfLeavesTwoWholeRunFolders() throws {
      let run = try run(UserSession.ipcbench, "--trials", "2", "--seed", "7")
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors == "")
      #expect(session.names(in: "run") == ["base", "head"])
      for side in ["base", "head"] {
        let folder = "run/\(side)"
        #expect(
          session.names(in: folder) == [
            "datapackage.json", "histograms.hlog", "run.json", "summary.csv", "trials.csv",
          ])
        let trials = try session.table("\(folder)/trials.csv")
        #expect(try trials.column("status") == ["ok", "ok", "ok", "ok"])
        #expect(try trials.column("block") == ["1", "1", "2", "2"])
        let description = try session.json("\(folder)/run.json")
        let runID = try #require(description["run_id"] as? String)
        #expect(runID.hasSuffix("-quick-\(side)"))
        #expect(try Set(trials.column("run_id")) == [runID])
        #expect(try trials.column("trial_id") == (1...4).map { "\(runID)-0000\($0)" })
        #expect(
          try session.histogramTags(in: folder) == (1...4).map { "\(runID)-0000\($0)" })
        #expect(try session.table("\(folder)/summary.csv").rows.count == 32)
        #expect(description["seed"] as? String == "7")
        #expect(description["interrupted"] as? Bool == false)
        #expect((description["trials"] as? [String: Any])?["ok"] as? Int == 4)
        #expect((description["build"] as? [String: Any])?["mode"] as? String == "debug")
      }
      #expect(try pairs("base") == pairs("head"))
    }

    @Test func theSidesOfARunNameEachOther() throws {
      _ = try run(UserSession.ipcbench)
      let descriptions = try ["base", "head"].map { try session.json("run/\($0)/run.json") }
      let links = try descriptions.map {
        try #require($0["interleaving"] as? [String: String])
      }
      #expect(links.map { $0["side"] } == ["base", "head"])
      #expect(links[0]["other_run_id"] == descriptions[1]["run_id"] as? String)
      #expect(links[1]["other_run_id"] == descriptions[0]["run_id"] as? String)
      #expect(links[0]["id"] == links[1]["id"])
      #expect(links[0]["id"]?.hasSuffix("-quick-versus") == true)
    }

    /// A pair shares the host's mood only if nothing comes in between.
    @Test func theTrialsOfAPairRunOneRightAfterTheOther() throws {
      let run = try run(UserSession.ipcbench, "--trials", "4", "--seed", "3")
      #expect(run.exitCode == 0, "\(run.errors)")
      var trials: [(started: String, side: String, pair: [String])] = []
      for side in ["base", "head"] {
        let started = try session.table("run/\(side)/trials.csv").column("started_utc")
        for (time, pair) in zip(started, try pairs(side)) { trials.append((time, side, pair)) }
      }
      trials.sort { $0.started < $1.started }
      #expect(trials.count == 16)
      var firsts: [String] = []
      for index in stride(from: 0, to: trials.count, by: 2) {
        #expect(trials[index].pair == trials[index + 1].pair)
        #expect(trials[index].side != trials[index + 1].side)
        firsts.append(trials[index].side)
      }
      #expect(firsts.count { $0 == "base" } == 4, "\(firsts)")
    }

    /// Whatever a suite may ask for can be said on a command line, and comes back in the rows.
    @Test func everyFactorReachesBothSides() throws {
      let suite = """
        name: factors
        trials: 1
        messages: 50
        warmup: 1ms
        matrix:
          - {mechanism: shm-ring, pattern: ping-pong, wait: adaptive, spin-budget: 1500ns,
             data-path: in-place, touch: full, payload: 100, buffer: 64KiB, placement: same-core,
             memory-node: 0}
          - {mechanism: pipe, pattern: stream, wait: block, touch: none, payload: 3,
             placement: same-core}
          - {mechanism: shm-ring, pattern: ping-pong, wait: block, data-path: in-place, touch: full,
             payload: 100, buffer: 64KiB, placement: same-core, memory-node: 0}
        """
      try session.write(suite, to: "factors.yaml")
      let run = try session.start(
        UserSession.runCommand + [
          "--suite", "./factors.yaml", "--versus", UserSession.ipcbench, "--output", "run",
        ]
      ).finish()
      #expect(run.exitCode == 0, "\(run.errors)")
      for side in ["base", "head"] {
        let rows = try session.table("run/\(side)/trials.csv").rows.sorted {
          ($0["mechanism"] ?? "") < ($1["mechanism"] ?? "")
        }
        let factors = [
          "mechanism", "pattern", "wait", "data_path", "touch", "payload_bytes", "buffer_bytes",
          "placement", "memory_node", "messages_sent",
        ]
        #expect(
          rows.map { row in factors.compactMap { row[$0] } } == [
            ["pipe", "stream", "block", "copy", "none", "3", "131072", "same-core", "", "50"],
            [
              "shm-ring", "ping-pong", "block", "in-place", "full", "100", "65536", "same-core",
              "0",
              "50",
            ],
          ])
      }
    }

    @Test func floorsAreMeasuredOnceAndKeptByBoth() throws {
      let run = try session.start(
        UserSession.runCommandWithFloors + UserSession.oneTrial
          + ["--placement", "same-core", "--versus", UserSession.ipcbench, "--output", "run"]
      ).finish()
      #expect(run.exitCode == 0, "\(run.errors)")
      let floors = try ["base", "head"].map {
        try #require(session.json("run/\($0)/run.json")["floors"] as? [[String: Any]])
      }
      #expect(!floors[0].isEmpty)
      #expect(floors[0] as NSArray == floors[1] as NSArray)
    }

    @Test func theConclusionNamesBothBuildsAndWhatToDoNext() throws {
      let run = try run(UserSession.ipcbench)
      #expect(run.output.contains("-quick-versus: 2 pairs of trials"))
      #expect(run.output.contains("  base  \(UserSession.ipcbench), version 0.1.0"))
      #expect(run.output.contains("  head  this build, version 0.1.0"))
      #expect(run.output.contains("ipcbench compare run\n"))
      #expect(try self.run(UserSession.ipcbench, "--quiet", "--output", "quiet").output == "")
    }

    @Test func withoutAnOutputTheFolderSaysThatItIsOfTwo() throws {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial + ["--versus", UserSession.ipcbench]
      ).finish()
      #expect(run.exitCode == 0, "\(run.errors)")
      let name = try #require(session.names(in: "results").first)
      #expect(name.wholeMatch(of: /\d{8}T\d{6}Z-quick-versus/) != nil, "\(name)")
      #expect(run.output.contains("ipcbench compare results/\(name)"))
    }

    /// No interval of microseconds is as narrow as a billionth, on either side.
    @Test func aPrecisionIsAskedOfBothSides() throws {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial + [
          "--placement", "same-core", "--trials", "6", "--precision", "0.0000001%", "--max-trials",
          "7", "--versus", UserSession.ipcbench, "--output", "run",
        ]
      ).finish()
      #expect(run.exitCode == 0, "\(run.errors)")
      for side in ["base", "head"] {
        #expect(try session.table("run/\(side)/trials.csv").rows.count == 7)
        let description = try session.json("run/\(side)/run.json")
        #expect((description["precision"] as? [String: Any])?["end"] as? String == "limit")
        #expect((description["trials"] as? [String: Any])?["planned"] as? Int == 7)
      }
    }

    // MARK: - Other builds

    @Test func aBuildFromBeforeThereWereFloorsIsCalledWithoutLeavingThemOut() throws {
      let other = try script(
        """
        case "$*" in
          *--no-floors*) echo "ipcbench: unknown option '--no-floors'" >&2; exit 64 ;;
          run*) set -- "$@" --no-floors ;;
        esac
        """)
      let run = try run(other)
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try session.table("run/base/trials.csv").column("status") == ["ok", "ok"])
    }

    /// It then chooses by itself, and its rows say what it chose.
    @Test func aBuildFromBeforeABatchCouldBeAskedForIsNotAskedForOne() throws {
      let other = try script(
        """
        case "$*" in
          *--batch*) echo "ipcbench: unknown option '--batch'" >&2; exit 64 ;;
          run*) set -- "$@" --batch 2 ;;
        esac
        """)
      let run = try run(other, "--batch", "4")
      #expect(run.exitCode == 0, "\(run.errors)")
      let batches = try ["base", "head"].map {
        try session.table("run/\($0)/trials.csv").column("latency_round_trips_per_sample")
      }
      #expect(batches == [["2", "2"], ["4", "4"]])
      // Rows of different batches are not held against each other.
      let compare = try session.ipcbench("compare", "run")
      #expect(compare.output.contains("batch"), "\(compare.output)")
    }

    @Test func bothSidesTakeTheSameSamples() throws {
      let calls = try script(#"echo "$*" >>calls.txt"#)
      let run = try run(calls, "--batch", "8")
      #expect(run.exitCode == 0, "\(run.errors)")
      for side in ["base", "head"] {
        let batches = try session.table("run/\(side)/trials.csv")
          .column("latency_round_trips_per_sample")
        #expect(batches == ["8", "8"])
      }
      // What is found out is found out once, and handed to both.
      try session.write("", to: "calls.txt")
      let automatic = try self.run(calls, "--output", "automatic")
      #expect(automatic.exitCode == 0, "\(automatic.errors)")
      let text = try String(contentsOfFile: session.path("calls.txt"), encoding: .utf8)
      let trials = text.split(separator: "\n").filter { $0.hasPrefix("run ") }
      #expect(trials.count == 4 && trials.allSatisfy { $0.contains(" --batch 1 ") }, "\(text)")
    }

    @Test func aBuildThatDoesNotKnowAnOptionIsRefusedBeforeAnythingIsMeasured() throws {
      let other = try script(
        """
        case "$*" in *--touch*) echo "ipcbench: unknown option '--touch'" >&2; exit 64 ;; esac
        """)
      expectRefusal(
        try run(other), 64, naming: "./other refuses pipe", "unknown option '--touch'",
        "a build that does")
      try expectNoFolder()
    }

    @Test func aMechanismThatTheOtherDoesNotKnowIsLeftOut() throws {
      let other = try script(#"[ "$1" != list ] || { echo '[{"name": "pipe"}]'; exit; }"#)
      try session.write(
        "name: two\ntrials: 1\nmatrix:\n  - {mechanism: [pipe, fifo], placement: same-core}\n",
        to: "two.yaml")
      let run = try session.start(
        UserSession.runCommand + [
          "--suite", "./two.yaml", "--pattern", "ping-pong", "--messages", "50", "--warmup", "1ms",
          "--versus", other, "--output", "run",
        ]
      ).finish()
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.hasPrefix("ipcbench: left out: fifo: the build to compare with"))
      #expect(try session.table("run/head/trials.csv").column("mechanism") == ["pipe"])
      let excluded = try session.json("run/base/run.json")["excluded"] as? [[String: Any]]
      #expect(excluded?.map { $0["what"] as? String } == ["fifo"])
      // Who asks for it by name is not left in the dark.
      expectRefusal(
        try self.run(other, "--output", "named"), 69, naming: "mechanism 'shm-ring'",
        "leave it out of --mechanism")
    }

    @Test func aBuildThatMeasuresSomethingElseIsRefused() throws {
      let other = try script(#"[ "$1" != run ] || set -- "$@" --payload 128"#)
      expectRefusal(
        try run(other), 69, naming: "./other", "asked for pipe", "64 B", "it measured", "128 B")
      try expectNoFolder()
    }

    @Test func whatIsNotAnIPCBenchIsRefused() throws {
      for (program, exitCode, words) in [
        ("/bin/true", 69, "not an ipcbench"), ("/bin/cat", 69, "not an ipcbench"),
        ("/usr/bin/yes", 69, "not an ipcbench"),
        ("./missing", 66, "not there"), ("/tmp", 66, "is a folder"),
      ] as [(String, Int32, String)] {
        expectRefusal(try run(program), exitCode, naming: program, words)
      }
      try session.write("#!/bin/sh\n", to: "plain")
      expectRefusal(try run("./plain"), 77, naming: "./plain", "chmod +x")
      try expectNoFolder()
    }

    @Test func aBuildThatCannotMeasureIsRefused() throws {
      expectRefusal(
        try run(try script(#"[ "$1" != run ] || kill -SEGV $$"#)), 69, naming: "./other",
        "SIGSEGV")
      expectRefusal(
        try run(try script(#"[ "$1" != run ] || { echo no licence >&2; exit 1; }"#)), 69,
        naming: "./other", "exit code 1", "no licence")
      try expectNoFolder()
    }

    // MARK: - When a side fails

    /// The statuses of a side's trials.
    private func statuses(_ side: String) throws -> [String] {
      try session.table("run/\(side)/trials.csv").column("status")
    }

    /// The rehearsals are over after two calls, one a mechanism.
    @Test func aBuildThatCrashesHasRowsThatSaySo() throws {
      let run = try run(
        try script(#"[ $calls -ne 4 ] || kill -SEGV $$"#), "--trials", "2", "--seed", "1")
      #expect(run.exitCode == 3)
      #expect(
        run.errors.hasPrefix("ipcbench: 1 of 8 trials failed; see status and error in run/base/"))
      #expect(try statuses("base") == ["ok", "died", "ok", "ok"])
      #expect(try statuses("head") == ["ok", "ok", "ok", "ok"])
      let error = try session.table("run/base/trials.csv").column("error")[1]
      #expect(error == "./other: was killed by SIGSEGV (Segmentation fault)")
      #expect(try session.json("run/base/run.json")["interrupted"] as? Bool == false)
      try expectNothingLeft()
    }

    @Test func aBuildThatFailsOrLeavesNothingHasRowsThatSaySo() throws {
      let run = try run(
        try script(
          """
          [ $calls -ne 3 ] || { echo "ipcbench: out of luck" >&2; exit 1; }
          [ $calls -ne 4 ] || exit 0
          """))
      #expect(run.exitCode == 3)
      #expect(try statuses("base") == ["failed", "failed"])
      let errors = try session.table("run/base/trials.csv").column("error")
      #expect(errors[0] == "./other: ended with exit code 1: out of luck")
      #expect(errors[1].hasPrefix("./other: its results cannot be used: "))
      #expect(try statuses("head") == ["ok", "ok"])
    }

    /// Its children go with it.
    @Test func aBuildThatHangsIsEndedAndItsRowSaysSo() throws {
      let run = try run(try script("[ $calls -ne 3 ] || sleep 1000"), "--timeout", "1s")
      #expect(run.exitCode == 3)
      #expect(try statuses("base") == ["timed-out", "ok"])
      let error = try session.table("run/base/trials.csv").column("error")[0]
      #expect(error.contains("no end 5 s after the trial's timeout"))
      #expect(try statuses("head") == ["ok", "ok"])
      try expectNothingLeft()
    }

    @Test func aTrialThatFailsIsCarriedOverAsItIs() throws {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial + [
          "--mechanism", "fault-error", "--versus", UserSession.ipcbench, "--output", "run",
        ]
      ).finish()
      #expect(run.exitCode == 3, "\(run.errors)")
      #expect(run.errors.hasPrefix("ipcbench: 2 of 2 trials failed"))
      let errors = try ["base", "head"].map {
        try session.table("run/\($0)/trials.csv").column("error")[0]
      }
      #expect(errors[0] != "" && errors[0] == errors[1])
      #expect(!errors[0].contains(UserSession.ipcbench))
    }

    // MARK: - Ends that come early

    private func startLongRun(_ other: String) throws -> RunningProgram {
      let run = try session.start(words(other, ["--trials", "2000"]))
      try run.wait(forMoreLinesThan: 2, in: "run/head/trials.csv", of: session)
      return run
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func anInterruptKeepsTheFinishedPairs(_ signal: Int32) throws {
      let run = try startLongRun(UserSession.ipcbench)
      run.sendToGroup(signal)
      let ended = try run.finish()
      #expect(ended.exitCode == 130, "signal \(ended.signal ?? 0): \(ended.errors)")
      #expect(try pairs("base") == pairs("head"))
      let count = try pairs("base").count
      #expect(count >= 2)
      #expect(ended.errors == "ipcbench: interrupted: \(count) of 4000 pairs are kept in run\n")
      #expect(session.names(in: "run") == ["base", "head"])
      for side in ["base", "head"] {
        #expect(try statuses(side).allSatisfy { $0 == "ok" })
        let description = try session.json("run/\(side)/run.json")
        #expect(description["interrupted"] as? Bool == true)
        #expect(description["finished_utc"] is String)
        #expect(try session.histogramTags(in: "run/\(side)").count == count)
      }
      try expectNothingLeft()
    }

    @Test func anInterruptEndsABuildThatHangs() throws {
      let run = try session.start(
        words(try script("[ $calls -ne 3 ] || { trap '' TERM; sleep 1000; }")))
      try run.wait(for: "the call that hangs") { (try? session.text("calls")) == "3\n" }
      run.send(SIGINT)
      let ended = try run.finish()
      #expect(ended.exitCode == 130)
      #expect(ended.errors == "ipcbench: interrupted: 0 of 2 pairs are kept in run\n")
      try expectNothingLeft()
    }

    @Test func anInterruptBeforeTheFirstPairLeavesNothing() throws {
      let run = try session.start(words(try script("[ $calls -ne 1 ] || sleep 1000")))
      try run.wait(for: "the rehearsal") { (try? session.text("calls")) == "1\n" }
      run.send(SIGINT)
      let ended = try run.finish()
      expectRefusal(ended, 130, naming: "interrupted before anything was measured")
      try expectNoFolder()
    }

    /// Nobody is left to end what it had started: that is the kernel's part.
    @Test func aKilledRunTakesItsProgramsWithIt() throws {
      let run = try startLongRun(try script(""))
      run.send(SIGKILL)
      #expect(try run.finish().signal == SIGKILL)
      #expect(try session.leftProcesses() == [])
      for side in ["base", "head"] {
        #expect(try session.table("run/\(side)/trials.csv").rows.count >= 2)
        #expect(try session.json("run/\(side)/run.json")["interrupted"] as? Bool == true)
      }
      // It may have been killed while a link had a name; the next run sweeps that away.
      _ = try session.run(UserSession.oneTrial + ["--output", "next"])
      try expectNothingLeft()
    }

    @Test(
      .enabled(
        if: UserSession.canRun("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"),
        "this user may not mount a small disk"))
    func aFullDiskEndsTheRunWithWholeRows() throws {
      let run = try session.command(
        UserSession.onADiskThatFillsUp(kibibytes: 512, afterRows: 1, of: "head/trials.csv")
          + words(UserSession.ipcbench, ["--trials", "2000"]))
      // Either a trial or its pair's rows were the first to find no room.
      expectRefusal(run, 74, naming: "disk/run/", "before are kept", "free space")
      for side in ["base", "head"] {
        let rows = try session.table("kept/\(side)/trials.csv").rows
        #expect((2..<4000).contains(rows.count))
        #expect(try session.json("kept/\(side)/run.json")["interrupted"] as? Bool == true)
      }
      #expect(try session.leftProcesses() == [])
    }

    // MARK: - Refusals

    @Test func aPlaceThatIsTakenIsRefusedAndUntouched() throws {
      try FileManager.default.createDirectory(
        atPath: session.path("run"), withIntermediateDirectories: false)
      expectRefusal(try run(UserSession.ipcbench), 73, naming: "run: exists", "another --output")
      #expect(session.names(in: "run") == [])
    }

    @Test(arguments: [["--format", "json"], ["--relative-to-probe"]])
    func whatShowsASummaryIsRefused(_ options: [String]) throws {
      let run = try session.start(words(UserSession.ipcbench, options)).finish()
      expectRefusal(run, 64, naming: "--versus", "leave out --format", "ipcbench compare")
    }
  }
}
