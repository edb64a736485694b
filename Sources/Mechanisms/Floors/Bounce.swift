import CLinux
import Synchronization

/// What floors without a payload share: two words, far enough apart not to be fetched together.
struct FloorLines: ~Copyable {
  static let byteCount = RingLayout.pageBytes
  private static let replyOffset = 256
  private let mapping: SharedMapping

  static func adopt(_ end: consuming LinkEnd) throws(CallError) -> FloorLines {
    let mapping = try SharedMapping.shared(end.incoming, byteCount: byteCount)
    mapping.prefault(from: 0, byteCount: byteCount)
    return FloorLines(mapping: mapping)
  }

  private init(mapping: consuming SharedMapping) {
    self.mapping = mapping
  }

  var request: UnsafeMutablePointer<Atomic<UInt32>> { word(at: 0) }
  var reply: UnsafeMutablePointer<Atomic<UInt32>> { word(at: Self.replyOffset) }
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(mapping.bytes) }

  private func word(at offset: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
    (mapping.bytes.baseAddress.unsafelyUnwrapped + offset)
      .assumingMemoryBound(to: Atomic<UInt32>.self)
  }
}

/// A carrier that makes round trips and nothing else, and whose messages have no bytes to inspect.
protocol RoundTripCarrier: Carrier, ~Copyable {
  /// Hands over to the peer and waits until it is this side's turn again.
  mutating func ask() throws(CallError)
  /// Waits for the peer's turn to end and hands back to it.
  mutating func answerOnce() throws(CallError)
}

extension RoundTripCarrier where Self: ~Copyable {
  @inline(__always)
  mutating func exchange<Touch: Touching>(
    _ sequence: UInt64, _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    try ask()
    inspector.count(1)
  }

  @inline(__always)
  mutating func answer<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    try answerOnce()
    inspector.count(1)
  }

  /// A message one way is a round trip that nobody times.
  @inline(__always)
  mutating func send<Touch: Touching>(_ sequence: UInt64, _: Touch.Type) throws(CallError) {
    try ask()
  }

  @inline(__always)
  mutating func receive<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    try answer(&inspector, Touch.self)
  }

  mutating func flush() throws(CallError) {}
}

/// Which lines a bounce goes by.
protocol FloorLineChoice: SendableMetatype {
  static func bounce(_ lines: borrowing FloorLines) -> CacheLineBounce
}

enum OneLine: FloorLineChoice {
  static func bounce(_ lines: borrowing FloorLines) -> CacheLineBounce {
    CacheLineBounce(lines.request)
  }
}

enum TwoLines: FloorLineChoice {
  static func bounce(_ lines: borrowing FloorLines) -> CacheLineBounce {
    CacheLineBounce(lines.request, reply: lines.reply)
  }
}

/// A word that goes to the other core and comes back, in one cache line or in two.
struct Bounce<Lines: FloorLineChoice>: ~Copyable, RoundTripCarrier {
  private let lines: FloorLines
  private var bounce: CacheLineBounce

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> Bounce {
    let lines = try FloorLines.adopt(end)
    let bounce = Lines.bounce(lines)
    return Bounce(lines: lines, bounce: bounce)
  }

  private init(lines: consuming FloorLines, bounce: CacheLineBounce) {
    self.lines = lines
    self.bounce = bounce
  }

  @inline(__always)
  mutating func ask() throws(CallError) { bounce.ask() }

  @inline(__always)
  mutating func answerOnce() throws(CallError) { bounce.answerOnce() }

  var waitCounts: WaitCounts { WaitCounts() }
  var sharedMemory: UnsafeRawBufferPointer? { lines.bytes }
}

/// The plainest hand-off between two that sleep: one futex word, a wake-up at every turn. futex(2). A
/// reference, no lower bound.
struct HandOff: ~Copyable, RoundTripCarrier {
  private let lines: FloorLines
  private let word: UnsafeMutablePointer<Atomic<UInt32>>
  /// How often the word has been handed over, both ways.
  private var turn: UInt32 = 0
  private var waits: UInt64 = 0
  private var wakes: UInt64 = 0

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> HandOff {
    HandOff(lines: try FloorLines.adopt(end))
  }

  private init(lines: consuming FloorLines) {
    word = lines.request
    self.lines = lines
  }

  @inline(__always)
  mutating func ask() throws(CallError) {
    handOver()
    sleepUntilHandedBack()
  }

  @inline(__always)
  mutating func answerOnce() throws(CallError) {
    sleepUntilHandedBack()
    handOver()
  }

  @inline(__always)
  private mutating func handOver() {
    turn &+= 1
    // Pairs with the acquire in sleepUntilHandedBack. A peer that is about to sleep on the turn before
    // finds in the kernel that it is over.
    word.pointee.store(turn, ordering: .releasing)
    _ = linux_futex_wake_one(futex)
    wakes &+= 1
  }

  @inline(__always)
  private mutating func sleepUntilHandedBack() {
    let mine = turn
    turn &+= 1
    // Pairs with the release in handOver.
    while word.pointee.load(ordering: .acquiring) != turn {
      _ = linux_futex_wait(futex, mine)
      waits &+= 1
    }
  }

  private var futex: UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self)
  }

  var waitCounts: WaitCounts { WaitCounts(waits: waits, wakes: wakes) }
  var sharedMemory: UnsafeRawBufferPointer? { lines.bytes }
}
