import Trials

/// One factor of a configuration: what a comparison can vary, and what a table names where it varies.
/// Raw values are the names of the command line's options.
public enum Factor: String, CaseIterable, Sendable {
  case mechanism, pattern, payload, wait
  case spinBudget = "spin-budget"
  case dataPath = "data-path"
  case touch, buffer
  case workingSet = "working-set"
  case rate, arrivals, placement
  case memoryNode = "memory-node"
  /// Round trips that a latency sample is the mean of.
  case batch

  /// Its heading in a table.
  package var title: String {
    switch self {
    case .spinBudget: "spin budget"
    case .dataPath: "data path"
    case .workingSet: "working set"
    case .memoryNode: "node"
    default: rawValue
    }
  }

  /// The configuration's level, as short as a table wants it; a dash where it has none.
  package func level(of configuration: Configuration) -> String {
    let workload = configuration.workload
    return switch self {
    case .mechanism: configuration.mechanism
    case .pattern: workload.pattern.rawValue
    case .payload: Quantity.bytes(workload.payloadBytes)
    case .wait: workload.wait.rawValue
    case .spinBudget:
      workload.spinBudgetNanoseconds.map { Quantity.text(Double($0), in: Quantity.time) } ?? "—"
    case .dataPath: workload.dataPath.rawValue
    case .touch: workload.touch.rawValue
    case .buffer: Quantity.bytes(workload.bufferBytes)
    case .workingSet:
      workload.workingSetBytes == 0 ? "hot" : Quantity.bytes(workload.workingSetBytes)
    case .rate:
      workload.pace.map { Quantity.text($0.messagesPerSecond, in: Quantity.messageRate) } ?? "—"
    case .arrivals: workload.pace?.arrivals.rawValue ?? "—"
    case .placement:
      "\(configuration.cores.placement.rawValue) "
        + "\(configuration.cores.producer)→\(configuration.cores.consumer)"
    case .memoryNode: configuration.memoryNode.map { "\($0)" } ?? "—"
    case .batch:
      workload.pattern == .pingPong ? "\(workload.roundTripsPerSample ?? 1)" : "—"
    }
  }

  /// Whether a configuration can have a level of this factor at all: a stream has no rate.
  package func applies(to configuration: Configuration) -> Bool {
    switch self {
    case .rate, .arrivals: configuration.workload.pace != nil
    case .spinBudget: configuration.workload.spinBudgetNanoseconds != nil
    case .batch: configuration.workload.pattern == .pingPong
    default: true
    }
  }

  /// The level in a sentence; empty if there is nothing to say.
  package func phrase(for configuration: Configuration) -> String {
    let workload = configuration.workload
    return switch self {
    case .placement:
      "\(configuration.cores.placement.rawValue) "
        + "(CPU \(configuration.cores.producer) → \(configuration.cores.consumer))"
    case .touch, .dataPath, .buffer: "\(title) \(level(of: configuration))"
    case .workingSet:
      workload.workingSetBytes == 0 ? "" : "\(title) \(level(of: configuration))"
    case .spinBudget:
      workload.spinBudgetNanoseconds == nil ? "" : "\(title) \(level(of: configuration))"
    case .memoryNode: configuration.memoryNode.map { "memory node \($0)" } ?? ""
    case .batch:
      (workload.roundTripsPerSample ?? 1) == 1 ? "" : "\(title) \(level(of: configuration))"
    case .rate, .arrivals: workload.pace == nil ? "" : level(of: configuration)
    case .mechanism, .pattern, .payload, .wait: level(of: configuration)
    }
  }

  /// The configuration with the other's level of this factor, all else being equal.
  package func level(
    of other: Configuration, appliedTo configuration: Configuration
  ) -> Configuration {
    var changed = configuration
    switch self {
    case .mechanism: changed.mechanism = other.mechanism
    case .pattern:
      changed.workload.pattern = other.workload.pattern
      changed.workload.pace = other.workload.pace
      changed.workload.roundTripsPerSample = other.workload.roundTripsPerSample
    case .payload: changed.workload.payloadBytes = other.workload.payloadBytes
    case .wait:
      changed.workload.wait = other.workload.wait
      changed.workload.spinBudgetNanoseconds = other.workload.spinBudgetNanoseconds
    case .spinBudget:
      changed.workload.spinBudgetNanoseconds = other.workload.spinBudgetNanoseconds
    case .dataPath: changed.workload.dataPath = other.workload.dataPath
    case .touch: changed.workload.touch = other.workload.touch
    case .buffer: changed.workload.bufferBytes = other.workload.bufferBytes
    case .workingSet: changed.workload.workingSetBytes = other.workload.workingSetBytes
    case .rate:
      changed.workload.pace?.messagesPerSecond = other.workload.pace?.messagesPerSecond ?? 0
    case .arrivals:
      changed.workload.pace?.arrivals = other.workload.pace?.arrivals ?? .poisson
    case .placement: changed.cores = other.cores
    case .memoryNode: changed.memoryNode = other.memoryNode
    case .batch:
      changed.workload.roundTripsPerSample = other.workload.roundTripsPerSample
    }
    return changed
  }
}

extension Configuration {
  /// What a sentence calls it: `pipe, block, ping-pong, 64 B, same-core (CPU 0 → 0)`.
  ///
  /// - Parameter factors: those that tell it from others, besides mechanism, wait, pattern, payload and
  ///   rate.
  package func name(with factors: [Factor] = []) -> String {
    ([.mechanism, .wait, .pattern, .payload] + factors + [.rate])
      .map { $0.phrase(for: self) }.filter { !$0.isEmpty }.joined(separator: ", ")
  }
}
