import Trials

extension Summary {
  /// Trials that were disturbed make a run doubtful from this part on.
  private static let many = 0.1

  /// How many trials were disturbed and by what, and where they are many, what to do about it; nil where
  /// none was.
  public var taintSentence: String? {
    let trials = groups.reduce(0) { $0 + $1.trials }
    let tainted = groups.reduce(0) { $0 + $1.tainted }
    guard tainted > 0 else { return nil }
    let known = TaintReason.allCases.compactMap { reason in
      taints[reason].map { (reason: reason, count: $0) }
    }
    let parts = known.map { "\($0.count) \($0.reason.rawValue)" }
    let causes = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    let count = "\(tainted) of \(trials) trials tainted\(causes)"
    // Of equals the first, which is the most certain sign.
    guard Double(tainted) >= Self.many * Double(trials),
      let most = known.max(by: { $0.count < $1.count })
    else { return "\(count); they count all the same." }
    return "\(count): \(most.reason.remedy)."
  }
}
