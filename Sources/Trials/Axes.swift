/// The values of each factor that a part of a matrix crosses with each other.
///
/// Everything is resolved: mechanism names exist, placements are the cores of this host.
public struct Axes: Hashable, Sendable {
  public var mechanisms: [String]
  public var patterns: [Pattern]
  /// In bytes, 1 to `Workload.largestPayloadBytes`.
  public var payloadBytes: [Int]
  public var waits: [WaitPolicy]
  /// How long an adaptive side looks before it sleeps; without effect on other ways to wait.
  public var spinBudgetsNanoseconds: [UInt64]
  public var touches: [Touch]
  public var dataPaths: [DataPath]
  /// Capacity of the mechanism's own buffer in each direction, in bytes.
  public var bufferBytes: [Int]
  public var placements: [CorePair]
  /// NUMA nodes that both workers' memory is bound to; nil leaves it to first touch.
  public var memoryNodes: [Int?]

  public init(
    mechanisms: [String], patterns: [Pattern], payloadBytes: [Int],
    waits: [WaitPolicy] = [.block],
    spinBudgetsNanoseconds: [UInt64] = [Workload.defaultSpinBudgetNanoseconds],
    touches: [Touch] = [.header], dataPaths: [DataPath] = [.copy],
    bufferBytes: [Int] = [Workload.defaultBufferBytes], placements: [CorePair],
    memoryNodes: [Int?] = [nil]
  ) {
    self.mechanisms = mechanisms
    self.patterns = patterns
    self.payloadBytes = payloadBytes
    self.waits = waits
    self.spinBudgetsNanoseconds = spinBudgetsNanoseconds
    self.touches = touches
    self.dataPaths = dataPaths
    self.bufferBytes = bufferBytes
    self.placements = placements
    self.memoryNodes = memoryNodes
  }

  /// How many configurations the axes cross to, `Int.max` if they are beyond counting.
  var configurationCount: Int {
    let lengths = [
      mechanisms.count, patterns.count, payloadBytes.count, waysToWait.count, touches.count,
      dataPaths.count, bufferBytes.count, placements.count, memoryNodes.count,
    ]
    return lengths.contains(0) ? 0 : lengths.reduce(1) { $0.multipliedSaturating(by: $1) }
  }

  /// Only an adaptive side has a budget.
  private var waysToWait: [(wait: WaitPolicy, spinBudgetNanoseconds: UInt64?)] {
    waits.flatMap { wait in
      wait == .adaptive ? spinBudgetsNanoseconds.map { (wait, $0) } : [(wait, nil)]
    }
  }

  /// Every combination, the mechanism changing slowest and the payload fastest: a curve over the
  /// payload is what most readers look at.
  var configurations: [Configuration] {
    var crossed: [Configuration] = []
    for mechanism in mechanisms {
      for cores in placements {
        for memoryNode in memoryNodes {
          for workload in workloads {
            crossed.append(
              Configuration(
                mechanism: mechanism, workload: workload, cores: cores, memoryNode: memoryNode))
          }
        }
      }
    }
    return crossed
  }

  private var workloads: [Workload] {
    var crossed: [Workload] = []
    for pattern in patterns {
      for (wait, spinBudget) in waysToWait {
        for dataPath in dataPaths {
          for touch in touches {
            for buffer in bufferBytes {
              for payload in payloadBytes {
                crossed.append(
                  Workload(
                    pattern: pattern, payloadBytes: payload, wait: wait, dataPath: dataPath,
                    touch: touch, bufferBytes: buffer, spinBudgetNanoseconds: spinBudget))
              }
            }
          }
        }
      }
    }
    return crossed
  }
}

extension FixedWidthInteger {
  /// The product, or the largest number if it does not fit.
  func multipliedSaturating(by factor: Self) -> Self {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }

  /// The sum, or the largest number if it does not fit.
  func addingSaturating(_ summand: Self) -> Self {
    let (sum, overflow) = addingReportingOverflow(summand)
    return overflow ? .max : sum
  }
}
