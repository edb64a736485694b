import Trials

/// What `ipcbench doctor` makes of a host: facts go in, findings with their remedies come out.
///
/// Nothing here asks the machine, so that any machine can be examined that somebody makes up. The
/// findings stand by theme in the files beside this one.
public struct Examination: Sendable {
  public var host: HostEnvironment
  public var topology: CPUTopology
  public var vitals: HostVitals
  /// What one read of the clock costs, and the smallest step it shows, in nanoseconds.
  public var clockReadCostNanoseconds: Double
  public var clockResolutionNanoseconds: Double
  /// What the run that is examined for does about idle processors.
  public var idlePolicy: IdlePolicy

  public init(
    host: HostEnvironment, topology: CPUTopology, vitals: HostVitals,
    clockReadCostNanoseconds: Double, clockResolutionNanoseconds: Double,
    idlePolicy: IdlePolicy = .standard
  ) {
    self.host = host
    self.topology = topology
    self.vitals = vitals
    self.clockReadCostNanoseconds = clockReadCostNanoseconds
    self.clockResolutionNanoseconds = clockResolutionNanoseconds
    self.idlePolicy = idlePolicy
  }

  public var condition: HostCondition {
    HostCondition(
      availabilityFindings + clockFindings + processorFindings + neighbourFindings + limitFindings)
  }
}

/// One decimal place: 30.2.
package func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

/// `1 CPU`, `2 CPUs`.
package func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}
