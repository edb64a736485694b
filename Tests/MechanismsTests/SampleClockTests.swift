import Testing

@testable import Mechanisms

@Suite struct SampleClockTests {
  /// Over some milliseconds both clocks show the same time, to within what they are held to.
  @Test func ticksAreNanosecondsOfTheOtherClock() {
    var clock = SampleClock()
    wait(5_000_000)
    let start = clock.mark()
    clock.settle(at: start)
    let ticks = clock.ticks()
    let before = Clock.now()
    wait(5_000_000)
    let elapsed = Clock.now() &- before
    let measured = clock.nanoseconds(clock.ticks() &- ticks)
    // The machine may take the core away between two readings, which makes the second one longer.
    #expect(measured >= elapsed - elapsed / 500)
    #expect(clock.disagreement(from: start, to: clock.mark()) == nil)
    let back = clock.nanoseconds(clock.ticks(1_000_000_000))
    #expect(abs(Int64(back) - 1_000_000_000) <= 1000)
  }

  /// CLOCK_MONOTONIC in the counter's place counts nanoseconds, whatever anybody says of it.
  @Test func theKernelsClockIsTakenAsItIs() {
    var clock = SampleClock(usesCounter: false)
    clock.settle(at: SampleClock.Mark(nanoseconds: 1, ticks: 1_000_000))
    #expect(clock.nanoseconds(123_456_789_012) == 123_456_789_012)
    #expect(clock.ticks(123_456_789_012) == 123_456_789_012)
    let marks = [0, 1_000_000].map { SampleClock.Mark(nanoseconds: $0, ticks: 3 * $0) }
    #expect(clock.disagreement(from: marks[0], to: marks[1]) == nil)
  }

  /// A counter that ran differently than when its ticks were measured, by a part of the time.
  @Test(arguments: [(0.0, false), (0.0009, false), (0.0011, true), (-0.002, true), (0.5, true)])
  func aCounterThatRanOtherwiseIsNoticed(part: Double, isNoticed: Bool) throws {
    let clock = SampleClock(usesCounter: true)
    // One tick is a nanosecond until it is measured.
    let second = 1_000_000_000.0
    let start = SampleClock.Mark(nanoseconds: 500, ticks: 9_000)
    let end = SampleClock.Mark(
      nanoseconds: 500 + UInt64(second), ticks: 9_000 + UInt64(second * (1 + part)))
    let disagreement = clock.disagreement(from: start, to: end)
    #expect((disagreement != nil) == isNoticed)
    if let disagreement { #expect(abs(disagreement - abs(part)) < 1e-6) }
  }

  /// A microsecond of reading the two clocks is no disagreement, however short the time.
  @Test func whatReadingThemTakesIsNoDisagreement() {
    let clock = SampleClock(usesCounter: true)
    let start = SampleClock.Mark(nanoseconds: 0, ticks: 0)
    let end = SampleClock.Mark(nanoseconds: 10_000, ticks: 11_000)
    #expect(clock.disagreement(from: start, to: end) == nil)
  }

  private func wait(_ nanoseconds: UInt64) {
    let start = Clock.now()
    while Clock.now() &- start < nanoseconds {}
  }
}
