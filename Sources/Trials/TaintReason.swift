/// What can have disturbed a trial, as `taint_reason` names it.
public enum TaintReason: String, CaseIterable, Sendable {
  /// The hypervisor gave time of the trial's cores to somebody else.
  case steal
  /// The scheduler moved a side to another CPU.
  case migration
  /// A page had to be read from a disk.
  case majorFault = "major-fault"
  /// A side found itself on a CPU that was not its own.
  case wrongCore = "wrong-core"
  /// A side that wanted its core all the time did not have it; what follows says which, and how much it had.
  case preempted
  /// Another ipcbench measured on one of the trial's cores.
  case anotherRun = "another-run"
  /// The probes before and after the trial differ.
  case probeChanged = "probe-changed"
  /// A probe is far from those of the run's other trials.
  case probeUnusual = "probe-unusual"

  /// The reason that an entry of `taint_reason` begins with; nil of one that this ipcbench does not know.
  public init?(entry: some StringProtocol) {
    self.init(rawValue: String(entry.prefix { $0 != ":" }))
  }

  /// What somebody can do about it who sees it often.
  public var remedy: String {
    switch self {
    case .steal:
      "the hypervisor gave the cores to others: measure at a quieter time, or on a host of your own"
    case .migration, .wrongCore:
      "something moved the workers to other CPUs: stop whatever sets their affinity"
    case .majorFault: "memory was short: free some, or turn swapping off"
    case .preempted:
      "other programs ran on the same cores: end them, or move them to other cores (taskset)"
    case .anotherRun:
      "another ipcbench measured on the same cores: run one at a time, or give each its own cores"
    case .probeChanged, .probeUnusual:
      "the host moved the virtual CPUs: measure at a quieter time, or have them pinned"
    }
  }
}
