import Foundation
import Glibc
import Mechanisms
import Testing
import Trials

@testable import Harness
@testable import ipcbench

/// Which worker the driver blames, with workers that are scripts: they say what the test wants, and
/// the driver hears nothing before both have done their part.
@Suite(
  .serialized, .leavesNothing,
  .enabled(if: access("/bin/bash", X_OK) == 0, "the workers are scripts for bash"))
struct BlameTests {
  private static let brokenPipe =
    #"{"failed":{"_0":{"call":"write","code":32,"text":"Broken pipe","attempt":"sending"}}}"#
  private static let ownError =
    #"{"failed":{"_0":{"call":"mmap","code":12,"text":"out of memory","attempt":"mapping"}}}"#

  /// - Parameters: what each script does after it was told its role, `say` being how it talks to
  ///   the driver.
  private func run(producer: String, consumer: String) throws -> TrialOutcome {
    let folder = try TemporaryFolder()
    let script = """
      #!/bin/bash
      # $2 is the control socket; it carries one message a packet.
      control=$2
      say() { printf '%s' "$1" >&"$control"; }
      role=$(dd bs=65536 count=1 status=none <&"$control" | grep -o '"role":"[a-z]*"')
      if [[ $role == *producer* ]]; then \(producer); else \(consumer); fi
      """
    let path = folder.path + "/worker"
    try script.write(toFile: path, atomically: true, encoding: .utf8)
    try #require(chmod(path, 0o700) == 0)

    var driver = Driver(executable: path, mechanisms: MechanismList.all)
    var producerProcess: pid_t = 0
    driver.onStage = { role, stage, process in
      if role == .producer { producerProcess = process }
      guard role == .consumer && stage == .preparing else { return }
      #expect(
        eventually(within: 5) {
          Processes.hasEnded(process) && Processes.hasEnded(producerProcess)
        })
    }
    return try driver.run(.of("pipe"))
  }

  @Test func aBrokenLinkIsBlamedOnThePeerThatDied() throws {
    let outcome = try run(producer: "say '\(Self.brokenPipe)'", consumer: "kill -KILL $$")
    #expect(outcome.status == .died)
    #expect(outcome.error == "the consumer was killed by SIGKILL (Killed) while preparing")
  }

  @Test func aBrokenLinkIsBlamedOnThePeerThatFailed() throws {
    let outcome = try run(
      producer: "say '\(Self.brokenPipe)'", consumer: "say '\(Self.ownError)'")
    #expect(outcome.status == .failed)
    #expect(outcome.error == "consumer: mmap failed while mapping: out of memory")
  }

  @Test func anErrorOfItsOwnIsBlamedOnTheWorkerThatHadIt() throws {
    let outcome = try run(producer: "say '\(Self.ownError)'", consumer: "kill -KILL $$")
    #expect(outcome.status == .failed)
    #expect(outcome.error == "producer: mmap failed while mapping: out of memory")
  }

  @Test func aWorkerThatEndsWithoutAWordIsToldByItsExitCode() throws {
    let outcome = try run(producer: "exit 3", consumer: "exit 4")
    #expect(outcome.status == .died)
    #expect(outcome.error == "the producer exited with code 3 while preparing")
  }

  @Test(arguments: ["nonsense", "{}", #"{"ready":"#])
  func aMessageThatMakesNoSenseFailsTheTrial(message: String) throws {
    let outcome = try run(producer: "say '\(message)'", consumer: "exit 0")
    #expect(outcome.status == .failed)
    #expect(outcome.error.contains("failed while reading a control message"), "\(outcome.error)")
  }

  @Test func aMessageThatIsTooLongFailsTheTrial() throws {
    let outcome = try run(
      producer: "printf '%070000d' 0 | dd bs=70000 iflag=fullblock count=1 status=none >&$control",
      consumer: "exit 0")
    #expect(outcome.status == .failed)
    #expect(outcome.error.contains("longer than any should be"), "\(outcome.error)")
  }
}
