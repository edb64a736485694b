extension FloorName {
  /// The one way to wait that it offers.
  public var wait: WaitPolicy {
    switch self {
    case .null, .clock, .systemCall, .localCopy, .wake: .block
    case .oneLineBounce, .twoLineBounce, .crossCopy: .spin
    }
  }

  /// In which patterns a run measures it. Of a local copy the rate is enough: a stream of them is timed
  /// with fewer reads of the clock.
  fileprivate var measuredPatterns: [Pattern] {
    switch self {
    case .localCopy: [.stream]
    case .crossCopy: [.pingPong, .stream]
    default: [.pingPong]
    }
  }

  /// The limits are of the hardware, so that nobody touches what is moved; only the null loop says what
  /// the harness itself adds to the rows as they are by default.
  fileprivate var touch: Touch { self == .null ? .header : .none }
}

extension Configuration {
  /// The floors of a matrix: each for every pair of cores, the copies also for every size of message
  /// that goes between the pair. Memory is left to first touch, where a copy costs least. Configurations
  /// that are floors have none, so that a map of all pairs of cores does not take eight times as long.
  public static func floors(of all: [Configuration]) -> [Configuration] {
    let configurations = all.filter { !$0.isFloor }
    return configurations.map(\.cores).withoutDuplicates().flatMap { cores in
      let payloads = Set(
        configurations.filter { $0.cores == cores }.map(\.workload.payloadBytes))
      return FloorName.allCases.flatMap { floor in
        floor.configurations(on: cores, payloads: payloads.sorted())
      }
    }
  }

  /// Whether this is a floor, which has none itself.
  public var isFloor: Bool { FloorName(rawValue: mechanism) != nil }
}

extension FloorName {
  /// What stands in for the size where it does not matter.
  private static let anyPayloadBytes = 64

  fileprivate func configurations(on cores: CorePair, payloads: [Int]) -> [Configuration] {
    guard !wait.spins || !cores.areOne else { return [] }
    return measuredPatterns.flatMap { pattern in
      (dependsOnPayload ? payloads : [Self.anyPayloadBytes]).map { payload in
        Configuration(
          mechanism: rawValue,
          workload: Workload(pattern: pattern, payloadBytes: payload, wait: wait, touch: touch),
          cores: cores)
      }
    }
  }
}
