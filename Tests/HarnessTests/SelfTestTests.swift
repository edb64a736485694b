import Foundation
import Glibc
import Mechanisms
import Testing
import Trials

@testable import Harness
@testable import ipcbench

/// The self-test itself, and what the command makes of what it finds.
@Suite(.serialized, .leavesNothing) struct SelfTestTests {
  private static let control = SelfTestCheck(.fault(.none), .stream, .soundness)
  private static let corruption = SelfTestCheck(.fault(.corrupt), .stream, .corruption)
  /// Nothing is wrong with it, so that nobody can notice anything.
  private static let unseen = SelfTestCheck(.fault(.none), .stream, .corruption)

  private func run(_ check: SelfTestCheck) throws -> SelfTestFinding {
    let test = SelfTest(driver: BuiltProgram.driver(), cores: Trial.nearestCores)
    return try test.run(check)
  }

  @Test func aTrialThatShowsNothingIsNotTakenForOneThatDoes() throws {
    #expect(try run(Self.control).isAsExpected)
    #expect(try run(Self.corruption).isAsExpected)
    let finding = try run(Self.unseen)
    #expect(!finding.isAsExpected)
    #expect(finding.reported.hasPrefix("ok: 100 messages sent, 100 received, in "))
  }

  @Test func aNameThatIsLeftIsFound() throws {
    let path = "/dev/shm/ipcbench-\(getpid())-left"
    try Data().write(to: URL(fileURLWithPath: path))
    defer { unlink(path) }
    let finding = try run(Self.control)
    #expect(finding.leftovers == [path])
    #expect(!finding.isAsExpected)
  }

  @Test func anInterruptEndsACheck() throws {
    let interrupts = try Interrupts.open()
    // Other threads of the test process do not block the signal.
    pthread_kill(pthread_self(), SIGINT)
    let test = SelfTest(
      driver: BuiltProgram.driver(interrupts: interrupts), cores: Trial.nearestCores)
    #expect(throws: Interruption.self) { try test.run(Self.control) }
    withExtendedLifetime(interrupts) {}
  }

  // MARK: - The command's end

  private func finding(_ check: SelfTestCheck, _ status: TrialStatus) -> SelfTestFinding {
    var outcome = TrialOutcome(trial: .of("pipe"), startedUnixNanoseconds: 0, status: status)
    (outcome.messagesSent, outcome.messagesReceived) = (100, 100)
    (outcome.messagesCorrupt, outcome.messagesLost) = (status == .invalid ? 1 : 0, 0)
    return SelfTestFinding(check: check, outcome: outcome)
  }

  @Test func allNoticedEndsWell() {
    let report = SelfTestReport([finding(Self.control, .ok), finding(Self.corruption, .invalid)])
    #expect(report.failure == nil)
    #expect(
      report.conclusion
        == "1 of 1 injected faults noticed, 1 of 1 trials without a fault ok")
  }

  @Test func aFaultThatWentUnseenIsExitCode3() {
    let report = SelfTestReport([finding(Self.control, .ok), finding(Self.corruption, .ok)])
    #expect(report.failure?.exitCode == 3)
    #expect(
      report.failure?.message.hasPrefix(
        "1 of 2 checks failed, the first with 'one bit of the tenth timed message is wrong'\n")
        == true)
    #expect(
      report.conclusion
        == "0 of 1 injected faults noticed, 1 of 1 trials without a fault ok")
  }

  @Test func aSoundTrialThatFailsIsExitCode3() {
    let report = SelfTestReport([
      finding(Self.control, .invalid), finding(Self.corruption, .invalid),
    ])
    #expect(report.failure?.exitCode == 3)
    #expect(
      report.conclusion
        == "1 of 1 injected faults noticed, 0 of 1 trials without a fault ok")
  }

  @Test func theTableNamesWhatWasNotSeen() throws {
    let table = SelfTestTable([Self.control, Self.corruption])
    let lines = [
      table.line(finding(Self.control, .ok)), table.line(finding(Self.control, .failed)),
      table.line(finding(Self.corruption, .invalid)), table.line(finding(Self.corruption, .ok)),
    ]
    let verdicts = lines.map { $0.prefix { $0 != " " } }
    #expect(verdicts == ["ok", "FAILED", "noticed", "UNSEEN"])
    // The columns are as wide for each of them.
    let columns = (lines + [table.header]).map { line in
      line.firstRange(of: "stream") ?? line.firstRange(of: "trial")
    }
    let starts = zip(columns, lines + [table.header]).map { range, line in
      range.map { line.distance(from: line.startIndex, to: $0.lowerBound) }
    }
    #expect(Set(starts) == [9])
  }
}
