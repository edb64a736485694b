import Results
import Testing
import Trials

@testable import Reporting

/// A run whose figures a test makes up: one trial a block of each configuration that it adds.
struct MadeUpRun {
  private(set) var evidence: Evidence
  private var trials = 0

  static let twoCores = CorePair(placement: .sameL3, producer: 0, consumer: 1)
  static let oneCore = CorePair(placement: .sameCore, producer: 0, consumer: 0)

  /// - Parameter host: nil for a bare `trials.csv`, which has no floors.
  init(floors: [Floor] = [], host: HostEnvironment? = madeUpHost()) {
    guard let host else {
      evidence = Evidence()
      return
    }
    var description = RunDescription(
      suite: "made-up", started: UTCTime(unixNanoseconds: 0), commandLine: ["ipcbench"], seed: 1,
      build: .madeUp, host: host, clock: .madeUp, plannedTrials: 1)
    description.floors = floors
    evidence = Evidence(StoredRun(path: "made-up", description: description))
  }

  /// Adds a configuration that takes `nanoseconds[i]` a round trip or message in block i + 1, where a cache
  /// line's round trip takes `probes[i]`.
  mutating func add(
    _ mechanism: String, _ pattern: Pattern = .pingPong, payload: Int = 64,
    wait: WaitPolicy = .spin, touch: Touch = .header, dataPath: DataPath = .copy,
    cores: CorePair = twoCores, buffer: Int = Workload.defaultBufferBytes, pace: Double? = nil,
    cpu: Double? = nil, batch: Int = 1, status: TrialStatus = .ok, probes: [Double] = [],
    taking nanoseconds: [Double]
  ) {
    let configuration = Configuration(
      mechanism: mechanism,
      workload: Workload(
        pattern: pattern, payloadBytes: payload, wait: wait, dataPath: dataPath, touch: touch,
        bufferBytes: buffer, pace: pace.map { Pace(messagesPerSecond: $0) },
        roundTripsPerSample: batch),
      cores: cores)
    for (index, time) in nanoseconds.enumerated() {
      trials += 1
      evidence.add(
        madeUpRecord(
          configuration, number: trials, block: index + 1, nanoseconds: time,
          processorNanoseconds: cpu ?? time, status: status,
          probe: index < probes.count ? probes[index] : 50))
    }
  }
}

/// Eight values around a middle, some per cent apart, so that their median is the middle. Of two that are
/// `upwards` and not, the ratios within blocks differ.
func around(_ middle: Double, by part: Double = 0.02, upwards: Bool = true) -> [Double] {
  let steps = [-1, -0.5, -0.25, 0, 0, 0.25, 0.5, 1].map { middle * (1 + part * $0) }
  return upwards ? steps : steps.reversed()
}

func madeUpRecord(
  _ configuration: Configuration, number: Int, block: Int, nanoseconds: Double,
  processorNanoseconds: Double = 0, status: TrialStatus = .ok, probe: Double = 50
) -> TrialRecord {
  let messages: UInt64 = 10_000
  var outcome = TrialOutcome.madeUp(
    configuration, number: number, block: block, messages: messages, status: status)
  outcome.deliver(messages, inNanoseconds: UInt64(nanoseconds * Double(messages)))
  let latency = UInt64(nanoseconds.rounded())
  outcome.latency = LatencyRecord(
    counts: [LatencyCount(nanoseconds: latency, samples: messages)], minimumNanoseconds: latency,
    maximumNanoseconds: latency,
    roundTripsPerSample: configuration.workload.roundTripsPerSample ?? 1)
  let cpu = UInt64(processorNanoseconds * Double(messages))
  outcome.producer = SideUsage(
    core: configuration.cores.producer, cpuNanoseconds: cpu, voluntarySwitches: 0,
    involuntarySwitches: 0, majorFaults: 0)
  outcome.consumer = SideUsage(
    core: configuration.cores.consumer, cpuNanoseconds: cpu, voluntarySwitches: 0,
    involuntarySwitches: 0, majorFaults: 0)
  outcome.probeBeforeNanoseconds = probe
  outcome.probeAfterNanoseconds = probe
  return TrialRecord(outcome: outcome, runID: "made-up")
}

func madeUpFloor(
  _ name: FloorName, _ pattern: Pattern = .pingPong, payload: Int = 64,
  cores: CorePair = MadeUpRun.twoCores, nanoseconds: Double
) throws -> Floor {
  let configuration = Configuration(
    mechanism: name.rawValue, workload: Workload(pattern: pattern, payloadBytes: payload),
    cores: cores)
  let record = madeUpRecord(configuration, number: 1, block: 1, nanoseconds: nanoseconds)
  return try #require(Floor([record]))
}

func madeUpHost(logicalCPUs: Int = 2, smtActive: Bool? = false) -> HostEnvironment {
  .madeUp { host in
    host.logicalCPUs = logicalCPUs
    host.allowedCPUs = Array(0..<logicalCPUs)
    host.smtActive = smtActive
  }
}
