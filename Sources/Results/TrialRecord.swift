import Histogram
import Trials

/// What a latency value spans.
public enum LatencyKind: String, CaseIterable, Sendable {
  /// From sending a message to receiving its reply.
  case roundTrip = "round-trip"
  /// From the time that a message was due to be sent to its arrival (paced).
  case response

  /// A saturating stream has no latency to speak of: that would be queueing.
  init?(_ pattern: Pattern) {
    switch pattern {
    case .pingPong: self = .roundTrip
    case .paced: self = .response
    case .stream: return nil
    }
  }
}

/// One trial as `trials.csv` keeps it. nil is "not measured", an empty field.
///
/// Of a trial that is not `ok`, only what was counted is kept; nothing is derived from it.
public struct TrialRecord: Hashable, Sendable {
  public internal(set) var schemaVersion = Self.currentSchemaVersion
  public internal(set) var runID = ""
  /// `<run ID>-<number in the order of execution>`.
  public internal(set) var trialID = ""
  public internal(set) var started = UTCTime(unixNanoseconds: 0)
  public internal(set) var block = 0
  public internal(set) var position = 0
  public internal(set) var status = TrialStatus.ok
  public internal(set) var error = ""
  public internal(set) var tainted = false
  /// Separated by semicolons.
  public internal(set) var taintReason = ""

  public internal(set) var configuration = Self.blankConfiguration
  public internal(set) var idlePolicy = IdlePolicy.standard

  public internal(set) var messagesSent: UInt64?
  public internal(set) var messagesReceived: UInt64?
  public internal(set) var messagesCorrupt: UInt64?
  public internal(set) var messagesLost: UInt64?
  public internal(set) var elapsedNanoseconds: UInt64?
  public internal(set) var throughputMessagesPerSecond: Double?
  public internal(set) var throughputBytesPerSecond: Double?

  public internal(set) var latencyKind: LatencyKind?
  public internal(set) var latencySamples: UInt64?
  public internal(set) var latencyMinimumNanoseconds: UInt64?
  public internal(set) var latencyMeanNanoseconds: Double?
  public internal(set) var latencyP50Nanoseconds: UInt64?
  public internal(set) var latencyP90Nanoseconds: UInt64?
  public internal(set) var latencyP99Nanoseconds: UInt64?
  public internal(set) var latencyP999Nanoseconds: UInt64?
  public internal(set) var latencyP9999Nanoseconds: UInt64?
  public internal(set) var latencyMaximumNanoseconds: UInt64?
  public internal(set) var serviceP50Nanoseconds: UInt64?
  public internal(set) var serviceP99Nanoseconds: UInt64?

  public internal(set) var producerCPUNanosecondsPerMessage: Double?
  public internal(set) var consumerCPUNanosecondsPerMessage: Double?
  public internal(set) var producerContextSwitches: UInt64?
  public internal(set) var consumerContextSwitches: UInt64?
  public internal(set) var producerWaits: UInt64?
  public internal(set) var consumerWaits: UInt64?
  public internal(set) var producerWakes: UInt64?
  public internal(set) var consumerWakes: UInt64?
  public internal(set) var stealNanoseconds: UInt64?
  public internal(set) var migrations: UInt64?
  public internal(set) var majorFaults: UInt64?
  public internal(set) var producerVoluntarySwitches: UInt64?
  public internal(set) var producerInvoluntarySwitches: UInt64?
  public internal(set) var consumerVoluntarySwitches: UInt64?
  public internal(set) var consumerInvoluntarySwitches: UInt64?
  public internal(set) var producerFrequencyHertz: UInt64?
  public internal(set) var consumerFrequencyHertz: UInt64?
  public internal(set) var probeBeforeNanoseconds: Double?
  public internal(set) var probeAfterNanoseconds: Double?
  public internal(set) var clockAgreementNanoseconds: UInt64?
  public internal(set) var capacityBytes: Int?
  public internal(set) var scheduledMessages: UInt64?
  public internal(set) var latencySlowestSample: UInt64?

  /// Grows when a column changes its meaning; added columns do not count.
  public static let currentSchemaVersion = 1

  /// For the reader, which overwrites every column that cannot be empty.
  init() {}

  /// A file that lacks the column says nothing of a batch.
  private static let blankConfiguration = Configuration(
    mechanism: "", workload: Workload(pattern: .pingPong, payloadBytes: 0),
    cores: CorePair(placement: .sameCore, producer: 0, consumer: 0)
  ).withoutBatch
}

extension TrialRecord {
  public init(outcome: TrialOutcome, runID: String, idlePolicy: IdlePolicy = .standard) {
    let trial = outcome.trial
    self.runID = runID
    trialID = Self.trialID(of: trial, inRun: runID)
    started = UTCTime(unixNanoseconds: outcome.startedUnixNanoseconds)
    block = trial.block
    position = trial.position
    status = outcome.status
    error = outcome.error
    tainted = !outcome.taintReasons.isEmpty
    taintReason = outcome.taintReasons.joined(separator: ";")
    configuration = trial.configuration
    self.idlePolicy = idlePolicy

    messagesSent = outcome.messagesSent
    messagesReceived = outcome.messagesReceived
    messagesCorrupt = outcome.messagesCorrupt
    messagesLost = outcome.messagesLost
    elapsedNanoseconds = outcome.elapsedNanoseconds
    stealNanoseconds = outcome.stealNanoseconds
    takeUsage(producer: outcome.producer, consumer: outcome.consumer)
    probeBeforeNanoseconds = outcome.probeBeforeNanoseconds.map { rounded($0, places: 1) }
    probeAfterNanoseconds = outcome.probeAfterNanoseconds.map { rounded($0, places: 1) }

    clockAgreementNanoseconds = outcome.clockAgreementNanoseconds
    capacityBytes = outcome.capacityBytes
    scheduledMessages = outcome.scheduledMessages
    latencyKind = LatencyKind(trial.configuration.workload.pattern)
    if latencyKind != nil { latencySamples = outcome.latency?.samples }
    if latencyKind == .roundTrip {
      latencySlowestSample = outcome.slowestSample
      // What it really was.
      configuration.workload.roundTripsPerSample =
        outcome.latency?.roundTripsPerSample ?? configuration.workload.roundTripsPerSample
    }
    if outcome.status == .ok { derive(from: outcome) }
  }

  static func trialID(of trial: Trial, inRun runID: String) -> String {
    "\(runID)-\(padded(UInt64(max(0, trial.number)), to: 5))"
  }

  /// What was counted per side; a sum over both sides needs both. The cores are those that the
  /// workers found themselves on, which a taint names should they not be the ones asked for.
  private mutating func takeUsage(producer: SideUsage?, consumer: SideUsage?) {
    configuration.cores.producer = producer?.core ?? configuration.cores.producer
    configuration.cores.consumer = consumer?.core ?? configuration.cores.consumer
    producerContextSwitches = producer.map { $0.voluntarySwitches + $0.involuntarySwitches }
    consumerContextSwitches = consumer.map { $0.voluntarySwitches + $0.involuntarySwitches }
    producerVoluntarySwitches = producer?.voluntarySwitches
    producerInvoluntarySwitches = producer?.involuntarySwitches
    consumerVoluntarySwitches = consumer?.voluntarySwitches
    consumerInvoluntarySwitches = consumer?.involuntarySwitches
    producerFrequencyHertz = producer?.frequencyHertz
    consumerFrequencyHertz = consumer?.frequencyHertz
    producerWaits = producer?.waits
    consumerWaits = consumer?.waits
    producerWakes = producer?.wakes
    consumerWakes = consumer?.wakes
    guard let producer, let consumer else { return }
    majorFaults = producer.majorFaults + consumer.majorFaults
    if let first = producer.migrations, let second = consumer.migrations {
      migrations = first + second
    }
  }

  /// Rates, quotients and percentiles: only what a proven delivery entitles to.
  private mutating func derive(from outcome: TrialOutcome) {
    if let received = messagesReceived, received > 0 {
      let messages = Double(received)
      if let elapsed = elapsedNanoseconds, elapsed > 0 {
        let rate = messages * 1e9 / Double(elapsed)
        throughputMessagesPerSecond = rounded(rate, places: 3)
        if configuration.movesPayload {
          throughputBytesPerSecond = rounded(
            rate * Double(configuration.workload.payloadBytes), places: 3)
        }
      }
      producerCPUNanosecondsPerMessage = outcome.producer.map {
        rounded(Double($0.cpuNanoseconds) / messages, places: 3)
      }
      consumerCPUNanosecondsPerMessage = outcome.consumer.map {
        rounded(Double($0.cpuNanoseconds) / messages, places: 3)
      }
    }
    guard latencyKind != nil, let latency = outcome.latency, latency.samples > 0 else { return }
    let percentiles = Percentiles(latency)
    latencyMeanNanoseconds = rounded(latency.meanNanoseconds, places: 3)
    latencyP50Nanoseconds = percentiles.value(exceededByOneIn: 2)
    guard latency.roundTripsPerSample == 1 else { return }
    latencyMinimumNanoseconds = latency.minimumNanoseconds
    latencyP90Nanoseconds = percentiles.value(exceededByOneIn: 10)
    latencyP99Nanoseconds = percentiles.value(exceededByOneIn: 100)
    latencyP999Nanoseconds = percentiles.value(exceededByOneIn: 1000)
    latencyP9999Nanoseconds = percentiles.value(exceededByOneIn: 10_000)
    latencyMaximumNanoseconds = latency.maximumNanoseconds
    guard latencyKind == .response, let service = outcome.service else { return }
    let servicePercentiles = Percentiles(service)
    serviceP50Nanoseconds = servicePercentiles.value(exceededByOneIn: 2)
    serviceP99Nanoseconds = servicePercentiles.value(exceededByOneIn: 100)
  }
}

extension TrialRecord {
  /// nil in patterns without round trips, and in files that do not say.
  public var latencyRoundTripsPerSample: Int? { configuration.workload.roundTripsPerSample }

  /// Whether each of its samples averages several round trips, so that neither its extremes nor its
  /// percentiles beyond the median are those of round trips. Files from before this was known have them.
  var hasMeansForSamples: Bool { latencyRoundTripsPerSample ?? 1 > 1 }
}

extension LatencyRecord {
  var samples: UInt64 { counts.samples }

  /// Weighted by the counts, within the exact bounds although each value is its bucket's highest.
  var meanNanoseconds: Double {
    let sum = counts.reduce(0.0) { $0 + Double($1.nanoseconds) * Double($1.samples) }
    let mean = sum / Double(samples)
    return min(max(mean, Double(minimumNanoseconds)), Double(maximumNanoseconds))
  }
}

/// The percentiles of one trial's samples that the number of samples supports.
struct Percentiles {
  /// A percentile with fewer samples beyond it is a draw from the tail, not an estimate.
  static let fewestSamplesBeyond: UInt64 = 10
  /// The histogram traps near 2^63; 36 years of nanoseconds are a broken clock, not a latency.
  private static let largestRecordedNanoseconds: UInt64 = 1 << 60

  private let histogram: Histogram<UInt64>
  private let bounds: ClosedRange<UInt64>

  init(_ latency: LatencyRecord) {
    var histogram = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    for count in latency.counts {
      histogram.record(
        min(count.nanoseconds, Self.largestRecordedNanoseconds), count: count.samples)
    }
    self.histogram = histogram
    let highest = max(latency.minimumNanoseconds, latency.maximumNanoseconds)
    bounds = latency.minimumNanoseconds...highest
  }

  /// Percentile 100 − 100/`fraction`, in nanoseconds: 2 is the median, 100 is p99. nil with fewer
  /// than ten samples beyond it.
  func value(exceededByOneIn fraction: UInt64) -> UInt64? {
    guard histogram.totalCount >= Self.fewestSamplesBeyond * fraction else { return nil }
    let value = histogram.valueAtPercentile(100 - 100 / Double(fraction))
    return min(max(value, bounds.lowerBound), bounds.upperBound)
  }
}
