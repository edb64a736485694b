import ArgumentParser
import FoundationEssentials
import Glibc
import Harness
import Mechanisms
import Paths
import Trials

struct SelfTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Injects faults and shows that each is noticed.",
    discussion: """
      Damages, loses, repeats and delays messages, slows a consumer, puts a clock forward, and \
      kills and stops workers at every stage, each in a short trial of its own. Takes about ten \
      seconds and writes no files. Exit code 3 if a fault went unseen.
      """)

  enum Format: String, CaseIterable { case table, json }

  @Option(
    help: ArgumentHelp("How to print the checks: table or json.", valueName: "name"),
    transform: { try parseName($0, kind: "format") })
  var format: Format = .table

  func run() throws {
    let interrupts = try UserSignals.take(" before the first check")
    let topology = try orFailure(69) { () throws(TopologyError) in try CPUTopology.toMeasureOn() }
    try RunCommand.requireTrials()
    Self.forbidCoreFiles()
    let cores = topology.nearestDistinctCores()
    let test = SelfTest(
      driver: Driver(
        executable: "/proc/self/exe", mechanisms: MechanismList.all, interrupts: interrupts),
      cores: cores)
    let checks = SelfTestCheck.all(on: cores)
    let table = SelfTestTable(checks)
    var findings: [SelfTestFinding] = []
    if format == .table { try say(table.header) }
    for check in checks {
      let made = ": \(findings.count) of \(checks.count) checks were made"
      UserSignals.enter(made)
      let finding = try orStopped(made) { () throws(Interruption) in try test.run(check) }
      findings.append(finding)
      if format == .table { try say(table.line(finding)) }
    }
    UserSignals.enter(": \(findings.count) of \(checks.count) checks were made")
    let report = SelfTestReport(findings)
    switch format {
    case .table: try say("\n\(report.conclusion)\n")
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let text = String(decoding: try encoder.encode(report), as: UTF8.self)
      try say(text.jsonWithoutControls + "\n", isExact: true)
    }
    if let failure = report.failure { throw failure }
  }

  /// Workers crash on purpose here; they inherit this. setrlimit(2).
  private static func forbidCoreFiles() {
    let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return }
    limit.rlim_cur = 0
    setrlimit(resource, &limit)
  }
}
