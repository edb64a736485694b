/// The two builds of an interleaved run.
public enum RunSide: String, Codable, CaseIterable, Sendable {
  /// What is compared against: the other build.
  case base
  /// What is judged: the build that makes the run.
  case head

  public var other: RunSide { self == .base ? .head : .base }
}

/// One value for each side of an interleaved run.
public struct BothSides<Value> {
  public var base: Value
  public var head: Value

  public init(base: Value, head: Value) {
    self.base = base
    self.head = head
  }

  /// One side's value, and the other's.
  public init(_ side: RunSide, _ value: Value, other: Value) {
    self = side == .base ? BothSides(base: value, head: other) : BothSides(base: other, head: value)
  }

  public subscript(side: RunSide) -> Value {
    get { side == .base ? base : head }
    set {
      switch side {
      case .base: base = newValue
      case .head: head = newValue
      }
    }
  }
}

extension BothSides: Sendable where Value: Sendable {}

/// Decides which side of an interleaved run goes first with a configuration, block by block.
///
/// The two sides of a pair run one right after the other, because the speed of a shared machine
/// drifts over seconds and a pair shares its mood. Which of them goes first is tossed, so that nothing
/// regular on the host can take sides; and the block after a toss takes the opposite, so that going
/// first, should that be worth anything, favours each side alike: in 2n blocks n times with every
/// configuration. ("Restricted randomisation": D. R. Cox, "Planning of Experiments", 1958, chapter 5.)
public struct SideToss: Sendable {
  private var generator: SeededGenerator
  /// Whose turn the other block of a couple makes it; nothing where the next block tosses.
  private var owed: [Configuration: RunSide] = [:]

  /// - Parameter seed: The run's; the same seed gives the same order.
  public init(runSeed seed: UInt64) {
    // A generator of its own: the blocks are in the order that the seed gives to any other run.
    var run = SeededGenerator(seed: seed)
    _ = run.next()
    generator = SeededGenerator(seed: run.next())
  }

  /// The side that measures this configuration first in the next block.
  public mutating func first(for configuration: Configuration) -> RunSide {
    if let side = owed.removeValue(forKey: configuration) { return side }
    let side: RunSide = generator.next(below: 2) == 0 ? .base : .head
    owed[configuration] = side.other
    return side
  }
}

extension [Configuration] {
  /// Configurations among these in which every level of every factor occurs: what a program must be
  /// able to run to be able to run them all. The first ones that show something new, in their order.
  public var showingEveryLevel: [Configuration] {
    var seen: Set<String> = []
    return filter { configuration in
      let levels = configuration.levels.filter { !seen.contains($0) }
      seen.formUnion(levels)
      return !levels.isEmpty
    }
  }
}

extension Configuration {
  /// One for each thing that another build may not know. Quantities are not: whoever takes one payload
  /// takes another.
  fileprivate var levels: [String] {
    [
      "mechanism \(mechanism)", "pattern \(workload.pattern.rawValue)",
      "wait \(workload.wait.rawValue)", "data path \(workload.dataPath.rawValue)",
      "touch \(workload.touch.rawValue)", "arrivals \(workload.pace?.arrivals.rawValue ?? "none")",
      "working set \(workload.workingSetBytes > 0)",
      "cores \(cores.producer) \(cores.consumer)", "memory node \(memoryNode ?? -1)",
    ]
  }
}
