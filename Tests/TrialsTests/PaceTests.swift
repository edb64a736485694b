import Testing

@testable import Trials

@Suite struct PaceTests {
  @Test func fixedArrivalsLieAtEqualDistances() {
    let pace = Pace(messagesPerSecond: 3, arrivals: .fixed)
    #expect(
      pace.dueTimes(5, seed: 1) == [0, 333_333_333, 666_666_667, 1_000_000_000, 1_333_333_333])
    // No rounding error adds up: the millionth gap ends where it should.
    #expect(pace.dueTimes(3_000_001, seed: 1).last == 1_000_000_000_000_000)
  }

  @Test func poissonArrivalsKeepTheRate() throws {
    let count = 200_000
    let times = Pace(messagesPerSecond: 1000).dueTimes(count, seed: 7)
    #expect(times.first == 0)
    #expect(times == times.sorted())
    // The mean of so many gaps has a standard error of 0.22 %.
    let mean = Double(try #require(times.last)) / Double(count - 1)
    #expect(abs(mean - 1e6) < 1e4)
  }

  /// The share of gaps longer than x times the mean is e to the power of -x.
  @Test func poissonGapsAreExponential() {
    let times = Pace(messagesPerSecond: 1000).dueTimes(200_000, seed: 7)
    let gaps = zip(times.dropFirst(), times).map { Double($0 - $1) / 1e6 }
    let shares = [(0.1, 0.904837), (0.5, 0.606531), (1, 0.367879), (2, 0.135335), (5, 0.006738)]
    for (gap, share) in shares {
      let found = Double(gaps.count { $0 > gap }) / Double(gaps.count)
      // Four standard errors are below 0.0045.
      #expect(abs(found - share) < 0.0045, "\(gap): \(found)")
    }
    // Neighbouring gaps know nothing of each other.
    let products = zip(gaps.dropFirst(), gaps).map { ($0 - 1) * ($1 - 1) }
    #expect(abs(products.reduce(0, +) / Double(products.count)) < 0.02)
  }

  @Test func aSeedGivesTheSameGapsAgain() {
    let pace = Pace(messagesPerSecond: 1000)
    #expect(pace.dueTimes(5, seed: 42) == pace.dueTimes(5, seed: 42))
    #expect(pace.dueTimes(5, seed: 42) != pace.dueTimes(5, seed: 43))
    // -ln((n + 1) / 2^53) ms for the generator's 53 bit draws n, computed in Python.
    #expect(pace.dueTimes(4, seed: 42) == [0, 298_993, 2_132_134, 3_410_108])
  }

  @Test func everyTrialOfEveryRunHasASeedOfItsOwn() {
    let seeds = (1...3).flatMap { run in
      (1...100).map { Trial.seed(ofTrial: $0, inRunSeeded: UInt64(run)) }
    }
    #expect(Set(seeds).count == 300)
    #expect(Trial.seed(ofTrial: 7, inRunSeeded: 2) == seeds[106])
  }

  @Test func onlyAPacedWorkloadHasAPace() {
    let pace = Pace(messagesPerSecond: 5, arrivals: .fixed)
    #expect(Workload(pattern: .stream, payloadBytes: 1, pace: pace).pace == nil)
    #expect(Workload(pattern: .paced, payloadBytes: 1, pace: pace).pace == pace)
    #expect(Workload(pattern: .paced, payloadBytes: 1).pace == .standard)
  }

  @Test func aTrialHasAsManyMessagesAsItsTimeTakes() {
    let limits = TrialLimits(
      length: .nanoseconds(500_000_000), warmUpNanoseconds: 10_000_000,
      timeoutNanoseconds: 1_000_000_000)
    #expect(limits.timedMessages(at: Pace(messagesPerSecond: 1000)) == 500)
    #expect(limits.warmUpMessages(at: Pace(messagesPerSecond: 1000)) == 10)
    #expect(limits.timedMessages(at: Pace(messagesPerSecond: 0.001)) == 1)
    #expect(limits.warmUpMessages(at: Pace(messagesPerSecond: 1e12)) == Pace.mostMessages)
    var counted = limits
    counted.length = .messages(7)
    #expect(counted.timedMessages(at: Pace(messagesPerSecond: 1e6)) == 7)
  }
}
