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
  /// Bounces a cache line with its peer, or compares clocks with it.
  case probing
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
  /// The worker's role says which one is its own.
  var cores: CorePair
  var memoryNode: Int?
  /// Inherited descriptors: this end of the link, and the trial's shared memory.
  var link: [Int32]
  var memory: Int32
}

/// What the driver says to a worker.
enum DriverMessage: Codable, Sendable {
  case assignment(Assignment)
  case begin(Phase)
  case probe
  case compareClocks
}

/// What a worker says to the driver.
enum WorkerMessage: Codable, Sendable {
  /// Pinned, bound, adopted and pre-faulted.
  case ready
  case phaseEnded(PhaseReport, SideUsage)
  /// What the probe found, in nanoseconds; nil from the consumer, which only answers.
  case probed(Double?)
  /// How the clocks compare; nil from the consumer, which only answers.
  case comparedClocks(ClockBounds?)
  case failed(CallError)
}
