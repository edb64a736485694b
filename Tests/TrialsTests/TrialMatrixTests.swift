import Testing

@testable import Trials

extension TrialMatrix {
  /// All trials of a run at once.
  func trials(blocks: Int, limits: TrialLimits, seed: UInt64) throws(MatrixError) -> [Trial] {
    var schedule = try schedule(mostBlocks: blocks, limits: limits, seed: seed)
    return (0..<blocks).flatMap { _ in schedule.nextBlock() }
  }
}

@Suite struct TrialMatrixTests {
  static let twoCores = CorePair(placement: .sameL3, producer: 0, consumer: 1)
  static let oneCore = CorePair(placement: .sameCore, producer: 1, consumer: 1)
  static let limits = TrialLimits(
    length: .nanoseconds(50_000_000), warmUpNanoseconds: 15_000_000,
    timeoutNanoseconds: 10_000_000_000)
  static let capabilities = [
    Capabilities(name: "pipe"), Capabilities(name: "shm-ring"),
    Capabilities(name: "onc-rpc-unix", waits: [.block], largestPayloadBytes: 4 << 20),
  ]

  private func matrix(_ groups: Axes...) throws -> TrialMatrix {
    try TrialMatrix(crossing: groups, capabilities: Self.capabilities)
  }

  private let small = Axes(
    mechanisms: ["pipe", "shm-ring"], patterns: [.pingPong, .stream], payloadBytes: [64, 4096],
    waits: [.block, .spin], placements: [twoCores])

  @Test func crossesEveryAxisWithEveryOther() throws {
    let axes = Axes(
      mechanisms: ["pipe", "shm-ring"], patterns: [.pingPong, .stream], payloadBytes: [64, 4096],
      waits: [.block, .spin], touches: Touch.allCases, dataPaths: [.copy],
      bufferBytes: [16 << 10, 128 << 10], workingSetBytes: [0, 1 << 20, 64 << 20],
      placements: [
        Self.twoCores, CorePair(placement: .samePackage, producer: 0, consumer: 2),
      ],
      memoryNodes: [nil, 0])
    let configurations = try matrix(axes).configurations
    #expect(configurations.count == 2 * 2 * 2 * 2 * 3 * 1 * 2 * 3 * 2 * 2)
    #expect(Set(configurations).count == configurations.count)
    #expect(axes.configurationCount == configurations.count)
    #expect(configurations.first?.mechanism == "pipe")
    #expect(configurations.prefix(2).map(\.workload.payloadBytes) == [64, 4096])
  }

  @Test func keepsRepeatedConfigurationsOnceAndInOrder() throws {
    var larger = small
    larger.payloadBytes = [4096, 1 << 20]
    let joined = try matrix(small, larger, small)
    let before = try matrix(small).configurations
    #expect(Array(joined.configurations.prefix(before.count)) == before)
    #expect(joined.configurations.count == before.count * 3 / 2)
    #expect(joined.exclusions.isEmpty)
  }

  @Test func anEmptyAxisCrossesToNothing() throws {
    var axes = small
    axes.placements = []
    let empty = try matrix(axes)
    #expect(empty.configurations.isEmpty)
    #expect(try empty.trials(blocks: 3, limits: Self.limits, seed: 1).isEmpty)
  }

  @Test func saysOncePerReasonWhatItLeavesOut() throws {
    let axes = Axes(
      mechanisms: ["pipe", "onc-rpc-unix", "grpc"], patterns: [.pingPong, .stream],
      payloadBytes: [64, 8 << 20, 16 << 20], waits: [.block, .spin],
      placements: [Self.twoCores, Self.oneCore])
    let result = try matrix(axes)
    #expect(
      result.exclusions.map(\.description) == [
        "wait spin with both workers on core 1 (6 configurations): two spinners on one core would "
          + "measure the scheduler's time slices; use --wait block or two cores",
        "onc-rpc-unix with payload 8MiB, 16MiB (8 configurations): "
          + "onc-rpc-unix takes at most 4MiB a message",
        "onc-rpc-unix with wait spin (12 configurations): onc-rpc-unix waits by block only",
        "grpc (24 configurations): this build or host does not offer it; "
          + "'ipcbench list' says why and how to get it",
      ])
    #expect(result.configurations.count == 72 - 6 - 8 - 12 - 24)
  }

  @Test func leavesOutPatternsAndDataPathsThatAMechanismLacks() throws {
    let capabilities = [
      Capabilities(name: "fault-a", patterns: [.pingPong]),
      Capabilities(name: "fault-b", dataPaths: []),
    ]
    let axes = Axes(
      mechanisms: ["fault-a", "fault-b"], patterns: [.pingPong, .stream], payloadBytes: [1],
      placements: [Self.twoCores])
    let result = try TrialMatrix(crossing: [axes], capabilities: capabilities)
    #expect(
      result.exclusions.map(\.description) == [
        "fault-a with pattern stream (1 configuration): fault-a runs ping-pong only",
        "fault-b with data path copy (2 configurations): fault-b moves data by nothing only",
      ])
  }

  @Test func onlyAnAdaptiveSideHasABudget() throws {
    var axes = small
    axes.waits = [.block, .adaptive]
    axes.spinBudgetsNanoseconds = [1000, 2000, 3000]
    let configurations = try matrix(axes).configurations
    #expect(configurations.count == 2 * 2 * 2 * (1 + 3))
    #expect(axes.configurationCount == configurations.count)
    #expect(
      configurations.allSatisfy {
        ($0.workload.spinBudgetNanoseconds != nil) == ($0.workload.wait == .adaptive)
      })
  }

  @Test func saysWhyAMessageInPlaceOrAnAdaptiveSideIsLeftOut() throws {
    let axes = Axes(
      mechanisms: ["ring"], patterns: [.stream], payloadBytes: [64, 65_537],
      waits: [.block, .adaptive], dataPaths: [.inPlace], placements: [Self.oneCore])
    let result = try TrialMatrix(
      crossing: [axes], capabilities: [Capabilities(name: "ring", dataPaths: DataPath.allCases)])
    #expect(
      result.exclusions.map(\.description) == [
        "data path in-place with payload 65537B and buffer 128KiB (1 configuration): a message lies "
          + "whole in the buffer, which holds two or more; use --buffer 131074B or larger",
        "wait adaptive with both workers on core 1 (2 configurations): the side that spins would "
          + "keep its peer from running until its budget is spent; use --wait block or two cores",
      ])
  }

  @Test func messagesInPlaceHaveNoWorkingSetOfTheirOwn() throws {
    let axes = Axes(
      mechanisms: ["ring"], patterns: [.stream], payloadBytes: [64], dataPaths: [.copy, .inPlace],
      workingSetBytes: [0, 4096, 1 << 20], placements: [Self.twoCores])
    let result = try TrialMatrix(
      crossing: [axes], capabilities: [Capabilities(name: "ring", dataPaths: DataPath.allCases)])
    #expect(
      result.configurations.map {
        [$0.workload.dataPath == .copy ? 1 : 0, $0.workload.workingSetBytes]
      }
        == [[1, 0], [1, 4096], [1, 1 << 20], [0, 0]])
    #expect(
      result.exclusions.map(\.description) == [
        "data path in-place with working set 4KiB, 1MiB (2 configurations): messages in place are "
          + "built and read in the mechanism's own buffer, whose size is --buffer; use --data-path copy"
      ])
  }

  @Test func everyBlockHoldsEveryConfigurationOnce() throws {
    let matrix = try matrix(small)
    let trials = try matrix.trials(blocks: 5, limits: Self.limits, seed: 9)
    #expect(trials.map(\.number) == Array(1...trials.count))
    for block in 1...5 {
      let inBlock = trials.filter { $0.block == block }
      #expect(inBlock.map(\.position) == Array(1...matrix.configurations.count))
      #expect(Set(inBlock.map(\.configuration)) == Set(matrix.configurations))
    }
    #expect(trials.allSatisfy { $0.limits == Self.limits })
    let orders = (1...5).map { block in
      trials.filter { $0.block == block }.map(\.configuration)
    }
    #expect(Set(orders).count == 5)
  }

  @Test func theSeedAloneDecidesTheOrder() throws {
    let matrix = try matrix(small)
    let trials = try matrix.trials(blocks: 4, limits: Self.limits, seed: 1)
    #expect(try matrix.trials(blocks: 4, limits: Self.limits, seed: 1) == trials)
    #expect(try matrix.trials(blocks: 4, limits: Self.limits, seed: 2) != trials)
    let fewer = try matrix.trials(blocks: 2, limits: Self.limits, seed: 1)
    #expect(Array(trials.prefix(fewer.count)) == fewer)
  }

  /// A recorded seed must give its order again in every later version. The two blocks are the
  /// generator's shuffles of 0…15 for seed 42, computed by a second implementation (Python).
  @Test func theOrderOfARecordedSeedStays() throws {
    let matrix = try matrix(small)
    let order = try matrix.trials(blocks: 2, limits: Self.limits, seed: 42).map { trial in
      matrix.configurations.firstIndex(of: trial.configuration)
    }
    #expect(
      order == [
        15, 13, 5, 6, 8, 1, 12, 10, 7, 14, 9, 0, 4, 3, 2, 11,
        13, 11, 2, 7, 15, 12, 9, 4, 5, 0, 10, 8, 14, 6, 1, 3,
      ])
  }

  @Test func estimatesHowLongARunTakes() throws {
    let matrix = try matrix(small)
    // 16 configurations, 6 blocks, 15 + 50 + 30 ms.
    #expect(matrix.estimatedNanoseconds(blocks: 6, limits: Self.limits) == 9_120_000_000)
    var counted = Self.limits
    counted.length = .messages(1000)
    #expect(matrix.estimatedNanoseconds(blocks: 6, limits: counted) == nil)
    var endless = Self.limits
    endless.length = .nanoseconds(UInt64.max)
    #expect(matrix.estimatedNanoseconds(blocks: 6, limits: endless) == UInt64.max)
  }

  @Test(arguments: [
    (0, "payload 0 is refused: a message holds 1 B or more; use --payload 1 or larger"),
    (-1, "payload -1 is refused: a message holds 1 B or more; use --payload 1 or larger"),
    (2 << 30, "payload 2GiB is refused: the limit is 1GiB a message"),
  ])
  func refusesImpossiblePayloads(sizeBytes: Int, message: String) {
    var axes = small
    axes.payloadBytes = [64, sizeBytes]
    let error = #expect(throws: MatrixError.self) { try matrix(axes) }
    #expect(error?.description == message)
  }

  @Test func refusesAMatrixBeyondReason() throws {
    var axes = small
    axes.bufferBytes = [0]
    #expect(throws: MatrixError.bufferTooSmall(0)) { try matrix(axes) }
    axes.bufferBytes = Array(1...10_000)
    #expect(throws: MatrixError.tooManyConfigurations(160_000)) { try matrix(axes) }
    #expect(throws: MatrixError.noBlocks(0)) {
      try matrix(small).trials(blocks: 0, limits: Self.limits, seed: 1)
    }
    #expect(throws: MatrixError.tooManyTrials(1_600_000)) {
      try matrix(small).trials(blocks: 100_000, limits: Self.limits, seed: 1)
    }
    var hasty = Self.limits
    hasty.timeoutNanoseconds = 65_000_000
    let error = #expect(throws: MatrixError.self) {
      try matrix(small).trials(blocks: 1, limits: hasty, seed: 1)
    }
    #expect(
      error?.description
        == "timeout 65ms is not longer than warm-up and duration together (65ms), "
        + "so that every trial would be killed; raise --timeout")
  }

  // MARK: - Pace

  private static let paced = Axes(
    mechanisms: ["pipe"], patterns: [.pingPong, .paced],
    rates: [.perSecond(1000), .perSecond(1e6)],
    arrivals: [.poisson, .fixed], payloadBytes: [64, 4096], placements: [twoCores])

  @Test func ratesAndArrivalsAreCrossedForPacedTrialsOnly() throws {
    let configurations = try matrix(Self.paced).configurations
    #expect(configurations.count == 2 + 2 * 2 * 2)
    #expect(Self.paced.configurationCount == configurations.count)
    #expect(
      configurations.filter { $0.workload.payloadBytes == 64 }.map(\.workload.pace) == [
        nil, Pace(messagesPerSecond: 1000), Pace(messagesPerSecond: 1000, arrivals: .fixed),
        Pace(messagesPerSecond: 1e6), Pace(messagesPerSecond: 1e6, arrivals: .fixed),
      ])
  }

  @Test func everyTrialHasItsOwnSeed() throws {
    let trials = try matrix(Self.paced).trials(blocks: 3, limits: Self.limits, seed: 5)
    #expect(trials.map(\.seed) == trials.map { Trial.seed(ofTrial: $0.number, inRunSeeded: 5) })
  }

  @Test func pacedTrialsNeedTwoCores() throws {
    var axes = Self.paced
    axes.placements = [Self.oneCore]
    let result = try matrix(axes)
    #expect(
      result.exclusions.map(\.description) == [
        "pattern paced with both workers on core 1 (8 configurations): the producer spins until a "
          + "message is due and would keep the consumer from running; use two cores"
      ])
    #expect(result.configurations.count == 2)
  }

  @Test func aScheduleHasToFitInATrial() throws {
    var axes = Self.paced
    axes.patterns = [.paced]
    axes.arrivals = [.fixed]
    axes.payloadBytes = [64]
    axes.rates = [.perSecond(1000), .perSecond(1e8)]
    let tooMany = try TrialMatrix(
      crossing: [axes], capabilities: Self.capabilities, limits: Self.limits)
    #expect(tooMany.configurations.map(\.workload.pace?.messagesPerSecond) == [1000])
    #expect(
      tooMany.exclusions.map(\.description) == [
        "pattern paced at 100M/s (1 configuration): a trial schedules at most 4M messages; "
          + "use a lower --rate, a shorter --duration or fewer --messages"
      ])
    var counted = Self.limits
    counted.length = .messages(10_000)
    let tooLong = try TrialMatrix(
      crossing: [axes], capabilities: Self.capabilities, limits: counted)
    #expect(tooLong.configurations.map(\.workload.pace?.messagesPerSecond) == [1e8])
    #expect(
      tooLong.exclusions.map(\.description) == [
        "pattern paced at 1k/s (1 configuration): so many messages take longer than the timeout of "
          + "10s; use a higher --rate, fewer --messages or a longer --timeout"
      ])
  }

  @Test func aShareIsTakenOfThePeakOfTheSameConfiguration() throws {
    var axes = Self.paced
    axes.mechanisms = ["pipe", "shm-ring"]
    axes.rates = [.ofPeak(percent: 10), .ofPeak(percent: 50), .perSecond(7)]
    axes.arrivals = [.poisson]
    axes.payloadBytes = [64]
    axes.placements = [Self.twoCores, Self.oneCore]
    let streams = try TrialMatrix.streamsForPeaks(
      crossing: [axes], capabilities: Self.capabilities)
    // Neither two shares of one peak nor what cannot be measured asks for another.
    #expect(streams.map(\.mechanism) == ["pipe", "shm-ring"])
    #expect(streams.allSatisfy { $0.workload.pattern == .stream && $0.workload.pace == nil })

    let result = try TrialMatrix(
      crossing: [axes], capabilities: Self.capabilities, limits: Self.limits,
      peaks: [
        streams[0]: PeakRate(of: streams[0], messagesPerSecond: 123_456),
        streams[1]: PeakRate(of: streams[1], messagesPerSecond: nil, error: "it fell over"),
      ])
    let rates = result.configurations.filter { $0.workload.pattern == .paced }
      .map { "\($0.mechanism) \($0.workload.pace?.messagesPerSecond ?? 0)" }
    #expect(rates == ["pipe 12300.0", "pipe 61700.0", "pipe 7.0", "shm-ring 7.0"])
    #expect(
      result.exclusions.map(\.description).contains(
        "shm-ring paced by a share of its peak (2 configurations): the peak could not be measured "
          + "(it fell over); give rates of your own, such as --rate 1k,10k"),
      "\(result.exclusions)")
  }

  @Test func aPeakThatNobodyMeasuredIsMissed() throws {
    var axes = Self.paced
    axes.patterns = [.paced]
    axes.rates = [.ofPeak(percent: 10)]
    let result = try matrix(axes)
    #expect(result.configurations.isEmpty)
    #expect(result.exclusions.map(\.why).first?.contains("it was not measured") == true)
  }
}
