import Glibc
import Mechanisms
import Testing
import Trials

@testable import Harness

/// Workers that are killed or stopped from outside, whatever they are doing.
@Suite(.serialized, .leavesNothing) struct WorkerDeathTests {
  struct Death: Sendable, CustomTestStringConvertible {
    var role: Role
    var stage: Stage
    var testDescription: String { "\(role.rawValue) \(stage.rawValue)" }

    static let all = Role.allCases.flatMap { role in
      Stage.allCases.map { Death(role: role, stage: $0) }
    }
  }

  /// Runs an endless trial and sends the signal when the worker is seen to enter the stage.
  private func run(
    _ driver: inout Driver, _ death: Death, _ signal: Int32, mechanism: String = "pipe",
    timeoutMilliseconds: UInt64 = 10_000
  ) throws -> (outcome: TrialOutcome, signals: Int) {
    var sent = 0
    driver.onStage = { role, stage, process in
      guard role == death.role, stage == death.stage else { return }
      sent += 1
      kill(process, signal)
    }
    defer { driver.onStage = nil }
    var trial = Trial.endless(mechanism)
    trial.limits.timeoutNanoseconds = timeoutMilliseconds * 1_000_000
    return (try driver.run(trial), sent)
  }

  /// A worker that dies while the driver is not waiting for it is found at the next wait, when the
  /// driver has gone on, and may have heard what the worker still had to say.
  private func stagesOfDiscovery(_ stage: Stage) -> [Stage] {
    switch stage {
    case .starting: [.starting, .preparing]
    case .preparing: [.preparing, .ready, .probing]
    case .ready: [.ready, .probing]
    case .probing, .verifying, .warmingUp, .timing: [stage]
    }
  }

  @Test(
    arguments: [
      (SIGKILL, "SIGKILL (Killed)"), (SIGSEGV, "SIGSEGV (Segmentation fault)"),
      (SIGTERM, "SIGTERM (Terminated)"), (SIGABRT, "SIGABRT (Aborted)"),
      (SIGBUS, "SIGBUS (Bus error)"),
    ] as [(Int32, String)], Death.all)
  func aDeadWorkerIsNamedWithItsSignalAndStage(
    signal: (number: Int32, name: String), death: Death
  ) throws {
    var driver = BuiltProgram.driver()
    let (outcome, signals) = try run(&driver, death, signal.number)
    #expect(signals == 1)
    #expect(outcome.status == .died, "\(outcome.error)")
    let texts = stagesOfDiscovery(death.stage).map {
      "the \(death.role.rawValue) was killed by \(signal.name) while \($0.rawValue)"
    }
    #expect(texts.contains(outcome.error), "\(outcome.error)")
    try BuiltProgram.expectNextTrialToSucceed(driver)
  }

  /// Its peer notices nothing: only the driver does.
  @Test(arguments: Death.all, ["shm-ring", "shm-plain"])
  func aDeathBesideSharedMemoryIsNoticed(death: Death, mechanism: String) throws {
    var driver = BuiltProgram.driver()
    let (outcome, signals) = try run(&driver, death, SIGKILL, mechanism: mechanism)
    #expect(signals == 1)
    #expect(outcome.status == .died, "\(outcome.error)")
    #expect(outcome.error.hasPrefix("the \(death.role.rawValue) was killed by SIGKILL (Killed) "))
    try BuiltProgram.expectNextTrialToSucceed(driver)
  }

  @Test(arguments: Death.all)
  func aStoppedWorkerEndsAtTheDeadline(death: Death) throws {
    var driver = BuiltProgram.driver()
    var signals = 0
    for timeout in timeoutsInMilliseconds where signals == 0 {
      let outcome: TrialOutcome
      (outcome, signals) = try run(&driver, death, SIGSTOP, timeoutMilliseconds: timeout)
      #expect(outcome.status == .timedOut, "\(outcome.error)")
      if signals == 0 { continue }
      let places = stagesOfDiscovery(death.stage).map { "\(death.role.rawValue) \($0.rawValue)" }
      #expect(places.contains { outcome.error.contains($0) }, "\(outcome.error)")
    }
    #expect(signals == 1)
    try BuiltProgram.expectNextTrialToSucceed(driver)
  }

  @Test func bothWorkersMayDieAtOnce() throws {
    var driver = BuiltProgram.driver()
    driver.onStage = { _, stage, process in if stage == .timing { kill(process, SIGKILL) } }
    let outcome = try driver.run(.endless("pipe"))
    #expect(outcome.status == .died, "\(outcome.error)")
    #expect(outcome.error.hasSuffix(" was killed by SIGKILL (Killed) while timing"))
    try BuiltProgram.expectNextTrialToSucceed(driver)
  }

  /// A worker that is stopped for a while and goes on is only late.
  @Test(arguments: Role.allCases)
  func aWorkerThatGoesOnIsOnlyLate(role: Role) throws {
    var driver = BuiltProgram.driver()
    driver.onStage = { stageRole, stage, process in
      guard stageRole == role, stage == .timing else { return }
      kill(process, SIGSTOP)
      usleep(50_000)
      kill(process, SIGCONT)
    }
    let outcome = try driver.run(.of("pipe"))
    #expect(outcome.status == .ok, "\(outcome.error)")
  }
}
