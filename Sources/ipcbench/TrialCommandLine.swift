import Trials

extension Trial {
  /// The arguments that have any ipcbench measure this trial, and nothing else, into a run folder.
  ///
  /// Every factor is spelled out: what is left to a default is what the two builds may disagree about.
  ///
  /// - Parameters:
  ///   - suite: A file that says nothing of its own, in place of the suite that a program
  ///     would look for near itself.
  ///   - fit: What the same program has found for the trial's buffer, so that all trials of a
  ///     configuration have the same one; nil if it has not said so, or has nothing to say.
  ///   - namesBatch: false for a build from before a batch could be asked for.
  func arguments(
    suite: String, output: String, fit: BufferFit? = nil, namesBatch: Bool = true
  ) -> [String] {
    let workload = configuration.workload
    let cores = configuration.cores
    var options = [
      ("suite", suite), ("mechanism", configuration.mechanism),
      ("pattern", workload.pattern.rawValue), ("payload", "\(workload.payloadBytes)"),
      ("wait", workload.wait.rawValue), ("touch", workload.touch.rawValue),
      ("data-path", workload.dataPath.rawValue), ("buffer", "\(workload.bufferBytes)"),
      ("producer-core", "\(cores.producer)"), ("consumer-core", "\(cores.consumer)"),
    ]
    // A build that has said so knows the option.
    if let setting = fit?.settingBytes { options.append(("buffer-setting", "\(setting)")) }
    // Only where they mean something: builds from before there was such a factor need not know it.
    if workload.workingSetBytes > 0 {
      options.append(("working-set", "\(workload.workingSetBytes)"))
    }
    if let budget = workload.spinBudgetNanoseconds {
      options.append(("spin-budget", TimeSpan.format(budget)))
    }
    if let pace = workload.pace {
      options.append(("rate", OfferedRate.format(pace.messagesPerSecond)))
      options.append(("arrivals", pace.arrivals.rawValue))
    }
    if let batch = workload.roundTripsPerSample, namesBatch {
      options.append(("batch", "\(batch)"))
    }
    if let memoryNode = configuration.memoryNode {
      options.append(("memory-node", "\(memoryNode)"))
    }
    switch limits.length {
    case .nanoseconds(let nanoseconds): options.append(("duration", TimeSpan.format(nanoseconds)))
    case .messages(let count): options.append(("messages", "\(count)"))
    }
    options += [
      ("warmup", TimeSpan.format(limits.warmUpNanoseconds)),
      ("timeout", TimeSpan.format(limits.timeoutNanoseconds)),
      ("trials", "1"), ("seed", "\(seed)"), ("output", output),
    ]
    return ["run", "--quiet"] + options.flatMap { ["--\($0.0)", $0.1] }
  }

  /// The suite file that the arguments name: as little as a suite can be.
  static let emptySuite = "name: trial\nmatrix:\n  - mechanism: pipe\n"
}
