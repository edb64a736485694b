import Paths
import Trials

extension RunDescription {
  /// A line on a run that is not all of what was planned, such as `R: 6 of 16 trials, the run was
  /// interrupted`; nil for one that is.
  ///
  /// The number planned stands in `run.json` before the first trial, and so a run that was killed is known
  /// by it.
  ///
  /// - Parameters:
  ///   - path: how the user knows the run.
  ///   - trials: rows that are there.
  package func shortfall(of path: String, trials: Int) -> String? {
    let count = "\(path.shown): \(trials) of \(self.trials.planned) trials"
    guard finished != nil else {
      return "\(count), the run was killed or still goes on"
    }
    if interrupted { return "\(count), the run was interrupted" }
    return trials == self.trials.planned
      ? nil : "\(count), but the run had finished: rows were removed or added since"
  }
}

extension StoredRun {
  /// A line on a run that is not all of what was planned; nil for one that is, and where there is no
  /// `run.json` to know it by.
  package var shortfall: String? {
    description?.shortfall(of: path, trials: groups.reduce(0) { $0 + $1.trials })
  }
}
