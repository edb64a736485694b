import CLinux
import Foundation
import Glibc
import Testing

@testable import Harness

/// What happens to a program that another one calls, in the shape of shell scripts.
@Suite(.serialized, .leavesNothing) struct ProgramCallTests {
  private static let seconds: UInt64 = 1_000_000_000

  private func call(
    _ script: String, _ arguments: [String] = [], interrupts: Interrupts? = nil
  ) -> ProgramCall {
    ProgramCall(
      "/bin/sh", ["-c", script, "sh"] + arguments, interrupts: interrupts,
      leash: BuiltProgram.path)
  }

  @Test func outputAndErrorsAndTheExitCodeComeBack() throws {
    let done = try call("echo \"$2\"; echo oh >&2; exit 7", ["one", "two words"])
      .run(timeoutNanoseconds: 30 * Self.seconds)
    #expect(done.ending == .exited(7))
    #expect(done.output == "two words\n")
    #expect(done.errors == "oh\n")
  }

  @Test func aProgramThatAsksGetsNoAnswer() throws {
    let done = try call("read answer || echo nobody").run(timeoutNanoseconds: 30 * Self.seconds)
    #expect(done.output == "nobody\n")
  }

  @Test func aCrashIsToldBySignal() throws {
    let done = try call("kill -SEGV $$").run(timeoutNanoseconds: 30 * Self.seconds)
    #expect(done.ending == .killed("SIGSEGV (Segmentation fault)"))
  }

  @Test func aProgramThatCannotBeStartedSaysWhy() throws {
    let done = try ProgramCall("/nonexistent/program", [], leash: BuiltProgram.path)
      .run(timeoutNanoseconds: 30 * Self.seconds)
    #expect(done.ending == .exited(127))
    #expect(done.errors == "/nonexistent/program: not there; check the path\n")

    let unstarted = try ProgramCall("/bin/true", [], leash: "/nonexistent/leash")
      .run(timeoutNanoseconds: 30 * Self.seconds)
    guard case .notStarted(let error) = unstarted.ending else {
      Issue.record("\(unstarted.ending)")
      return
    }
    #expect(error.call == "posix_spawn")
  }

  /// Far more than a pipe holds: the program would wait for ever for somebody to read it.
  @Test func aTalkativeProgramIsReadToItsEndAndKeptInPart() throws {
    let done = try call("head -c 3000000 /dev/zero; echo end >&2")
      .run(timeoutNanoseconds: 30 * Self.seconds)
    #expect(done.ending == .exited(0))
    #expect(done.output.utf8.count == ProgramCall.mostBytes)
    #expect(done.errors == "end\n")
  }

  /// Its children go with it, those too that it does not wait for.
  @Test(arguments: ["sleep 1000", "sleep 1000 & sleep 1000", "trap '' TERM; sleep 1000 & wait"])
  func aProgramThatHangsIsEndedWithItsChildren(_ script: String) throws {
    let done = try call("echo $$; \(script)").run(timeoutNanoseconds: Self.seconds / 2)
    #expect(done.ending == .outOfTime)
    let group = try #require(pid_t(done.output.split(separator: "\n").first ?? ""))
    // What has been killed may take a moment to go.
    #expect(eventually(within: 20) { kill(-group, 0) != 0 && errno == ESRCH })
  }

  @Test func childrenThatAProgramLeavesBehindAreEnded() throws {
    let done = try call("echo $$; sleep 1000 &").run(timeoutNanoseconds: 30 * Self.seconds)
    #expect(done.ending == .exited(0))
    let group = try #require(pid_t(done.output.split(separator: "\n").first ?? ""))
    #expect(eventually(within: 20) { kill(-group, 0) != 0 && errno == ESRCH })
  }

  /// The program tidies up where it can, and goes where it does not.
  @Test(arguments: ["trap 'echo bye >$1; exit' TERM", "trap '' TERM"])
  func anInterruptEndsTheProgram(_ trap: String) throws {
    let folder = try TemporaryFolder()
    let started = "\(folder.path)/started"
    let interrupts = try Interrupts.open()
    let thread = Target(pthread_self())
    let signaller = Thread {
      _ = eventually(within: 20) { access(started, F_OK) == 0 }
      pthread_kill(thread.id, SIGINT)
    }
    signaller.start()
    let interruption = #expect(throws: Interruption.self) {
      try call(
        "\(trap); echo >$2; while :; do sleep 0.1; done", ["\(folder.path)/bye", started],
        interrupts: interrupts
      ).run(timeoutNanoseconds: 60 * Self.seconds)
    }
    #expect(interruption?.signal == SIGINT)
    #expect((access("\(folder.path)/bye", F_OK) == 0) == trap.contains("bye"))
    withExtendedLifetime(interrupts) {}
  }

  private struct Target: @unchecked Sendable {
    let id: pthread_t
    init(_ id: pthread_t) { self.id = id }
  }
}
