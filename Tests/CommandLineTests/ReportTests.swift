import Foundation
import Glibc
import Testing

extension AtTheCommandLine {
  @Suite struct ReportTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    /// A run of two sizes and two ways to wait.
    private func measure(_ name: String = "run") throws {
      let run = try session.run([
        "--mechanism", "pipe,shm-ring", "--pattern", "ping-pong", "--wait", "block,spin",
        "--payload", "64,4KiB", "--trials", "3", "--messages", "300", "--warmup", "1ms",
        "--output", name,
      ])
      #expect(run.exitCode == 0, "\(run.errors)")
    }

    /// `ipcbench report` with a program in the renderer's place.
    private func report(_ arguments: String..., renderer: String) throws -> Finished {
      try session.command(
        ["env", "IPCBENCH_VL_CONVERT=\(renderer)", UserSession.ipcbench, "report"] + arguments)
    }

    private static let drawn = "<svg><title>drawn</title></svg>"

    /// A program that draws as the renderer does, only worse; it fails at a chart of this name.
    private func makeRenderer(failingAt name: String = "none") throws -> String {
      let path = session.path("renderer")
      let script = """
        #!/bin/sh
        shift 3
        given=$(cat)
        for name in "$@"; do
          if [ "$name" = '\(name)' ]; then echo "$name: cannot draw this" >&2; exit 1; fi
          case $given in *"\\"$name\\":"*) ;; *) exit 2 ;; esac
          echo '{"chart":"'"$name"'","svg":"\(Self.drawn)","png":"iVBORw0KGgo="}'
        done
        echo '{"scripts":"window.vegaEmbed = null;"}'

        """
      try session.write(script, to: "renderer")
      try #require(chmod(path, 0o755) == 0)
      return path
    }

    // MARK: - What it writes

    @Test func aReportHasAPageAndThreeFilesAChart() throws {
      try measure()
      let report = try report("run", renderer: makeRenderer())
      #expect(report.exitCode == 0, "\(report.errors)")
      #expect(report.errors == "")
      #expect(report.output == "run/report/report.html\n")
      #expect(session.names(in: "run/report") == ["charts", "report.html", "report.json"])
      let charts = session.names(in: "run/report/charts")
      for chart in ["latency", "percentiles", "speed-up", "cpu", "trials"] {
        for kind in ["png", "svg", "vl.json"] { #expect(charts.contains("\(chart).\(kind)")) }
        let specification = try session.json("run/report/charts/\(chart).vl.json")
        #expect((specification["$schema"] as? String)?.hasSuffix("vega-lite/v5.json") == true)
      }
      let page = try session.text("run/report/report.html")
      #expect(page.matches(of: /<img src="data:image\/svg\+xml;base64,/).count == charts.count / 3)
      #expect(try session.text("run/report/charts/latency.svg") == Self.drawn)
      #expect(page.contains("window.vegaEmbed = null;"))
      #expect(page.contains("DEBUG BUILD"))
    }

    @Test func aReportIsMadeAgainInItsOwnFolderOnly() throws {
      try measure()
      let renderer = try makeRenderer()
      #expect(try report("run", renderer: renderer).exitCode == 0)
      let again = try report("run", "--only", "cpu", renderer: renderer)
      #expect(again.exitCode == 0, "\(again.errors)")
      #expect(session.names(in: "run/report/charts") == ["cpu.png", "cpu.svg", "cpu.vl.json"])
      try FileManager.default.createDirectory(
        atPath: session.path("mine"), withIntermediateDirectories: false)
      try session.write("mine", to: "mine/report.html")
      expectRefusal(
        try report("run", "--output", "mine", renderer: renderer), 73, naming: "mine", "--output")
      #expect(try session.text("mine/report.html") == "mine")
      expectRefusal(
        try report("run", "--output", "run", renderer: renderer), 73, naming: "run", "--output")
    }

    @Test func severalRunsShareAReport() throws {
      try measure("first")
      try measure("second")
      let report = try report("first", "second", "--output", "both", renderer: makeRenderer())
      #expect(report.exitCode == 0, "\(report.errors)")
      let page = try session.text("both/report.html")
      for name in ["first", "second"] {
        let id = try #require(try session.json("\(name)/run.json")["run_id"] as? String)
        #expect(page.contains(id))
      }
      #expect(session.names(in: "first").contains("report") == false)
    }

    @Test func aBareFileOfTrialsIsEnough() throws {
      try measure()
      try session.write(try session.text("run/trials.csv"), to: "copy.csv")
      let report = try report("copy.csv", renderer: makeRenderer())
      #expect(report.exitCode == 0, "\(report.errors)")
      #expect(report.output == "report/report.html\n")
      #expect(try session.text("report/report.html").contains("host unknown"))
    }

    @Test func theListSaysWhatThereIsAndWhyNotTheRest() throws {
      try measure()
      let list = try session.ipcbench("report", "run", "--list")
      #expect(list.exitCode == 0)
      #expect(list.output.contains(/latency +yes +Round trip/))
      #expect(list.output.contains(/throughput +no .*no stream trials/))
      #expect(!session.names(in: "run").contains("report"))
    }

    @Test func everyPairOfCoresMakesAMap() throws {
      let run = try session.run([
        "--mechanism", "floor-bounce-1", "--pattern", "ping-pong", "--wait", "spin",
        "--payload", "64", "--placement", "every-pair", "--trials", "1", "--messages", "300",
        "--warmup", "1ms", "--output", "run",
      ])
      guard run.exitCode == 0 else {
        // A host with one CPU has no pair.
        expectRefusal(run, 69, naming: "every-pair")
        return
      }
      let rows = try session.table("run/trials.csv").rows
      let pairs = Set(rows.map { [$0["producer_core"], $0["consumer_core"]] })
      #expect(pairs.count == rows.count)
      #expect(pairs.allSatisfy { pairs.contains($0.reversed()) && $0[0] != $0[1] })
      let report = try report("run", "--only", "cores", renderer: makeRenderer())
      #expect(report.exitCode == 0, "\(report.errors)")
    }

    // MARK: - Without a renderer

    @Test func aMissingRendererLeavesSpecificationsAndSaysHowToGetOne() throws {
      try measure()
      let report = try report("run", renderer: "/nowhere/python3")
      #expect(report.exitCode == 69)
      #expect(report.complaints.count == 2, "\(report.errors)")
      #expect(report.errors.contains("/nowhere/python3"))
      #expect(report.errors.contains("install it: "))
      #expect(session.names(in: "run/report/charts").contains("latency.vl.json"))
      #expect(!session.names(in: "run/report/charts").contains { $0.hasSuffix(".svg") })
      #expect(try session.text("run/report/report.html").contains("there was no renderer"))
    }

    @Test func noRenderAsksForNone() throws {
      try measure()
      let report = try report("run", "--no-render", renderer: "/nowhere/python3")
      #expect(report.exitCode == 0)
      #expect(report.errors == "")
      #expect(session.names(in: "run/report/charts").contains("latency.vl.json"))
    }

    @Test func aChartThatCannotBeDrawnIsNamed() throws {
      try measure()
      let report = try report("run", renderer: makeRenderer(failingAt: "cpu"))
      #expect(report.exitCode == 1)
      #expect(report.complaints.count == 2, "\(report.errors)")
      #expect(report.errors.contains("cpu: cannot draw this"))
      #expect(session.names(in: "run/report").contains("report.html"))
    }

    // MARK: - Refusals

    @Test func whatIsNoRunIsRefused() throws {
      try session.write("mechanism\npipe\n", to: "other.csv")
      expectRefusal(try session.ipcbench("report", "absent"), 66, naming: "absent")
      expectRefusal(try session.ipcbench("report", "other.csv"), 65, naming: "other.csv")
      expectRefusal(try session.ipcbench("report"), 64, naming: "run", "report --help")
    }

    @Test func aRunWithoutTrialsIsRefused() throws {
      try measure()
      let header = try #require(try session.text("run/trials.csv").split(separator: "\n").first)
      try session.write("\(header)\n", to: "empty.csv")
      expectRefusal(
        try session.ipcbench("report", "empty.csv"), 65, naming: "empty.csv", "no trials")
    }

    @Test func chartsThatAreNotThereAreRefusedWithTheReason() throws {
      try measure()
      expectRefusal(
        try session.ipcbench("report", "run", "--only", "latancy"), 64,
        naming: "latancy", "did you mean 'latency'?")
      expectRefusal(
        try session.ipcbench("report", "run", "--only", "throughput"), 64,
        naming: "throughput", "no stream trials")
      #expect(!session.names(in: "run").contains("report"))
    }

    // MARK: - The real renderer

    /// Where `scripts/setup --with-report` put it, in the checkout that holds the tests.
    private static let realRenderer =
      UserSession.ipcbench.components(separatedBy: "/.build").first.map {
        "\($0)/.venv-report/bin/python3"
      } ?? ""

    @Test(.enabled(if: access(realRenderer, X_OK) == 0))
    func everyChartIsDrawnAsAPicture() throws {
      try measure()
      let report = try report("run", renderer: Self.realRenderer)
      #expect(report.exitCode == 0, "\(report.errors)")
      let names = session.names(in: "run/report/charts")
      let charts = names.filter { $0.hasSuffix(".vl.json") }.map { String($0.dropLast(8)) }
      #expect(charts.count >= 5)
      for chart in charts {
        #expect(try session.text("run/report/charts/\(chart).svg").hasPrefix("<svg"))
        let picture = try Data(
          contentsOf: URL(fileURLWithPath: session.path("run/report/charts/\(chart).png")))
        #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      }
      let page = try session.text("run/report/report.html")
      #expect(page.contains("vegaEmbed"))
      #expect(page.matches(of: /<script/).count == page.matches(of: /<\/script>/).count)
    }
  }
}
