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
    #expect(PageScripts.embeddable("'</script>' <!-- x\r\n") == "'<\\/script>' <\\!-- x\n")
    let json = JSON.object([JSON.Member("name", "</script><b>")])
    let embedded = HTML.json(HTML.JSONText(text: json.text)).text
    #expect(!embedded.contains("<"))
    #expect(embedded == "{\"name\":\"\\u003c/script>\\u003cb>\"}")
  }

  @Test func whatWouldNotBeSeenIsSpelledOut() {
    let piece: HTML = "<p>\("a\u{1B}b\u{202E}c")</p>"
    #expect(piece.text == #"<p>a\x1Bb\u{202E}c</p>"#)
  }
}

@Suite struct SHA256Tests {
  /// Examples of FIPS 180-4, and of both lengths at which the padding takes another block.
  @Test(arguments: [
    ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ("abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE="
    ),
    (String(repeating: "a", count: 55), "n0OQ+NMMLdkuyfCVtl4rmumwqSWlJY4kHJ8ekQ9zQxg="),
    (String(repeating: "a", count: 1000), "Qe3s5C1j6Nm/UVqbppMuHCDLyfWl0TRkWttdsblzfqM="),
  ])
  func itIsTheOneThatBrowsersKnow(text: String, digest: String) {
    #expect(Data(SHA256.digest(text.utf8)).base64EncodedString() == digest)
  }
}

@Suite struct EmbeddedPictureTests {
  @Test func aPictureIsAnImageWithThePagesColours() throws {
    let svg = "<?xml?><svg width=\"1\"><script>alert(1)</script></svg>"
    let source = EmbeddedPicture.source(of: svg)
    let prefix = "data:image/svg+xml;base64,"
    #expect(source.hasPrefix(prefix))
    let data = try #require(Data(base64Encoded: String(source.dropFirst(prefix.count))))
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.hasPrefix("<?xml?><svg width=\"1\"><style>"))
    #expect(text.hasSuffix("</style><script>alert(1)</script></svg>"))
  }

  @Test(arguments: ["<svg/>", "no picture", ""])
  func oneWithoutAPlaceForThemIsLeftAlone(svg: String) {
    #expect(EmbeddedPicture.themed(svg) == svg)
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
    #expect(page.contains("default-src &#39;none&#39;; script-src &#39;sha256-"))
    for pattern in [
      #"(?:src|href|action|data|poster)\s*=\s*["']?(?:https?:)?//"#, #"url\(\s*["']?https?:"#,
      "@import", "<link", "<iframe", "fetch\\(", "XMLHttpRequest", "https?://",
    ] {
      let found = try Regex(pattern).firstMatch(in: page)
      #expect(found == nil, "\(pattern): \(found?.output[0].substring ?? "")")
    }
  }

  /// All that the policy lets run is the page's own, whatever else would stand there.
  @Test func thePolicyNamesThePagesScriptsByTheirHashes() throws {
    for scripts in ["/* scripts */\r\n", nil] {
      let page = Self.page(of: [try DrawnRun.read()], scripts: scripts)
      let policy = try #require(
        page.firstMatch(of: /http-equiv="Content-Security-Policy" content="([^"]*)"/)
      ).output.1.replacing("&#39;", with: "'")
      let scriptSources = try #require(
        policy.split(separator: "; ").first { $0.hasPrefix("script-src ") })
      #expect(!scriptSources.contains("unsafe"))
      let own = page.matches(of: /(?s)<script>(.*?)<\/script>/)
      #expect(own.count == (scripts == nil ? 1 : 2))
      for script in own {
        let hash = Data(SHA256.digest(script.output.1.utf8)).base64EncodedString()
        #expect(policy.contains("'sha256-\(hash)'"))
      }
      #expect(policy.matches(of: /sha256-/).count == own.count)
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
      "<img src=\"data:image/svg+xml;base64,",
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
      try first.write(report.specifications)
      try Data("note".utf8).write(to: URL(fileURLWithPath: "\(place)/note.txt"))
      report.keepCharts(["cpu"])
      let second = try ReportFolder.prepare(at: place, charts: ["cpu"], runs: [run.name])
      try second.write(report.specifications)
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

  /// Where a report has put a folder of charts there may be a link by now, or in the place of all of it.
  @Test(arguments: ["report", "report/charts"])
  func aLinkIsNotFollowed(link: String) throws {
    try DrawnRun.withFolder { folder in
      let place = "\(folder)/report"
      let files = FileManager.default
      _ = try ReportFolder.prepare(at: place, charts: Self.charts, runs: [])
      try files.createDirectory(
        atPath: "\(folder)/outside/charts", withIntermediateDirectories: true)
      for name in ["latency.svg", "charts/latency.svg"] {
        try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(folder)/outside/\(name)"))
      }
      try files.copyItem(atPath: "\(place)/report.json", toPath: "\(folder)/outside/report.json")
      try files.removeItem(atPath: "\(folder)/\(link)")
      try files.createSymbolicLink(
        atPath: "\(folder)/\(link)", withDestinationPath: "\(folder)/outside")
      for path in [place, place + "/"] {
        let error = #expect(throws: ResultsError.self) {
          _ = try ReportFolder.prepare(at: path, charts: Self.charts, runs: [])
        }
        #expect(error?.kind == .cannotCreate)
      }
      #expect(
        Set(try files.subpathsOfDirectory(atPath: "\(folder)/outside"))
          == ["charts", "charts/latency.svg", "latency.svg", "report.json"])
    }
  }

  /// Only what a report can have written, and only files.
  @Test func aListThatWasTamperedWithRemovesNothingElse() throws {
    try DrawnRun.withFolder { folder in
      let place = "\(folder)/report"
      let files = FileManager.default
      try files.createDirectory(
        atPath: "\(place)/charts/cpu.svg", withIntermediateDirectories: true)
      try files.createSymbolicLink(
        atPath: "\(place)/link", withDestinationPath: "\(folder)/outside")
      try files.createDirectory(atPath: "\(folder)/outside", withIntermediateDirectories: false)
      let mine = [
        "outside/precious.txt", "outside/a.svg", "report/notes.txt", "report/charts/Mine.svg",
        "report/charts/a.txt",
      ]
      for name in mine {
        try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      let manifest = JSON.object([
        JSON.Member("generator", "ipcbench report"), JSON.Member("runs", []),
        JSON.Member(
          "files",
          [
            "link/precious.txt", "link/a.svg", "notes.txt", "charts/Mine.svg", "charts/a.txt",
            "charts/cpu.svg", "charts/../../outside/a.svg", "charts//a.txt", "charts/.svg", "",
          ]),
      ])
      try Data(manifest.text.utf8).write(to: URL(fileURLWithPath: "\(place)/report.json"))
      _ = try ReportFolder.prepare(at: place, charts: Self.charts, runs: [])
      for name in mine + ["report/charts/cpu.svg"] {
        #expect(files.fileExists(atPath: "\(folder)/\(name)"), "\(name)")
      }
    }
  }

  /// What somebody has put beside the charts is no chart of this report.
  @Test func onlyWhatWasDrawnNowIsInThePage() throws {
    let run = try DrawnRun.read()
    try DrawnRun.withFolder { folder in
      let place = "\(folder)/report"
      let report = Report([run])
      let names = report.charts.map(\.name)
      let made = try ReportFolder.prepare(at: place, charts: names, runs: [])
      for name in names {
        try Data("<svg><script>alert(1)</script></svg>".utf8)
          .write(to: URL(fileURLWithPath: "\(place)/charts/\(name).svg"))
      }
      let drawn = ChartPicture(svg: "<svg>drawn</svg>", png: Data())
      try made.writePage(
        report, pictures: [names[0]: drawn], scripts: nil, missingPicture: "Not drawn.")
      let page = try String(contentsOfFile: "\(place)/report.html", encoding: .utf8)
      #expect(!page.contains("alert(1)"))
      #expect(page.matches(of: /<img/).count == 1)
      #expect(page.contains(EmbeddedPicture.source(of: drawn.svg)))
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
