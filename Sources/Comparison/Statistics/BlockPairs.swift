import Results

/// The values of the blocks in which both sides measured a metric: what disturbed a block disturbed both,
/// and falls out of their ratio. Where the host changed the world between the two, it does not.
struct BlockPairs {
  /// The blocks' numbers.
  let blocks: [Int]
  /// Head over base, block by block.
  let ratios: [Double]
  /// The logarithms of the ratios.
  let differences: [Double]

  /// Of several trials of one block, each side's first belongs to the other's first, and so on.
  init(_ base: [StoredRun.Sample], _ head: [StoredRun.Sample]) {
    let (bases, heads) = (Self.byBlock(base), Self.byBlock(head))
    var blocks: [Int] = []
    var ratios: [Double] = []
    var differences: [Double] = []
    var (left, right) = (0, 0)
    while left < bases.count, right < heads.count {
      if bases[left].block < heads[right].block {
        left += 1
      } else if bases[left].block > heads[right].block {
        right += 1
      } else {
        defer { (left, right) = (left + 1, right + 1) }
        guard bases[left].world == heads[right].world else { continue }
        blocks.append(bases[left].block)
        ratios.append(Ratio.of(head: heads[right].value, base: bases[left].value))
        differences.append(Ratio.logarithm(head: heads[right].value, base: bases[left].value))
      }
    }
    self.blocks = blocks
    self.ratios = ratios
    self.differences = differences
  }

  /// A run's own file has them in order.
  private static func byBlock(_ samples: [StoredRun.Sample]) -> [StoredRun.Sample] {
    let isAscending = zip(samples, samples.dropFirst()).allSatisfy { $0.block <= $1.block }
    // Stable: trials of one block keep their order.
    return isAscending
      ? samples
      : samples.enumerated().sorted {
        ($0.element.block, $0.offset) < ($1.element.block, $1.offset)
      }.map(\.element)
  }
}
