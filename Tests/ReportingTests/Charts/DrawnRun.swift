import Foundation
import Results
import Testing
import Trials

@testable import Reporting

/// A run that nobody measured, with a row of every kind that charts are made of, in a folder like any
/// other. What may come from outside, such as a processor's name, is full of what HTML and JSON have to
/// escape.
enum DrawnRun {
  static let blocks = 7
  static let payloads = [64, 4096, 65_536]
  static let rates = [1000.0, 10_000, 100_000]
  static let evilName = #"</script><script>alert("1 & 'one'")</script>"#
  private static let cores = CorePair(placement: .sameL3, producer: 0, consumer: 1)
  private static let oneCore = CorePair(placement: .sameCore, producer: 0, consumer: 0)

  /// What is read back from its folder, once for all tests that only look at it.
  static func read() throws -> ReportRun { try stored.get() }

  private static let stored = Result {
    try withTemporaryFolder { folder in
      try write(to: "\(folder)/run")
      return try ReportRun.read(from: "\(folder)/run")
    }
  }

  static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder(body)
  }

  static func write(to path: String, host: String = evilName) throws {
    let description = describe(host: host)
    var folder = try RunFolder.create(at: path, describing: description)
    var summary = Summary(runID: description.runID)
    let floors = try floors(description.runID)
    try folder.keep(floors)
    summary.floors = floors
    var number = 0
    for block in 1...blocks {
      for (position, configuration) in configurations.enumerated() {
        number += 1
        let outcome = outcome(configuration, number: number, block: block, position: position + 1)
        let record = TrialRecord(outcome: outcome, runID: description.runID)
        let histograms = LatencyHistograms(outcome: outcome)
        try folder.append(record, histograms)
        summary.add(record, histograms)
      }
    }
    try folder.finish(&summary, at: .now, interrupted: false)
  }

  // MARK: - What it measures

  static let configurations: [Configuration] = {
    let mechanisms = ["pipe", "unix-stream", "shm-ring"]
    let closed = mechanisms.flatMap { mechanism in
      [Pattern.pingPong, .stream].flatMap { pattern in
        [WaitPolicy.block, .spin].flatMap { wait in
          payloads.map { payload in
            Configuration(
              mechanism: mechanism,
              workload: Workload(pattern: pattern, payloadBytes: payload, wait: wait), cores: cores)
          }
        }
      }
    }
    let touched = closed.map { configuration in
      var touched = configuration
      touched.workload.touch = .full
      return touched
    }
    let inPlace = payloads.map { payload in
      Configuration(
        mechanism: "shm-ring",
        workload: Workload(
          pattern: .pingPong, payloadBytes: payload, wait: .spin, dataPath: .inPlace),
        cores: cores)
    }
    let onOneCore = mechanisms.flatMap { mechanism in
      payloads.map { payload in
        Configuration(
          mechanism: mechanism, workload: Workload(pattern: .pingPong, payloadBytes: payload),
          cores: oneCore)
      }
    }
    let paced = ["pipe", "shm-ring"].flatMap { mechanism in
      rates.map { rate in
        Configuration(
          mechanism: mechanism,
          workload: Workload(
            pattern: .paced, payloadBytes: 64, wait: .spin, pace: Pace(messagesPerSecond: rate)),
          cores: cores)
      }
    }
    let bounces = [(0, 1), (1, 0)].map { producer, consumer in
      Configuration(
        mechanism: FloorName.oneLineBounce.rawValue,
        workload: Workload(pattern: .pingPong, payloadBytes: 64, wait: .spin, touch: .none),
        cores: CorePair(placement: .sameL3, producer: producer, consumer: consumer))
    }
    return closed + touched + inPlace + onOneCore + paced + bounces
  }()

  /// The fastest round trip, response or message of a configuration, in nanoseconds: pipe is overtaken
  /// by unix-stream at 64 KiB.
  private static func nanoseconds(_ configuration: Configuration) -> UInt64 {
    let workload = configuration.workload
    let payload = UInt64(workload.payloadBytes)
    let message: UInt64 =
      switch configuration.mechanism {
      case "pipe": 1000 + payload / 4
      case "unix-stream": 3000 + payload / 8
      case FloorName.oneLineBounce.rawValue: 60 + UInt64(configuration.cores.producer)
      default: 120 + (workload.dataPath == .inPlace ? 0 : payload / 20)
      }
    let touching = workload.touch == .full ? payload / 8 : 0
    let waking: UInt64 = workload.wait == .block && workload.pattern != .stream ? 40_000 : 0
    return message + touching + waking
  }

  /// The pipe does not reach the highest rate.
  private static func keepsUp(_ configuration: Configuration) -> Bool {
    configuration.mechanism != "pipe"
      || configuration.workload.pace.map { $0.messagesPerSecond < rates[2] } ?? true
  }

  static func outcome(
    _ configuration: Configuration, number: Int, block: Int, position: Int
  ) -> TrialOutcome {
    let isKept = keepsUp(configuration)
    let messages: UInt64 = 20_000
    let fastest = nanoseconds(configuration) * UInt64(100 + block) / 100
    var outcome = TrialOutcome.madeUp(
      configuration, number: number, block: block, position: position, messages: messages,
      startedUnixNanoseconds: startedUnixNanoseconds + UInt64(number) * 500_000_000,
      status: isKept ? .ok : .invalid,
      error: isKept ? "" : "97 % of the rate reached; \(evilName)",
      taintReasons: number % 11 == 0 ? ["steal"] : [])
    outcome.deliver(messages, inNanoseconds: messages * fastest)
    if configuration.workload.pattern != .stream {
      outcome.latency = .spread(from: fastest, samples: messages)
    }
    let usage = SideUsage(
      core: configuration.cores.producer, cpuNanoseconds: messages * min(fastest, 9000),
      voluntarySwitches: 5, involuntarySwitches: 0, majorFaults: 0)
    outcome.producer = usage
    outcome.consumer = usage
    outcome.consumer?.core = configuration.cores.consumer
    outcome.probeBeforeNanoseconds = 100
    outcome.probeAfterNanoseconds = 102
    return outcome
  }

  private static func floors(_ runID: String) throws -> [Floor] {
    try Configuration.floors(of: configurations).enumerated().map { index, configuration in
      let outcome = outcome(configuration, number: index + 1, block: 1, position: 1)
      return try #require(Floor([TrialRecord(outcome: outcome, runID: runID)]))
    }
  }

  private static func describe(host: String) -> RunDescription {
    let environment = HostEnvironment.madeUp { environment in
      environment.hostName = host
      environment.cpuModel = host
    }
    return RunDescription(
      suite: "made-up", started: .now, commandLine: ["ipcbench", "run", "--suite", host], seed: 1,
      build: .madeUp, host: environment, clock: .madeUp,
      condition: HostCondition([Finding("odd", .warning, "found \(host)", why: "It disturbs.")]),
      plannedTrials: blocks * configurations.count,
      excluded: [Exclusion(what: "grpc", why: "not here")], placements: [cores, oneCore])
  }
}
