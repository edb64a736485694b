import Foundation
import Glibc
import Testing

extension AtTheCommandLine {
  /// What the caller had signals do, limits that come as signals, and signals wherever a program waits.
  @Suite struct SignalTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private func expectNothingLeft() throws {
      #expect(try session.leftProcesses() == [])
      #expect(try session.leftObjects() == [])
    }

    private static let endlessTrial =
      UserSession.runCommand + UserSession.oneTrial
      + ["--mechanism", "fault-hang", "--timeout", "3600s", "--output", "run"]

    // MARK: - What the caller had them do

    /// The signals in a line of /proc/N/status, proc_pid_status(5).
    private func signals(_ line: String, ofProcess process: String) throws -> Set<Int32> {
      let text = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
      return try signals(line, in: text)
    }

    private func signals(_ line: String, in status: String) throws -> Set<Int32> {
      let found = status.split(separator: "\n").first { $0.hasPrefix("\(line):") }
      let digits = try #require(found?.split(whereSeparator: \.isWhitespace).last)
      let bits = try #require(UInt64(digits, radix: 16))
      return Set((1...64).filter { bits >> (UInt64($0) - 1) & 1 == 1 })
    }

    @Test(arguments: [("HUP", SIGHUP), ("INT", SIGINT), ("TERM", SIGTERM)])
    func oneThatTheCallerIgnoresStaysIgnored(_ name: String, _ number: Int32) throws {
      let run = try session.start(
        ["sh", "-c", "trap '' \(name); exec \"$@\"", "sh"] + Self.endlessTrial)
      try run.wait(for: "both workers") { try session.processes().count == 3 }
      run.send(number)
      for process in try session.processes() {
        #expect(try signals("SigIgn", ofProcess: process).contains(number))
      }
      // Time enough for one that is taken to end it.
      usleep(300_000)
      #expect(!run.hasEnded)
      // The others still do.
      run.send(number == SIGTERM ? SIGINT : SIGTERM)
      #expect(try run.finish().exitCode == 130)
      try expectNothingLeft()
    }

    @Test func aRunUnderNohupOutlivesTheTerminal() throws {
      let run = try session.start(
        ["nohup"] + UserSession.runCommand + UserSession.oneTrial
          + ["--trials", "20", "--output", "run"])
      try run.wait(forMoreLinesThan: 2, of: session)
      run.sendToGroup(SIGHUP)
      let ended = try run.finish()
      #expect(ended.exitCode == 0, "\(ended.errors)")
      #expect(try session.table("run/trials.csv").rows.count == 20)
    }

    /// What is started finds its signals as this program found them, not as it needs them itself.
    @Test(arguments: [[], ["HUP", "PIPE", "XFSZ"]])
    func programsThatAreCalledFindThemAsTheyWere(_ ignored: [String]) throws {
      try session.write("#!/bin/sh\ncat /proc/$$/status >>status\n", to: "program")
      try #require(chmod(session.path("program"), 0o755) == 0)
      let names = ignored.joined(separator: " ")
      let shell = ["sh", "-c", "\(names.isEmpty ? ":" : "trap '' \(names)"); exec \"$@\"", "sh"]
      let versus = try session.command(
        shell + UserSession.runCommand + UserSession.oneTrial
          + ["--versus", "./program", "--output", "run"])
      #expect(versus.exitCode == 69, "\(versus.errors)")
      let status = try session.text("status")
      let expected = ["HUP": SIGHUP, "PIPE": SIGPIPE, "XFSZ": SIGXFSZ]
      #expect(
        try signals("SigIgn", in: status).intersection(expected.values)
          == Set(ignored.compactMap { expected[$0] }))
      #expect(try signals("SigBlk", in: status) == [])
    }

    /// Whoever ignores the ends of its children has the kernel throw their exit codes away.
    @Test(.enabled(if: UserSession.canRun("python3", "--version"), "python3 is missing"))
    func aCallerThatIgnoresItsChildrenIsNotInTheWay() throws {
      let script = """
        import os, signal, sys
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        os.execv(sys.argv[1], sys.argv[1:])
        """
      let run = try session.command(
        ["python3", "-c", script] + UserSession.runCommand + UserSession.oneTrial
          + ["--mechanism", "pipe,fault-crash", "--output", "run"])
      #expect(run.exitCode == 3, "\(run.errors)")
      let rows = try session.table("run/trials.csv").rows
      #expect(rows.contains { $0["status"] == "ok" })
      #expect(rows.contains { $0["error"]?.contains("killed by SIGSEGV") == true })
      try expectNothingLeft()
    }

    // MARK: - Limits that come as signals

    /// The kernel takes a part of what goes beyond, refuses the rest, and sends SIGXFSZ: whoever does not
    /// ignore it is killed in the middle of a row. prlimit(1) sets in a moment what `ulimit -f` has set before.
    @Test(.enabled(if: UserSession.canRun("prlimit", "--version"), "prlimit is missing"))
    func aLimitOnTheSizeOfFilesEndsTheRunWithWholeRows() throws {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial + ["--trials", "2000", "--output", "run"])
      try run.wait(forMoreLinesThan: 3, of: session)
      let limit = try session.text("run/trials.csv").utf8.count + 100
      let set = try session.command(["prlimit", "--pid", "\(run.process)", "--fsize=\(limit)"])
      #expect(set.exitCode == 0, "\(set.errors)")
      expectRefusal(try run.finish(), 74, naming: "run/", "File too large")
      let rows = try session.table("run/trials.csv").rows
      #expect((3..<2000).contains(rows.count))
      #expect(rows.allSatisfy { $0["status"] == "ok" })
      #expect(try session.histogramTags(in: "run") == rows.compactMap { $0["trial_id"] })
      #expect(try session.text("run/histograms.hlog").hasSuffix("\n"))
      try expectNothingLeft()
    }

    @Test func aLimitOnTheSizeOfStandardOutputIsAnError() throws {
      for command in ["list", "--help"] {
        let ended = try session.command(
          ["sh", "-c", #"ulimit -f 1; exec "$@" >out"#, "sh", UserSession.ipcbench, command])
        expectRefusal(ended, 74, naming: "standard output", "File too large", "ulimit -f")
      }
    }

    @Test func aLimitOnCPUTimeEndsTheRunWithWholeRows() throws {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial + ["--trials", "2000", "--output", "run"])
      try run.wait(forMoreLinesThan: 3, of: session)
      run.send(SIGXCPU)
      let ended = try run.finish()
      let rows = try session.table("run/trials.csv").rows
      #expect(ended.exitCode == 74, "signal \(ended.signal ?? 0): \(ended.errors)")
      #expect(
        ended.errors == """
          ipcbench: out of CPU time (SIGXCPU): \(rows.count) of 2000 trials are kept in run
          raise the limit by ulimit -t, or measure less

          """)
      #expect(try session.json("run/run.json")["interrupted"] as? Bool == true)
      #expect(try session.table("run/summary.csv").rows.count == 16)
      try expectNothingLeft()
    }

    @Test func aWorkersLimitOnCPUTimeIsNamed() throws {
      let run = try session.start(Self.endlessTrial)
      try run.wait(for: "both workers") { try session.processes().count == 3 }
      let workers = try session.processes().compactMap { pid_t($0) }.filter { $0 != run.process }
      // One that has only just been started is this program's copy yet, and must not end too early.
      usleep(200_000)
      kill(try #require(workers.first), SIGXCPU)
      let ended = try run.finish()
      #expect(ended.exitCode == 3, "\(ended.errors)")
      let row = try #require(try session.table("run/trials.csv").rows.first)
      #expect(row["status"] == "died")
      #expect(row["error"]?.contains("SIGXCPU") == true, "\(row)")
      #expect(row["error"]?.contains("ulimit -t") == true, "\(row)")
    }

    // MARK: - Signals wherever a run waits

    enum Place: String, CaseIterable {
      case peaks, batches, floors, versus
    }

    @Test(arguments: Place.allCases, [SIGINT, SIGTERM])
    func beforeTheFirstTrial(_ place: Place, _ signal: Int32) throws {
      let slow = ["--trials", "1", "--warmup", "20s", "--timeout", "3600s", "--output", "run"]
      let words: [String] =
        switch place {
        case .peaks:
          UserSession.runCommand + [
            "--mechanism", "pipe,fifo,unix-stream,tcp,shm-ring", "--pattern", "paced", "--rate",
            "10%,20%", "--wait", "block,spin", "--duration", "500ms",
          ]
        case .batches:
          UserSession.runCommand + [
            "--mechanism", "pipe,fifo,unix-stream,tcp,shm-ring,shm-plain", "--pattern",
            "ping-pong", "--wait", "spin", "--payload", "1,8,16,32,64,128", "--duration", "1ms",
          ]
        case .floors:
          UserSession.runCommandWithFloors + [
            "--mechanism", "pipe", "--pattern", "ping-pong", "--wait", "block", "--duration",
            "1ms", "--payload", "64",
          ]
        case .versus:
          UserSession.runCommand + UserSession.oneTrial + ["--versus", "./hangs"]
        }
      try session.write("#!/bin/sh\nexec sleep 60\n", to: "hangs")
      try #require(chmod(session.path("hangs"), 0o755) == 0)
      let run = try session.start(words + slow)
      try run.wait(for: "what it starts first") { try session.processes().count >= 2 }
      run.send(signal)
      let ended = try run.finish()
      #expect(ended.exitCode == 130, "signal \(ended.signal ?? 0): \(ended.errors)")
      #expect(
        ended.complaints.last?.hasPrefix("ipcbench: interrupted") == true, "\(ended.errors)")
      #expect(session.names(in: ".").contains("run") == (place == .floors))
      if place == .floors { #expect(ended.errors.contains(": 0 of 1 trials are kept in run")) }
      try expectNothingLeft()
    }

    /// A function of a library that waits for something that never comes.
    private func hanging(in function: String) throws -> [String] {
      try Preload.words(
        """
        #include <fcntl.h>
        #include <unistd.h>
        void *\(function)(void) {
          close(open("\(session.path("reached"))", O_CREAT | O_WRONLY, 0666));
          for (;;) pause();
        }
        """, in: session)
    }

    @Test(
      .enabled(if: Preload.isPossible, "no C compiler"),
      arguments: [
        (["run", "--allow-debug-build"], "hwloc_topology_load", 130),
        (["selftest"], "hwloc_topology_load", 130), (["doctor"], "hwloc_topology_load", nil),
        (
          [
            "run", "--allow-debug-build", "--mechanism", "onc-rpc-unix", "--pattern", "stream",
            "--output", "run",
          ], "clnt_vc_create", 130
        ),
        (
          [
            "run", "--allow-debug-build", "--mechanism", "onc-rpc-unix", "--pattern", "stream",
            "--output", "run", "--versus", UserSession.ipcbench,
          ], "clnt_vc_create", 130
        ),
        (["list", "--capacity"], "clnt_vc_create", nil),
      ] as [([String], String, Int32?)])
    func inALibraryThatDoesNotComeBack(
      _ words: [String], _ function: String, _ exitCode: Int32?
    ) throws {
      let program = try session.start(hanging(in: function) + [UserSession.ipcbench] + words)
      try program.wait(for: "the library") { session.names(in: ".").contains("reached") }
      program.send(SIGTERM)
      let ended = try program.finish()
      // A command that keeps nothing is ended by the signal itself.
      #expect(ended.exitCode == exitCode, "\(ended.errors)")
      #expect(ended.signal == (exitCode == nil ? SIGTERM : nil))
      if exitCode != nil { #expect(ended.errors.contains("interrupted before"), "\(ended.errors)") }
      #expect(!session.names(in: ".").contains("run"))
      #expect(!session.names(in: ".").contains("results"))
      #expect(try session.leftProcesses() == [])
    }

    @Test(
      .enabled(if: RefusedCalls.canBeTried, "takes a C compiler and seccomp"),
      arguments: ["sched_getaffinity", "sched_setaffinity", "signalfd4"])
    func aCallThatIsRefusedIsSaidOnce(_ call: String) throws {
      let calls = try RefusedCalls(call, in: session)
      for command in [
        UserSession.runCommand + UserSession.oneTrial, [UserSession.ipcbench, "selftest"],
      ] {
        let ended = try session.command(calls.words(command))
        #expect(ended.exitCode == 69, "\(ended.errors)")
        #expect(ended.output == "")
        // libnuma says a line of its own.
        #expect(ended.complaints.count { $0.hasPrefix("ipcbench: ") } == 1, "\(ended.errors)")
        let name = call.filter { !$0.isNumber }
        #expect(ended.errors.contains("\(name)"), "\(ended.errors)")
        #expect(ended.errors.contains("where this process is confined"), "\(ended.errors)")
      }
      #expect(!session.names(in: ".").contains("results"))
    }

    // MARK: - Signals while nobody reads

    /// What stands before a program's words to have its standard output, or its standard error, be a pipe
    /// that is full, and that nobody reads.
    private static func ontoAFullPipe(_ stream: Int) -> [String] {
      let script =
        "mkfifo full && exec 3<>full && head -c 65536 /dev/zero >&3 && exec \"$@\" \(stream)>&3 3>&-"
      return ["sh", "-c", script, "sh"]
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func aSummaryThatNobodyReadsDoesNotKeepARunFromEnding(_ signal: Int32) throws {
      let run = try session.start(
        Self.ontoAFullPipe(1) + UserSession.runCommand + UserSession.oneTrial
          + ["--output", "run"])
      try run.wait(for: "its end") {
        (try? session.json("run/run.json"))?["finished_utc"] is String
      }
      usleep(100_000)
      #expect(!run.hasEnded)
      run.send(signal)
      let ended = try run.finish()
      #expect(ended.exitCode == 130, "signal \(ended.signal ?? 0): \(ended.errors)")
      #expect(ended.errors == "ipcbench: interrupted: 1 of 1 trials are kept in run\n")
      #expect(try session.json("run/run.json")["interrupted"] as? Bool == false)
      #expect(try session.table("run/summary.csv").rows.count == 16)
      try expectNothingLeft()
    }

    @Test(arguments: [1, 2])
    func anInterruptedRunEndsThoughNobodyReads(_ stream: Int) throws {
      let run = try session.start(
        Self.ontoAFullPipe(stream) + UserSession.runCommand + UserSession.oneTrial
          + ["--trials", "2000", "--output", "run"])
      try run.wait(forMoreLinesThan: 3, of: session)
      run.send(SIGTERM)
      let ended = try run.finish()
      #expect(ended.exitCode == 130, "signal \(ended.signal ?? 0): \(ended.errors)")
      #expect(try session.json("run/run.json")["finished_utc"] is String)
      #expect(try session.table("run/summary.csv").rows.count == 16)
      try expectNothingLeft()
    }

    /// A note before the first trial, that nobody reads.
    @Test func aComplaintThatNobodyReadsDoesNotKeepARunFromEnding() throws {
      let run = try session.start(
        Self.ontoAFullPipe(2) + UserSession.runCommand + UserSession.oneTrial
          + ["--mechanism", "pipe,onc-rpc-unix", "--wait", "spin", "--output", "run"])
      usleep(500_000)
      run.send(SIGTERM)
      let ended = try run.finish()
      #expect(ended.exitCode == 130 || ended.exitCode == 0, "signal \(ended.signal ?? 0)")
      try expectNothingLeft()
    }

    @Test func aSelfTestThatNobodyReadsEnds() throws {
      let test = try session.start(Self.ontoAFullPipe(1) + [UserSession.ipcbench, "selftest"])
      usleep(300_000)
      test.send(SIGTERM)
      let ended = try test.finish()
      #expect(ended.exitCode == 130, "signal \(ended.signal ?? 0): \(ended.errors)")
      try expectNothingLeft()
    }

    /// The others have nothing to keep, and end as any program does.
    @Test(arguments: [["list"], ["doctor"], ["--help"]])
    func otherCommandsThatNobodyReadsEnd(_ words: [String]) throws {
      let program = try session.start(Self.ontoAFullPipe(1) + [UserSession.ipcbench] + words)
      usleep(300_000)
      #expect(!program.hasEnded)
      program.send(SIGTERM)
      #expect(try program.finish().signal == SIGTERM)
    }

    // MARK: - The renderer

    @Test(arguments: [SIGTERM, SIGKILL, SIGHUP, SIGXCPU])
    func theRendererEndsWithTheReport(_ signal: Int32) throws {
      _ = try session.run(UserSession.oneTrial + ["--output", "run"])
      try session.write("#!/bin/sh\n: >started\nexec sleep 60\n", to: "renderer")
      try #require(chmod(session.path("renderer"), 0o755) == 0)
      let report = try session.start([
        "env", "IPCBENCH_VL_CONVERT=\(session.path("renderer"))", UserSession.ipcbench, "report",
        "run",
      ])
      try report.wait(for: "the renderer") { session.names(in: ".").contains("started") }
      report.send(signal)
      let ended = try report.finish()
      if signal == SIGXCPU {
        #expect(ended.exitCode == 74)
        #expect(ended.errors.contains("ulimit -t"), "\(ended.errors)")
      } else {
        #expect(ended.signal == signal)
      }
      #expect(try session.leftProcesses() == [])
    }
  }
}
