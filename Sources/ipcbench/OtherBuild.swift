import FoundationEssentials
import Glibc
import Harness
import Mechanisms
import Paths
import Results
import Trials

/// The program that `--versus` names, found to be an ipcbench.
struct OtherBuild {
  let path: String
  /// Mechanisms of this build that the other one does not know.
  let unknownMechanisms: Set<String>

  private static let patienceNanoseconds: UInt64 = 10_000_000_000

  /// Asks the program for its mechanisms, as any ipcbench answers: `list --format json`.
  init(at path: String, _ interrupts: Interrupts) throws {
    try Self.requireProgram(path)
    let done = try ProgramCall(path, ["list", "--format", "json"], interrupts: interrupts)
      .run(timeoutNanoseconds: Self.patienceNanoseconds)
    guard done.ending == .exited(EXIT_SUCCESS),
      let rows = try? JSONDecoder().decode([Row].self, from: Data(done.output.utf8)),
      !rows.isEmpty
    else {
      throw CommandFailure(
        EX_UNAVAILABLE,
        "\(path): not an ipcbench: it has no answer to 'list --format json'\n"
          + "give the program of another build, such as ../base/.build/release/ipcbench")
    }
    self.path = path
    unknownMechanisms = Set(MechanismList.offered.map(\.name)).subtracting(rows.map(\.name))
  }

  private struct Row: Decodable {
    let name: String
  }

  private static func requireProgram(_ path: String) throws(CommandFailure) {
    guard canAccess(path) else {
      let failure = SystemFailure(
        errno, .reading,
        instead: "give the program of another build, such as ../base/.build/release/ipcbench")
      throw CommandFailure(failure.kind.exitCode, "\(path): \(failure.text)")
    }
    guard !isDirectory(path) else {
      throw CommandFailure(EX_NOINPUT, "\(path): is a folder; give the program in it")
    }
    guard canAccess(path, X_OK) else {
      throw CommandFailure(
        EX_NOPERM, "\(path): may not be executed; allow it by chmod +x, or give another program")
    }
  }
}
