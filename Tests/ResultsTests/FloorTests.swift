import Foundation
import Testing
import Trials

@testable import Results

@Suite struct FloorTests {
  private static let twoCores = CorePair(placement: .sameL3, producer: 0, consumer: 1)
  private static let oneCore = CorePair(placement: .sameCore, producer: 0, consumer: 0)

  /// Trials of a floor with these median round trips (ping-pong) or of these lengths (stream).
  private static func floor(
    _ name: FloorName, _ pattern: Pattern = .pingPong, taking nanoseconds: [UInt64],
    payloadBytes: Int = 64, on cores: CorePair = twoCores
  ) -> Floor? {
    var configuration = configuration(name.rawValue, pattern, payloadBytes: payloadBytes)
    configuration.cores = cores
    return Floor(
      nanoseconds.enumerated().map { index, nanoseconds in
        var outcome = measured(index + 1, configuration, fastest: nanoseconds)
        outcome.elapsedNanoseconds = 1000 * nanoseconds
        outcome.consumer?.core = cores.consumer
        outcome.latency = LatencyRecord(
          counts: [LatencyCount(nanoseconds: nanoseconds, samples: 1000)],
          minimumNanoseconds: nanoseconds, maximumNanoseconds: nanoseconds, roundTripsPerSample: 1)
        return TrialRecord(outcome: outcome, runID: fixtureRunID)
      })
  }

  /// Bounces of 120 and 100 ns, a hand-off of 5 µs on two cores and 2 µs on one. Of 4096 B an exchange of
  /// 400 ns, a crossing of 200 ns and a local copy of 100 ns. Of 1 MiB an exchange of 60 µs.
  private static let floors = [
    floor(.null, taking: [1]), floor(.oneLineBounce, taking: [120]),
    floor(.twoLineBounce, taking: [100, 90, 400]),
    floor(.wake, taking: [5000]),
    floor(.wake, taking: [2000], on: oneCore),
    floor(.crossCopy, taking: [400], payloadBytes: 4096),
    floor(.crossCopy, taking: [60_000], payloadBytes: 1 << 20),
    floor(.crossCopy, taking: [80], payloadBytes: 8),
    floor(.crossCopy, .stream, taking: [200], payloadBytes: 4096),
    floor(.localCopy, .stream, taking: [150], payloadBytes: 4096),
    floor(.localCopy, .stream, taking: [100], payloadBytes: 4096, on: oneCore),
  ].compactMap(\.self)

  // MARK: - From trials

  @Test func aFloorIsTheMedianOfItsTrials() throws {
    let floor = try #require(Self.floor(.twoLineBounce, taking: [100, 90, 400]))
    #expect(floor.mechanism == "floor-bounce-2")
    #expect(floor.latencyP50Nanoseconds == 100)
    #expect(floor.latencyMeanNanoseconds == 100)
    #expect(floor.minimum == 90)
    #expect(floor.trials == 3)
    #expect(floor.payloadBytes == nil)
    #expect(floor.throughputBytesPerSecond == nil)
    #expect(floor.placement == .sameL3 && floor.producerCore == 0 && floor.consumerCore == 1)
  }

  @Test func aCopyIsARateOfItsSize() throws {
    let floor = try #require(
      Self.floor(.crossCopy, .stream, taking: [200, 400, 100], payloadBytes: 4096))
    #expect(floor.payloadBytes == 4096)
    #expect(floor.throughputBytesPerSecond == 20.48e9)
    #expect(floor.minimum == 10.24e9)
    #expect(floor.latencyP50Nanoseconds == nil && floor.latencyMeanNanoseconds == nil)
  }

  @Test func onlyTrialsThatWentWellMakeAFloor() {
    let failed = TrialRecord(
      outcome: outcome(1, configuration("floor-wake"), .failed, error: "no"), runID: fixtureRunID)
    #expect(Floor([failed]) == nil)
    #expect(Floor([]) == nil)
    let good = TrialRecord(
      outcome: measured(2, configuration("floor-wake"), fastest: 50), runID: fixtureRunID)
    #expect(Floor([failed, good])?.trials == 1)
  }

  // MARK: - What stands on which

  struct Case: Sendable, CustomTestStringConvertible {
    var pattern = Pattern.pingPong
    var wait = WaitPolicy.spin
    var payloadBytes = 4096
    var dataPath = DataPath.copy
    var touch = Touch.header
    var cores = FloorTests.twoCores
    var mechanism = "shm-ring"
    /// Of `latency_p50_ns` in ping-pong, of `throughput_bytes_per_s` in a stream.
    var floor: Double?

    var testDescription: String {
      "\(mechanism) \(pattern.rawValue) \(wait.rawValue) \(payloadBytes) B \(dataPath.rawValue) "
        + "\(touch.rawValue) \(cores.placement.rawValue)"
    }

    var configuration: Configuration {
      Configuration(
        mechanism: mechanism,
        workload: Workload(
          pattern: pattern, payloadBytes: payloadBytes, wait: wait, dataPath: dataPath,
          touch: touch),
        cores: cores)
    }
  }

  @Test(arguments: [
    // Both look: the bounce, or the copies if they take longer.
    Case(payloadBytes: 8, floor: 100),
    Case(floor: 400),
    Case(wait: .adaptive, floor: 400),
    Case(payloadBytes: 1 << 20, floor: 60_000),
    // Both sleep: the hand-off, or the copies if they take longer.
    Case(wait: .block, floor: 5000),
    Case(wait: .block, payloadBytes: 1 << 20, floor: 60_000),
    // One core: hand-off and copies one after the other.
    Case(wait: .block, cores: oneCore, floor: 2200),
    // In place only what is looked at has to travel.
    Case(dataPath: .inPlace, floor: 100),
    Case(dataPath: .inPlace, touch: .none, floor: 100),
    Case(wait: .block, dataPath: .inPlace, floor: 5000),
    Case(wait: .block, dataPath: .inPlace, cores: oneCore, floor: 2000),
    Case(dataPath: .inPlace, touch: .full, floor: 400),
    // Streams.
    Case(pattern: .stream, floor: 20.48e9),
    Case(pattern: .stream, wait: .block, floor: 20.48e9),
    Case(pattern: .stream, wait: .block, cores: oneCore, floor: 40.96e9),
    Case(pattern: .stream, dataPath: .inPlace, floor: nil),
    Case(pattern: .stream, dataPath: .inPlace, touch: .full, floor: 20.48e9),
    // What was not measured, on these cores or at this size, and what is a floor itself.
    Case(payloadBytes: 64, floor: nil),
    Case(pattern: .stream, payloadBytes: 64, floor: nil),
    Case(wait: .block, payloadBytes: 64, cores: oneCore, floor: nil),
    Case(cores: CorePair(placement: .sameL3, producer: 1, consumer: 0), floor: nil),
    Case(mechanism: "floor-copy-cross", floor: nil),
    Case(pattern: .stream, mechanism: "floor-copy-cross", floor: nil),
  ])
  func aConfigurationStandsOnItsFloor(expected: Case) {
    let table = FloorTable(Self.floors)
    let metric: Metric = expected.pattern == .stream ? .byteThroughput : .latencyP50
    let found = table.floor(of: metric, for: expected.configuration)
    #expect((found == nil) == (expected.floor == nil))
    #expect(abs((found ?? 0) - (expected.floor ?? 0)) < 1e-3, "\(found ?? 0)")
    #expect(table.floor(of: .producerCPU, for: expected.configuration) == nil)
    #expect(table.floor(of: .latencyP99, for: expected.configuration) == nil)
    #expect(FloorTable([]).floor(of: metric, for: expected.configuration) == nil)
  }

  @Test func withoutOneOfItsPartsThereIsNoFloor() {
    for part in [FloorName.oneLineBounce, .twoLineBounce, .crossCopy] {
      let table = FloorTable(Self.floors.filter { $0.mechanism != part.rawValue })
      #expect(table.floor(of: .latencyP50, for: Case(floor: nil).configuration) == nil)
    }
  }

  @Test func theFasterBounceCounts() throws {
    let faster = try #require(Self.floor(.oneLineBounce, taking: [70]))
    let table = FloorTable(Self.floors + [faster])
    #expect(
      table.floor(of: .latencyP50, for: Case(payloadBytes: 8, floor: nil).configuration) == 80)
    #expect(
      table.floor(of: .latencyP50, for: Case(dataPath: .inPlace, floor: nil).configuration) == 70)
  }

  @Test func aFloorIsInItsMetricsUnit() throws {
    let table = FloorTable(Self.floors)
    let roundTrip = Case(floor: nil).configuration
    #expect(table.floor(of: .latencyMean, for: roundTrip) == 400)
    #expect(table.floor(of: .messageThroughput, for: roundTrip) == 2.5e6)
    #expect(table.floor(of: .byteThroughput, for: roundTrip) == 10.24e9)
    let stream = Case(pattern: .stream, floor: nil).configuration
    #expect(table.floor(of: .messageThroughput, for: stream) == 5e6)
    #expect(table.floor(of: .latencyP50, for: stream) == nil)
  }

  @Test func aTimeIsAboveItsFloorAndARateBelow() {
    #expect(FloorTable.times(300, 100, .latencyP50) == 3)
    #expect(FloorTable.times(5e6, 20e6, .messageThroughput) == 4)
    #expect(FloorTable.times(5, 0, .latencyP50) == nil)
    #expect(FloorTable.times(0, 5, .byteThroughput) == nil)
  }

  // MARK: - In files

  private func summary(_ floors: [Floor]) -> Summary {
    var summary = Summary(
      runID: fixtureRunID,
      [
        measured(1, configuration("pipe", payloadBytes: 4096), fastest: 10_000),
        measured(2, configuration("pipe", .stream, payloadBytes: 4096), fastest: 800),
      ])
    summary.floors = floors
    return summary
  }

  @Test func everyRowSaysItsFloorAndHowManyTimesItIs() throws {
    let rows = summary(Self.floors).rows
    for row in rows {
      switch (row.configuration.workload.pattern, row.metric) {
      case (_, .latencyP50), (_, .latencyMean):
        let estimate = try #require(row.estimate)
        #expect(row.floor == 5000)
        #expect(abs(try #require(row.timesFloor) - estimate / 5000) < 1e-6)
      case (.stream, .byteThroughput):
        #expect(row.floor == 20.48e9)
        // 1200 ns a message, where a copy takes 200.
        #expect(abs(try #require(row.timesFloor) - 6) < 1e-6)
      case (_, .messageThroughput), (_, .byteThroughput):
        #expect(row.floor != nil && row.timesFloor != nil)
      default:
        #expect(row.floor == nil && row.timesFloor == nil)
      }
    }
    #expect(SummaryRow.columns.map(\.name).contains(["floor", "times_floor"]))
    #expect(summary([]).rows.allSatisfy { $0.floor == nil && $0.timesFloor == nil })
  }

  @Test func tablesShowMultiplesOnlyOnRequest() {
    let summary = summary(Self.floors)
    for format in [SummaryFormat.table, .markdown] {
      let plain = summary.text(as: format)
      let relative = summary.text(as: format, relativeTo: [.floor])
      #expect(!plain.contains("× floor"))
      #expect(relative.contains("× floor"))
      #expect(relative.contains("6.00×"))
      #expect(relative.contains("run.json has the floors"))
    }
    #expect(summary.text(as: .csv, relativeTo: [.floor]) == summary.text(as: .csv))
  }

  @Test func floorsReadBackAsTheyAre() throws {
    try withTemporaryFolder { parent in
      let path = "\(parent)/run"
      var summary = summary(Self.floors)
      var folder = try RunFolder.create(at: path, describing: runDescription())
      #expect(try RunDescription.read(fromRunFolder: path).floors == nil)
      try folder.keep(Self.floors)
      // They are safe before the first trial.
      #expect(try RunDescription.read(fromRunFolder: path).floors == Self.floors)
      for number: UInt64 in 1...2 {
        let configuration =
          number == 1
          ? configuration("pipe", payloadBytes: 4096)
          : configuration("pipe", .stream, payloadBytes: 4096)
        try folder.append(
          measured(Int(number), configuration, fastest: number == 1 ? 10_000 : 800))
      }
      try folder.finish(&summary, at: .now, interrupted: false)
      let read = try Summary.read(from: path)
      #expect(read.rows == summary.rows)
      #expect(read.floors == Self.floors)
      let text = try contents("\(path)/run.json")
      for key in ["latency_p50_ns", "throughput_bytes_per_s", "producer_core", #""n" : 3"#] {
        #expect(text.contains(key), "\(key)")
      }
      // A table alone has no floors.
      #expect(try Summary.read(from: "\(path)/trials.csv").floors.isEmpty)
    }
  }

  @Test func runsFromBeforeThereWereFloorsAreReadable() throws {
    try withTemporaryFolder { folder in
      let text = try runDescription().json()
      #expect(!text.contains("floors"))
      try write(text, to: "\(folder)/run.json")
      #expect(try RunDescription.read(fromRunFolder: folder).floors == nil)
    }
  }
}
