import Comparison
import Glibc
import Paths
import Results

/// The two runs that a comparison is of.
struct ComparedRuns {
  let base: String
  let head: String

  /// - Parameters:
  ///   - paths: Two runs, or a folder with both, as `run --versus` leaves it.
  ///   - remedy: What to do if it is one run alone.
  init(_ paths: [String], orElse remedy: String) throws {
    if paths.count == 2 {
      (base, head) = (paths[0], paths[1])
      return
    }
    let folder = paths[0]
    guard canAccess(folder) else { throw ResultsError.reading(folder, errno) }
    (base, head) = ("\(folder)/base", "\(folder)/head")
    guard canAccess(base), canAccess(head) else {
      throw CommandFailure(
        EX_USAGE,
        "\(folder): one run alone, and no folder that 'ipcbench run --versus' left\n\(remedy)")
    }
  }

  /// - Parameter rules: made once both are read, because the gate's thresholds are in the head's `run.json`.
  func compared(_ rules: (RunDescription?) throws -> ComparisonRules) throws -> Comparison {
    let runs = try StoredRun.read(base: base, head: head)
    return Comparison(runs.base, runs.head, try rules(runs.head.description))
  }
}
