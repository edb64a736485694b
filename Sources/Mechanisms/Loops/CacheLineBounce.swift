import CLinux
import Synchronization
import Trials

/// One word that two cores hand to each other, or one a direction: the least that any exchange through
/// memory can cost.
package struct CacheLineBounce: Sendable {
  private nonisolated(unsafe) let request: UnsafeMutablePointer<Atomic<UInt32>>
  private nonisolated(unsafe) let reply: UnsafeMutablePointer<Atomic<UInt32>>
  /// How often a word has been handed over, both ways; even when it is the asking side's turn.
  private var turn: UInt32 = 0

  /// - Parameter reply: Where the answer comes; nil for the word that the request went by.
  package init(
    _ request: UnsafeMutablePointer<Atomic<UInt32>>,
    reply: UnsafeMutablePointer<Atomic<UInt32>>? = nil
  ) {
    self.request = request
    self.reply = reply ?? request
  }

  /// Hands the line over and waits until it comes back.
  @inline(__always)
  package mutating func ask() {
    // Pairs with the acquire in answer.
    request.pointee.store(turn &+ 1, ordering: .releasing)
    turn &+= 2
    // Pairs with the release in answer.
    while reply.pointee.load(ordering: .acquiring) != turn { linux_cpu_relax() }
  }

  /// Waits until the line comes and hands it back; for one who knows how often it will come.
  @inline(__always)
  package mutating func answerOnce() {
    // Pairs with the release in ask.
    while request.pointee.load(ordering: .acquiring) != turn &+ 1 { linux_cpu_relax() }
    turn &+= 2
    // Pairs with the acquire in ask.
    reply.pointee.store(turn, ordering: .releasing)
  }

  /// Tells the answering side that nothing more will be asked, and starts again from the beginning.
  package mutating func finish() {
    request.pointee.store(Self.finished, ordering: .releasing)
    turn = 0
  }

  /// Hands the line back each time that it comes, until the other side has finished.
  package mutating func answer() {
    while true {
      let value = request.pointee.load(ordering: .acquiring)
      if value == turn &+ 1 {
        turn &+= 2
        reply.pointee.store(turn, ordering: .releasing)
      } else if value == Self.finished {
        turn = 0
        // Ready for the next round; the other side does not begin before it is told to.
        request.pointee.store(0, ordering: .releasing)
        return
      } else {
        linux_cpu_relax()
      }
    }
  }

  private static let finished = UInt32.max
}

/// A look at the two cores just before and just after a trial: how long a cache line takes from one to
/// the other and back. Hosts move virtual CPUs, and nothing else in a guest tells.
package struct Probe: Sendable {
  private var bounce: CacheLineBounce
  private let role: Role
  private let isOneCore: Bool

  package static let nanoseconds: UInt64 = 2_000_000
  private static let roundTripsPerSample = 32

  package init(_ memory: borrowing TrialMemory, _ role: Role, on cores: CorePair) {
    bounce = CacheLineBounce(memory.probeWord)
    self.role = role
    isOneCore = cores.areOne
  }

  /// Runs this worker's side, on both at the same time.
  ///
  /// - Returns: nanoseconds, the median over some hundred samples, in the producer; nil in the consumer.
  ///   On one core nothing can bounce between two that spin, and the producer times an atomic exchange.
  package mutating func run() -> Double? {
    guard role == .producer else {
      if !isOneCore { bounce.answer() }
      return nil
    }
    var samples: [UInt64] = []
    samples.reserveCapacity(4096)
    var now = Clock.now()
    let end = now &+ Self.nanoseconds
    let alone = Atomic<UInt32>(0)
    while now < end && samples.count < samples.capacity {
      for _ in 0..<Self.roundTripsPerSample {
        if isOneCore {
          _ = alone.exchange(1, ordering: .sequentiallyConsistent)
        } else {
          bounce.ask()
        }
      }
      let previous = now
      now = Clock.now()
      samples.append(now &- previous)
    }
    if !isOneCore { bounce.finish() }
    samples.sort()
    return Double(samples[samples.count / 2]) / Double(Self.roundTripsPerSample)
  }
}
