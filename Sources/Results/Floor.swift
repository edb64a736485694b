import Trials

/// What a floor cost on one pair of cores, as `run.json` keeps it.
public struct Floor: Codable, Hashable, Sendable {
  /// A `FloorName`, or one that a later version measures.
  public var mechanism: String
  public var pattern: Pattern
  /// nil where the size of a message does not matter.
  public var payloadBytes: Int?
  public var placement: Placement
  public var producerCore: Int
  public var consumerCore: Int
  /// Trials that the figures are the medians of.
  public var trials: Int
  /// Of a ping-pong: the median round trip.
  public var latencyP50Nanoseconds: Double?
  /// Of a ping-pong: elapsed time over round trips, which is finer than the whole nanoseconds that a
  /// sample is kept in.
  public var latencyMeanNanoseconds: Double?
  /// Of a stream.
  public var throughputBytesPerSecond: Double?
  /// The smallest of the trials' median round trips, or of their rates.
  public var minimum: Double

  /// nil if no trial was ok.
  ///
  /// - Parameter records: the trials of one of `Configuration.floors(of:)`.
  public init?(_ records: [TrialRecord]) {
    let succeeded = records.filter { $0.status == .ok }
    guard let configuration = succeeded.first?.configuration else { return nil }
    let roundTrips = succeeded.compactMap { $0.latencyP50Nanoseconds.map { Double($0) } }
    let means = succeeded.compactMap { $0.throughputMessagesPerSecond.map { 1e9 / $0 } }
    let rates = succeeded.compactMap(\.throughputBytesPerSecond)
    let workload = configuration.workload
    let isStream = workload.pattern == .stream
    guard let minimum = (isStream ? rates : roundTrips).min() else { return nil }
    mechanism = configuration.mechanism
    pattern = workload.pattern
    payloadBytes =
      FloorName(rawValue: mechanism)?.dependsOnPayload == false ? nil : workload.payloadBytes
    placement = configuration.cores.placement
    producerCore = configuration.cores.producer
    consumerCore = configuration.cores.consumer
    trials = isStream ? rates.count : roundTrips.count
    latencyP50Nanoseconds = isStream ? nil : Statistics.median(roundTrips)
    latencyMeanNanoseconds =
      isStream ? nil : Statistics.median(means).map { rounded($0, places: 3) }
    throughputBytesPerSecond = isStream ? Statistics.median(rates) : nil
    self.minimum = minimum
  }

  enum CodingKeys: String, CodingKey {
    case mechanism, pattern, placement, minimum
    case payloadBytes = "payload_bytes"
    case producerCore = "producer_core"
    case consumerCore = "consumer_core"
    case trials = "n"
    case latencyP50Nanoseconds = "latency_p50_ns"
    case latencyMeanNanoseconds = "latency_mean_ns"
    case throughputBytesPerSecond = "throughput_bytes_per_s"
  }
}

/// The floors of a run, and which of them a configuration stands on.
///
/// A floor is what a message costs at least if it goes by plain loads, stores and copies. For sleeping
/// sides it is a reference and no lower bound, because the kernel has other ways to wake than a futex:
/// - **Round trip, both sides looking** (spin, adaptive): the faster of the two bounces, or the exchange
///   of the payload by plain copies where that takes longer. Two lines are what a ring goes by, but
///   where neighbouring cores share caches, one line can be the faster way.
/// - **Round trip, sleeping on two cores**: the reference hand-off (`floor-wake`), or the exchange by copies where that
///   takes longer; they may overlap, so they do not add up.
/// - **Round trip on one core**: nothing overlaps there, so the hand-off and one copy each way add up.
/// - **Stream**: the slower half of a copy from core to core; on one core, a copy.
/// - Where messages are built **in place** and not every byte of them is written and read, no payload
///   has to travel: a round trip stands on bounce or hand-off alone, and a stream has no floor.
///
/// Nothing else has a floor: no paced trial, whose latency holds its schedule; and no floor itself. A
/// configuration one of whose parts is missing has none either, so that equal numbers mean equal things.
struct FloorTable: Sendable {
  private struct Key: Hashable {
    var floor: String
    var pattern: Pattern
    var payloadBytes: Int?
    var cores: CorePair
  }

  private var floors: [Key: Floor] = [:]

  init(_ floors: [Floor]) {
    for floor in floors {
      let cores = CorePair(
        placement: floor.placement, producer: floor.producerCore, consumer: floor.consumerCore)
      let key = Key(
        floor: floor.mechanism, pattern: floor.pattern, payloadBytes: floor.payloadBytes,
        cores: cores)
      self.floors[key] = floor
    }
  }

  /// In the unit of the metric; nil where there is none.
  func floor(of metric: Metric, for configuration: Configuration) -> Double? {
    let payloadBytes = Double(configuration.workload.payloadBytes)
    switch metric {
    case .latencyP50, .latencyMean:
      return roundTripNanoseconds(configuration)
    case .messageThroughput:
      return roundTripNanoseconds(configuration).map { 1e9 / $0 }
        ?? bytesPerSecond(configuration).map { $0 / payloadBytes }
    case .byteThroughput:
      return roundTripNanoseconds(configuration).map { payloadBytes * 1e9 / $0 }
        ?? bytesPerSecond(configuration)
    default:
      return nil
    }
  }

  /// How many times the floor `value` is: a time over its floor, a rate's floor over it.
  static func times(_ value: Double, _ floor: Double, _ metric: Metric) -> Double? {
    guard value > 0, floor > 0 else { return nil }
    switch metric {
    case .messageThroughput, .byteThroughput: return floor / value
    default: return value / floor
    }
  }

  private func roundTripNanoseconds(_ configuration: Configuration) -> Double? {
    guard configuration.workload.pattern == .pingPong, !configuration.isFloor else { return nil }
    let meetings: [FloorName] =
      configuration.workload.wait.spins ? [.oneLineBounce, .twoLineBounce] : [.wake]
    let handOffs = meetings.compactMap {
      find($0, .pingPong, configuration)?.latencyP50Nanoseconds
    }
    guard handOffs.count == meetings.count, let handOff = handOffs.min(), handOff > 0 else {
      return nil
    }
    guard configuration.movesPayload else { return handOff }
    if configuration.cores.areOne {
      return localCopyNanoseconds(configuration).map { handOff + 2 * $0 }
    }
    return find(.crossCopy, .pingPong, configuration)?.latencyP50Nanoseconds
      .map { max(handOff, $0) }
  }

  private func bytesPerSecond(_ configuration: Configuration) -> Double? {
    guard configuration.workload.pattern == .stream, !configuration.isFloor,
      configuration.movesPayload
    else { return nil }
    let copy: FloorName = configuration.cores.areOne ? .localCopy : .crossCopy
    return find(copy, .stream, configuration)?.throughputBytesPerSecond
  }

  private func localCopyNanoseconds(_ configuration: Configuration) -> Double? {
    find(.localCopy, .stream, configuration)?.throughputBytesPerSecond.flatMap { rate in
      rate > 0 ? Double(configuration.workload.payloadBytes) * 1e9 / rate : nil
    }
  }

  private func find(
    _ floor: FloorName, _ pattern: Pattern, _ configuration: Configuration
  ) -> Floor? {
    floors[
      Key(
        floor: floor.rawValue, pattern: pattern,
        payloadBytes: floor.dependsOnPayload ? configuration.workload.payloadBytes : nil,
        cores: configuration.cores)]
  }
}
