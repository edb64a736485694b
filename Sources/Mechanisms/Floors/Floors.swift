import CLinux
import Trials

extension Mechanism {
  /// What hardware and kernel charge at least, and a hand-off between sleeping sides for reference,
  /// measured by the loops that measure everything else. A run measures them for itself; nobody else gets
  /// them without naming them.
  public static let floors: [Mechanism] = [
    alone(.null, NullWork.self, "the harness's own loop: a message written and inspected in place"),
    clock,
    alone(.systemCall, SystemCallWork.self, "one getppid(2) by the producer; no peer"),
    bounce(.oneLineBounce, OneLine.self, "one cache line over and back; no payload"),
    bounce(.twoLineBounce, TwoLines.self, "a cache line over, another one back; no payload"),
    alone(
      .localCopy, CopyWork.self, "one memcpy of the payload by the producer; no peer",
      copies: "copied once, between two buffers of the producer's own",
      patterns: [.pingPong, .stream]),
    crossCopy,
    Mechanism(
      FloorName.wake.rawValue,
      summary: "a futex wake-up over, another one back; a reference, no lower bound; no payload",
      copies: "nothing is moved", work: [Way(.block): loops(over: HandOff.self)],
      patterns: [.pingPong], sharedMemoryBytes: { _ in FloorLines.byteCount },
      makeLink: linesLink),
  ]

  private static let linesLink: MakeLink = { _ throws(CallError) in
    try sharedMemoryLink(byteCount: FloorLines.byteCount)
  }

  /// The clock that round trips are stamped with.
  private static let clock =
    SampleClock.readsCounter
    ? alone(.clock, CounterWork.self, "one read of the time-stamp counter by the producer; no peer")
    : alone(.clock, ClockWork.self, "one read of the clock by the producer; no peer")

  /// What one core does by itself: a round trip is one operation of the producer's, and the consumer
  /// sleeps. The link only tells the consumer when a phase is over.
  private static func alone<Work: SoloWork>(
    _ name: FloorName, _: Work.Type, _ summary: String, copies: String = "nothing is moved",
    patterns: [Pattern] = [.pingPong]
  ) -> Mechanism {
    Mechanism(
      name.rawValue, summary: summary, copies: copies,
      work: [Way(.block): loops(over: Alone<Work>.self)], patterns: patterns, isTried: false
    ) { _ throws(CallError) in
      let forth = try PipeEnds.open(bufferBytes: RingLayout.pageBytes)
      let back = try PipeEnds.open(bufferBytes: RingLayout.pageBytes)
      return PipeEnds.link(forth: forth, back: back)
    }
  }

  private static func bounce<Lines: FloorLineChoice>(
    _ name: FloorName, _: Lines.Type, _ summary: String
  ) -> Mechanism {
    Mechanism(
      name.rawValue, summary: summary, copies: "nothing is moved",
      work: [Way(.spin): loops(over: Bounce<Lines>.self)], patterns: [.pingPong],
      sharedMemoryBytes: { _ in FloorLines.byteCount }, makeLink: linesLink)
  }

  private static let crossCopy = Mechanism(
    FloorName.crossCopy.rawValue,
    summary: "copied in by one core, out by the other; a stream shows the slower half of the two",
    copies: "copied into shared memory and out again",
    work: [Way(.spin): loops(over: CrossCopy.self)], patterns: [.pingPong, .stream],
    sharedMemoryBytes: { 2 * CopyWindowLayout($0).byteCount }, makeLink: windowsLink)

  private static let windowsLink: MakeLink = { workload throws(CallError) in
    try sharedMemoryLink(byteCount: 2 * CopyWindowLayout(workload).byteCount)
  }
}
