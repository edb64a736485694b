/// Combinations of a matrix that cannot be measured, and the reason they share.
public struct Exclusion: Codable, Hashable, Sendable, CustomStringConvertible {
  /// What is left out: `onc-rpc-unix with wait spin (12 configurations)`.
  public var what: String
  /// Why, and where there is a way around it, which.
  public var why: String

  public init(what: String, why: String) {
    self.what = what
    self.why = why
  }

  public var description: String { "\(what): \(why)" }
}

/// Why one configuration cannot be measured; configurations with equal reasons are one exclusion.
enum ExclusionReason: Hashable {
  case mechanismNotOffered(String)
  /// This host lacks what the mechanism, or a buffer of it, needs.
  case notToBeHad(String, why: String)
  case pattern(Pattern, Capabilities)
  case wait(WaitPolicy, Capabilities)
  case dataPath(DataPath, Capabilities)
  case payload(Capabilities)
  case spinningOnOneCore(WaitPolicy)
  case messageFillsBuffer(payloadBytes: Int, bufferBytes: Int)
  case workingSetInPlace
  case pacedOnOneCore
  case peakUnknown(mechanism: String, error: String)
  case tooManyMessagesScheduled
  case scheduleOutlastsTimeout(timeoutNanoseconds: UInt64)

  /// The first reason that holds, or nil if the configuration can be measured. One is enough: a
  /// configuration that fails twice should not be counted twice.
  ///
  /// - Parameter obstacle: Why this host cannot run a configuration that the mechanism itself can.
  init?(
    _ configuration: Configuration, capabilities: [String: Capabilities],
    obstacle: (Configuration) -> String?
  ) {
    let workload = configuration.workload
    guard let offered = capabilities[configuration.mechanism] else {
      self = .mechanismNotOffered(configuration.mechanism)
      return
    }
    if !offered.patterns.contains(workload.pattern) {
      self = .pattern(workload.pattern, offered)
    } else if !offered.waits.contains(workload.wait) {
      self = .wait(workload.wait, offered)
    } else if !offered.dataPaths.contains(workload.dataPath) {
      self = .dataPath(workload.dataPath, offered)
    } else if workload.payloadBytes > offered.largestPayloadBytes {
      self = .payload(offered)
    } else if workload.wait.spins && configuration.cores.areOne {
      self = .spinningOnOneCore(workload.wait)
    } else if workload.dataPath == .inPlace && workload.payloadBytes > workload.bufferBytes / 2 {
      self = .messageFillsBuffer(
        payloadBytes: workload.payloadBytes, bufferBytes: workload.bufferBytes)
    } else if workload.dataPath == .inPlace && workload.workingSetBytes > 0 {
      self = .workingSetInPlace
    } else if workload.pattern == .paced && configuration.cores.areOne {
      self = .pacedOnOneCore
    } else if let why = obstacle(configuration) {
      self = .notToBeHad(configuration.mechanism, why: why)
    } else {
      return nil
    }
  }

  /// Why a paced configuration's schedule does not fit in a trial; nil if it does or there is none.
  init?(_ configuration: Configuration, schedulingWithin limits: TrialLimits) {
    guard let pace = configuration.workload.pace else { return nil }
    if limits.timedMessages(at: pace) > Pace.mostMessages {
      self = .tooManyMessagesScheduled
    } else if limits.timedNanoseconds(at: pace) >= limits.timeoutNanoseconds {
      self = .scheduleOutlastsTimeout(timeoutNanoseconds: limits.timeoutNanoseconds)
    } else {
      return nil
    }
  }

  /// What this reason rules out, and all others that differ from it only in the mechanism's name.
  func exclusion(of excluded: [Configuration]) -> Exclusion {
    let count = excluded.count == 1 ? "1 configuration" : "\(excluded.count) configurations"
    let names = excluded.map(\.mechanism).withoutDuplicates()
    return Exclusion(what: "\(subject(excluded, names)) (\(count))", why: explanation(names))
  }

  /// The same without the mechanism's name: reasons for which this is equal are said together.
  var ofAnyMechanism: ExclusionReason {
    switch self {
    case .mechanismNotOffered: .mechanismNotOffered("")
    case .notToBeHad(_, let why): .notToBeHad("", why: why)
    case .pattern(let pattern, let offered):
      .pattern(pattern, Capabilities(name: "", patterns: offered.patterns))
    case .wait(let wait, let offered): .wait(wait, Capabilities(name: "", waits: offered.waits))
    case .dataPath(let dataPath, let offered):
      .dataPath(dataPath, Capabilities(name: "", dataPaths: offered.dataPaths))
    case .payload(let offered):
      .payload(Capabilities(name: "", largestPayloadBytes: offered.largestPayloadBytes))
    case .peakUnknown(_, let error): .peakUnknown(mechanism: "", error: error)
    default: self
    }
  }

  /// Whether another host may be without it.
  var isOfThisHost: Bool {
    if case .notToBeHad = self { true } else { false }
  }

  private func subject(_ excluded: [Configuration], _ names: [String]) -> String {
    let names = names.joined(separator: ", ")
    switch self {
    case .mechanismNotOffered, .notToBeHad: return names
    case .pattern(let pattern, _): return "\(names) with pattern \(pattern.rawValue)"
    case .wait(let wait, _): return "\(names) with wait \(wait.rawValue)"
    case .dataPath(let dataPath, _): return "\(names) with data path \(dataPath.rawValue)"
    case .payload:
      let payloads = excluded.map(\.workload.payloadBytes).withoutDuplicates()
      let sizes = payloads.map { ByteSize.format($0) }.joined(separator: ", ")
      return "\(names) with payload \(sizes)"
    case .spinningOnOneCore(let wait):
      return "wait \(wait.rawValue) with both workers on core \(cores(excluded))"
    case .messageFillsBuffer(let payloadBytes, let bufferBytes):
      return "data path in-place with payload \(ByteSize.format(payloadBytes)) "
        + "and buffer \(ByteSize.format(bufferBytes))"
    case .workingSetInPlace:
      let sizes = excluded.map(\.workload.workingSetBytes).withoutDuplicates()
      return "data path in-place with working set "
        + sizes.map { ByteSize.format($0) }.joined(separator: ", ")
    case .pacedOnOneCore: return "pattern paced with both workers on core \(cores(excluded))"
    case .peakUnknown: return "\(names) paced by a share of its peak"
    case .tooManyMessagesScheduled, .scheduleOutlastsTimeout:
      return "pattern paced at \(rates(excluded))"
    }
  }

  private func rates(_ excluded: [Configuration]) -> String {
    excluded.compactMap(\.workload.pace).map { OfferedRate.format($0.messagesPerSecond) + "/s" }
      .withoutDuplicates().joined(separator: ", ")
  }

  private func cores(_ excluded: [Configuration]) -> String {
    excluded.map { "\($0.cores.producer)" }.withoutDuplicates().joined(separator: ", ")
  }

  private func explanation(_ names: [String]) -> String {
    /// The verb of one mechanism, or of several.
    func they(_ one: String, _ several: String) -> String {
      names.count == 1 ? "\(names[0]) \(one)" : "they \(several)"
    }
    return switch self {
    case .mechanismNotOffered:
      "this build or host does not offer \(names.count == 1 ? "it" : "them"); "
        + "'ipcbench list' says why and how to get \(names.count == 1 ? "it" : "them")"
    case .notToBeHad(_, let why): why
    case .pattern(_, let offered):
      "\(they("runs", "run")) \(sentence(offered.patterns)) only"
    case .wait(_, let offered):
      "\(they("waits", "wait")) by \(sentence(offered.waits)) only"
    case .dataPath(_, let offered):
      "\(they("moves", "move")) data by \(sentence(offered.dataPaths)) only"
    case .payload(let offered):
      "\(they("takes", "take")) at most \(ByteSize.format(offered.largestPayloadBytes)) a message"
    case .spinningOnOneCore(let wait):
      wait == .spin
        ? "two spinners on one core would measure the scheduler's time slices; "
          + "use --wait block or two cores"
        : "the side that spins would keep its peer from running until its budget is spent; "
          + "use --wait block or two cores"
    case .messageFillsBuffer(let payloadBytes, _):
      "a message lies whole in the buffer, which holds two or more; "
        + "use --buffer \(ByteSize.format(payloadBytes.multipliedSaturating(by: 2))) or larger"
    case .workingSetInPlace:
      "messages in place are built and read in the mechanism's own buffer, whose size is --buffer; "
        + "use --data-path copy"
    case .pacedOnOneCore:
      "the producer spins until a message is due and would keep the consumer from running; "
        + "use two cores"
    case .peakUnknown(_, let error):
      "the peak could not be measured (\(error)); give rates of your own, such as --rate 1k,10k"
    case .tooManyMessagesScheduled:
      "a trial schedules at most \(OfferedRate.format(Double(Pace.mostMessages))) messages; "
        + "use a lower --rate, a shorter --duration or fewer --messages"
    case .scheduleOutlastsTimeout(let timeoutNanoseconds):
      "so many messages take longer than the timeout of \(TimeSpan.format(timeoutNanoseconds)); "
        + "use a higher --rate, fewer --messages or a longer --timeout"
    }
  }

  private func sentence<Value: RawRepresentable<String>>(_ values: [Value]) -> String {
    values.isEmpty ? "nothing" : values.map(\.rawValue).joined(separator: " or ")
  }
}
