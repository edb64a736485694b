import Results
import Trials

extension Recommendation {
  /// Times in nanoseconds, rates in messages a second, loads as parts of a core; null is "not known".
  var json: JSON {
    .object([
      .init("run_id", .string(runID)),
      .init("payload_bytes", .integer(request.payloadBytes)),
      .init("optimise", .string(request.goal.rawValue)),
      .init("rate_per_s", JSON(request.messagesPerSecond)),
      .init("cpu_budget", JSON(request.processorBudget)),
      .init("touch", .string(scope.touch.rawValue)),
      .init("placement", .string(scope.cores.placement.rawValue)),
      .init("producer_core", .integer(scope.cores.producer)),
      .init("consumer_core", .integer(scope.cores.consumer)),
      .init("buffer_bytes", .integer(scope.bufferBytes)),
      .init("working_set_bytes", .integer(scope.workingSetBytes)),
      .init("ranked_by", .string(rankedBy)),
      .init("notes", .array(worldNotes.map { .string($0) })),
      .init("choices", .array(choices.map(json))),
      .init(
        "excluded",
        .array(
          excluded.map { .object(Self.names($0.candidate) + [.init("reason", .string($0.reason))]) }
        )),
    ])
  }

  private var rankedBy: String {
    switch request.goal {
    case .latency: ranksByResponse ? "response" : "round-trip"
    case .throughput: "throughput"
    case .cpu: request.messagesPerSecond == nil ? "cpu-time" : "cpu-load"
    }
  }

  private static func names(_ candidate: Candidate) -> [JSON.Member] {
    [
      .init("mechanism", .string(candidate.contender.mechanism)),
      .init("wait", .string(candidate.wait.rawValue)),
      .init("spin_budget_ns", JSON(candidate.spinBudgetNanoseconds.map { Int(clamping: $0) })),
      .init("data_path", .string(candidate.contender.dataPath.rawValue)),
    ]
  }

  private func json(_ choice: Choice) -> JSON {
    let candidate = choice.candidate
    let load = request.messagesPerSecond.flatMap { candidate.load(at: $0) }
    let paced = request.messagesPerSecond.flatMap { candidate.pacing(at: $0) }
    let figures: [JSON.Member] = [
      .init("round_trip_p50_ns", Self.json(try? candidate.roundTrip.get())),
      .init("round_trip_p99_ns", Self.json(candidate.roundTripP99)),
      .init("producer_cpu_ns_per_message", Self.json(candidate.producerCPU)),
      .init("consumer_cpu_ns_per_message", Self.json(candidate.consumerCPU)),
      .init("stream_messages_per_s", Self.json(candidate.peak)),
      .init("largest_paced_rate_per_s", JSON(candidate.largestPacedRate)),
      .init("paced_at_per_s", JSON(paced?.messagesPerSecond)),
      .init("response_p50_ns", Self.json(paced?.response)),
      .init("response_p99_ns", Self.json(paced?.responseP99)),
      .init("producer_load", JSON(load?.producer)),
      .init("consumer_load", JSON(load?.consumer)),
      .init("reason", .string(choice.reason)),
    ]
    return .object([.init("rank", .integer(choice.rank))] + Self.names(candidate) + figures)
  }

  private static func json(_ reading: Reading?) -> JSON {
    guard let reading else { return .null }
    return .object([
      .init("value", .number(reading.value)),
      .init("interval_low", JSON(reading.interval?.lowerBound)),
      .init("interval_high", JSON(reading.interval?.upperBound)),
      .init("interpolated_from_bytes", JSON(reading.between?.lowerBound)),
      .init("interpolated_to_bytes", JSON(reading.between?.upperBound)),
    ])
  }
}
