import CLinux
import Glibc

/// What single round trips are stamped with: the processor's time-stamp counter where the kernel itself
/// keeps time by it, otherwise CLOCK_MONOTONIC, which costs more to read.
///
/// A reading is in ticks of its own. `settle` finds out how long a tick is, by CLOCK_MONOTONIC, and
/// `disagreement` whether the two still agreed when all was over.
public struct SampleClock: Sendable {
  /// One clock read by both, as near to each other in time as can be.
  public struct Mark: Sendable {
    let nanoseconds: UInt64
    let ticks: UInt64
  }

  /// Whether this machine's counter can stand in for the clock: it runs at one rate, and the kernel has
  /// found nothing against it, as it watches it against other clocks (`clocksource` in the kernel's
  /// documentation).
  public static let readsCounter: Bool =
    linux_has_invariant_counter() && kernelClockSource() == "tsc"

  /// Two clocks that run at one rate agree much better; a counter that was stopped or slowed down, or
  /// moved to another machine, does not.
  static let largestDisagreement = 0.001
  /// What two marks can be off by without anything being wrong, in nanoseconds.
  static let markErrorNanoseconds = 2_000.0
  /// Of a number with 32 binary digits behind its point.
  private static let pointShift: UInt64 = 32

  private let beginning: Mark
  /// Nanoseconds a tick, times 2^32.
  private var scale: UInt64 = 1 << pointShift
  private let usesCounter: Bool

  public init() { self.init(usesCounter: Self.readsCounter) }

  init(usesCounter: Bool) {
    self.usesCounter = usesCounter
    beginning = Self.mark(usesCounter)
  }

  @inline(__always)
  public func ticks() -> UInt64 { usesCounter ? linux_read_counter() : Clock.now() }

  /// A difference between two readings in nanoseconds.
  @inline(__always)
  public func nanoseconds(_ ticks: UInt64) -> UInt64 {
    let product = ticks.multipliedFullWidth(by: scale)
    return product.high &<< Self.pointShift | product.low &>> Self.pointShift
  }

  /// How many ticks so many nanoseconds are.
  func ticks(_ nanoseconds: UInt64) -> UInt64 {
    usesCounter
      ? UInt64(Double(nanoseconds) / Double(scale) * Double(1 << Self.pointShift)) : nanoseconds
  }

  public func mark() -> Mark { Self.mark(usesCounter) }

  /// Measures the length of a tick from the making of this clock to now.
  mutating func settle(at mark: Mark) {
    guard usesCounter, mark.ticks > beginning.ticks else { return }
    let ratio =
      Double(mark.nanoseconds &- beginning.nanoseconds) / Double(mark.ticks &- beginning.ticks)
    scale = UInt64(ratio * Double(1 << Self.pointShift))
  }

  /// By which part the time between two marks differs, as one clock has it and as the other has it; nil
  /// where it is no more than it may be.
  func disagreement(from start: Mark, to end: Mark) -> Double? {
    guard usesCounter else { return nil }
    let byClock = Double(end.nanoseconds &- start.nanoseconds)
    let byCounter = Double(nanoseconds(end.ticks &- start.ticks))
    let difference = abs(byCounter - byClock)
    return difference > Self.largestDisagreement * byClock + Self.markErrorNanoseconds
      ? difference / max(byClock, 1) : nil
  }

  /// The narrowest of a few attempts: an interrupt between the readings would pull them apart.
  private static func mark(_ usesCounter: Bool) -> Mark {
    guard usesCounter else {
      let now = Clock.now()
      return Mark(nanoseconds: now, ticks: now)
    }
    var narrowest = UInt64.max
    var best = Mark(nanoseconds: 0, ticks: 0)
    for _ in 0..<8 {
      let before = Clock.now()
      let ticks = linux_read_counter()
      let after = Clock.now()
      if after &- before < narrowest {
        narrowest = after &- before
        best = Mark(nanoseconds: before &+ narrowest / 2, ticks: ticks)
      }
    }
    return best
  }

  /// What one read costs, in nanoseconds: the fastest of several averages.
  public static func readCostNanoseconds() -> Double {
    guard readsCounter else { return Clock.readCostNanoseconds() }
    let reads = 256
    var fastest = UInt64.max
    for _ in 0..<8 {
      let start = Clock.now()
      for _ in 0..<reads { _ = linux_read_counter() }
      fastest = min(fastest, Clock.now() - start)
    }
    return Double(fastest) / Double(reads)
  }

  /// How much longer something takes with a read behind it, in nanoseconds.
  ///
  /// A read of the counter waits for the loads before it. Back to back that is all it does; behind a
  /// round trip, which has waited for its reply, about half of it is left. A read of CLOCK_MONOTONIC,
  /// which goes on with arithmetic, adds all that it costs. (On an EPYC 9004: 18 ns back to back, 9 ns by
  /// this measure, 10 ns to a bounce of a cache line; CLOCK_MONOTONIC 23 ns and 25 ns.)
  public static func addedNanoseconds() -> Double {
    guard readsCounter else { return Clock.readCostNanoseconds() }
    let passes = 256
    let steps: UInt64 = 128
    var fastest = (with: UInt64.max, without: UInt64.max)
    for _ in 0..<16 {
      let start = Clock.now()
      for _ in 0..<passes { linux_pass_time(steps) }
      let middle = Clock.now()
      for _ in 0..<passes {
        linux_pass_time(steps)
        _ = linux_read_counter()
      }
      fastest.without = min(fastest.without, middle &- start)
      fastest.with = min(fastest.with, Clock.now() &- middle)
    }
    return fastest.with > fastest.without
      ? Double(fastest.with - fastest.without) / Double(passes) : 0
  }

  private static func kernelClockSource() -> String? {
    let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var text = [UInt8](repeating: 0, count: 64)
    let length = read(file, &text, text.count)
    guard length > 0 else { return nil }
    return String(decoding: text.prefix(length), as: UTF8.self)
      .split(whereSeparator: \.isWhitespace).first.map { String($0) }
  }
}
