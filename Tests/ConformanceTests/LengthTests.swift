import Glibc
import Testing
import Trials

/// METHOD: a result does not depend on the count or duration chosen.
@Suite(.serialized) struct LengthTests {
  /// Far apart enough that anything which belongs to a trial and not to its messages would show: of a
  /// trial of 10 ms, a millisecond is a tenth.
  private static let lengths: [TrialLength] = [
    .nanoseconds(10_000_000), .nanoseconds(100_000_000), .messages(2000), .messages(20_000),
  ]

  /// Rates of the lengths in trials that take turns, so that what drifts falls on all alike.
  private func medianRates(
    _ mechanism: String, _ workload: Workload, trials: Int
  ) throws -> [Double] {
    var rates = Self.lengths.map { _ in [Double]() }
    for _ in 0..<trials {
      for (index, length) in Self.lengths.enumerated() {
        let outcome = try BuiltProgram.driver.run(
          .of(mechanism, workload, on: Cores.same, for: length))
        try #require(outcome.status == .ok, "\(outcome.error)")
        let received = try #require(outcome.messagesReceived)
        let elapsed = try #require(outcome.elapsedNanoseconds)
        rates[index].append(Double(received) / Double(elapsed))
      }
    }
    return rates.map { $0.sorted()[$0.count / 2] }
  }

  /// On a busy machine single medians can be off; a dependence on the length would be there every time.
  @Test(arguments: ["pipe", "shm-ring", "shm-plain"], [Pattern.pingPong, .stream])
  func theRateIsTheSameHoweverLongATrialIs(mechanism: String, pattern: Pattern) throws {
    let tolerated = 1.25
    let workload = Workload(pattern: pattern, payloadBytes: 64)
    var attempts: [[Double]] = []
    for _ in 0..<5 {
      let rates = try medianRates(mechanism, workload, trials: 5)
      if (rates.max() ?? 0) <= tolerated * (rates.min() ?? 0) { return }
      attempts.append(rates)
    }
    Issue.record("messages per ns, by \(Self.lengths): \(attempts)")
  }
}
