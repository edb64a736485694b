import Mechanisms
import Trials

/// How far a worker has come, in order.
public enum Stage: String, Codable, CaseIterable, Sendable {
  /// Started; waits for its assignment.
  case starting
  /// Pins itself, binds its memory and takes over its end of the link.
  case preparing
  /// Waits for its peer.
  case ready
  case verifying
  case warmingUp = "warming up"
  case timing
}

extension Phase.Kind {
  var stage: Stage {
    switch self {
    case .verify: .verifying
    case .warmUp: .warmingUp
    case .timed: .timing
    }
  }
}

/// Everything a worker needs to know, in the one message that starts it off.
struct Assignment: Codable, Sendable {
  var mechanism: String
  var role: Role
  var workload: Workload
  /// The logical CPU to run on.
  var core: Int
  var memoryNode: Int?
  /// Inherited descriptors: this end of the link, and the trial's shared memory.
  var link: [Int32]
  var memory: Int32
}

/// What the driver says to a worker.
enum DriverMessage: Codable, Sendable {
  case assignment(Assignment)
  case begin(Phase)
}

/// What a worker says to the driver.
enum WorkerMessage: Codable, Sendable {
  /// Pinned, bound, adopted and pre-faulted.
  case ready
  case phaseEnded(PhaseReport, SideUsage)
  case failed(CallError)
}
