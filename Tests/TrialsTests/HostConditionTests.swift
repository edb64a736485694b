import Testing
import Trials

@Suite struct HostConditionTests {
  private static func findings(
    problems: Int = 0, warnings: Int = 0, notes: Int = 0
  ) -> [Finding] {
    let severities: [(Finding.Severity, Int)] = [
      (.note, notes), (.problem, problems), (.good, 1), (.warning, warnings),
    ]
    return severities.flatMap { severity, count in
      (0..<count).map { Finding("\(severity.rawValue)-\($0)", severity, "found", why: "Why.") }
    }
  }

  @Test(
    arguments: [
      (findings(), .a), (findings(notes: 9), .a), (findings(warnings: 1), .b),
      (findings(warnings: 2, notes: 9), .b), (findings(warnings: 3), .c),
      (findings(warnings: 9), .c), (findings(problems: 1), .d),
      (findings(problems: 1, warnings: 9), .d), (findings(problems: 2), .e), ([], .a),
    ] as [([Finding], Grade)])
  func theGradeFollowsFromTheFindings(findings: [Finding], grade: Grade) {
    #expect(Grade(findings) == grade)
    #expect(Grade(findings.reversed()) == grade)
  }

  @Test func aVirtualMachineIsGradedCAtBest() {
    let virtual = Finding(Finding.virtualMachine, .warning, "kvm", why: "Why.")
    let real = Finding(Finding.virtualMachine, .good, "none", why: "Why.")
    #expect(Grade([virtual]) == .c)
    #expect(Grade([real]) == .a)
    #expect(Grade([virtual] + Self.findings(warnings: 1)) == .c)
    #expect(Grade([virtual] + Self.findings(problems: 1)) == .d)
    #expect(Grade([virtual] + Self.findings(problems: 2)) == .e)
  }

  @Test func theWorstIsSaidFirstAndEqualsKeepTheirOrder() {
    let condition = HostCondition(Self.findings(problems: 1, warnings: 2, notes: 2))
    #expect(condition.grade == .d)
    #expect(
      condition.findings.map(\.id)
        == ["problem-0", "warning-0", "warning-1", "note-0", "note-1", "good-0"])
  }
}
