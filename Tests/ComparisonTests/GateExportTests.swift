import Foundation
import Results
import Testing
import Trials

@testable import Comparison

/// The exports letter by letter; Tests/schema/check_exports.py reads the golden files with readers that
/// are not ours.
///
/// After an intended change: `IPCBENCH_REGENERATE_GOLDEN=1 swift test --filter GateExportTests` writes them
/// anew and still fails, so that nobody takes that for a test; read the difference, then commit it.
@Suite struct GateExportTests {
  @Test(arguments: ["gate.md", "gate.xml", "gate.json"])
  func everyKindOfRow(_ name: String) throws {
    let report = GateFixture.reportOfEveryKind
    let text =
      switch name {
      case "gate.md": GateMarkdown(report).text
      case "gate.xml": GateJUnit(report).text
      default: report.json.indentedText() + "\n"
      }
    try expectGolden(name, text)
  }

  // MARK: - Escaping

  @Test func whatXMLCannotHoldIsReplaced() {
    #expect(
      XMLText.escaped("a<b>&\"'\n\t\r\u{0}\u{1B}é\u{FFFE}")
        == "a&lt;b&gt;&amp;&quot;'&#10;&#9;&#13;\u{FFFD}\u{FFFD}é\u{FFFD}")
    #expect(XMLText.escaped("]]>") == "]]&gt;")
    // One character of two scalars for Swift, two for XML.
    #expect(XMLText.escaped("\r\n") == "&#13;&#10;")
  }

  @Test func markdownShowsTextAsItIs() {
    #expect(MarkdownText.escaped("a*b_c`d`[e](f)#~@") == ##"a\*b\_c\`d\`\[e\](f)\#\~\@"##)
    #expect(MarkdownText.escaped("<img src=x>&amp;") == "&lt;img src=x&gt;&amp;amp;")
    #expect(MarkdownText.escaped("a\r\nb\nc|d") == "a b c|d")
  }

  // MARK: - Limits

  @Test func manyRowsStayReadable() {
    let rows = (0..<500).map { number in
      GateFixture.row("m\(number)", ratio: 1.2, 1.1...1.3, verdict: .slower)
    }
    let text = GateMarkdown(GateFixture.report(rows)).text
    #expect(text.utf8.count < 65_536)
    #expect(text.contains("… and 480 more"))
    #expect(text.contains("… and 400 more"))
    #expect(text.contains("Regression in 500 of 500 rows"))
  }

  @Test func manyReasonsStayReadable() {
    let rows = (0..<500).map { number in
      GateFixture.row("mechanism-\(number)", ratio: 1.05, 0.98...1.13, p: 0.2)
    }
    let text = GateMarkdown(GateFixture.report(rows)).text
    #expect(text.utf8.count < 65_536)
    #expect(text.contains("Not decided: 500 rows"))
  }

  @Test func theVerdictComesFirst() {
    let heads: [(GateReport, String)] = [
      (
        GateFixture.report([GateFixture.row("a", ratio: 1, 0.99...1.01)]),
        "## ✅ ipcbench: no regression\n"
      ),
      (
        GateFixture.report([GateFixture.row("a", ratio: 2, 1.9...2.1)]),
        "## ❌ ipcbench: regression\n"
      ),
      (GateFixture.report([]), "## ⚠️ ipcbench: nothing could be judged\n"),
      (
        GateFixture.report([GateFixture.row("a", ratio: 2, nil, verdict: .notComparable)]),
        "## ⚠️ ipcbench: nothing could be judged\n"
      ),
      (
        GateFixture.report([
          GateFixture.row("a", ratio: 1, 0.99...1.01),
          GateFixture.row("b", ratio: 2, nil, verdict: .notComparable),
        ]), "## ⚠️ ipcbench: not comparable\n"
      ),
      (
        GateFixture.report([
          GateFixture.row("a", ratio: 1, 0.99...1.01), GateFixture.row("b", ratio: 2, nil),
        ]), "## ⚠️ ipcbench: inconclusive\n"
      ),
    ]
    for (report, head) in heads { #expect(GateMarkdown(report).text.hasPrefix(head)) }
  }

  /// Skipped tests are shown as green, and so is a suite without any.
  @Test func whatJudgedNothingIsAnErrorInJUnit() {
    for rows in [[], [GateFixture.row("a", ratio: 2, nil, verdict: .notComparable)]] {
      let report = GateFixture.report(rows)
      let text = GateJUnit(report).text
      #expect(text.contains("tests=\"\(rows.count + 1)\" failures=\"0\" errors=\"1\""), "\(text)")
      #expect(text.contains("<error type=\"undecided\" message=\"nothing could be judged: "))
      #expect(report.json.text.contains("\"decided\":false"))
    }
  }

  @Test func junitCountsWhatItLists() {
    let text = GateJUnit(GateFixture.reportOfEveryKind).text
    #expect(text.contains(#"tests="10" failures="3" errors="0" skipped="3""#))
    #expect(text.split(separator: "<testcase ").count - 1 == 10)
    #expect(text.split(separator: "<failure ").count - 1 == 3)
    #expect(text.split(separator: "<skipped ").count - 1 == 3)
  }

  @Test func jsonHasEveryDecisionAndWhatItWasMadeFrom() throws {
    let text = GateFixture.reportOfEveryKind.json.indentedText()
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["outcome"] as? String == "regression")
    #expect(object["significance"] as? Double == 0.01)
    let counts = try #require(object["counts"] as? [String: Int])
    #expect(counts == ["regression": 2, "pass": 3, "inconclusive": 2, "not comparable": 1])
    let together = try #require(object["together"] as? [[String: Any]])
    #expect(together.map { $0["outcome"] as? String } == ["regression", "pass"])
    #expect(together.last?["mechanism"] is NSNull)
    let rows = try #require(object["rows"] as? [[String: Any]])
    let stream = try #require(rows.first { $0["pattern"] as? String == "stream" })
    #expect(stream["outcome"] as? String == "regression")
    #expect(stream["slowdown_interval"] as? [Double] == [1 / 0.93, 1 / 0.87])
    #expect(stream["threshold"] as? Double == 0.05)
    let comparison = try #require(object["comparison"] as? [String: Any])
    #expect(try #require(comparison["rows"] as? [Any]).count == 9)
    #expect(
      try #require(comparison["base"] as? [String: Any])["name"] as? String == "a|b & <c>\n\u{1}*_`"
    )
  }
}
