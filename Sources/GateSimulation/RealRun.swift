import Results
import Trials

/// The blocks of a real comparison of a build with itself, drawn anew with replacement.
///
/// All rows of a drawn block come from the same real block, because what disturbs one often disturbs its
/// neighbours. Which trial of a pair counts as the base's is tossed for each: the two are of one build, so
/// it could as well have been the other way round, and by the toss the hypothesis that there is nothing
/// to find is true to the letter.
struct RealRun: PairSource {
  let name: String
  let rows: [SimulatedRow]
  /// For each row, its pairs by block; nil where a trial failed.
  private let pairs: [[TrialPair?]]

  /// - Parameters: the two sides of one run with `--versus`.
  init(base: StoredRun, head: StoredRun) {
    var rows: [SimulatedRow] = []
    var pairs: [[Int: TrialPair]] = []
    for group in base.groups {
      guard let other = head.group(group.configuration) else { continue }
      let row = SimulatedRow(configuration: group.configuration)
      let heads = Dictionary(
        other.samples(row.metric).map { ($0.block, $0.value) },
        uniquingKeysWith: { first, _ in first })
      let ofRow = group.samples(row.metric).compactMap { sample in
        heads[sample.block].map { (sample.block, TrialPair(base: sample.value, head: $0)) }
      }
      guard !ofRow.isEmpty else { continue }
      rows.append(row)
      pairs.append(Dictionary(ofRow, uniquingKeysWith: { first, _ in first }))
    }
    let blocks = Set(pairs.flatMap(\.keys)).sorted()
    name = "\(base.path) and \(head.path), \(blocks.count) blocks"
    self.rows = rows
    self.pairs = pairs.map { ofRow in blocks.map { ofRow[$0] } }
  }

  var blocks: Int { pairs.first?.count ?? 0 }

  func draw(blocks: Int, _ generator: inout SeededGenerator) -> [[TrialPair]] {
    let drawn = (0..<blocks).map { _ in generator.next(below: self.blocks) }
    return pairs.map { ofRow in
      drawn.compactMap { ofRow[$0] }.map { pair in
        generator.next(below: 2) == 0 ? pair : TrialPair(base: pair.head, head: pair.base)
      }
    }
  }
}
