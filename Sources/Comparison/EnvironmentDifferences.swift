import Results
import Trials

/// What is not the same about the circumstances of two runs, decisive differences first.
struct EnvironmentDifferences {
  let differences: [Comparison.Difference]
  /// Whether neither run says anything about its circumstances.
  let areBothUnknown: Bool

  /// Why the runs' numbers are not comparable; nil if they are.
  var objection: String? {
    let decisive = differences.filter(\.isDecisive).map(\.name)
    guard let first = decisive.first else { return nil }
    if first == Self.descriptionName { return "the environment of one side is unknown" }
    return decisive.count == 1
      ? "\(first) differs" : "\(first) and \(decisive.count - 1) more differ"
  }

  private static let descriptionName = "run.json"

  init(_ base: StoredRun, _ head: StoredRun) {
    areBothUnknown = base.description == nil && head.description == nil
    var found: [Comparison.Difference] = []
    func compare(_ name: String, isDecisive: Bool, _ values: (String, String)) {
      guard values.0 != values.1 else { return }
      found.append(
        Comparison.Difference(
          name: name, base: values.0, head: values.1, isDecisive: isDecisive))
    }
    // The one circumstance that every row has, whatever became of run.json.
    if !base.idlePolicies.isEmpty, !head.idlePolicies.isEmpty {
      compare("idle_policy", isDecisive: true, (base.idlePolicyText, head.idlePolicyText))
    }
    if let base = base.description, let head = head.description {
      for fact in Fact.all {
        compare(fact.name, isDecisive: fact.isDecisive, (fact.value(base), fact.value(head)))
      }
    } else if !areBothUnknown {
      func state(_ run: StoredRun) -> String { run.description == nil ? "missing" : "there" }
      compare(Self.descriptionName, isDecisive: true, (state(base), state(head)))
    }
    differences = found.filter(\.isDecisive) + found.filter { !$0.isDecisive }
  }
}

/// One circumstance of a run, by the name that `run.json` gives it.
private struct Fact: Sendable {
  let name: String
  /// Whether a difference in it makes numbers incomparable.
  let isDecisive: Bool
  let value: @Sendable (RunDescription) -> String

  static let all = hardware + kernel + build + incidental

  /// Another machine, or the same one cut differently.
  private static let hardware = [
    Fact(name: "architecture", isDecisive: true) { $0.host.architecture },
    Fact(name: "cpu_model", isDecisive: true) { $0.host.cpuModel },
    Fact(name: "logical_cpus", isDecisive: true) { "\($0.host.logicalCPUs)" },
    Fact(name: "virtualization", isDecisive: true) { $0.host.virtualization ?? "none" },
    Fact(name: "smt_active", isDecisive: true) { text($0.host.smtActive.map { "\($0)" }) },
    // Cores and nodes that a trial used are factors of its configuration.
    Fact(name: "numa_nodes", isDecisive: false) { "\($0.host.numaNodes)" },
    Fact(name: "allowed_cpus", isDecisive: false) { "\($0.host.allowedCPUs)" },
    Fact(name: "memory_bytes", isDecisive: false) { "\($0.host.memoryBytes)" },
  ]

  /// All that changes what a system call, a wake-up, a copy or a read of the clock costs.
  private static let kernel = [
    Fact(name: "kernel_release", isDecisive: true) { $0.host.kernelRelease },
    Fact(name: "mitigations", isDecisive: true) { mitigations($0.host.mitigations) },
    Fact(name: "clock_source", isDecisive: true) { text($0.host.clockSource) },
    Fact(name: "frequency_governor", isDecisive: true) { text($0.host.frequencyGovernor) },
    Fact(name: "idle_driver", isDecisive: true) { text($0.host.idleDriver) },
    Fact(name: "idle_governor", isDecisive: true) { text($0.host.idleGovernor) },
    Fact(name: "transparent_huge_pages", isDecisive: true) { text($0.host.transparentHugePages) },
    Fact(name: "tcp_congestion_control", isDecisive: true) { text($0.host.tcpCongestionControl) },
    // The same sources built another time.
    Fact(name: "kernel_version", isDecisive: false) { $0.host.kernelVersion },
    Fact(name: "operating_system", isDecisive: false) { $0.host.operatingSystem },
    // A buffer that a limit does not allow is an error, so limits change what runs, not how fast.
    Fact(name: "limits", isDecisive: false) { pairs($0.host.limits) },
  ]

  /// What was built is what most comparisons are about; only a debug build measures itself.
  private static let build = [
    Fact(name: "build_mode", isDecisive: true) { $0.build.mode },
    Fact(name: "build_version", isDecisive: false) { $0.build.version },
    Fact(name: "build_commit", isDecisive: false) { text($0.build.commit) },
    Fact(name: "build_compiler", isDecisive: false) { $0.build.compiler },
  ]

  /// What may explain a difference and forbids nothing. The length of a trial is here because results do not
  /// hang on it (METHOD); a test of the whole says so.
  private static let incidental = [
    Fact(name: "suite", isDecisive: false) { $0.suite },
    Fact(name: "trial_length", isDecisive: false) { trialLength($0.commandLine) },
    Fact(name: "interrupted", isDecisive: false) { "\($0.interrupted)" },
    Fact(name: "host_name", isDecisive: false) { $0.host.hostName },
    Fact(name: "grade", isDecisive: false) { text($0.condition?.grade.rawValue) },
    Fact(name: "load_average", isDecisive: false) { run in
      String(run.host.loadAverage.prefix { $0 != " " })
    },
  ]

  private init(
    name: String, isDecisive: Bool, _ value: @escaping @Sendable (RunDescription) -> String
  ) {
    self.name = name
    self.isDecisive = isDecisive
    self.value = value
  }

  private static func text(_ value: String?) -> String { value ?? "unknown" }

  private static func pairs(_ values: [String: String]) -> String {
    values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
  }

  /// The vulnerabilities that the processor has; a newer kernel lists more that it has not.
  private static func mitigations(_ values: [String: String]) -> String {
    let relevant = values.filter { !$0.value.hasPrefix("Not affected") }
    return relevant.isEmpty ? "none" : pairs(relevant)
  }

  /// What the command line says of it; a suite's own length goes by the suite's name.
  private static func trialLength(_ commandLine: [String]) -> String {
    // `--duration 5ms` and `--duration=5ms` are the same.
    let words = commandLine.flatMap { $0.split(separator: "=", maxSplits: 1) }
    let options = zip(words, words.dropFirst()).filter { option, _ in
      ["--duration", "--messages", "--warmup"].contains(option)
    }.map { option, value in "\(option) \(value)" }
    return options.isEmpty ? "as the suite says" : options.joined(separator: " ")
  }
}

extension StoredRun {
  fileprivate var idlePolicyText: String {
    idlePolicies.map(\.rawValue).sorted().joined(separator: " and ")
  }
}
