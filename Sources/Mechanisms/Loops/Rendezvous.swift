import CLinux
import Glibc
import Synchronization
import Trials

/// Where the two workers of a trial wait for each other just before each phase, so that neither takes a
/// first sample while the other still reads its order.
///
/// Nobody sleeps here: a side that has just been woken begins on a core that has just been idle, and its
/// first messages would show that. A peer that is dead or stopped is the driver's business, which watches
/// both and ends them at its deadline.
package struct Rendezvous: Sendable {
  private nonisolated(unsafe) let own: UnsafeMutablePointer<Atomic<UInt32>>
  private nonisolated(unsafe) let peer: UnsafeMutablePointer<Atomic<UInt32>>
  private let isOneCore: Bool

  /// The peer mostly comes within some tens of microseconds. Beyond about that the core is offered to
  /// whoever wants it, in case that is the peer.
  private static let looksBeforeYielding = 4096

  package init(_ memory: borrowing TrialMemory, _ role: Role, on cores: CorePair) {
    own = memory.arrival(of: role)
    peer = memory.arrival(of: role == .producer ? .consumer : .producer)
    isOneCore = cores.areOne
  }

  /// Says that this side is ready for a phase, and waits until the other is.
  ///
  /// - Parameter phase: its index; of two calls the later one has the larger.
  package func meet(forPhase phase: Int) {
    let number = UInt32(phase) + 1
    // Pairs with the acquire below, in the peer: what was prepared before is in place for it.
    own.pointee.store(number, ordering: .releasing)
    var looks = 0
    // Pairs with the release above, in the peer. It may be a phase ahead of one who has been slow to look.
    while peer.pointee.load(ordering: .acquiring) < number {
      looks += 1
      if isOneCore || looks > Self.looksBeforeYielding {
        sched_yield()
      } else {
        linux_cpu_relax()
      }
    }
  }
}
