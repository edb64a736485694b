import Foundation
import Results
import Testing

@testable import Reporting

@Suite struct HTMLTests {
  @Test func textIsEscapedAndMarkupIsNot() {
    let text = #"a < b & "c" > 'd'"#
    let piece: HTML = "<p title=\"\(text)\">\(text)</p>"
    let escaped = "a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;"
    #expect(piece.text == "<p title=\"\(escaped)\">\(escaped)</p>")
  }

  @Test func scriptsCannotEndTheirElement() {
    #expect(HTML.script("'</script>' <!-- x").text == "'<\\/script>' <\\!-- x")
    let json = JSON.object([JSON.Member("name", "</script><b>")])
    let embedded = HTML.json(HTML.JSONText(text: json.text)).text
    #expect(!embedded.contains("<"))
    #expect(embedded == "{\"name\":\"\\u003c/script>\\u003cb>\"}")
  }

  @Test func namesWithinAPictureAreTheCharts() {
    let svg = "<?xml?><svg><clipPath id=\"clip0\"/><g clip-path=\"url(#clip0)\"/></svg>"
    #expect(
      InlineDrawing.text(of: svg, named: "cpu")
        == "<svg><clipPath id=\"cpu-clip0\"/><g clip-path=\"url(#cpu-clip0)\"/></svg>")
  }
}

@Suite struct PageTests {
  private static func page(
    of runs: [ReportRun], scripts: String? = "/* scripts */", drawings: [String: String] = [:]
  ) -> String {
    let report = Report(
      runs,
      answers: [
        ReportSection(
          name: "answer", title: "The answer", paragraphs: ["It is <complicated>."],
          tables: [TextTable(title: "T", columns: [TextTable.Column("a")], rows: [["<x>"]])])
      ])
    return ReportPage(
      title: report.title, runs: runs, sections: report.sections, drawings: drawings,
      scripts: scripts, missingPicture: "Not drawn."
    ).text
  }

  /// Nothing that a browser would fetch, and a policy that forbids it.
  @Test func thePageLoadsNothing() throws {
    let run = try DrawnRun.read()
    let page = Self.page(of: [run])
    #expect(page.contains("default-src &#39;none&#39;; script-src"))
    for pattern in [
      #"(?:src|href|action|data|poster)\s*=\s*["']?(?:https?:)?//"#, #"url\(\s*["']?https?:"#,
      "@import", "<link", "<iframe", "<img", "fetch\\(", "XMLHttpRequest", "https?://",
    ] {
      let found = try Regex(pattern).firstMatch(in: page)
      #expect(found == nil, "\(pattern): \(found?.output[0].substring ?? "")")
    }
  }

  @Test func whatComesFromOutsideIsEscaped() throws {
    let run = try DrawnRun.read()
    let page = Self.page(of: [run])
    #expect(!page.contains(DrawnRun.evilName))
    #expect(!page.contains("<script>alert"))
    #expect(page.contains("&lt;/script&gt;&lt;script&gt;alert(&quot;1 &amp; &#39;one&#39;&quot;)"))
    #expect(page.contains("It is &lt;complicated&gt;."))
    // As many elements end as begin.
    #expect(page.matches(of: /<script/).count == page.matches(of: /<\/script>/).count)
  }

  @Test func thePageHasItsPartsAndTheirNames() throws {
    let run = try DrawnRun.read()
    let page = Self.page(of: [run], drawings: ["latency": "<svg id=\"a\"></svg>"])
    for part in [
      "<html lang=\"en\">", "name=\"viewport\"", "prefers-color-scheme: dark", "@media print",
      "<h1>", "id=\"answer\"", "<figure id=\"chart-latency\"", "<figcaption>", "aria-label=",
      "<th scope=\"col\"", "<th scope=\"row\"", "<footer>", "abc1234", "Linux 6.12.0",
      "<svg id=\"latency-a\">",
    ] {
      #expect(page.contains(part), "\(part)")
    }
    let anchors = page.matches(of: /href="#([a-z0-9-]+)"/).map { String($0.output.1) }
    #expect(!anchors.isEmpty)
    for anchor in anchors { #expect(page.contains("<h2 id=\"\(anchor)\">"), "\(anchor)") }
  }

  @Test func withoutARendererItSaysSo() throws {
    let run = try DrawnRun.read()
    let page = Self.page(of: [run], scripts: nil)
    #expect(page.contains("Not drawn."))
    #expect(!page.contains("vegaEmbed"))
    #expect(!page.contains("application/json"))
  }

  @Test func specificationsInThePageAreWhole() throws {
    let run = try DrawnRun.read()
    let page = Self.page(of: [run])
    let specifications = page.matches(of: /<script type="application\/json">(.*)<\/script>/)
    #expect(specifications.count == Report([run]).charts.count)
    for specification in specifications {
      let value =
        try JSONSerialization.jsonObject(
          with: Data(specification.output.1.utf8)) as? [String: Any]
      #expect(value?["vconcat"] != nil)
    }
  }
}

@Suite struct ReportFolderTests {
  private static let charts = ["latency"]

  @Test func aFolderOfSomethingElseIsLeftAlone() throws {
    try withTemporaryFolder { folder in
      try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(folder)/report.html"))
      let error = #expect(throws: ResultsError.self) {
        try ReportFolder.prepare(at: folder, charts: Self.charts, runs: [])
      }
      #expect(error?.kind == .cannotCreate)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["report.html"])
    }
  }

  @Test func aFileIsNoFolder() throws {
    try withTemporaryFolder { folder in
      try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(folder)/file"))
      let error = #expect(throws: ResultsError.self) {
        try ReportFolder.prepare(at: "\(folder)/file", charts: Self.charts, runs: [])
      }
      #expect(error?.kind == .cannotCreate)
    }
  }

  /// What is gone from the report goes; what somebody else put there stays.
  @Test func aReportIsRemadeInItsOwnFolder() throws {
    let run = try DrawnRun.read()
    try withTemporaryFolder { folder in
      let place = "\(folder)/report"
      var report = Report([run])
      report.keepCharts(["cpu", "floor"])
      let first = try ReportFolder.prepare(at: place, charts: ["cpu", "floor"], runs: [run.name])
      try first.write(report.charts, footer: [run.footer])
      try Data("note".utf8).write(to: URL(fileURLWithPath: "\(place)/note.txt"))
      report.keepCharts(["cpu"])
      let second = try ReportFolder.prepare(at: place, charts: ["cpu"], runs: [run.name])
      try second.write(report.charts, footer: [run.footer])
      try second.writePage(report, scripts: nil, missingPicture: "Not drawn.")
      #expect(
        Set(try FileManager.default.contentsOfDirectory(atPath: place))
          == ["charts", "note.txt", "report.html", "report.json"])
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: "\(place)/charts") == ["cpu.vl.json"])
    }
  }

  /// A list that was tampered with removes nothing outside of the folder.
  @Test func nothingOutsideIsRemoved() throws {
    try withTemporaryFolder { folder in
      let outside = "\(folder)/outside"
      try Data("mine".utf8).write(to: URL(fileURLWithPath: outside))
      let place = "\(folder)/report"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
      let manifest = JSON.object([
        JSON.Member("generator", "ipcbench report"), JSON.Member("runs", []),
        JSON.Member("files", [.string(outside), "../outside", "charts/../../outside"]),
      ])
      try Data(manifest.text.utf8).write(to: URL(fileURLWithPath: "\(place)/report.json"))
      _ = try ReportFolder.prepare(at: place, charts: Self.charts, runs: [])
      #expect(FileManager.default.fileExists(atPath: outside))
    }
  }

  @Test(arguments: [("trials.csv", "report"), ("a/b.csv", "a/report"), ("/a/b.csv", "/a/report")])
  func ofAFileItIsBeside(path: String, expected: String) {
    #expect(ReportFolder.defaultPath(forRun: path) == expected)
  }

  @Test func ofAFolderItIsWithin() throws {
    try withTemporaryFolder { folder in
      #expect(ReportFolder.defaultPath(forRun: folder) == "\(folder)/report")
      #expect(ReportFolder.defaultPath(forRun: folder + "/") == "\(folder)/report")
    }
  }
}
