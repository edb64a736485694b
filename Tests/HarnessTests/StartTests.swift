import Glibc
import Mechanisms
import Testing
import Trials

@testable import Harness
@testable import ipcbench

/// What stands in the way of a trial before its workers do any work.
@Suite(.serialized, .leavesNothing) struct StartTests {
  @Test func everyMechanismLeavesNothing() throws {
    for mechanism in MechanismList.offered {
      for pattern in mechanism.capabilities.patterns {
        let outcome = try BuiltProgram.driver().run(.of(mechanism.name, pattern))
        #expect(isProven(outcome), "\(mechanism.name): \(outcome.error)")
      }
    }
  }

  @Test func aMechanismThatNobodyKnowsIsNamed() throws {
    let outcome = try BuiltProgram.driver().run(.of("telepathy"))
    #expect(outcome.status == .failed)
    #expect(outcome.error == "telepathy failed while making a link: no such mechanism")
  }

  /// A driver and workers of two builds.
  @Test func aMechanismThatTheWorkersDoNotKnowIsNamed() throws {
    let unheardOf = Mechanism(
      "telepathy", summary: "", copies: "", work: [:], makeLink: Mechanism.pipe.makeLink)
    let driver = Driver(executable: BuiltProgram.path, mechanisms: [unheardOf])
    let outcome = try driver.run(.of("telepathy"))
    #expect(outcome.status == .failed)
    #expect(
      outcome.error.hasSuffix(
        "telepathy failed while starting a worker: this program does not know it"),
      "\(outcome.error)")
  }

  @Test func aProgramThatDoesNotExistIsNamed() throws {
    let driver = Driver(executable: "/nonexistent", mechanisms: MechanismList.all)
    let outcome = try driver.run(.of("pipe"))
    #expect(outcome.status == .failed)
    #expect(
      outcome.error
        == "posix_spawn failed while starting /nonexistent: No such file or directory; check the path"
    )
  }

  /// It ends at once, and does not answer.
  @Test func aProgramThatIsNoWorkerIsFoundOut() throws {
    let driver = Driver(executable: "/bin/true", mechanisms: MechanismList.all)
    let outcome = try driver.run(.of("pipe"))
    #expect(outcome.status == .died)
    // Both do, and either may be the first to be noticed.
    #expect(outcome.error.hasSuffix("er exited with code 0 while preparing"), "\(outcome.error)")
  }

  @Test(arguments: [-1, 8191, 1_000_000])
  func aCoreThatDoesNotExistIsRefused(core: Int) throws {
    var trial = Trial.of("pipe")
    trial.configuration.cores.consumer = core
    let outcome = try BuiltProgram.driver().run(trial)
    #expect(outcome.status == .failed)
    #expect(
      outcome.error
        == "consumer: sched_setaffinity failed while pinning to CPU \(core): Invalid argument")
  }
}

@Suite(
  .serialized, .leavesNothing,
  .enabled(if: (try? NUMAMemory.nodes()) != nil, "this host forbids memory policies"))
struct MemoryNodeTests {
  @Test(arguments: MechanismList.offered.map(\.capabilities))
  func everyMechanismRunsOnBoundMemory(mechanism: Capabilities) throws {
    let node = try #require(try NUMAMemory.nodes().first)
    for pattern in mechanism.patterns {
      let outcome = try BuiltProgram.driver().run(.of(mechanism.name, pattern, memoryNode: node))
      #expect(isProven(outcome), "\(pattern): \(outcome.error)")
    }
  }

  @Test(arguments: ["pipe", "shm-ring", "shm-plain"])
  func memoryOnANodeThatDoesNotExistIsRefused(mechanism: String) throws {
    let outcome = try BuiltProgram.driver().run(.of(mechanism, memoryNode: 1000))
    #expect(outcome.status == .failed)
    #expect(
      outcome.error.contains(
        "libnuma failed while binding memory to node 1000: NUMA node 1000 does not exist; "
          + "this machine has nodes 0"), "\(outcome.error)")
  }
}
