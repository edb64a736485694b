import Glibc
import Harness
import Mechanisms
import Testing
import Trials

/// What a mechanism refuses or runs into reaches the outcome in words that help.
@Suite(.serialized) struct ErrorTests {
  @Test(arguments: [
    // mechanism, buffer, what the message must say
    ("pipe", 5000, "a pipe holds a power of two from 4096 bytes on"),
    ("fifo", 5000, "a pipe holds a power of two from 4096 bytes on"),
    ("unix-stream", 1 << 30, "raise it by: sysctl -w net.core.wmem_max=1073741824"),
    ("tcp", 1 << 30, "raise it by: sysctl -w net.core.wmem_max=1073741824"),
    ("onc-rpc-unix", 1 << 30, "raise it by: sysctl -w net.core.wmem_max=1073741824"),
    ("onc-rpc-tcp", 1 << 30, "raise it by: sysctl -w net.core.wmem_max=1073741824"),
    ("unix-stream", 1, "the kernel's smallest is"),
    ("tcp", 1, "the kernel's smallest is"),
    ("shm-ring", 4095, "the smallest ring has 4096 bytes"),
    ("shm-plain", 4095, "the smallest ring has 4096 bytes"),
  ])
  func aBufferThatCannotBeHadIsRefused(mechanism: String, bytes: Int, text: String) throws {
    let workload = Workload(pattern: .pingPong, payloadBytes: 64, bufferBytes: bytes)
    let outcome = try BuiltProgram.driver().run(.of(mechanism, workload, for: .messages(1)))
    #expect(outcome.status == .failed)
    #expect(outcome.error.contains(text), "\(outcome.error)")
    #expect(outcome.error.contains("\(bytes) bytes"), "\(outcome.error)")
    #expect(outcome.messagesSent == nil && outcome.elapsedNanoseconds == nil)
  }

  @Test(arguments: BuiltProgram.mechanisms.map(\.name))
  func aWayToWaitThatIsNotOfferedIsRefused(name: String) throws {
    let mechanism = try #require(BuiltProgram.mechanism(name))
    let refused = WaitPolicy.allCases.filter { !mechanism.capabilities.waits.contains($0) }
    for wait in refused {
      let workload = Workload(pattern: .stream, payloadBytes: 64, wait: wait)
      let outcome = try BuiltProgram.driver().run(.of(name, workload, for: .messages(1)))
      #expect(outcome.status == .failed)
      #expect(
        outcome.error.hasSuffix(
          "\(name) failed while choosing the loops: it does not offer wait \(wait.rawValue) with "
            + "data path copy"),
        "\(outcome.error)")
    }
  }

  /// Ends a worker in the middle of its transfers, whatever its mechanism is doing then.
  @Test(
    arguments: Delivery.all(wait: .block, payloads: [1000, 300_000], touch: .header),
    Role.allCases)
  func aDeathInMidTransferIsBlamedOnWhoDied(delivery: Delivery, role: Role) throws {
    var driver = BuiltProgram.driver()
    driver.onStage = { stageRole, stage, process in
      guard stageRole == role, stage == .timing else { return }
      killSoon(process)
    }
    let outcome = try driver.run(
      .of(delivery.mechanism, delivery.workload, for: .nanoseconds(60_000_000_000)))
    #expect(outcome.status == .died, "\(delivery): \(outcome.error)")
    #expect(outcome.error == "the \(role.rawValue) was killed by SIGKILL (Killed) while timing")
  }
}

/// Kills a process 30 ms from now, from another thread.
private func killSoon(_ process: pid_t) {
  var thread = pthread_t()
  let argument = UnsafeMutableRawPointer(bitPattern: Int(process))
  pthread_create(
    &thread, nil,
    { argument in
      usleep(30_000)
      kill(pid_t(Int(bitPattern: argument)), SIGKILL)
      return nil
    }, argument)
  pthread_detach(thread)
}
