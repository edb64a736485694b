import Glibc
import Mechanisms
import Trials

/// What a run may need and this machine, or the sandbox around this process, refuses. Each is found out by
/// doing it, because what is configured and what is permitted are two things.
public struct Refusals: Hashable, Sendable {
  /// What every trial needs.
  public var trials: CallError?
  public var pipes: CallError?
  public var fifos: CallError?
  public var unixSockets: CallError?
  /// A TCP connection over 127.0.0.1.
  public var loopback: CallError?
  public var sharedMemory: CallError?
  /// Binding memory to a NUMA node.
  public var memoryPolicy: NUMAError?

  public init() {}

  /// As it is now.
  public static func current() -> Refusals {
    var refusals = Refusals()
    refusals.trials = Driver.obstacle()
    refusals.pipes = Mechanism.pipe.obstacle()
    refusals.fifos = Mechanism.fifo.obstacle()
    refusals.unixSockets = Mechanism.unixStream.obstacle()
    refusals.loopback = Mechanism.tcp.obstacle()
    refusals.sharedMemory = Mechanism.sharedMemoryRing.obstacle()
    refusals.memoryPolicy = NUMAMemory.obstacle()
    return refusals
  }
}
