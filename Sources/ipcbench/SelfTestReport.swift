import Harness
import Trials

/// What a self-test comes to.
struct SelfTestReport: Encodable {
  private let findings: [SelfTestFinding]

  init(_ findings: [SelfTestFinding]) {
    self.findings = findings
  }

  /// `45 of 45 injected faults noticed, 3 of 3 trials without a fault ok`.
  var conclusion: String {
    "\(noticed) of \(faults.count) injected faults noticed, "
      + "\(controls.count { $0.isAsExpected }) of \(controls.count) trials without a fault ok"
  }

  /// What the command ends with; nil if all is well.
  var failure: CommandFailure? {
    let first = findings.first { !$0.isAsExpected }
    guard let first else { return nil }
    let count = findings.count { !$0.isAsExpected }
    return CommandFailure(
      3,
      "\(count) of \(findings.count) checks failed, the first with '\(first.check.injection)'\n"
        + "until it is known why, do not trust results of this build on this host; please report "
        + "what 'ipcbench selftest --format json' prints")
  }

  private var faults: [SelfTestFinding] { findings.filter { $0.check.injection.isFault } }
  private var controls: [SelfTestFinding] { findings.filter { !$0.check.injection.isFault } }
  private var noticed: Int { faults.count { $0.isAsExpected } }

  // MARK: - JSON

  private enum CodingKeys: String, CodingKey {
    case checks
    case injectedFaults = "injected_faults"
    case noticedFaults = "noticed_faults"
    case isPassed = "passed"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(findings.map { Check($0) }, forKey: .checks)
    try container.encode(faults.count, forKey: .injectedFaults)
    try container.encode(noticed, forKey: .noticedFaults)
    try container.encode(failure == nil, forKey: .isPassed)
  }

  private struct Check: Encodable {
    let trial: String
    let injected: String
    let expected: String
    let status: TrialStatus
    let error: String
    let reported: String
    let leftBehind: [String]
    let verdict: String

    enum CodingKeys: String, CodingKey {
      case trial, injected, expected, status, error, reported, verdict
      case leftBehind = "left_behind"
    }

    init(_ finding: SelfTestFinding) {
      trial = finding.check.shape.rawValue
      injected = finding.check.injection.description
      expected = finding.check.expected.description
      status = finding.outcome.status
      error = finding.outcome.error
      reported = finding.reported
      leftBehind = finding.leftovers
      verdict = finding.verdict
    }
  }
}

/// A line a check, so that each can be shown as it is made: the checks are known beforehand, and with
/// them the columns' widths.
struct SelfTestTable {
  private let widths: [Int]

  private static let titles = ["verdict", "trial", "injected", "expected"]

  init(_ checks: [SelfTestCheck]) {
    let rows = [Self.titles] + checks.map { ["noticed"] + Self.cells(of: $0) }
    widths = Self.titles.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  }

  var header: String { row(Self.titles, "reported") }

  func line(_ finding: SelfTestFinding) -> String {
    row([finding.verdict] + Self.cells(of: finding.check), finding.reported)
  }

  private static func cells(of check: SelfTestCheck) -> [String] {
    [check.shape.rawValue, check.injection.description, check.expected.description]
  }

  private func row(_ cells: [String], _ last: String) -> String {
    zip(cells, widths).map { cell, width in
      cell + String(repeating: " ", count: max(0, width - cell.count)) + "  "
    }.joined() + last + "\n"
  }
}

extension SelfTestFinding {
  /// Whoever looks for what is wrong looks for capitals.
  fileprivate var verdict: String {
    switch (check.injection.isFault, isAsExpected) {
    case (true, true): "noticed"
    case (true, false): "UNSEEN"
    case (false, true): "ok"
    case (false, false): "FAILED"
    }
  }
}
