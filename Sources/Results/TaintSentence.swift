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
    let least = Self.many * Double(trials)
    guard Double(tainted) >= least, let cause = cause(atLeast: least) else {
      return "\(count); they count all the same."
    }
    return "\(count): \(cause.remedy)."
  }

  /// What to do something about: the reason that explains the others, or else the commonest.
  private func cause(atLeast least: Double) -> TaintReason? {
    // Another run takes the cores away, and what takes them away disturbs the probes.
    let byDepth: [TaintReason] = [
      .anotherRun, .preempted, .steal, .majorFault, .migration, .wrongCore,
    ]
    return byDepth.first { Double(taints[$0] ?? 0) >= least }
      ?? TaintReason.allCases.filter { taints[$0] != nil }
      .max { taints[$0] ?? 0 < taints[$1] ?? 0 }
  }
}
