import Results
import Trials

/// What the gate says as a JUnit report, which CI servers show as tests: a test case a gated row, and one for
/// each mechanism's rows together. A regression fails, and what could not be decided is skipped with the reason.
///
/// There is no one standard: the elements are those that Jenkins' schema
/// (<https://github.com/jenkinsci/xunit-plugin>, junit-10.xsd) and GitLab
/// (<https://docs.gitlab.com/ci/testing/unit_test_reports/>) both know. GitLab shows an element's text and
/// not its message, so that both have the reason.
package struct GateJUnit: Sendable {
  private let report: GateReport
  private let names: RowNames

  package init(_ report: GateReport) {
    self.report = report
    names = RowNames(report.comparison)
  }

  /// With its last newline.
  package var text: String {
    let errors = report.isUndecided ? 1 : 0
    let tests = report.rows.count + report.pools.count + errors
    let failures = report.rows(.regression).count + report.poolsOfRegression.count
    let skipped = report.rows(.inconclusive).count + report.rows(.notComparable).count
    let counts =
      "tests=\"\(tests)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\""
    let title = XMLText.escaped("\(report.comparison.base.name) → \(report.comparison.head.name)")
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
      "<testsuites name=\"ipcbench\" \(counts)>",
      "  <testsuite name=\"\(title)\" \(counts)>",
    ]
    lines += properties
    lines += undecided
    lines += report.rows.flatMap(testCase) + report.pools.flatMap(testCase)
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n") + "\n"
  }

  private var properties: [String] {
    let sides = [("base", report.comparison.base), ("head", report.comparison.head)]
    var values = sides.flatMap { name, side in
      [("\(name).run_id", side.runID), ("\(name).commit", side.description?.build.commit ?? "")]
    }
    values += report.comparison.shortfalls.map { ("unfinished", $0) }
    let lines = values.filter { !$0.1.isEmpty }.map { name, value in
      "      <property name=\"\(name)\" value=\"\(XMLText.escaped(value))\"/>"
    }
    return lines.isEmpty ? [] : ["    <properties>"] + lines + ["    </properties>"]
  }

  /// A suite in which everything is skipped, or nothing is there, is shown as green.
  private var undecided: [String] {
    guard report.isUndecided else { return [] }
    let reason = XMLText.escaped(report.conclusion)
    return [
      "    <testcase classname=\"ipcbench.gate\" name=\"something could be judged\">",
      "      <error type=\"undecided\" message=\"\(reason)\">\(reason)</error>",
      "    </testcase>",
    ]
  }

  private func testCase(_ row: GateReport.Row) -> [String] {
    let kind =
      "ipcbench.\(row.row.configuration.workload.pattern.rawValue).\(row.row.metric.rawValue)"
    let name = names.name(row.row) + ", " + row.row.title
    let tag =
      "    <testcase classname=\"\(XMLText.escaped(kind))\" name=\"\(XMLText.escaped(name))\""
    switch row.outcome {
    case .pass: return [tag + "/>"]
    case .regression: return [tag + ">", failure(words(row)), "    </testcase>"]
    case .inconclusive, .notComparable:
      let reason = XMLText.escaped("\(row.outcome.rawValue): \(row.reason)")
      let element = "      <skipped message=\"\(reason)\">\(reason)</skipped>"
      return [tag + ">", element, "    </testcase>"]
    }
  }

  /// What is not shown of rows together is said of each row.
  private func testCase(_ pool: GateReport.Pool) -> [String] {
    let name = XMLText.escaped("\(pool.title), \(pool.rows) rows together")
    let tag = "    <testcase classname=\"ipcbench.together\" name=\"\(name)\""
    guard pool.outcome == .regression else { return [tag + "/>"] }
    return [tag + ">", failure(pool.words), "    </testcase>"]
  }

  private func failure(_ reason: String) -> String {
    let escaped = XMLText.escaped(reason)
    return "      <failure type=\"regression\" message=\"\(escaped)\">\(escaped)</failure>"
  }

  private func words(_ row: GateReport.Row) -> String {
    guard let slowdown = row.row.effect?.slowdown(row.row.metric), let interval = slowdown.interval
    else { return row.outcome.rawValue }
    let p = row.adjustedPValue.map { ", p \(ComparisonText.pValue($0))" } ?? ""
    return "\(ComparisonText.change(slowdown.ratio)) slower, 95 % interval "
      + "\(ComparisonText.changes(interval)), threshold \(ComparisonText.percent(row.threshold))\(p)"
  }
}
