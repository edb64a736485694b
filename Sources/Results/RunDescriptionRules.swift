import Trials

// What run.json may say, beyond what its types allow: the same limits as the columns of trials.csv have.

extension RunDescription {
  /// What cannot be in this description, named as in the file; nil if it all can.
  var contradiction: String? {
    guard TrialNames.isPlain(runID) else { return "'run_id' is no plain name" }
    let numbers = WrongNumber()
      .counts(
        [
          ("trials.planned", trials.planned), ("trials.ok", trials.ok),
          ("trials.failed", trials.failed), ("trials.timed_out", trials.timedOut),
          ("trials.died", trials.died), ("trials.invalid", trials.invalid),
          ("trials.tainted", trials.tainted), ("host.packages", host.packages),
          ("host.memory_bytes", Int(clamping: host.memoryBytes)),
        ])
      .counts(
        [("host.logical_cpus", host.logicalCPUs)], within: 0...FieldLimits.cores.upperBound + 1
      )
      .measures([
        ("clock.resolution_ns", clock.resolutionNanoseconds),
        ("clock.read_cost_ns", clock.readCostNanoseconds),
        ("clock.samples.read_cost_ns", clock.samples?.readCostNanoseconds),
        ("clock.samples.added_ns", clock.samples?.addedNanoseconds),
      ])
      .measures(
        (thresholds ?? [:]).sorted { $0.key < $1.key }.map { ("thresholds.\($0.key)", $0.value) })
    return numbers.found ?? contradictionInParts
  }

  private var contradictionInParts: String? {
    for pair in placements {
      if let wrong = WrongNumber().cores("placements", pair.producer, pair.consumer).found {
        return wrong
      }
    }
    for floor in floors ?? [] { if let wrong = floor.wrongNumber { return wrong } }
    for peak in peaks ?? [] { if let wrong = peak.wrongNumber { return wrong } }
    for fit in buffers ?? [] { if let wrong = fit.wrongNumber { return wrong } }
    for worlds in probeWorlds ?? [] { if let wrong = worlds.wrongNumber { return wrong } }
    return precision?.wrongNumber
  }
}

/// Looks at number after number for the first that cannot have been counted or measured.
private struct WrongNumber {
  /// What is wrong, in words; nil if nothing is.
  private(set) var found: String?

  func counts(
    _ numbers: [(name: String, value: Int?)], within limits: ClosedRange<Int> = FieldLimits.counts
  ) -> WrongNumber {
    let wrong = numbers.first { number in number.value.map { !limits.contains($0) } ?? false }
    return noting(wrong.map { ($0.name, "\($0.value ?? 0)") })
  }

  func measures(_ numbers: [(name: String, value: Double?)]) -> WrongNumber {
    let wrong = numbers.first { number in number.value.map { !FieldLimits.allow($0) } ?? false }
    return noting(wrong.map { ($0.name, "\($0.value ?? 0)") })
  }

  func cores(_ place: String, _ producer: Int, _ consumer: Int) -> WrongNumber {
    counts(
      [("\(place).producer_core", producer), ("\(place).consumer_core", consumer)],
      within: FieldLimits.cores)
  }

  private func noting(_ wrong: (name: String, value: String)?) -> WrongNumber {
    guard found == nil, let wrong else { return self }
    return WrongNumber(found: "'\(wrong.name)' is \(wrong.value), which nothing can be")
  }

  init(found: String? = nil) { self.found = found }
}

extension Floor {
  fileprivate var wrongNumber: String? {
    WrongNumber().cores("floors", producerCore, consumerCore)
      .counts([("floors.n", trials)])
      .counts([("floors.payload_bytes", payloadBytes)], within: FieldLimits.payloadBytes)
      .measures([
        ("floors.latency_p50_ns", latencyP50Nanoseconds),
        ("floors.latency_mean_ns", latencyMeanNanoseconds),
        ("floors.throughput_bytes_per_s", throughputBytesPerSecond), ("floors.minimum", minimum),
      ]).found
  }
}

extension PeakRate {
  fileprivate var wrongNumber: String? {
    WrongNumber().cores("peaks", producerCore, consumerCore)
      .counts([("peaks.payload_bytes", payloadBytes)], within: FieldLimits.payloadBytes)
      .counts([
        ("peaks.buffer_bytes", bufferBytes), ("peaks.working_set_bytes", workingSetBytes),
        ("peaks.spin_budget_ns", spinBudgetNanoseconds.map { Int(clamping: $0) }),
      ])
      .counts([("peaks.memory_node", memoryNode)], within: FieldLimits.memoryNodes)
      .measures([("peaks.messages_per_s", messagesPerSecond)]).found
  }
}

extension BufferFit {
  fileprivate var wrongNumber: String? {
    WrongNumber()
      .counts([("buffers.payload_bytes", payloadBytes)], within: FieldLimits.payloadBytes)
      .counts([
        ("buffers.buffer_bytes", bufferBytes), ("buffers.setting_bytes", settingBytes),
        ("buffers.capacity_bytes", capacityBytes),
      ]).found
  }
}

extension WorldsOfCores {
  fileprivate var wrongNumber: String? {
    WrongNumber().cores("probe_worlds", producerCore, consumerCore)
      .counts(worlds.map { ("probe_worlds.worlds.trials", $0.trials) })
      .measures(worlds.map { ("probe_worlds.worlds.probe_ns", $0.nanoseconds) }).found
  }
}

extension PrecisionReport {
  fileprivate var wrongNumber: String? {
    WrongNumber()
      .counts([
        ("precision.most_trials", mostTrials), ("precision.configurations", configurations),
        ("precision.precise", precise),
      ])
      .measures([("precision.target", target), ("precision.widest", widest)]).found
  }
}
