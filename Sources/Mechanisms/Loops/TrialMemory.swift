import CLinux
import Glibc
import Synchronization

/// The little memory that the driver and both workers of a trial share: where each phase ends, the word
/// of the probe, and the producer's latency counts. A memfd, so it has no name and goes when the last of them goes.
public struct TrialMemory: ~Copyable, Sendable {
  private let mapping: SharedMapping

  /// Two lines away from the ends of the phases, because adjacent lines are fetched in pairs.
  private static let probeOffset = 1024
  private static let countsOffset = 4096
  private static let byteCount =
    countsOffset + LatencyHistogram.countOfCounts * MemoryLayout<UInt64>.stride

  /// The driver's part: a new object, with no phase's end known yet.
  public static func create() throws(CallError) -> OwnedDescriptor {
    let object = OwnedDescriptor(
      adopting: try retrying("memfd_create", while: "making the trial's shared memory") {
        linux_memfd_create("ipcbench-trial")
      })
    guard ftruncate(object.number, byteCount) == 0 else {
      throw CallError("ftruncate", while: "making the trial's shared memory")
    }
    let memory = try TrialMemory(object)
    for phase in 0..<phaseLimit { memory.end(of: phase).pointee.store(.max, ordering: .relaxed) }
    return object
  }

  public init(_ object: borrowing OwnedDescriptor) throws(CallError) {
    mapping = try SharedMapping.shared(object, byteCount: Self.byteCount)
  }

  /// Makes every page present, so that no sample pays for a page fault.
  public func prefault() {
    mapping.prefault(from: 0, byteCount: mapping.bytes.count)
  }

  /// How many phases a trial may have.
  static let phaseLimit = 8

  /// Sequence number of the first message that no longer belongs to the phase; `UInt64.max` until
  /// the producer knows it, which it does before it sends the phase's last message.
  @inline(__always)
  package func end(of phase: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    precondition(phase < Self.phaseLimit)
    return (mapping.bytes.baseAddress.unsafelyUnwrapped + phase * MemoryLayout<UInt64>.stride)
      .assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// What the probe hands to and fro; 0 while no probe runs.
  package var probeWord: UnsafeMutablePointer<Atomic<UInt32>> {
    (mapping.bytes.baseAddress.unsafelyUnwrapped + Self.probeOffset)
      .assumingMemoryBound(to: Atomic<UInt32>.self)
  }

  /// The latency counts, indexed as `LatencyHistogram` says.
  public var latencyCounts: UnsafeMutableBufferPointer<UInt64> {
    UnsafeMutableBufferPointer(
      start: (mapping.bytes.baseAddress.unsafelyUnwrapped + Self.countsOffset)
        .assumingMemoryBound(to: UInt64.self),
      count: LatencyHistogram.countOfCounts)
  }
}
