import Foundation
import Glibc
import Testing

private let canMount = UserSession.canRun("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt")

extension AtTheCommandLine {
  /// A remedy is one for the cause at hand.
  @Suite struct RemedyTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private func limited(_ limit: String, _ words: [String]) -> [String] {
      ["sh", "-c", "ulimit \(limit) && exec \"$@\"", "sh"] + words
    }

    @Test func tooFewDescriptorsAreNotBlamedOnTheSystemFiles() throws {
      let run = UserSession.runCommand + UserSession.oneTrial
      // The fewest are too few for hwloc, more for trials, were they begun.
      for count in 4...12 {
        let refused = try session.command(limited("-n \(count)", run))
        // Too few even for the libraries to be loaded.
        if refused.exitCode == 127 && count < 8 { continue }
        expectRefusal(refused, 69, naming: "Too many open files", "ulimit -n 1024")
        #expect(!refused.errors.contains("/sys") && !refused.errors.contains("--output"))
      }
      #expect(session.names(in: "results") == [])
      let doctor = try session.command(limited("-n 48", [UserSession.ipcbench, "doctor"]))
      #expect(doctor.output.contains("warning  open-files: "))
      #expect(doctor.output.contains("$ ulimit -n 1024"))
    }

    @Test func linksInACircleAndFoldersAreCalledThat() throws {
      try #require(symlink("loop", session.path("loop")) == 0)
      for command in [["compare", "loop", "loop"], ["answer", "loop"], ["report", "loop"]] {
        let refused = try session.command([UserSession.ipcbench] + command)
        expectRefusal(refused, 66, naming: "loop", "links lead in a circle", "namei")
        #expect(!refused.errors.contains("disk"))
      }
      let made = try session.run(UserSession.oneTrial + ["--output", "run"])
      #expect(made.exitCode == 0, "\(made.errors)")
      try FileManager.default.removeItem(atPath: session.path("run/run.json"))
      try FileManager.default.createDirectory(
        atPath: session.path("run/run.json"), withIntermediateDirectories: false)
      for command in [["compare", "run", "run"], ["answer", "run"]] {
        let refused = try session.command([UserSession.ipcbench] + command)
        expectRefusal(refused, 65, naming: "run/run.json", "folder")
        #expect(!refused.errors.contains("disk"))
      }
    }

    /// What a run keeps is no comfort to who makes a report.
    @Test(.enabled(if: canMount, "takes the right to mount"))
    func aFullDiskIsSaidOfWhatIsWritten() throws {
      let made = try session.run(UserSession.oneTrial + ["--output", "run"])
      #expect(made.exitCode == 0, "\(made.errors)")
      let script = """
        mkdir -p disk && mount -t tmpfs -o size=64k none disk && cp -r run disk/run || exit 99
        cat /dev/zero >disk/filler 2>/dev/null
        "$@"; code=$?
        umount disk; exit $code
        """
      let program = UserSession.ipcbench
      let exporting = [
        "compare", "run", "run", "--fail-above", "5%", "--force", "--export", "json=disk/gate.json",
      ]
      for command in [["report", "disk/run", "--no-render"], exporting] {
        let full = try session.command(
          ["unshare", "-m", "sh", "-c", script, "sh", program] + command)
        #expect(full.exitCode == 74, "\(full.errors)")
        #expect(full.errors.contains("disk/") && full.errors.contains("free space"))
        #expect(!full.errors.contains("rows before"), "\(full.errors)")
      }
    }
  }
}
