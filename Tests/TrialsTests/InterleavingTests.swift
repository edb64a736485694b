import Testing

@testable import Trials

@Suite struct InterleavingTests {
  private static let cores = CorePair(placement: .sameL3, producer: 0, consumer: 1)

  private func configurations(_ count: Int) -> [Configuration] {
    (1...count).map { size in
      Configuration(
        mechanism: "pipe", workload: Workload(pattern: .pingPong, payloadBytes: size),
        cores: Self.cores)
    }
  }

  /// The first side of each pair, by block.
  private func firsts(_ seed: UInt64, blocks: Int, of configurations: [Configuration])
    -> [[RunSide]]
  {
    var toss = SideToss(runSeed: seed)
    return (0..<blocks).map { _ in configurations.map { toss.first(for: $0) } }
  }

  /// Whatever going first is worth, neither side gets more of it.
  @Test(arguments: [UInt64(0), 1, 42, .max])
  func eachSideGoesFirstInHalfOfTheBlocksOfEveryConfiguration(_ seed: UInt64) {
    let configurations = configurations(30)
    for blocks in [2, 6, 14] {
      let order = firsts(seed, blocks: blocks, of: configurations)
      for index in configurations.indices {
        #expect(order.count { $0[index] == .base } == blocks / 2, "seed \(seed)")
      }
    }
    let odd = firsts(seed, blocks: 7, of: configurations)
    for index in configurations.indices {
      #expect((3...4).contains(odd.count { $0[index] == .base }), "seed \(seed)")
    }
  }

  @Test func theSameSeedTossesTheSame() {
    let configurations = configurations(40)
    #expect(
      firsts(5, blocks: 6, of: configurations) == firsts(5, blocks: 6, of: configurations))
    #expect(
      firsts(5, blocks: 6, of: configurations) != firsts(6, blocks: 6, of: configurations))
  }

  /// Within a block both sides come first: a toss a configuration, not one a block.
  @Test func aBlockIsMixed() {
    for block in firsts(3, blocks: 4, of: configurations(40)) {
      #expect((10...30).contains(block.count { $0 == .base }))
    }
  }

  /// One draw more or less would change what comes after it.
  @Test func theTossDoesNotDrawFromTheOrderOfTheBlocks() {
    let configurations = configurations(64)
    var shuffle = SeededGenerator(seed: 9)
    let drawn = configurations.map { _ in shuffle.next(below: 2) == 0 ? RunSide.base : .head }
    #expect(firsts(9, blocks: 1, of: configurations)[0] != drawn)
  }

  @Test func bothSidesAreKeptApart() {
    var sides = BothSides(base: 1, head: 2)
    sides[.head] = 3
    #expect(sides[.base] == 1)
    #expect(sides[.head] == 3)
    let measured = BothSides(.head, "after", other: "before")
    #expect(measured.base == "before")
    #expect(measured.head == "after")
    #expect(RunSide.base.other == .head)
    #expect(RunSide.head.other == .base)
  }

  @Test func aFewConfigurationsShowEveryLevel() {
    func configuration(
      _ mechanism: String, _ pattern: Pattern, _ payloadBytes: Int, _ wait: WaitPolicy = .block
    ) -> Configuration {
      Configuration(
        mechanism: mechanism,
        workload: Workload(pattern: pattern, payloadBytes: payloadBytes, wait: wait),
        cores: Self.cores)
    }
    let all = [
      configuration("pipe", .pingPong, 64), configuration("pipe", .pingPong, 4096),
      configuration("pipe", .stream, 64), configuration("tcp", .stream, 64),
      configuration("tcp", .pingPong, 64), configuration("tcp", .pingPong, 64, .spin),
      configuration("pipe", .stream, 64, .spin),
    ]
    #expect(all.showingEveryLevel == [all[0], all[2], all[3], all[5]])
    #expect([Configuration]().showingEveryLevel.isEmpty)
  }
}
