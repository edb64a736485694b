import Results
import Trials

/// A mechanism on one of its data paths: what can win or lose.
struct Contender: Hashable, Sendable {
  var mechanism: String
  var dataPath = DataPath.copy

  var name: String { dataPath == .inPlace ? "\(mechanism) in place" : mechanism }
}

/// All that is the same for both sides of a comparison, except the size of the message.
struct Setting: Hashable, Sendable {
  var pattern: Pattern
  var wait: WaitPolicy
  var spinBudgetNanoseconds: UInt64?
  var touch: Touch
  var bufferBytes: Int
  var workingSetBytes: Int
  var cores: CorePair
  var memoryNode: Int?

  init(_ configuration: Configuration) {
    let workload = configuration.workload
    pattern = workload.pattern
    wait = workload.wait
    spinBudgetNanoseconds = workload.spinBudgetNanoseconds
    touch = workload.touch
    bufferBytes = workload.bufferBytes
    workingSetBytes = workload.workingSetBytes
    cores = configuration.cores
    memoryNode = configuration.memoryNode
  }

  func configuration(_ contender: Contender, _ payloadBytes: Int) -> Configuration {
    Configuration(
      mechanism: contender.mechanism,
      workload: Workload(
        pattern: pattern, payloadBytes: payloadBytes, wait: wait, dataPath: contender.dataPath,
        touch: touch, bufferBytes: bufferBytes, workingSetBytes: workingSetBytes,
        spinBudgetNanoseconds: spinBudgetNanoseconds),
      cores: cores, memoryNode: memoryNode)
  }

  /// The same with another touch.
  func touching(_ touch: Touch) -> Setting {
    var setting = self
    setting.touch = touch
    return setting
  }

  /// The same with another way to wait, an adaptive one for its standard time.
  func waiting(_ wait: WaitPolicy) -> Setting {
    var setting = self
    setting.wait = wait
    setting.spinBudgetNanoseconds =
      wait == .adaptive ? Workload.defaultSpinBudgetNanoseconds : nil
    return setting
  }

  /// What readers would look for first comes first: two cores before one, the buffer that all mechanisms
  /// have by default before others.
  private var rank: [Int] {
    func place<Level: CaseIterable & Equatable>(_ level: Level) -> Int {
      Level.allCases.enumerated().first { $0.element == level }?.offset ?? 0
    }
    return [
      place(pattern), cores.areOne ? 1 : 0, place(cores.placement), cores.producer, cores.consumer,
      memoryNode ?? -1, bufferBytes == Workload.defaultBufferBytes ? 0 : 1, bufferBytes,
      workingSetBytes, place(wait), Int(clamping: spinBudgetNanoseconds ?? 0), place(touch),
    ]
  }

  static func isBefore(_ left: Setting, _ right: Setting) -> Bool {
    left.rank.lexicographicallyPrecedes(right.rank)
  }
}

extension Pattern {
  /// As the subject of a sentence.
  var plural: String {
    switch self {
    case .pingPong: "round trips"
    case .stream: "streams"
    case .paced: "paced messages"
    }
  }

  /// What its CPU time is counted by.
  var unit: String { self == .pingPong ? "round trip" : "message" }
}
