import Results
import Testing
import Trials

@testable import Comparison

/// Blocks that both sides ran in are pairs.
@Suite struct PairingTests {
  private let pipe = configuration("pipe")
  private let rules = ComparisonRules(metrics: .named([.latencyP50]))

  /// A host that is faster from block to block, and a head that is always 5 % slower.
  private let drifting = [9000.0, 7000, 5000, 4000, 3000, 2500, 2000, 1500]

  private func compared(_ base: StoredRun, _ head: StoredRun) throws -> Comparison {
    Comparison(base, head, rules)
  }

  private func sample(_ block: Int, _ value: Double) -> StoredRun.Sample {
    StoredRun.Sample(block: block, value: value)
  }

  @Test func whatDisturbsABlockFallsOut() throws {
    let (left, right) = interleaved()
    let slower = drifting.map { $0 * 1.05 }
    let paired = try compared(run([pipe: drifting], left), run([pipe: slower], right))
    #expect(paired.isPaired)
    #expect(paired.seed == nil)
    let row = try #require(paired.rows.first)
    #expect(row.effect?.pairs == 8)
    #expect(abs((row.effect?.ratio ?? 0) - 1.05) < 1e-9)
    #expect(row.effect?.test == .signedRanks)
    #expect(row.effect?.pValue == 2.0 / 256)
    #expect(row.verdict == .slower)
    // The same values one run after the other show nothing.
    let unpaired = try compared(run([pipe: drifting]), run([pipe: slower]))
    #expect(!unpaired.isPaired)
    #expect(unpaired.seed == 1)
    #expect(unpaired.rows.first?.verdict == .inconclusive)
  }

  @Test(arguments: [
    (Interleaving(id: "i", side: .base, otherRunID: ""), true),
    (Interleaving(id: "i", side: .head, otherRunID: ""), false),
    (Interleaving(id: "another", side: .base, otherRunID: ""), false),
  ])
  func onlyTheSidesOfOneMeasurementArePaired(_ other: Interleaving, _ isPaired: Bool) throws {
    let comparison = try compared(
      run([pipe: drifting], description(interleaving: other)),
      run([pipe: drifting], interleaved().head))
    #expect(comparison.isPaired == isPaired)
  }

  @Test func blocksThatOneSideLacksAreLeftOut() {
    let pairs = BlockPairs(
      [sample(1, 10), sample(3, 10), sample(4, 10)],
      [sample(2, 11), sample(3, 12), sample(4, 13), sample(5, 14)])
    #expect(pairs.ratios == [1.2, 1.3])
  }

  @Test func blocksMayStandInAnyOrder() {
    let pairs = BlockPairs([sample(2, 10), sample(1, 20)], [sample(1, 40), sample(2, 11)])
    #expect(pairs.ratios == [2, 1.1])
  }

  @Test func trialsOfOneBlockKeepTheirOrder() {
    let pairs = BlockPairs(
      [sample(1, 10), sample(1, 20), sample(2, 5)], [sample(1, 20), sample(2, 10)])
    #expect(pairs.ratios == [2, 2])
  }

  @Test func fewerThanSixCommonBlocksAreInconclusive() throws {
    let (left, right) = interleaved()
    let base = run([pipe: ascending(from: 1000, 12)], left)
    var head = StoredRun(path: "head", description: right)
    for block in 8...20 { head.add(trial(pipe, block: block, 3000)) }
    let row = try #require(compared(base, head).rows.first)
    #expect(row.effect?.pairs == 5)
    #expect(row.effect?.interval == nil)
    #expect(row.reason == "5 blocks have both; an interval takes 6")
    var apart = StoredRun(path: "head", description: right)
    for block in 21...30 { apart.add(trial(pipe, block: block, 3000)) }
    #expect(try compared(base, apart).rows.first?.reason == "no block has both")
  }

  /// Eight blocks and seven rows: 7 · 2/2⁸ is more than 0.05, whatever is measured.
  @Test func whereSignedRanksCannotShowAnythingRankSumsDo() throws {
    let (left, right) = interleaved()
    var (base, head) = (
      StoredRun(path: "base", description: left), StoredRun(path: "head", description: right)
    )
    for payload in 1...7 {
      for block in 1...8 {
        let configuration = configuration("pipe", payloadBytes: payload)
        base.add(trial(configuration, block: block, 1000 + Double(block)))
        head.add(trial(configuration, block: block, 2000 + Double(block)))
      }
    }
    let comparison = try compared(base, head)
    #expect(comparison.rows.count == 7)
    for row in comparison.rows {
      #expect(row.effect?.test == .rankSums)
      #expect(row.effect?.pairs == 8)
      #expect(row.verdict == .slower)
    }
    #expect(comparison.notes.contains { $0.contains("p of 7 of them is of the rank sums") })
  }
}
