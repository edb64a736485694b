import Foundation
import Glibc
import Testing
import Trials

@testable import Harness

/// The program itself, as its own worker and as a driver that is killed.
@Suite(.serialized, .leavesNothing) struct ProgramTests {
  @Test(arguments: [
    ["worker"], ["worker", "3"], ["worker", "three", "4"], ["worker", "3", "four"],
    ["worker", "3", "4", "5"], ["worker", "--help"],
  ])
  func aWorkerThatNobodyStartedSaysWhoShould(arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let program = try StartedProgram.start(arguments, output: folder.path + "/output")
    #expect(try program.exitCode() == EX_USAGE)
    let output = try String(contentsOfFile: folder.path + "/output", encoding: .utf8)
    #expect(output == "ipcbench: 'worker' is started by ipcbench itself; see ipcbench --help\n")
  }

  /// A worker whose driver died before it could ask to die with it: its parent is somebody else.
  @Test func aWorkerWhoseDriverIsGoneEndsInSilence() throws {
    let folder = try TemporaryFolder()
    let program = try StartedProgram.start(["worker", "0", "1"], output: folder.path + "/output")
    #expect(try program.exitCode() == 0)
    #expect(try String(contentsOfFile: folder.path + "/output", encoding: .utf8) == "")
  }

  /// SIGKILL leaves a driver no time for anything: its workers must go by themselves. The trial is so
  /// long that they do not just come to its end.
  @Test(arguments: mechanismsAndWaits)
  func aKilledDriverTakesItsWorkersAlong(mechanism: String, wait: String) throws {
    let folder = try TemporaryFolder()
    let results = folder.path + "/run"
    let program = try startRun(mechanism, wait, duration: "60s", in: folder)
    let workers = try workers(of: program)
    // By then both are in the middle of their transfers, or on a busy machine on their way.
    usleep(100_000)
    try kill(program, expectingAnEndOf: workers)
    #expect(rows(in: results).count == 2 && rows(in: results).last == "")
  }

  @Test(arguments: ["pipe", "shm-ring", "shm-plain"])
  func aKilledDriverLeavesWholeRows(mechanism: String) throws {
    let folder = try TemporaryFolder()
    let results = folder.path + "/run"
    let program = try startRun(mechanism, "block", duration: "300ms", in: folder)
    // The header's line, two rows and what follows the last line's end.
    try #require(eventually { rows(in: results).count >= 4 }, "no rows were written")
    try kill(program, expectingAnEndOf: workers(of: program))

    let lines = rows(in: results)
    let columns = try #require(lines.first).split(separator: ",", omittingEmptySubsequences: false)
    #expect(lines.last == "", "the last row is not whole")
    for row in lines.dropLast() {
      // Nothing in a row of a good trial has a comma in it.
      #expect(row.split(separator: ",", omittingEmptySubsequences: false).count == columns.count)
    }
  }

  private func startRun(
    _ mechanism: String, _ wait: String, duration: String, in folder: borrowing TemporaryFolder
  ) throws -> StartedProgram {
    try StartedProgram.start(
      [
        "run", "--allow-debug-build", "--quiet", "--mechanism", mechanism, "--wait", wait,
        "--pattern", "stream", "--payload", "64", "--duration", duration, "--timeout", "120s",
        "--trials", "50", "--output", folder.path + "/run",
      ], output: folder.path + "/output")
  }

  /// When a driver has workers, the link between them has lost its name.
  private func workers(of program: borrowing StartedProgram) throws -> [pid_t] {
    let driver = program.process
    var workers: [pid_t] = []
    let haveAppeared = eventually {
      workers = Processes.children(of: driver)
      return workers.count == 2
    }
    try #require(haveAppeared, "the driver has no workers")
    return workers
  }

  private func kill(
    _ program: borrowing StartedProgram, expectingAnEndOf workers: [pid_t]
  ) throws {
    let driver = program.process
    try #require(Glibc.kill(driver, SIGKILL) == 0)
    #expect(eventually { Processes.hasEnded(driver) })
    #expect(eventually { workers.allSatisfy { Processes.hasEnded($0) } }, "workers live on")
    #expect(remainingNames(of: driver) == [])
  }

  /// Two sides that spin need a core each.
  static let mechanismsAndWaits =
    [
      ("pipe", "block"), ("fifo", "block"), ("shm-ring", "block"), ("shm-plain", "block"),
      ("onc-rpc-unix", "block"),
    ]
    + (coresAreDistinct ? [("pipe", "spin"), ("shm-ring", "spin"), ("shm-plain", "spin")] : [])

  private static let coresAreDistinct =
    Trial.nearestCores.producer != Trial.nearestCores.consumer

  /// The lines of the folder's trials.csv. An empty last one shows that the file ends with a whole
  /// line.
  private func rows(in folder: String) -> [Substring] {
    let text = try? String(contentsOfFile: folder + "/trials.csv", encoding: .utf8)
    return text?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
  }
}
