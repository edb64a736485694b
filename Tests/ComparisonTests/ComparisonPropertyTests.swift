import Glibc
import Results
import Testing
import Trials

@testable import Comparison

/// What the verdicts promise, over many comparisons of drawn values.
@Suite struct ComparisonPropertyTests {
  /// A host's noise: log-normal, now and then twice as slow.
  private static func draw(_ generator: inout SeededGenerator, spread: Double) -> Double {
    let normal = (0..<12).reduce(-6.0) { sum, _ in sum + generator.nextUnit() }
    let spell = generator.next(below: 20) == 0 ? 2.0 : 1
    return 1_000_000 * exp(spread * normal) * spell
  }

  private static let rules = ComparisonRules(
    metrics: .named([.messageThroughput]), replicates: 400)

  private static let rowsEach = 12

  /// Two runs of as many configurations; the head's rates are `factor` times what was drawn.
  private static func sides(
    _ generator: inout SeededGenerator, trials: Int, isPaired: Bool, factor: Double
  ) -> (base: StoredRun, head: StoredRun) {
    let descriptions = isPaired ? interleaved() : nil
    var base = StoredRun(path: "base", description: descriptions?.base)
    var head = StoredRun(path: "head", description: descriptions?.head)
    for payload in 1...rowsEach {
      let configuration = configuration("pipe", .stream, payloadBytes: payload)
      for block in 1...trials {
        // What a block does to both of its sides.
        let mood = isPaired ? draw(&generator, spread: 0.3) / 1_000_000 : 1
        base.add(
          trial(configuration, block: block, mood * draw(&generator, spread: 0.05)))
        head.add(
          trial(configuration, block: block, mood * factor * draw(&generator, spread: 0.05)))
      }
    }
    return (base, head)
  }

  /// A comparison of two such runs.
  private static func family(
    _ generator: inout SeededGenerator, trials: Int, isPaired: Bool, factor: Double = 1
  ) -> Comparison {
    let sides = sides(&generator, trials: trials, isPaired: isPaired, factor: factor)
    return Comparison(sides.base, sides.head, rules)
  }

  /// At most 5 % of the families may have a wrong row. Of 200, more than 23 have one by chance in fewer than
  /// one of ten thousand runs of this test.
  @Test(arguments: [(10, false), (14, true), (8, true)], [seedOfThisRun])
  func equalSidesAreSeldomCalledFasterOrSlower(_ shape: (Int, Bool), seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let families = 200
    let wrong = (0..<families).count { _ in
      Self.family(&generator, trials: shape.0, isPaired: shape.1).rows
        .contains { $0.verdict == .faster || $0.verdict == .slower }
    }
    #expect(wrong <= 23, "\(wrong) of \(families), seed \(seed)")
  }

  /// A 95 % interval misses at most one in twenty true ratios.
  @Test(arguments: [false, true], [seedOfThisRun])
  func intervalsCoverTheTrueRatio(isPaired: Bool, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let factor = 1.3
    let intervals = (0..<80).flatMap { _ in
      Self.family(&generator, trials: 10, isPaired: isPaired, factor: factor).rows
        .compactMap { $0.effect?.interval }
    }
    #expect(intervals.count == 80 * Self.rowsEach)
    let covered = Double(intervals.count { $0.contains(factor) }) / Double(intervals.count)
    // Four standard errors of 960 intervals below it.
    #expect(covered > 0.95 - 0.028, "\(covered), seed \(seed)")
  }

  /// Every row is 50 % better, and ten trials a side with 5 % of noise and spells show most of them.
  @Test(arguments: [false, true], [seedOfThisRun])
  func aLargeDifferenceIsFound(isPaired: Bool, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let rows = (0..<10).flatMap { _ in
      Self.family(&generator, trials: 10, isPaired: isPaired, factor: 1.5).rows
    }
    let found = rows.count { $0.verdict == .faster }
    #expect(rows.allSatisfy { $0.verdict != .slower })
    #expect(Double(found) > 0.7 * Double(rows.count), "\(found) of \(rows.count), seed \(seed)")
  }

  /// Which side is called the base decides over nothing but the direction.
  @Test(arguments: [false, true], [seedOfThisRun])
  func swappedSidesTurnTheResultRound(isPaired: Bool, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    // An odd number, so that a median is a value and its reciprocal the reciprocals' median.
    let sides = Self.sides(&generator, trials: 9, isPaired: isPaired, factor: 1.2)
    let there = Comparison(sides.base, sides.head, Self.rules).rows
    let back = Comparison(sides.head, sides.base, Self.rules).rows
    #expect(there.count == Self.rowsEach)
    for (row, swapped) in zip(there, back) {
      let (effect, reverse) = (try #require(row.effect), try #require(swapped.effect))
      #expect(abs(effect.ratio * reverse.ratio - 1) < 1e-12)
      #expect(effect.pValue == reverse.pValue)
      guard isPaired else { continue }
      let interval = try #require(effect.interval)
      #expect(abs(interval.lowerBound * (reverse.interval?.upperBound ?? 0) - 1) < 1e-12)
      let opposite: [Verdict: Verdict] = [.faster: .slower, .slower: .faster]
      #expect(swapped.verdict == opposite[row.verdict] ?? row.verdict)
    }
  }
}
