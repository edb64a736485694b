import Trials

// What a row of trials.csv may say, beyond what each of its fields may. `TrialReader` asks this of every row
// that anybody reads, so that no reader has to.

extension TrialRecord {
  /// What cannot be in this row, in words that follow its place; nil if it all can.
  ///
  /// Of a trial that is not ok only names and places matter: nothing is made from its figures.
  var contradiction: String? {
    if configuration.mechanism.isEmpty { return "mechanism is empty; write its name" }
    let workload = configuration.workload
    if (workload.pattern == .paced) != (workload.pace != nil) {
      return "pattern \(workload.pattern.rawValue) \(workload.pace == nil ? "without" : "with") "
        + "offered_rate_per_s; only paced trials have one"
    }
    if let latencyKind, latencyKind != LatencyKind(workload.pattern) {
      return
        "latency_kind is \(latencyKind.rawValue), which pattern \(workload.pattern.rawValue) has not"
    }
    guard status == .ok else { return nil }
    return contradictionInDelivery ?? contradictionInRates ?? contradictionInLatencies
      ?? contradictionInSwitches
  }

  /// `ok` says that delivery was proven.
  private var contradictionInDelivery: String? {
    for (name, count) in [
      ("messages_corrupt", messagesCorrupt), ("messages_lost", messagesLost),
    ] {
      if let count, count > 0 { return "status is ok, but \(name) is \(count)" }
    }
    if let messagesSent, let messagesReceived, messagesSent != messagesReceived {
      return "status is ok, but messages_received is \(messagesReceived) of \(messagesSent) sent"
    }
    return nil
  }

  // MARK: - Rates

  /// How far a quotient may be from what it is made of, as a part: files made by other programs round.
  private static let quotientTolerance = 1e-3

  private var contradictionInRates: String? {
    if let rate = throughputMessagesPerSecond, let messagesReceived, let elapsedNanoseconds {
      let expected = Double(messagesReceived) * 1e9 / Double(elapsedNanoseconds)
      guard Self.agree(rate, expected, within: 0.001) else {
        return
          "throughput_messages_per_s is \(decimalText(rate)), but messages_received over elapsed_ns is "
          + (expected.isFinite ? decimalText(rounded(expected, places: 3)) : "no number")
      }
    }
    let payloadBytes = Double(configuration.workload.payloadBytes)
    if let rate = throughputMessagesPerSecond, let bytes = throughputBytesPerSecond {
      let expected = rate * payloadBytes
      guard Self.agree(bytes, expected, within: 0.001 * (1 + payloadBytes)) else {
        return "throughput_bytes_per_s is \(decimalText(bytes)), but the rate of messages times "
          + "payload_bytes is \(decimalText(rounded(expected, places: 3)))"
      }
    }
    return nil
  }

  private static func agree(_ value: Double, _ expected: Double, within slack: Double) -> Bool {
    expected.isFinite && abs(value - expected) <= max(slack, quotientTolerance * abs(expected))
  }

  // MARK: - Latencies

  private var contradictionInLatencies: String? {
    if let latencySamples, let messagesReceived {
      let roundTrips = Double(latencySamples) * Double(latencyRoundTripsPerSample ?? 1)
      guard roundTrips <= Double(messagesReceived) else {
        return "latency_samples are more than messages_received allows"
      }
    }
    if let latencySlowestSample, let latencySamples, latencySlowestSample >= latencySamples {
      return
        "latency_slowest_sample is \(latencySlowestSample) of \(latencySamples), counted from 0"
    }
    return Self.descent(in: [
      ("latency_min_ns", latencyMinimumNanoseconds), ("latency_p50_ns", latencyP50Nanoseconds),
      ("latency_p90_ns", latencyP90Nanoseconds), ("latency_p99_ns", latencyP99Nanoseconds),
      ("latency_p99_9_ns", latencyP999Nanoseconds),
      ("latency_p99_99_ns", latencyP9999Nanoseconds),
      ("latency_max_ns", latencyMaximumNanoseconds),
    ])
      ?? Self.descent(in: [
        ("service_p50_ns", serviceP50Nanoseconds), ("service_p99_ns", serviceP99Nanoseconds),
      ]) ?? contradictionInMean
  }

  /// Of what has to ascend, the first that does not.
  private static func descent(in values: [(name: String, value: UInt64?)]) -> String? {
    var last: (name: String, value: UInt64)?
    for (name, value) in values {
      guard let value else { continue }
      if let last, value < last.value {
        return "\(name) is \(value), less than \(last.name), which is \(last.value)"
      }
      last = (name, value)
    }
    return nil
  }

  private var contradictionInMean: String? {
    // A mean is kept to three decimal places.
    guard let mean = latencyMeanNanoseconds else { return nil }
    if let latencyMinimumNanoseconds, mean < Double(latencyMinimumNanoseconds) - 0.001 {
      return "latency_mean_ns is \(decimalText(mean)), less than latency_min_ns, which is "
        + "\(latencyMinimumNanoseconds)"
    }
    if let latencyMaximumNanoseconds, mean > Double(latencyMaximumNanoseconds) + 0.001 {
      return "latency_mean_ns is \(decimalText(mean)), more than latency_max_ns, which is "
        + "\(latencyMaximumNanoseconds)"
    }
    return nil
  }

  // MARK: - Sums

  private var contradictionInSwitches: String? {
    for (side, all, voluntary, involuntary) in [
      (
        "producer", producerContextSwitches, producerVoluntarySwitches,
        producerInvoluntarySwitches
      ),
      (
        "consumer", consumerContextSwitches, consumerVoluntarySwitches,
        consumerInvoluntarySwitches
      ),
    ] {
      // Each is at most 2^53.
      guard let all, let voluntary, let involuntary, all != voluntary + involuntary else {
        continue
      }
      return "\(side)_context_switches is \(all), but the voluntary and involuntary ones are "
        + "\(voluntary + involuntary)"
    }
    return nil
  }

  /// The columns that these rules are about, beside those of the configuration.
  static let columnsOfRules: Set<String> = [
    "status", "messages_sent", "messages_received", "messages_corrupt", "messages_lost",
    "elapsed_ns", "throughput_messages_per_s", "throughput_bytes_per_s", "latency_kind",
    "latency_samples", "latency_slowest_sample", "latency_min_ns", "latency_mean_ns",
    "latency_p50_ns", "latency_p90_ns", "latency_p99_ns", "latency_p99_9_ns",
    "latency_p99_99_ns", "latency_max_ns", "service_p50_ns", "service_p99_ns",
    "producer_context_switches", "consumer_context_switches", "producer_voluntary_switches",
    "producer_involuntary_switches", "consumer_voluntary_switches",
    "consumer_involuntary_switches",
  ]
}
