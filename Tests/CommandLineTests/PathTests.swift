import Foundation
import Glibc
import Testing

extension AtTheCommandLine {
  /// Paths that are no UTF-8, or hold what a terminal would obey, from the command line to the kernel.
  @Suite struct PathTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    /// Runs a shell script in which `$odd` is a name of many kinds of bytes and `$B` the program.
    private func shell(_ script: String, odd: String = Self.odd) throws -> Finished {
      let prelude = """
        B=$0; odd=$(printf '\(odd)x'); odd=${odd%x}
        one() { "$B" run --allow-debug-build --no-floors --mechanism pipe --pattern ping-pong --wait block \\
          --payload 64 --trials 1 --messages 200 --warmup 1ms "$@"; }

        """
      return try session.command(["bash", "-c", prelude + script, UserSession.ipcbench])
    }

    /// No UTF-8, cut-off UTF-8, an escape sequence and a line break.
    private static let odd = #"caf\351 \342\202 \033[31m\n"#

    @Test func aRunIsWrittenAndReadWhereItWasAskedFor() throws {
      let done = try shell(
        """
        set -e
        one --output "$odd/$(printf '\\314\\201') $odd" --quiet
        one --output="$odd/other" --quiet
        cd "$odd"
        for run in other *"$odd"; do
          "$B" answer "$run" >answer.txt
          "$B" compare "$run" "other" >compare.txt || test $? = 4
          "$B" export "$run" --format go >export.txt
        done
        "$B" report other --no-render
        test -s other/report/report.html
        "$B" compare "$PWD/other" other --fail-above 5% --export "json=$odd.json" --export "markdown=$odd.md" || test $? = 4
        grep -qF 'caf\\\\xE9 ' "$odd.json"
        test -s "$odd.md"
        cp other/trials.csv "$odd.csv"
        "$B" answer "$odd.csv" >answer.txt
        """)
      #expect(done.exitCode == 0, "\(done.errors)")
      #expect(!done.errors.contains("\u{1B}"))
    }

    @Test func whatIsNotThereIsNamedInOneLineOfText() throws {
      for command in ["answer", "compare $odd", "report", "export --format go"] {
        let done = try shell(#"set -- \#(command); "$B" "${@//'$odd'/$odd}" "$odd""#)
        #expect([64, 66].contains(done.exitCode), "\(command): \(done.errors)")
        #expect(!done.errors.contains("\u{1B}"))
      }
      let done = try shell(#""$B" answer "$odd""#)
      expectRefusal(done, 66, naming: #"caf\xE9 \xE2\x82 \x1B[31m\n"#)
      #expect(done.complaints.count == 1, "\(done.errors)")
    }

    @Test func theCommandLineIsKeptAsText() throws {
      let done = try shell(#"mkdir "$odd"; one --output "$odd/run" --quiet; mv "$odd/run" plain"#)
      #expect(done.exitCode == 0, "\(done.errors)")
      let words = try #require(try session.json("plain/run.json")["command_line"] as? [String])
      #expect(words.contains { $0.hasPrefix(#"caf\xE9 \xE2\x82 \x1B[31m\n"#) }, "\(words)")
    }

    @Test func theTemporaryFolderMayBearAnyName() throws {
      let done = try shell(
        """
        mkdir "$odd" && TMPDIR=$PWD/$odd one --mechanism fifo --output run --quiet && rmdir "$odd"
        """)
      #expect(done.exitCode == 0, "\(done.errors)")
      #expect(try session.table("run/trials.csv").column("status") == ["ok"])
    }

    @Test func anAbsentTemporaryFolderIsNamed() throws {
      let done = try shell(#"TMPDIR=/nowhere/$odd one --mechanism fifo --output run"#)
      expectRefusal(done, 69, naming: #"/nowhere/caf\xE9 \xE2\x82 \x1B[31m\n"#)
      #expect(!(done.output + done.errors).contains("\u{1B}"))
    }

    @Test func theWorkingFolderAndHomeMayBearAnyName() throws {
      let done = try shell(
        #"""
        mkdir "$odd" && cd "$odd" && HOME=$PWD one --quiet && ls results/*/trials.csv >/dev/null
        """#)
      #expect(done.exitCode == 0, "\(done.errors)")
    }

    @Test func aSuiteMayBearAnyName() throws {
      let done = try shell(
        #"""
        printf 'name: mine\nmatrix:\n  - mechanism: pipe\n' >"$odd.yaml"
        one --suite "./$odd.yaml" --output run --quiet
        """#)
      #expect(done.exitCode == 0, "\(done.errors)")
    }

    /// The suites lie beside the program, and workers are the program itself.
    @Test func theProgramMayLieAnywhere() throws {
      let done = try shell(
        #"""
        set -e
        mkdir -p "$odd/bin" "$odd/share/ipcbench/suites" && cp "$B" "$odd/bin/ipcbench"
        printf 'name: quick\nmatrix:\n  - mechanism: pipe\n' >"$odd/share/ipcbench/suites/quick.yaml"
        B=$odd/bin/ipcbench
        one --output run --quiet
        one --versus "$B" --output both --quiet
        """#)
      #expect(done.exitCode == 0, "\(done.errors)")
      #expect(session.names(in: "both") == ["base", "head"])
    }

    @Test func theRendererMayLieAnywhere() throws {
      let done = try shell(
        #"""
        set -e
        one --output run --quiet
        mkdir "$odd"; printf '#!/bin/sh\necho seen >&2; exit 69\n' >"$odd/python"; chmod +x "$odd/python"
        export IPCBENCH_VL_CONVERT=$PWD/$odd/python
        "$B" report run || test $? = 69
        """#)
      #expect(done.exitCode == 0, "\(done.errors)")
      #expect(done.errors.contains(#"caf\xE9 \xE2\x82 \x1B[31m\n"#), "\(done.errors)")
      #expect(done.errors.contains("seen"))
    }
  }

  /// Folders and links laid out to have the program write, remove or show something elsewhere.
  @Suite struct LinkTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private func measure() throws {
      let run = try session.run(UserSession.oneTrial + ["--output", "run", "--quiet"])
      try #require(run.exitCode == 0, "\(run.errors)")
      try FileManager.default.createDirectory(
        atPath: session.path("outside"), withIntermediateDirectories: false)
      try session.write("mine", to: "outside/precious.txt")
    }

    private func link(_ name: String) throws {
      try FileManager.default.createSymbolicLink(
        atPath: session.path(name), withDestinationPath: session.path("outside"))
    }

    private let manifest = #"""
      {"generator":"ipcbench report","runs":[],
        "files":["link/precious.txt","charts/trials.svg","charts/precious.txt","../outside/precious.txt"]}
      """#

    @Test func theListOfAReportRemovesNothingElsewhere() throws {
      try measure()
      try FileManager.default.createDirectory(
        atPath: session.path("run/report"), withIntermediateDirectories: false)
      try link("run/report/link")
      try session.write(manifest, to: "run/report/report.json")
      let report = try session.ipcbench("report", "--no-render", "run")
      #expect(report.exitCode == 0, "\(report.errors)")
      #expect(try session.text("outside/precious.txt") == "mine")
    }

    @Test(arguments: ["run/report", "run/report/charts"])
    func aReportIsNotWrittenThroughALink(name: String) throws {
      try measure()
      if name.hasSuffix("charts") {
        try FileManager.default.createDirectory(
          atPath: session.path("run/report"), withIntermediateDirectories: false)
        try session.write(manifest, to: "run/report/report.json")
      } else {
        try session.write(manifest, to: "outside/report.json")
      }
      try link(name)
      let before = session.names(in: "outside")
      expectRefusal(
        try session.ipcbench("report", "--no-render", "run"), 73, naming: name, "--output")
      #expect(session.names(in: "outside") == before)
      #expect(try session.text("outside/precious.txt") == "mine")
    }

    @Test func aPictureThatLaysThereIsNotShown() throws {
      try measure()
      try FileManager.default.createDirectory(
        atPath: session.path("run/report/charts"), withIntermediateDirectories: true)
      try session.write(
        #"{"generator":"ipcbench report","runs":[],"files":[]}"#, to: "run/report/report.json")
      try session.write(
        "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        to: "run/report/charts/trials.svg")
      let report = try session.ipcbench("report", "--no-render", "run")
      #expect(report.exitCode == 0, "\(report.errors)")
      let page = try session.text("run/report/report.html")
      #expect(!page.contains("alert(1)"))
      #expect(!page.contains("<img"))
      #expect(!page.contains("'unsafe-eval'"))
    }

    /// A run goes on in the folder that it has made, wherever that is by then.
    @Test func aRunStaysInItsFolder() throws {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial.dropLast(6) + [
          "--trials", "400", "--messages", "2000", "--warmup", "1ms", "--output", "run", "--quiet",
        ])
      try run.wait(for: "a row") {
        (try? session.text("run/trials.csv").split(separator: "\n").count) ?? 0 > 1
      }
      try FileManager.default.createDirectory(
        atPath: session.path("outside"), withIntermediateDirectories: false)
      try #require(rename(session.path("run"), session.path("moved")) == 0)
      try link("run")
      run.send(SIGTERM)
      let ended = try run.finish()
      #expect(ended.exitCode == 130, "\(ended.errors)")
      #expect(session.names(in: "outside") == [])
      #expect(session.names(in: "moved").contains("summary.csv"))
      #expect(try session.json("moved/run.json")["finished_utc"] != nil)
    }
  }
}
