/// One thing about the host that bears on IPC figures, as `ipcbench doctor` found it.
public struct Finding: Codable, Hashable, Sendable {
  /// How much a finding matters, mildest first.
  public enum Severity: String, Codable, CaseIterable, Sendable {
    case good
    /// Worth knowing when figures are compared; nothing to repair.
    case note
    /// It disturbs some figures.
    case warning
    /// Figures taken like this are not worth quoting.
    case problem
  }

  /// Stays the same from version to version: `clock-source`, `cpu-quota` …
  public var id: String
  public var severity: Severity
  /// What there is, with its value.
  public var found: String
  /// What it does to IPC figures, in one sentence.
  public var why: String
  /// A command to copy; nil where no command helps.
  public var remedy: String?

  public init(
    _ id: String, _ severity: Severity, _ found: String, why: String, remedy: String? = nil
  ) {
    self.id = id
    self.severity = severity
    self.found = found
    self.why = why
    self.remedy = remedy
  }

  /// The identifier that the grade looks for.
  public static let virtualMachine = "virtual-machine"
}

/// How far a host's absolute figures can be trusted. Nothing but the findings decides.
public enum Grade: String, Codable, CaseIterable, Sendable {
  case a = "A"
  case b = "B"
  case c = "C"
  case d = "D"
  case e = "E"

  /// What earns it, where no worse grade is earned. Notes do not count.
  public var rule: String {
    switch self {
    case .a: "no warning"
    case .b: "one or two warnings"
    case .c: "three or more warnings, or a virtual machine"
    case .d: "one problem"
    case .e: "two or more problems"
    }
  }

  public init(_ findings: [Finding]) {
    let problems = findings.count { $0.severity == .problem }
    let warnings = findings.count { $0.severity == .warning }
    let isVirtual = findings.contains {
      $0.id == Finding.virtualMachine && $0.severity == .warning
    }
    self =
      switch (problems, warnings) {
      case (2..., _): .e
      case (1, _): .d
      case (_, 3...): .c
      case _ where isVirtual: .c
      case (_, 1...): .b
      default: .a
      }
  }
}

/// The state of the host when a run began, as `run.json` keeps it.
public struct HostCondition: Codable, Hashable, Sendable {
  public var grade: Grade
  /// The worst first.
  public var findings: [Finding]

  public init(_ findings: [Finding]) {
    grade = Grade(findings)
    self.findings = Finding.Severity.allCases.reversed().flatMap { severity in
      findings.filter { $0.severity == severity }
    }
  }
}
