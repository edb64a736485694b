import Results
import Trials

/// A mechanism, a way to wait and a data path, with all that the run knows of them at one size.
struct Candidate: Sendable {
  /// A paced rate that was tried at this size.
  struct PacedRate: Sendable {
    let messagesPerSecond: Double
    /// Whether every trial kept up with it.
    let isReached: Bool
    let response: Reading?
    let responseP99: Reading?
  }

  let contender: Contender
  let wait: WaitPolicy
  let spinBudgetNanoseconds: UInt64?
  let roundTrip: Result<Reading, NoReading>
  let roundTripP99: Reading?
  /// As a stream: nanoseconds a message.
  let streamTime: Result<Reading, NoReading>
  /// Nanoseconds of a message, of each side; see `costs`.
  let producerCPU: Reading?
  let consumerCPU: Reading?
  /// By rate.
  let paced: [PacedRate]

  /// What a sentence calls it.
  var name: String { "\(contender.name), \(wait.rawValue)\(budget)" }

  private var budget: String {
    guard let nanoseconds = spinBudgetNanoseconds,
      nanoseconds != Workload.defaultSpinBudgetNanoseconds
    else { return "" }
    return " for \(Phrase.time(Double(nanoseconds)))"
  }

  /// Messages a second.
  var peak: Reading? { (try? streamTime.get())?.inverted }

  var processorTime: Reading? {
    guard let producerCPU, let consumerCPU else { return nil }
    return producerCPU + consumerCPU
  }

  /// The largest rate that was paced at and kept up with.
  var largestPacedRate: Double? { paced.last { $0.isReached }?.messagesPerSecond }

  /// What was measured at the least rate that is not below this one and was reached.
  func pacing(at messagesPerSecond: Double) -> PacedRate? {
    paced.first { $0.isReached && $0.messagesPerSecond >= messagesPerSecond }
  }

  /// Part of a core that each side takes at a rate; above 1 it is more than there is.
  ///
  /// A spinning side takes all of it whatever the rate. An adaptive one spins before it sleeps, so that each
  /// message may take as long as it spins on top.
  func load(at messagesPerSecond: Double) -> (producer: Double, consumer: Double)? {
    if wait == .spin { return (1, 1) }
    guard let producerCPU, let consumerCPU else { return nil }
    let spinning = Double(spinBudgetNanoseconds ?? 0)
    func share(_ cost: Reading) -> Double {
      let share = (cost.value + spinning) * messagesPerSecond / 1e9
      // Who spins all the time has a core's worth of it at most, of which messages are a part.
      return wait == .adaptive && cost.value * messagesPerSecond < 1e9 ? min(share, 1) : share
    }
    return (share(producerCPU), share(consumerCPU))
  }

  // MARK: - Out of a run

  /// Every one of a scope, as the run has them.
  ///
  /// CPU time is that of a round trip, which has one message to send and one to receive for each side and
  /// a wait for each: what a message costs at most that is not in a saturated stream. Where throughput is
  /// wanted, or there are no round trips, it is that of the stream.
  static func all(
    for request: RecommendationRequest, in scope: RecommendationScope, _ evidence: Evidence
  ) -> [Candidate] {
    let groups = evidence.run.groups.filter { scope.contains($0.configuration) }
    let keys = inOrder(groups.map { Key($0.configuration) }.withoutDuplicates())
    let byKey = Dictionary(grouping: groups) { Key($0.configuration) }
    return keys.map { key in
      let own = byKey[key] ?? []
      let roundTrips = own.filter { $0.configuration.workload.pattern == .pingPong }
      let streams = own.filter { $0.configuration.workload.pattern == .stream }
      let costs = roundTrips.isEmpty || request.goal == .throughput ? streams : roundTrips
      func reading(_ metric: Metric, _ groups: [StoredRun.Group]) -> Result<Reading, NoReading> {
        Result { () throws(NoReading) in
          try curve(metric, groups, evidence).reading(at: request.payloadBytes)
        }
      }
      return Candidate(
        contender: key.contender, wait: key.wait,
        spinBudgetNanoseconds: key.spinBudgetNanoseconds,
        roundTrip: reading(evidence.roundTripMetric, roundTrips),
        roundTripP99: try? reading(.latencyP99, roundTrips).get(),
        streamTime: reading(.messageThroughput, streams),
        producerCPU: try? reading(.producerCPU, costs).get(),
        consumerCPU: try? reading(.consumerCPU, costs).get(),
        paced: pacedRates(own, request.payloadBytes, evidence))
    }
  }

  private struct Key: Hashable {
    let contender: Contender
    let wait: WaitPolicy
    let spinBudgetNanoseconds: UInt64?

    init(_ configuration: Configuration) {
      contender = Contender(
        mechanism: configuration.mechanism, dataPath: configuration.workload.dataPath)
      wait = configuration.workload.wait
      spinBudgetNanoseconds = configuration.workload.spinBudgetNanoseconds
    }
  }

  /// Trials run in a random order, which is no order to list things in.
  private static func inOrder(_ keys: [Key]) -> [Key] {
    let names = MechanismStyle.ordered(keys.map(\.contender.mechanism).withoutDuplicates())
    return names.flatMap { name in
      DataPath.allCases.flatMap { path in
        WaitPolicy.allCases.flatMap { wait in
          keys.filter { key in
            key.contender == Contender(mechanism: name, dataPath: path) && key.wait == wait
          }.sorted { ($0.spinBudgetNanoseconds ?? 0) < ($1.spinBudgetNanoseconds ?? 0) }
        }
      }
    }
  }

  /// Rates as times, which grow with the size.
  private static func curve(
    _ metric: Metric, _ groups: [StoredRun.Group], _ evidence: Evidence
  ) -> SizeCurve {
    SizeCurve(
      groups.reduce(into: [:]) { samples, group in
        let values = evidence.run.samplesOfOneWorld(metric, group.configuration).map(\.value)
          .filter { $0 > 0 }
        // Files from when each trial chose its batch may have two groups of one size, which do not mix.
        guard values.count > samples[group.configuration.workload.payloadBytes]?.count ?? 0 else {
          return
        }
        samples[group.configuration.workload.payloadBytes] =
          metric.isRate ? values.map { 1e9 / $0 } : values
      })
  }

  private static func pacedRates(
    _ groups: [StoredRun.Group], _ payloadBytes: Int, _ evidence: Evidence
  ) -> [PacedRate] {
    groups.compactMap { group -> PacedRate? in
      let workload = group.configuration.workload
      guard let pace = workload.pace, workload.payloadBytes == payloadBytes else { return nil }
      func reading(_ metric: Metric) -> Reading? {
        try? curve(metric, [group], evidence).reading(at: payloadBytes)
      }
      return PacedRate(
        messagesPerSecond: pace.messagesPerSecond,
        isReached: group.failed == 0 && group.trials > 0, response: reading(.latencyP50),
        responseP99: reading(.latencyP99))
    }.sorted { $0.messagesPerSecond < $1.messagesPerSecond }
  }
}
