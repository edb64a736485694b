import Foundation
import Glibc
import Testing

private let canMount = UserSession.canRun("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt")

extension AtTheCommandLine {
  /// What cannot be written is refused before the work, and what is tried for that leaves nothing.
  @Suite struct EarlyRefusalTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    /// Peaks and floors of so many trials would take longer than a test may.
    private static let longRun =
      UserSession.runCommandWithFloors + [
        "--pattern", "paced", "--mechanism", "all", "--payload", "64..1MiB", "--duration", "5s",
      ]

    @Test func anOutputThatCannotBeMadeIsRefusedAtOnce() throws {
      try session.write("", to: "file")
      for (place, words) in [
        ("/proc/none/x", ["/proc/none", "--output"]), ("file", ["exists already"]),
        ("file/x", ["is a file, not a folder"]),
      ] {
        let refused = try session.command(Self.longRun + ["--output", place])
        expectRefusal(refused, 73, naming: words[0], "another --output")
      }
      let versus = try session.command(
        Self.longRun + ["--versus", UserSession.ipcbench, "--output", "/proc/none/x"])
      expectRefusal(versus, 73, naming: "/proc/none", "another --output")
      #expect(session.names(in: ".") == ["file", "tmp"])
    }

    @Test(.enabled(if: canMount, "takes the right to mount"))
    func aDiskThatIsFullIsSaidAtOnce() throws {
      let script = """
        mkdir disk && mount -t tmpfs -o size=16k none disk || exit 99
        cat /dev/zero >disk/filler 2>/dev/null
        "$@" --output disk/run; code=$?
        ls -A disk >left; umount disk; exit $code
        """
      let refused = try session.command(["unshare", "-m", "sh", "-c", script, "sh"] + Self.longRun)
      expectRefusal(refused, 74, naming: "disk/run: no room to start a run", "nothing is kept")
      #expect(try session.text("left") == "filler\n")
    }

    @Test func tryingAPlaceLeavesNothingOfItsOwn() throws {
      // Refused after the place was tried.
      let run = try session.command(
        ["env", "TMPDIR=/nowhere"] + UserSession.runCommand + UserSession.oneTrial
          + ["--idle-policy", "poll", "--output", "a/b/run"])
      if run.exitCode != 0 { #expect(session.names(in: ".") == ["tmp"], "\(run.errors)") }
      let made = try session.run(UserSession.oneTrial + ["--output", "c/d/run"])
      #expect(made.exitCode == 0, "\(made.errors)")
      #expect(session.names(in: "c/d") == ["run"])
    }

    /// The run is looked at after the place: it need not even be one.
    @Test func reportsAndExportsTryTheirPlaceFirst() throws {
      try session.write("", to: "file")
      expectRefusal(
        try session.ipcbench("report", "none", "--output", "/proc/none/x"), 73,
        naming: "/proc/none", "--output")
      expectRefusal(
        try session.ipcbench("report", "none", "--output", "file"), 73, naming: "file: is a file")
      for (file, code) in [("/proc/none/x", Int32(73)), (session.folder, 73)] {
        expectRefusal(
          try session.ipcbench(
            "compare", "none", "none", "--fail-above", "5%", "--export", "markdown=\(file)"), code,
          naming: "--export markdown=\(file)", "another file")
      }
      expectRefusal(
        try session.ipcbench(
          "compare", "file", "file", "--fail-above", "5%", "--noise", "missing"), 66,
        naming: "missing: not there")
      #expect(session.names(in: ".") == ["file", "tmp"])
    }
  }
}
