import Glibc
import Mechanisms
import Testing
import Trials

@testable import Harness

/// SIGINT and SIGTERM end a trial, not the process. The signals go to the driver's own thread: the
/// other threads of a test process do not block them.
@Suite(.serialized, .leavesNothing) struct InterruptTests {
  @Test(arguments: [SIGINT, SIGTERM], Stage.allCases)
  func anInterruptEndsTheTrialAtAnyStage(signal: Int32, stage: Stage) throws {
    let interrupts = try Interrupts.open()
    var driver = BuiltProgram.driver(interrupts: interrupts)
    let thread = pthread_self()
    var workers: Set<pid_t> = []
    driver.onStage = { role, entered, process in
      workers.insert(process)
      if role == .consumer && entered == stage { pthread_kill(thread, signal) }
    }
    let interruption = #expect(throws: Interruption.self) { try driver.run(.endless("pipe")) }
    #expect(interruption?.signal == signal)
    #expect(workers.count == 2 && workers.allSatisfy { Processes.hasEnded($0) })
    try BuiltProgram.expectNextTrialToSucceed(driver)
    withExtendedLifetime(interrupts) {}
  }

  @Test(
    arguments: [
      ("pipe", .pingPong), ("pipe", .stream), ("pipe", .paced), ("shm-ring", .pingPong),
      ("shm-ring", .stream), ("shm-ring", .paced), ("shm-plain", .pingPong),
      ("shm-plain", .stream), ("onc-rpc-unix", .pingPong), ("onc-rpc-unix", .stream),
    ] as [(String, Pattern)])
  func anInterruptEndsTransfersUnderWay(mechanism: String, pattern: Pattern) throws {
    let interrupts = try Interrupts.open()
    var driver = BuiltProgram.driver(interrupts: interrupts)
    let driverThread = pthread_self()
    driver.onStage = { role, stage, _ in
      if role == .producer && stage == .timing { interruptSoon(driverThread) }
    }
    let interruption = #expect(throws: Interruption.self) {
      try driver.run(.endless(mechanism, pattern))
    }
    #expect(interruption?.signal == SIGINT)
    try BuiltProgram.expectNextTrialToSucceed(driver)
    withExtendedLifetime(interrupts) {}
  }
}

/// Sends SIGINT to a thread 30 ms from now.
private func interruptSoon(_ target: pthread_t) {
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { target in
      usleep(30_000)
      pthread_kill(pthread_t(UInt(bitPattern: target)), SIGINT)
      return nil
    }, UnsafeMutableRawPointer(bitPattern: UInt(target)))
  pthread_detach(thread)
}
