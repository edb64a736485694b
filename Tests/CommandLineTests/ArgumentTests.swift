import Foundation
import Testing

extension AtTheCommandLine {
  /// What was asked for is never taken for a bare call, which the general help answers with exit code 0.
  @Suite struct ArgumentTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private static let withoutProc = [
      "unshare", "-m", "sh", "-c", #"umount -l /proc && exec "$@""#, "sh",
    ]
    private static let canUnmountProc =
      (try? UserSession().command(withoutProc + ["true"]))?
      .exitCode == 0

    @Test(.enabled(if: canUnmountProc, "this user may not unmount /proc for itself"))
    func noneIsLostWhereNothingIsMountedOnProc() throws {
      let gate = [UserSession.ipcbench, "compare", "/none", "/none", "--fail-above", "5%"]
      expectRefusal(try session.command(Self.withoutProc + gate), 66, naming: "/none: not there")
      let run = try session.command(
        Self.withoutProc + UserSession.runCommand + UserSession.oneTrial)
      #expect(run.exitCode == 69, "\(run.errors)")
      #expect(run.output == "")
      for command in ["list", "doctor", "selftest", "report", "answer", "recommend", "export"] {
        let help = try session.command(
          Self.withoutProc + [UserSession.ipcbench, command, "--help"])
        #expect(help.exitCode == 0, "\(help.errors)")
        #expect(help.output.contains("USAGE: ipcbench \(command)"), "\(help.output)")
      }
    }

    @Test(.enabled(if: Preload.isPossible, "no C compiler"))
    func noneIsLostWhereALibraryHasMovedTheEnvironment() throws {
      let moved = """
        #include <stdlib.h>
        __attribute__((constructor)) static void move(void) { setenv("MOVED", "1", 1); }
        """
      let preloaded = try Preload.words(moved, in: session)
      expectRefusal(
        try session.command(
          preloaded + [UserSession.ipcbench, "compare", "/none", "/none", "--fail-above", "5%"]),
        66, naming: "/none: not there")
      // Workers and their driver, and a program on its leash.
      let run = try session.command(
        preloaded + UserSession.runCommand + UserSession.oneTrial
          + ["--versus", UserSession.ipcbench, "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      for side in ["base", "head"] {
        #expect(try session.table("run/\(side)/trials.csv").column("status") == ["ok"])
      }
    }

    /// They are what the kernel was given, empty words and all.
    @Test func aRunRecordsThemAll() throws {
      let words = UserSession.oneTrial + ["--output", "run", "--seed", "7"]
      let run = try session.run(words)
      #expect(run.exitCode == 0, "\(run.errors)")
      let recorded = try session.json("run/run.json")["command_line"] as? [String]
      #expect(recorded == UserSession.runCommand + words)
      expectRefusal(try session.ipcbench("", "list"), 64, naming: "''", "ipcbench --help")
    }
  }
}
