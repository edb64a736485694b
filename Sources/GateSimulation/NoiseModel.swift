import Glibc
import Results
import Trials

/// Values made up in the shape of the `ci` suite: 48 rows, with noise that is known.
///
/// A trial's value is its row's own, times what the block does to both sides, times what the trial alone
/// meets with. Sides of a pair run one right after the other, so that a block's mood falls out of
/// their ratio unless it changes between the two.
struct NoiseModel: PairSource {
  enum Tails {
    /// Log-normal.
    case normal
    /// Student's t with three degrees of freedom, scaled to the same variance: now and then a trial that is
    /// many times further off than usual.
    case heavy
  }

  let name: String
  /// Standard deviation of a trial's logarithm around its block's.
  var trialNoise: Double
  /// The same of the blocks around the run's.
  var blockNoise: Double
  var tails = Tails.normal
  /// How much faster the second world is: the host keeps both virtual CPUs on one physical CPU for a while.
  var worldFactor = 1.0
  /// How often the world changes between the two sides of a pair.
  var worldChanges = 0.0

  /// The noise that METHOD describes, from a quiet machine to one that no gate can be held on.
  static let all =
    [(1, 5), (2, 10), (3, 30), (5, 30), (10, 30)].map { trial, block in
      NoiseModel(
        name: "log-normal, trials \(trial) %, blocks \(block) %",
        trialNoise: Double(trial) / 100, blockNoise: Double(block) / 100)
    } + [
      NoiseModel(
        name: "heavy tails, trials 2 %, blocks 10 %", trialNoise: 0.02, blockNoise: 0.1,
        tails: .heavy),
      NoiseModel(
        name: "heavy tails, trials 5 %, blocks 30 %", trialNoise: 0.05, blockNoise: 0.3,
        tails: .heavy),
      NoiseModel(
        name: "two worlds 4× apart, 3 % of pairs in both, trials 2 %", trialNoise: 0.02,
        blockNoise: 0.1, worldFactor: 4, worldChanges: 0.03),
      NoiseModel(
        name: "two worlds 4× apart, 10 % of pairs in both, trials 2 %", trialNoise: 0.02,
        blockNoise: 0.1, worldFactor: 4, worldChanges: 0.1),
    ]

  /// Those of Benchmarks/ci.yaml.
  let rows: [SimulatedRow] = {
    let onOneCore = CorePair(placement: .sameCore, producer: 0, consumer: 0)
    let onTwoCores = CorePair(placement: .sameL3, producer: 0, consumer: 1)
    let core = ["pipe", "fifo", "unix-stream", "tcp", "shm-ring"]
    let groups = [
      (core + ["onc-rpc-unix", "onc-rpc-tcp"], WaitPolicy.block, onOneCore),
      (core, .spin, onTwoCores),
    ]
    return groups.flatMap { mechanisms, wait, cores in
      mechanisms.flatMap { mechanism in
        [Pattern.pingPong, .stream].flatMap { pattern in
          [64, 4096].map { payloadBytes in
            SimulatedRow(
              configuration: Configuration(
                mechanism: mechanism,
                workload: Workload(pattern: pattern, payloadBytes: payloadBytes, wait: wait),
                cores: cores))
          }
        }
      }
    }
  }()

  func draw(blocks: Int, _ generator: inout SeededGenerator) -> [[TrialPair]] {
    let moods = (0..<blocks).map { _ in exp(generator.nextNormal() * blockNoise) }
    return rows.map { _ in
      moods.map { mood in
        let isFast = generator.nextUnit() < 0.5
        let changes = generator.nextUnit() < worldChanges
        let worlds = (isFast ? worldFactor : 1, isFast != changes ? worldFactor : 1)
        return TrialPair(
          base: mood * worlds.0 * exp(trialDeviation(&generator)),
          head: mood * worlds.1 * exp(trialDeviation(&generator)))
      }
    }
  }

  private func trialDeviation(_ generator: inout SeededGenerator) -> Double {
    let normal = generator.nextNormal()
    switch tails {
    case .normal: return normal * trialNoise
    case .heavy:
      let square = (0..<3).reduce(0.0) { sum, _ in
        let draw = generator.nextNormal()
        return sum + draw * draw
      }
      // t = z / √(χ²/3) has the variance 3.
      return normal / (square / 3).squareRoot() / 3.0.squareRoot() * trialNoise
    }
  }
}

extension SeededGenerator {
  /// Uniform over (0, 1].
  mutating func nextUnit() -> Double { Double((next() >> 11) + 1) * 0x1p-53 }

  /// Of mean 0 and variance 1: G. E. P. Box and M. E. Muller, "A Note on the Generation of Random Normal
  /// Deviates", Annals of Mathematical Statistics 29 (1958), <https://doi.org/10.1214/aoms/1177706645>.
  mutating func nextNormal() -> Double {
    (-2 * log(nextUnit())).squareRoot() * cos(2 * .pi * nextUnit())
  }
}
