import CLinux
import Glibc
import Synchronization
import Trials

/// The memory that the driver and both workers of a trial share: where each phase ends, where the workers
/// wait for each other, the words of the probes, the producer's latency counts, and the times of each message of a paced trial. A memfd,
/// so it has no name and goes when the last of them goes.
public struct TrialMemory: ~Copyable, Sendable {
  private let mapping: SharedMapping

  /// Two lines away from the ends of the phases, because adjacent lines are fetched in pairs.
  private static let probeOffset = 1024
  private static let clockQuestionOffset = 1280
  private static let clockAnswerOffset = 1536
  /// Behind the answer, in its line.
  private static let clockReadingOffset = clockAnswerOffset + wordBytes
  private static let clockErrorOffset = 1792
  /// How many messages each phase has on a schedule.
  private static let scheduledOffset = 2048
  /// Apart from each other and from all else, as the probe's word is: both sides look at them all the time.
  private static let producerArrivalOffset = 2304
  private static let consumerArrivalOffset = 2560
  private static let countsOffset = 4096
  /// Due times of all phases, then when their messages were sent, then when they arrived.
  private static let stampsOffset = countsOffset + LatencyHistogram.countOfCounts * wordBytes
  private static let wordBytes = MemoryLayout<UInt64>.stride

  /// The driver's part: a new object, with no phase's end known yet.
  ///
  /// - Parameter schedules: When the messages of each phase are due, by the phase's index; none for a
  ///   phase without a schedule.
  public static func create(
    schedules: [[UInt64]] = []
  ) throws(CallError) -> OwnedDescriptor {
    precondition(schedules.count <= phaseLimit)
    let object = OwnedDescriptor(
      adopting: try retrying(
        "memfd_create", while: "making the trial's shared memory", for: .connecting
      ) {
        linux_memfd_create("ipcbench-trial")
      })
    let scheduled = schedules.reduce(0) { $0 + $1.count }
    try reserve(
      object, byteCount: stampsOffset + 3 * scheduled * wordBytes,
      while: "making the trial's shared memory")
    let memory = try TrialMemory(object)
    for phase in 0..<phaseLimit { memory.end(of: phase).pointee.store(.max, ordering: .relaxed) }
    for (phase, dueTimes) in schedules.enumerated() {
      memory.scheduled[phase] = UInt64(dueTimes.count)
      memory.stamps(of: phase).due.update(from: dueTimes, count: dueTimes.count)
    }
    return object
  }

  public init(_ object: borrowing OwnedDescriptor) throws(CallError) {
    var status = stat()
    guard fstat(object.number, &status) == 0 else {
      throw CallError("fstat", while: "mapping the trial's shared memory")
    }
    mapping = try SharedMapping.shared(object, byteCount: Int(status.st_size))
  }

  /// Makes every page present that a worker works on, so that no sample pays for a page fault.
  public func prefault(for role: Role) {
    let arrivals = mapping.bytes.count - scheduledInAll * Self.wordBytes
    switch role {
    case .producer: mapping.prefault(from: 0, byteCount: arrivals)
    case .consumer:
      mapping.prefault(from: 0, byteCount: Self.countsOffset)
      mapping.prefault(from: arrivals, byteCount: mapping.bytes.count - arrivals)
    }
  }

  /// How many phases a trial may have.
  static let phaseLimit = 8

  /// Sequence number of the first message that no longer belongs to the phase; `UInt64.max` until
  /// the producer knows it, which it does before it sends the phase's last message.
  @inline(__always)
  package func end(of phase: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    precondition(phase < Self.phaseLimit)
    return atomicWord(at: phase * Self.wordBytes)
  }

  /// What the probe hands to and fro; 0 while no probe runs.
  package var probeWord: UnsafeMutablePointer<Atomic<UInt32>> {
    (mapping.bytes.baseAddress.unsafelyUnwrapped + Self.probeOffset)
      .assumingMemoryBound(to: Atomic<UInt32>.self)
  }

  /// How many phases a side has come to the beginning of; written by that side, watched by the other.
  package func arrival(of role: Role) -> UnsafeMutablePointer<Atomic<UInt32>> {
    let offset =
      switch role {
      case .producer: Self.producerArrivalOffset
      case .consumer: Self.consumerArrivalOffset
      }
    return (mapping.bytes.baseAddress.unsafelyUnwrapped + offset)
      .assumingMemoryBound(to: Atomic<UInt32>.self)
  }

  /// What the comparison of the clocks hands to and fro.
  package var clockExchange: ClockExchange {
    ClockExchange(
      question: atomicWord(at: Self.clockQuestionOffset),
      answer: atomicWord(at: Self.clockAnswerOffset), reading: word(at: Self.clockReadingOffset),
      consumerClockError: word(at: Self.clockErrorOffset))
  }

  /// How many nanoseconds the consumer's clock is made to be ahead where it stamps arrivals; 0 but in
  /// the mechanism that shows what becomes of clocks that disagree.
  package var consumerClockError: UInt64 {
    get { word(at: Self.clockErrorOffset).pointee }
    nonmutating set { word(at: Self.clockErrorOffset).pointee = newValue }
  }

  /// The times of a phase's messages; none in a phase that keeps to no schedule.
  package func stamps(of phase: Int) -> PacedStamps {
    precondition(phase < Self.phaseLimit)
    let all = scheduledInAll
    let before = (0..<phase).reduce(0) { $0 + Int(scheduled[$1]) }
    func times(_ kind: Int) -> UnsafeMutablePointer<UInt64> {
      word(at: Self.stampsOffset + (kind * all + before) * Self.wordBytes)
    }
    return PacedStamps(
      count: Int(scheduled[phase]), due: times(0), sent: times(1), arrived: times(2))
  }

  private var scheduled: UnsafeMutablePointer<UInt64> { word(at: Self.scheduledOffset) }

  private var scheduledInAll: Int {
    (0..<Self.phaseLimit).reduce(0) { $0 + Int(scheduled[$1]) }
  }

  @inline(__always)
  private func word(at offset: Int) -> UnsafeMutablePointer<UInt64> {
    (mapping.bytes.baseAddress.unsafelyUnwrapped + offset).assumingMemoryBound(to: UInt64.self)
  }

  @inline(__always)
  private func atomicWord(at offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    (mapping.bytes.baseAddress.unsafelyUnwrapped + offset)
      .assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// The latency counts, indexed as `LatencyHistogram` says.
  public var latencyCounts: UnsafeMutableBufferPointer<UInt64> {
    UnsafeMutableBufferPointer(
      start: (mapping.bytes.baseAddress.unsafelyUnwrapped + Self.countsOffset)
        .assumingMemoryBound(to: UInt64.self),
      count: LatencyHistogram.countOfCounts)
  }
}
