/// The values of each factor that a part of a matrix crosses with each other.
///
/// Everything is resolved: mechanism names exist, placements are the cores of this host.
public struct Axes: Hashable, Sendable {
  public var mechanisms: [String]
  public var patterns: [Pattern]
  /// How fast a paced trial sends; without effect on other patterns.
  public var rates: [OfferedRate]
  /// How a paced trial spreads its messages; without effect on other patterns.
  public var arrivals: [Arrivals]
  /// In bytes, 1 to `Workload.largestPayloadBytes`.
  public var payloadBytes: [Int]
  public var waits: [WaitPolicy]
  /// How long an adaptive side looks before it sleeps; without effect on other ways to wait.
  public var spinBudgetsNanoseconds: [UInt64]
  public var touches: [Touch]
  public var dataPaths: [DataPath]
  /// Payload bytes that are to fit into the mechanism's own buffer, in each direction.
  public var bufferBytes: [Int]
  /// How much memory a side takes its messages from in turn; 0 for one buffer.
  public var workingSetBytes: [Int]
  public var placements: [CorePair]
  /// NUMA nodes that both workers' memory is bound to; nil leaves it to first touch.
  public var memoryNodes: [Int?]

  public init(
    mechanisms: [String], patterns: [Pattern], rates: [OfferedRate] = OfferedRate.standard,
    arrivals: [Arrivals] = [.poisson], payloadBytes: [Int],
    waits: [WaitPolicy] = [.block],
    spinBudgetsNanoseconds: [UInt64] = [Workload.defaultSpinBudgetNanoseconds],
    touches: [Touch] = [.header], dataPaths: [DataPath] = [.copy],
    bufferBytes: [Int] = [Workload.defaultBufferBytes], workingSetBytes: [Int] = [0],
    placements: [CorePair], memoryNodes: [Int?] = [nil]
  ) {
    self.mechanisms = mechanisms
    self.patterns = patterns
    self.rates = rates
    self.arrivals = arrivals
    self.payloadBytes = payloadBytes
    self.waits = waits
    self.spinBudgetsNanoseconds = spinBudgetsNanoseconds
    self.touches = touches
    self.dataPaths = dataPaths
    self.bufferBytes = bufferBytes
    self.workingSetBytes = workingSetBytes
    self.placements = placements
    self.memoryNodes = memoryNodes
  }

  package func without(mechanisms unwanted: Set<String>) -> Axes {
    var axes = self
    axes.mechanisms.removeAll(where: unwanted.contains)
    return axes
  }

  /// How many configurations the axes cross to, `Int.max` if they are beyond counting.
  var configurationCount: Int {
    let lengths = [
      mechanisms.count, flows.count, payloadBytes.count, waysToWait.count, touches.count,
      dataPaths.count, bufferBytes.count, workingSetBytes.count, placements.count,
      memoryNodes.count,
    ]
    return lengths.contains(0) ? 0 : lengths.reduce(1) { $0.multipliedSaturating(by: $1) }
  }

  /// Only an adaptive side has a budget.
  private var waysToWait: [(wait: WaitPolicy, spinBudgetNanoseconds: UInt64?)] {
    waits.flatMap { wait in
      wait == .adaptive ? spinBudgetsNanoseconds.map { (wait, $0) } : [(wait, nil)]
    }
  }

  /// A pattern with all that belongs to it. Only a paced one has a rate.
  private var flows: [Flow] {
    patterns.flatMap { pattern in
      pattern == .paced
        ? rates.flatMap { rate in
          arrivals.map { Flow(pattern: .paced, rate: rate, arrivals: $0) }
        } : [Flow(pattern: pattern)]
    }
  }

  private struct Flow {
    var pattern: Pattern
    var rate: OfferedRate?
    var arrivals = Arrivals.poisson

    /// nil where it hangs on a peak.
    var pace: Pace? {
      guard case .perSecond(let rate) = rate else { return nil }
      return Pace(messagesPerSecond: rate, arrivals: arrivals)
    }

    var percentOfPeak: Int? {
      guard case .ofPeak(let percent) = rate else { return nil }
      return percent
    }
  }

  /// Every combination, the mechanism changing slowest and the payload fastest: a curve over the
  /// payload is what most readers look at.
  var cells: [Cell] {
    var crossed: [Cell] = []
    for mechanism in mechanisms {
      for cores in placements {
        for memoryNode in memoryNodes {
          for (workload, percentOfPeak) in workloads {
            crossed.append(
              Cell(
                configuration: Configuration(
                  mechanism: mechanism, workload: workload, cores: cores, memoryNode: memoryNode),
                percentOfPeak: percentOfPeak))
          }
        }
      }
    }
    return crossed
  }

  private var workloads: [(Workload, percentOfPeak: Int?)] {
    var crossed: [(Workload, percentOfPeak: Int?)] = []
    for flow in flows {
      for (wait, spinBudget) in waysToWait {
        for dataPath in dataPaths {
          for touch in touches {
            for (buffer, workingSet) in memories {
              for payload in payloadBytes {
                let workload = Workload(
                  pattern: flow.pattern, payloadBytes: payload, wait: wait, dataPath: dataPath,
                  touch: touch, bufferBytes: buffer, workingSetBytes: workingSet,
                  spinBudgetNanoseconds: spinBudget,
                  pace: flow.pace ?? Pace(messagesPerSecond: 1, arrivals: flow.arrivals))
                crossed.append((workload, flow.percentOfPeak))
              }
            }
          }
        }
      }
    }
    return crossed
  }

  /// Where messages are, on their way and before and after it.
  private var memories: [(bufferBytes: Int, workingSetBytes: Int)] {
    bufferBytes.flatMap { buffer in workingSetBytes.map { (buffer, $0) } }
  }
}

/// One combination of the axes' values.
struct Cell: Hashable {
  /// Its rate stands for nothing yet where it is a share of a peak.
  var configuration: Configuration
  /// nil where the rate, if there is one, is known without a peak.
  var percentOfPeak: Int?
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
