import Comparison
import Results
import Trials

/// Which rows of the head are slowed down.
enum Slowed: Hashable {
  case none
  case all
  case mechanism(String)

  func contains(_ row: SimulatedRow) -> Bool {
    switch self {
    case .none: false
    case .all: true
    case .mechanism(let name): row.configuration.mechanism == name
    }
  }

  var name: String {
    switch self {
    case .none: "nothing"
    case .all: "all"
    case .mechanism(let name): name
    }
  }
}

/// Holds many simulated comparisons against the gate.
struct GateTrial {
  let source: any PairSource
  let blocks: Int
  let threshold: Double
  /// 1.1 for 10 %.
  let factor: Double
  /// Whether each comparison has a noise floor from another one of the build with itself.
  let measuresNoise: Bool
  let cases: [Slowed]

  struct Result {
    /// How often the whole comparison was a regression.
    var red: [Slowed: Proportion] = [:]
    /// The thresholds that were used, with the noise floor in them.
    var thresholds: [Double] = []
  }

  func run(comparisons: Int, seed: UInt64) throws -> Result {
    var generator = SeededGenerator(seed: seed)
    var result = Result()
    for _ in 0..<comparisons {
      var rules = GateRules(
        thresholds: [.latencyP50: threshold, .messageThroughput: threshold])
      if measuresNoise {
        let itself = comparison(source.draw(blocks: blocks, &generator), slowing: .none)
        let metrics = Set(source.rows.map(\.metric))
        rules.noise = try Noise.of(itself, for: metrics)
        rules.pooledNoise = Noise.ofPools(in: itself, for: metrics)
      }
      result.thresholds += Metric.allCases.compactMap(rules.threshold)
      let drawn = source.draw(blocks: blocks, &generator)
      for slowed in cases {
        let report = GateReport(judging: comparison(drawn, slowing: slowed), by: rules)
        result.red[slowed, default: Proportion()].add(report.outcome == .regression)
      }
    }
    return result
  }

  private func comparison(_ drawn: [[TrialPair]], slowing slowed: Slowed) -> Comparison {
    let rows = zip(source.rows, drawn).map { row, pairs in
      let factor = slowed.contains(row) ? factor : 1
      return SampledRow(
        configuration: row.configuration, metric: row.metric,
        base: samples(pairs.map(\.base)),
        head: samples(pairs.map { row.slowed($0.head, by: factor) }))
    }
    return Comparison(pairing: rows)
  }

  private func samples(_ values: [Double]) -> [StoredRun.Sample] {
    values.enumerated().map { StoredRun.Sample(block: $0 + 1, value: $1) }
  }
}
