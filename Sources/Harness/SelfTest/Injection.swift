import Glibc
import Mechanisms

/// What a check of the self-test does to its trial.
public enum Injection: Hashable, Sendable {
  /// The trial's mechanism has a fault in it.
  case fault(Fault)
  /// A worker is killed when the driver sees it enter a stage.
  case kill(Role, Stage)
  /// A worker is stopped, and does not go on, when the driver sees it enter a stage.
  case stop(Role, Stage)

  var mechanism: String {
    switch self {
    case .fault(let fault): fault.rawValue
    case .kill, .stop: Fault.none.rawValue
    }
  }

  /// Which worker is sent what, and when; nil if it is not by a signal that the trial is disturbed.
  var signal: (number: Int32, role: Role, stage: Stage)? {
    switch self {
    case .fault: nil
    case .kill(let role, let stage): (SIGKILL, role, stage)
    case .stop(let role, let stage): (SIGSTOP, role, stage)
    }
  }

  /// False for the controls.
  public var isFault: Bool { self != .fault(.none) }
}

extension Injection: CustomStringConvertible {
  public var description: String {
    switch self {
    case .fault(let fault): fault.summary
    case .kill(let role, let stage): "the \(role.rawValue) is killed while \(stage.rawValue)"
    case .stop(let role, let stage): "the \(role.rawValue) is stopped while \(stage.rawValue)"
    }
  }
}

extension Stage {
  /// Where a worker may be found dead or stopped that was so when it entered this stage: the driver
  /// finds out at its next wait, when it has gone on and may have heard what the worker still had to
  /// say.
  var stagesOfDiscovery: [Stage] {
    switch self {
    case .starting: [.starting, .preparing]
    case .preparing: [.preparing, .ready, .probing]
    case .ready: [.ready, .probing]
    case .probing, .verifying, .warmingUp, .timing: [self]
    }
  }
}
