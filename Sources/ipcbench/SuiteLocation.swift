import Glibc
import Mechanisms
import Paths
import Results
import Trials

/// Where suites are: files of the user's own, or the ones that come with the program.
enum SuiteLocation {
  /// Reads a suite by its file's path, or by the name of one that comes with the program.
  static func load(_ nameOrPath: String) throws(CommandFailure) -> Suite {
    let path = isPath(nameOrPath) ? nameOrPath : try find(nameOrPath)
    do {
      return try Suite.load(
        path: path, mechanisms: MechanismList.names,
        metrics: Metric.allCases.filter { !$0.isOfAllTrials }.map(\.rawValue))
    } catch {
      throw CommandFailure(error.exitCode, "\(error)")
    }
  }

  private static func isPath(_ text: String) -> Bool {
    text.utf8.contains(UInt8(ascii: "/")) || text.hasSuffix(".yaml") || text.hasSuffix(".yml")
  }

  private static func find(_ name: String) throws(CommandFailure) -> String {
    let folders = folders
    for folder in folders where canAccess("\(folder)/\(name).yaml") {
      return "\(folder)/\(name).yaml"
    }
    guard !folders.isEmpty else {
      throw CommandFailure(
        66,
        "no suite '\(name)': none were found near this program, in share/ipcbench/suites or "
          + "Benchmarks\ngive the path of a suite file, --suite ./my-suite.yaml, or put "
          + "quick.yaml beside it as bin/../share/ipcbench/suites/quick.yaml")
    }
    let known = folders.flatMap(suiteNames).sorted()
    let guess = nearest(name, among: known).map { "; did you mean '\($0)'?" } ?? ""
    throw CommandFailure(
      66,
      "no suite '\(name)' in \(folders.joined(separator: ", "))\(guess)\n"
        + "give one of \(known.joined(separator: ", ")), or the path of a file: "
        + "--suite ./my-suite.yaml")
  }

  private static func suiteNames(in folder: String) -> [String] {
    namesOfEntries(in: folder).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
  }

  /// `share/ipcbench/suites` beside an installed program's `bin`, or `Benchmarks` in the checkout
  /// whose `.build` folder holds the program. Nowhere else: a folder further up may be anybody's.
  private static var folders: [String] {
    guard let parts = pathOfProgram()?.pathParts else { return [] }
    var candidates = [parts.dropLast(2) + ["share", "ipcbench", "suites"]]
    if let build = parts.lastIndex(where: { $0.hasPrefix(".build") }) {
      candidates.append(parts[..<build] + ["Benchmarks"])
    }
    return candidates.map { "/" + $0.joined(separator: "/") }
      .filter { canAccess("\($0)/quick.yaml") }
  }
}
