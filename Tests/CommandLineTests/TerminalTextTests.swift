import Foundation
import Glibc
import Testing

extension AtTheCommandLine {
  /// Whatever data says, a terminal gets text.
  @Suite struct TerminalTextTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    /// What would clear a screen, begin a sequence in one byte's place, turn text round, and begin a line.
    private static let evil = "evil\u{1B}[2J\u{9B}1m\u{202E}\u{2066}\u{7F}\u{8}"

    /// - Parameter tabs: Whether they belong to the format.
    private func expectText(
      _ finished: Finished, _ what: String, tabs: Bool = false,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      for text in [finished.output, finished.errors] {
        let found = text.unicodeScalars.filter { scalar in
          scalar.value < 0x20 && scalar != "\n" && !(tabs && scalar == "\t")
            || (0x7F...0x9F).contains(scalar.value)
            || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
        }
        #expect(
          found.isEmpty, "\(what): \(text.debugDescription)", sourceLocation: sourceLocation)
      }
    }

    /// A run whose mechanism bears such a name, once with a trial that failed with such an error.
    private func measureAndTamper() throws {
      let run = try session.run(
        UserSession.oneTrial.dropLast(6) + [
          "--trials", "7", "--messages", "200", "--warmup", "1ms", "--output", "run", "--quiet",
        ])
      try #require(run.exitCode == 0, "\(run.errors)")
      let rows = try session.text("run/trials.csv")
      try session.write(rows.replacing(",pipe,", with: ",\(Self.evil),"), to: "run/trials.csv")
      let facts = try session.text("run/run.json")
      let host = try #require(
        (try session.json("run/run.json")["host"] as? [String: Any])?["cpu_model"] as? String)
      try session.write(
        facts.replacing("\"\(host)\"", with: #""evil\u001b[2J\u009b\u202e\n""#), to: "run/run.json")
    }

    @Test func namesInARunAreShownAsText() throws {
      try measureAndTamper()
      for command in [
        ["answer", "run"], ["answer", "run", "--format", "markdown"],
        ["compare", "run", "run"], ["compare", "run", "run", "--format", "markdown"],
        ["compare", "run", "run", "--fail-above", "5%", "--export", "markdown=-"],
        ["recommend", "run", "--payload", "64"],
        ["recommend", "run", "--payload", "64", "--format", "markdown"],
        ["recommend", "run", "--payload", "64", "--format", "json"],
        ["report", "run", "--list"], ["export", "run", "--format", "go"],
        ["export", "run", "--format", "bencher"],
      ] {
        let done = try session.command([UserSession.ipcbench] + command)
        #expect(done.exitCode != 1 && done.exitCode != nil, "\(command): \(done.errors)")
        expectText(done, command.joined(separator: " "), tabs: command.contains("go"))
      }
    }

    @Test func thePageSpellsItOut() throws {
      try measureAndTamper()
      let report = try session.ipcbench("report", "run", "--no-render")
      // A reader that refuses such a name is as good.
      guard report.exitCode == 0 else { return #expect(report.exitCode == 65, "\(report.errors)") }
      let page = try session.text("run/report/report.html")
      #expect(!page.contains("\u{1B}") && !page.contains("\u{9B}") && !page.contains("\u{202E}"))
    }

    @Test func valuesOfOptionsAreShownAsText() throws {
      for words in [
        ["run", "--payload", Self.evil], ["run", "--mechanism", Self.evil],
        ["run", "--\(Self.evil)"],
        ["run", "--allow-debug-build", "--suite", Self.evil], [Self.evil], ["answer", Self.evil],
        ["list", Self.evil],
        ["compare", "a", "b", "--metric", Self.evil],
        ["run", "--allow-debug-build", "--versus", Self.evil],
      ] {
        let done = try session.command([UserSession.ipcbench] + words)
        #expect(done.exitCode != 0)
        #expect(done.errors.contains("evil"), "\(words): \(done.errors)")
        expectText(done, "\(words)")
      }
    }

    /// What another program says goes into a message and into a row.
    @Test func whatAnotherBuildSaysIsShownAsText() throws {
      let script = """
        #!/bin/sh
        if [ "$1" = list ]; then exec '\(UserSession.ipcbench)' "$@"; fi
        printf 'ipcbench: evil\\033[2J\\302\\233\\342\\200\\256\\r\\n' >&2
        exit 1

        """
      try session.write(script, to: "other")
      try #require(chmod(session.path("other"), 0o755) == 0)
      let done = try session.run(
        UserSession.oneTrial + ["--versus", session.path("other"), "--output", "both"])
      #expect(done.exitCode == 69, "\(done.errors)")
      #expect(done.errors.contains(#"evil\x1B[2J\u{9B}\u{202E}"#), "\(done.errors)")
      expectText(done, "--versus")
    }

    @Test func aNameOfSeveralLinesStaysInItsCell() throws {
      let run = try session.run(UserSession.oneTrial + ["--output", "run", "--quiet"])
      try #require(run.exitCode == 0, "\(run.errors)")
      let rows = try session.text("run/trials.csv")
      try session.write(
        rows.replacing(",pipe,", with: ",\"a\n| b\n\","), to: "run/trials.csv")
      for format in ["text", "markdown"] {
        let done = try session.ipcbench("answer", "run", "--format", format)
        #expect(!done.output.contains("\n| b\n"), "\(done.output)")
      }
    }
  }
}
