import Results
import Trials

/// Which mechanism to use, how to wait and on which data path: a ranking, and why the others are not in it.
package struct Recommendation: Sendable {
  /// A candidate that does what is asked.
  struct Choice: Sendable {
    let candidate: Candidate
    /// What it is ranked by, the less the better; in nanoseconds, or of load in cores.
    let score: Reading
    /// From 1; those that cannot be told apart share one, and stand in the order of the second criterion.
    var rank = 1
    /// In one sentence.
    var reason = ""
  }

  struct Excluded: Sendable {
    let candidate: Candidate
    let reason: String
  }

  let request: RecommendationRequest
  let scope: RecommendationScope
  let runID: String
  /// What the run's probes say of the figures below; empty for most runs.
  let worldNotes: [String]
  /// Whether latencies are one-way responses at the rate that is asked for, as they were paced.
  let ranksByResponse: Bool
  /// What round trips are ranked by: the median, or the mean where their samples are not alike.
  let roundTripMetric: Metric
  private(set) var choices: [Choice] = []
  private(set) var excluded: [Excluded] = []

  /// A stream's peak takes several messages a wake-up, and a queue grows without bounds on the way to
  /// it: with random arrivals and even service the mean time in the queue is u / (2(1 − u)) services,
  /// 1.2 of them at 70 % and 4.5 at 90 % (Pollaczek and Khinchine; L. Kleinrock, Queueing Systems, volume
  /// 1, 1975, section 5.6).
  static let headroom = 0.7

  package init(
    for request: RecommendationRequest, from evidence: Evidence
  ) throws(RecommendationError) {
    let scope = try RecommendationScope(for: request, in: evidence)
    let candidates = Candidate.all(for: request, in: scope, evidence)
    self.request = request
    self.scope = scope
    runID = evidence.run.runID
    worldNotes = evidence.run.worlds.sentences
    roundTripMetric = evidence.roundTripMetric
    ranksByResponse = Self.ranksByResponse(request, candidates)
    try Self.requireMeasuredRange(request.payloadBytes, evidence, scope)
    for candidate in candidates {
      if let reason = obstacle(candidate) {
        excluded.append(Excluded(candidate: candidate, reason: reason))
      } else if let score = score(candidate) {
        choices.append(Choice(candidate: candidate, score: score))
      }
    }
    rank()
    for place in choices.indices { choices[place].reason = reason(for: place) }
  }

  /// Round trips and paced responses are different things: ranked is by responses only if they are all that
  /// there is.
  private static func ranksByResponse(
    _ request: RecommendationRequest, _ candidates: [Candidate]
  ) -> Bool {
    guard request.messagesPerSecond != nil else { return false }
    let hasRoundTrips = candidates.contains { (try? $0.roundTrip.get()) != nil }
    return !hasRoundTrips && candidates.contains { !$0.paced.isEmpty }
  }

  private static func requireMeasuredRange(
    _ payloadBytes: Int, _ evidence: Evidence, _ scope: RecommendationScope
  ) throws(RecommendationError) {
    let measured = evidence.run.groups.map(\.configuration).filter(scope.contains)
      .map(\.workload.payloadBytes)
    guard let least = measured.min(), let most = measured.max(),
      !(least...most).contains(payloadBytes)
    else { return }
    let asked = ByteSize.format(payloadBytes)
    throw RecommendationError(
      description: "--payload \(asked) is outside of what the run measured, "
        + "\(Quantity.bytes(least)) to \(Quantity.bytes(most)), and nothing is extrapolated; "
        + "measure it by 'ipcbench run --payload \(asked)'")
  }

  // MARK: - What rules a candidate out

  private func obstacle(_ candidate: Candidate) -> String? {
    if let missing = missingFigure(candidate) { return missing }
    if let rate = request.messagesPerSecond {
      let reason = obstacle(candidate, toCarrying: rate) ?? idleness(of: candidate, at: rate)
      if let reason { return reason }
    }
    return request.processorBudget.flatMap { obstacle(candidate, toSpending: $0) }
  }

  private func missingFigure(_ candidate: Candidate) -> String? {
    func reason(_ what: String, _ result: Result<Reading, NoReading>) -> String? {
      guard case .failure(let error) = result else { return nil }
      return "its \(what) is \(error.reason)"
    }
    switch request.goal {
    case .latency where ranksByResponse:
      return pacedResponse(candidate) == nil ? "no paced rate that it reached is as high" : nil
    case .latency: return reason("round trip", candidate.roundTrip)
    case .throughput: return reason("rate as a stream", candidate.streamTime)
    case .cpu:
      return candidate.processorTime == nil
        ? "its CPU time is not known at this size: \(cause(candidate))" : nil
    }
  }

  private func cause(_ candidate: Candidate) -> String {
    for result in [candidate.roundTrip, candidate.streamTime] {
      if case .failure(let error) = result, error != .notMeasured { return error.reason }
    }
    return "no straight line fits the sizes around it, or it was not measured"
  }

  /// What was paced decides; beyond that the stream's peak, with headroom.
  private func obstacle(_ candidate: Candidate, toCarrying rate: Double) -> String? {
    if candidate.pacing(at: rate) == nil {
      let missed = candidate.paced.first { !$0.isReached && $0.messagesPerSecond <= rate }
      if let missed {
        return "it did not keep up with \(Self.rate(missed.messagesPerSecond)) when paced"
      }
      guard let peak = candidate.peak else {
        return "its largest rate is not known at this size, so \(Self.rate(rate)) may be too much"
      }
      guard rate <= Self.headroom * peak.value else {
        return "\(Self.rate(rate)) is \(Phrase.percent(rate / peak.value)) of its largest rate, "
          + "\(Self.rate(peak.value)); beyond \(Phrase.percent(Self.headroom)) queues grow long"
      }
    }
    guard let load = candidate.load(at: rate) else { return nil }
    let most = max(load.producer, load.consumer)
    return most > 1
      ? "\(Self.rate(rate)) would take \(Phrase.percent(most)) of a core on one side" : nil
  }

  /// In ping-pong a reply comes while an adaptive side still spins. At a low rate it has gone to sleep when
  /// the next message comes, so that neither latency nor CPU time of the ping-pong is what it would show.
  private func idleness(of candidate: Candidate, at rate: Double) -> String? {
    guard request.goal != .throughput, !ranksByResponse,
      let nanoseconds = candidate.spinBudgetNanoseconds
    else { return nil }
    let (gap, spinning) = (1e9 / rate, Double(nanoseconds))
    guard gap > spinning else { return nil }
    let response = candidate.pacing(at: rate).flatMap { paced in
      paced.response.map {
        "; paced at \(Self.rate(paced.messagesPerSecond)) its median response was \(Phrase.time($0.value))"
      }
    }
    return
      "a message every \(Phrase.time(gap)) finds it asleep, after the \(Phrase.time(spinning)) that it "
      + "spins for, and its round trips were measured awake: look at wait block\(response ?? "")"
  }

  private func obstacle(_ candidate: Candidate, toSpending budget: Double) -> String? {
    let most = "more than the budget of \(Phrase.percent(budget))"
    if candidate.wait == .spin {
      return budget < 1 ? "a spinning side burns 100 % of its core, \(most)" : nil
    }
    guard let rate = request.messagesPerSecond else { return nil }
    guard let load = candidate.load(at: rate) else {
      return "its CPU time is not known at this size, so nothing can be said of a budget"
    }
    let larger = max(load.producer, load.consumer)
    guard larger > budget else { return nil }
    let side = load.producer >= load.consumer ? "producer" : "consumer"
    return "its \(side) takes \(Phrase.percent(larger)) of a core at \(Self.rate(rate)), \(most)"
  }

  // MARK: - Order

  private func score(_ candidate: Candidate) -> Reading? {
    switch request.goal {
    case .latency:
      return ranksByResponse ? pacedResponse(candidate) : try? candidate.roundTrip.get()
    case .throughput: return try? candidate.streamTime.get()
    case .cpu: return processorScore(candidate)
    }
  }

  private func pacedResponse(_ candidate: Candidate) -> Reading? {
    request.messagesPerSecond.flatMap { candidate.pacing(at: $0)?.response }
  }

  /// At a rate, cores that both sides take together: a spinning side takes one. Without a rate, CPU time a
  /// message.
  private func processorScore(_ candidate: Candidate) -> Reading? {
    guard let time = candidate.processorTime else { return nil }
    guard let rate = request.messagesPerSecond, let load = candidate.load(at: rate) else {
      return time
    }
    let cores = load.producer + load.consumer
    // What it spins is added to the time without an uncertainty of its own.
    let scale = time.value > 0 ? cores / time.value : 0
    let interval =
      candidate.wait == .spin
      ? cores...cores : time.interval.map { ($0.lowerBound * scale)...($0.upperBound * scale) }
    return Reading(value: cores, interval: interval, between: time.between)
  }

  /// The best, and all whose intervals overlap with its own, are one rank, ordered among themselves by what
  /// comes second: CPU time, or the round trip where CPU time comes first. Then the best of the others.
  private mutating func rank() {
    var rest = choices.sorted { $0.score.value < $1.score.value }
    var ranked: [Choice] = []
    while let leader = rest.first {
      let equals = [leader] + rest.dropFirst().prefix { leader.ties(with: $0) }
      rest.removeFirst(equals.count)
      for var choice in bySecondCriterion(equals) {
        choice.rank = choices.count - rest.count - equals.count + 1
        ranked.append(choice)
      }
    }
    choices = ranked
  }

  /// As they come, unless each of them has a figure.
  private func bySecondCriterion(_ equals: [Choice]) -> [Choice] {
    let seconds = equals.compactMap(second)
    guard seconds.count == equals.count else { return equals }
    return zip(equals, seconds).enumerated().sorted { left, right in
      left.element.1 == right.element.1
        ? left.offset < right.offset : left.element.1 < right.element.1
    }.map(\.element.0)
  }

  private func second(_ choice: Choice) -> Double? {
    let reading =
      request.goal == .cpu
      ? try? choice.candidate.roundTrip.get() : processorScore(choice.candidate)
    return reading?.value
  }

  // MARK: - Reasons

  private func reason(for place: Int) -> String {
    let choice = choices[place]
    let equals = choices.filter { $0.rank == choice.rank }
    let best = choices.map(\.score.value).min() ?? choice.score.value
    let multiple = multiple(choice.score.value, best)
    var reason =
      multiple == 1
      ? "it has the \(superlative)" : "\(Phrase.times(multiple)) the \(superlative)"
    if request.goal == .throughput, multiple != 1 {
      reason = "\(Phrase.times(1 / multiple)) the \(superlative)"
    }
    if let first = equals.first, equals.count > 1 {
      let seconds = equals.compactMap(second)
      let isFirst = first.candidate.name == choice.candidate.name
      let others = equals.count == 2 ? "another one" : "\(equals.count - 1) others"
      if !isFirst {
        reason += ", not to be told apart from \(first.candidate.name)"
      } else if seconds.count == equals.count {
        reason +=
          ", and of \(others) that it cannot be told apart from none has a lower \(secondMeasure)"
      } else {
        reason += ", not to be told apart from \(others)"
      }
    }
    return choice.candidate.wait == .spin
      ? "\(reason); both sides burn a core each, whatever the rate" : reason
  }

  /// 1 or more.
  private func multiple(_ score: Double, _ best: Double) -> Double {
    score > 0 && best > 0 ? score / best : 1
  }

  private var measure: String {
    switch request.goal {
    case .latency: ranksByResponse ? "median response" : roundTrip
    case .throughput: "rate"
    case .cpu: request.messagesPerSecond == nil ? "CPU time" : "load"
    }
  }

  /// `median round trip`.
  private var roundTrip: String { roundTripMetric.title(for: .pingPong) }

  private var superlative: String {
    request.goal == .throughput ? "highest rate" : "lowest \(measure)"
  }

  private var secondMeasure: String {
    if request.goal == .cpu { return roundTrip }
    return request.messagesPerSecond == nil ? "CPU time" : "load"
  }

  static func rate(_ messagesPerSecond: Double) -> String {
    "\(Quantity.text(messagesPerSecond, in: Quantity.messageRate))"
  }
}

extension Recommendation.Choice {
  /// Whether chance could have put the other first.
  fileprivate func ties(with other: Self) -> Bool {
    guard let own = score.interval, let its = other.score.interval else { return false }
    return own.overlaps(its)
  }
}
