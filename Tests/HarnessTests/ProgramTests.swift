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

  /// SIGKILL leaves a driver no time for anything: its workers must go by themselves, and what it
  /// wrote must be whole rows.
  @Test(arguments: mechanismsAndWaits)
  func aKilledDriverTakesItsWorkersAlong(mechanism: String, wait: String) throws {
    let folder = try TemporaryFolder()
    let results = folder.path + "/run"
    let program = try StartedProgram.start(
      [
        "run", "--allow-debug-build", "--quiet", "--mechanism", mechanism, "--wait", wait,
        "--pattern", "stream", "--payload", "64", "--duration", "400ms", "--trials", "50",
        "--output", results,
      ], output: folder.path + "/output")
    let driver = program.process

    // Kills in the middle of the second trial or a later one, when a first row is there.
    try #require(eventually { rows(in: results).count >= 3 }, "no row was written")
    var workers: [pid_t] = []
    let workersAppeared = eventually {
      workers = Processes.children(of: driver)
      return workers.count == 2
    }
    try #require(workersAppeared, "the driver has no workers")
    kill(driver, SIGKILL)

    #expect(eventually { workers.allSatisfy { Processes.hasEnded($0) } }, "workers live on")
    #expect(eventually { Processes.hasEnded(driver) })
    #expect(remainingNames(of: driver) == [])
    let lines = rows(in: results)
    let columns = try #require(lines.first).split(separator: ",", omittingEmptySubsequences: false)
    #expect(lines.last == "", "the last row is not whole")
    for row in lines.dropLast() {
      #expect(row.split(separator: ",", omittingEmptySubsequences: false).count == columns.count)
    }
  }

  /// Two sides that spin need a core each.
  static let mechanismsAndWaits =
    [("pipe", "block"), ("fifo", "block"), ("shm-ring", "block"), ("onc-rpc-unix", "block")]
    + (coresAreDistinct ? [("pipe", "spin"), ("shm-ring", "spin")] : [])

  private static let coresAreDistinct =
    Trial.nearestCores.producer != Trial.nearestCores.consumer

  /// The lines of the folder's trials.csv; no error in it has a comma. An empty last one shows that
  /// the file ends with a whole line.
  private func rows(in folder: String) -> [Substring] {
    let text = try? String(contentsOfFile: folder + "/trials.csv", encoding: .utf8)
    return text?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
  }
}

/// A folder of its own for a test, removed with its contents.
private struct TemporaryFolder: ~Copyable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "ipcbench-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
