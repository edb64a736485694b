/// The configurations a run measures, each once, and the combinations it had to leave out.
///
/// A matrix without configurations is valid: the exclusions then say why, and it is the caller who
/// knows whether that is an error.
public struct TrialMatrix: Hashable, Sendable {
  /// In the order of the groups and their axes, without repetitions.
  public let configurations: [Configuration]
  /// One for each reason, in the order in which the reasons were met.
  public let exclusions: [Exclusion]
  /// Those left out that another host could run.
  public let obstructed: [Configuration]

  /// Crosses each group's axes and joins what comes out.
  ///
  /// - Parameters:
  ///   - capabilities: Those of the mechanisms that this build and host offer; a mechanism without an
  ///     entry is excluded.
  ///   - limits: What a schedule has to fit in; nil for whatever it takes.
  ///   - peaks: What the streams reached that `streamsForPeaks` names. A configuration whose rate is a
  ///     share of a peak that is not known is excluded.
  ///   - obstacle: Why this host cannot run a configuration; nil if it can.
  public init(
    crossing groups: [Axes], capabilities: [Capabilities], limits: TrialLimits? = nil,
    peaks: [Configuration: PeakRate] = [:], obstacle: (Configuration) -> String? = { _ in nil }
  ) throws(MatrixError) {
    let offered = Self.byName(capabilities)
    var measurable: [Configuration] = []
    var reasons: [ExclusionReason] = []
    var excluded: [ExclusionReason: [Configuration]] = [:]
    for cell in try Self.cells(crossing: groups) {
      var configuration = cell.configuration
      let reason =
        ExclusionReason(configuration, capabilities: offered, obstacle: obstacle)
        ?? configuration.settleRate(cell.percentOfPeak, peaks)
        ?? limits.flatMap { ExclusionReason(configuration, schedulingWithin: $0) }
      guard let reason else {
        measurable.append(configuration)
        continue
      }
      let shared = reason.ofAnyMechanism
      if excluded[shared] == nil { reasons.append(shared) }
      excluded[shared, default: []].append(configuration)
    }
    // Two shares of one peak may come to the same rate.
    configurations = measurable.withoutDuplicates()
    exclusions = reasons.map { $0.exclusion(of: excluded[$0] ?? []) }
    obstructed = reasons.filter(\.isOfThisHost).flatMap { excluded[$0] ?? [] }
  }

  /// The streams whose rates must be known before the matrix can be: one for each configuration that
  /// can be measured at a share of its peak.
  public static func streamsForPeaks(
    crossing groups: [Axes], capabilities: [Capabilities],
    obstacle: (Configuration) -> String? = { _ in nil }
  ) throws(MatrixError) -> [Configuration] {
    let offered = byName(capabilities)
    return try cells(crossing: groups).filter { cell in
      cell.percentOfPeak != nil
        && ExclusionReason(cell.configuration, capabilities: offered, obstacle: obstacle) == nil
    }.map(\.configuration.asStream).withoutDuplicates()
  }

  private static func byName(_ capabilities: [Capabilities]) -> [String: Capabilities] {
    Dictionary(capabilities.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Randomised complete blocks: every configuration once a block, each block in an order of its
  /// own. What drifts during a run then falls on all configurations alike, and a comparison can
  /// pair them by block (Fisher, "The Design of Experiments", 1935, chapter 4).
  ///
  /// - Parameters:
  ///   - mostBlocks: How often each configuration may be repeated, 1 or more.
  ///   - seed: The same seed gives the same order.
  public func schedule(
    mostBlocks: Int, limits: TrialLimits, seed: UInt64
  ) throws(MatrixError) -> TrialSchedule {
    guard mostBlocks > 0 else { throw .noBlocks(mostBlocks) }
    let count = configurations.count.multipliedSaturating(by: mostBlocks)
    guard count <= Self.mostTrials else { throw .tooManyTrials(count) }
    if let shortest = limits.shortestTrialNanoseconds, limits.timeoutNanoseconds <= shortest {
      throw .timeoutTooShort(limits.timeoutNanoseconds, shortestNanoseconds: shortest)
    }
    return TrialSchedule(configurations, limits: limits, seed: seed)
  }

  /// About how long the trials of so many blocks take together, in nanoseconds; nil where their
  /// length is given in messages, whose speed nobody knows beforehand.
  public func estimatedNanoseconds(blocks: Int, limits: TrialLimits) -> UInt64? {
    guard let oneTrial = limits.estimatedTrialNanoseconds else { return nil }
    let trials = configurations.count.multipliedSaturating(by: max(0, blocks))
    return oneTrial.multipliedSaturating(by: UInt64(trials))
  }

  /// Eight hours of trials that do nothing but start and end: beyond this an axis was mistyped.
  static let mostTrials = 1_000_000
  /// Before repetitions and exclusions fall out; the cap keeps a slip from filling the memory.
  static let mostConfigurations = 100_000

  private static func cells(crossing groups: [Axes]) throws(MatrixError) -> [Cell] {
    let count = groups.reduce(0) { $0.addingSaturating($1.configurationCount) }
    guard count <= mostConfigurations else { throw .tooManyConfigurations(count) }
    for axes in groups {
      for sizeBytes in axes.payloadBytes {
        guard sizeBytes >= 1 else { throw .payloadTooSmall(sizeBytes) }
        guard sizeBytes <= Workload.largestPayloadBytes else { throw .payloadTooLarge(sizeBytes) }
      }
      for sizeBytes in axes.bufferBytes where sizeBytes < 1 { throw .bufferTooSmall(sizeBytes) }
    }
    return groups.flatMap(\.cells).withoutDuplicates()
  }
}

extension Configuration {
  /// Puts the share of its peak in the place of its rate; if there is no such peak, says so.
  fileprivate mutating func settleRate(
    _ percentOfPeak: Int?, _ peaks: [Configuration: PeakRate]
  ) -> ExclusionReason? {
    guard let percentOfPeak else { return nil }
    let peak = peaks[asStream]
    guard let rate = peak?.share(percent: percentOfPeak) else {
      return .peakUnknown(mechanism: mechanism, error: peak?.error ?? "it was not measured")
    }
    workload.pace?.messagesPerSecond = rate
    return nil
  }
}

extension TrialLimits {
  /// What a trial takes besides its loops: starting and ending two processes and their link.
  /// A round figure for a small virtual machine; only the progress display and the suites' own
  /// estimates rest on it.
  public static let overheadNanoseconds: UInt64 = 30_000_000

  /// About how long one trial takes, in nanoseconds; nil where its length is given in messages.
  public var estimatedTrialNanoseconds: UInt64? {
    shortestTrialNanoseconds?.addingSaturating(Self.overheadNanoseconds)
  }

  /// Warm-up and timed part alone; nil where the length is given in messages.
  var shortestTrialNanoseconds: UInt64? {
    guard case .nanoseconds(let timed) = length else { return nil }
    return warmUpNanoseconds.addingSaturating(timed)
  }
}

/// The trials of a run, one block after the other, for as many blocks as are asked for.
public struct TrialSchedule: Sendable {
  private let configurations: [Configuration]
  private let limits: TrialLimits
  private let seed: UInt64
  private var generator: SeededGenerator
  private var trials = 0
  /// How many blocks have been handed out.
  public private(set) var blocks = 0

  /// - Parameter seed: The same seed gives the same blocks.
  public init(_ configurations: [Configuration], limits: TrialLimits, seed: UInt64) {
    self.configurations = configurations
    self.limits = limits
    self.seed = seed
    generator = SeededGenerator(seed: seed)
  }

  /// Every configuration once, in an order of the block's own.
  public mutating func nextBlock() -> [Trial] {
    var order = configurations
    generator.shuffle(&order)
    blocks += 1
    return order.enumerated().map { index, configuration in
      trials += 1
      return Trial(
        number: trials, block: blocks, position: index + 1, configuration: configuration,
        limits: limits, seed: Trial.seed(ofTrial: trials, inRunSeeded: seed))
    }
  }
}

/// A matrix that nobody can have meant; a usage error (exit code 64).
public enum MatrixError: Error, Hashable, Sendable {
  case payloadTooSmall(Int)
  case payloadTooLarge(Int)
  case bufferTooSmall(Int)
  case tooManyConfigurations(Int)
  case tooManyTrials(Int)
  case noBlocks(Int)
  case timeoutTooShort(UInt64, shortestNanoseconds: UInt64)
}

extension MatrixError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .payloadTooSmall(let sizeBytes):
      "payload \(sizeBytes) is refused: a message holds 1 B or more; use --payload 1 or larger"
    case .payloadTooLarge(let sizeBytes):
      "payload \(ByteSize.format(sizeBytes)) is refused: the limit is "
        + "\(ByteSize.format(Workload.largestPayloadBytes)) a message"
    case .bufferTooSmall(let sizeBytes):
      "buffer \(sizeBytes) is refused: a buffer holds 1 B or more; use for example --buffer 128KiB"
    case .tooManyConfigurations(let count):
      "the axes cross to \(count) configurations and the limit is "
        + "\(TrialMatrix.mostConfigurations); name fewer values on each axis"
    case .tooManyTrials(let count):
      "the matrix has \(count) trials and the limit is \(TrialMatrix.mostTrials); "
        + "lower --trials or name fewer values on each axis"
    case .noBlocks(let blocks):
      "\(blocks) trials of each configuration is refused; use --trials 1 or more"
    case .timeoutTooShort(let timeout, let shortest):
      "timeout \(TimeSpan.format(timeout)) is not longer than warm-up and duration together "
        + "(\(TimeSpan.format(shortest))), so that every trial would be killed; raise --timeout"
    }
  }
}
