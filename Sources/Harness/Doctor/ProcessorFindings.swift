import Trials

extension Examination {
  /// What the processors are and how their speed is managed.
  var processorFindings: [Finding] {
    [
      cores, spareCPUs, governor, boost, idleStates, simultaneousThreads, isolation, mitigations,
    ].compactMap { $0 }
  }

  private var usable: [LogicalCPU] {
    let allowed = Set(topology.allowedCPUs)
    return topology.cpus.filter { allowed.contains($0.id) }
  }

  private var cores: Finding {
    let allowed = topology.allowedCPUs
    let count = Set(usable.map(\.core)).count
    let barred = topology.cpus.map(\.id).filter { !allowed.contains($0) }
    let found =
      "this process may use \(counted(allowed.count, "CPU")) (\(allowed.kernelList)) on "
      + counted(count, "core")
      + (barred.isEmpty ? "" : "; affinity or a cpuset bars it from \(barred.kernelList)")
    let why =
      count > 1
      ? "Placements are chosen among these CPUs only."
      : "Without two cores, what is measured is how the two sides take turns, not how data "
        + "travels between them."
    let severity: Finding.Severity =
      allowed.count == 1 ? .problem : count == 1 ? .warning : barred.isEmpty ? .good : .note
    let all = topology.cpus.map(\.id)
    return Finding(
      "cores", severity, found, why: why,
      remedy: barred.isEmpty ? nil : "taskset -c \(all.kernelList) ipcbench run")
  }

  private var spareCPUs: Finding? {
    guard topology.cpus.count == 2, usable.count == 2 else { return nil }
    return Finding(
      "spare-cpus", .note, "a trial's two sides take both of the machine's CPUs",
      why: "All other work of the system interrupts one side or the other, which shows in high "
        + "percentiles.")
  }

  // MARK: - Frequency

  private var governor: Finding {
    let why = "A frequency that follows the load makes a blocking mechanism look slower than it is."
    guard let governor = host.frequencyGovernor else {
      return Finding(
        "frequency-governor", host.virtualization == nil ? .note : .good,
        host.virtualization == nil
          ? "no frequency governor is to be seen" : "the hypervisor manages the frequency",
        why: why)
    }
    guard governor != "performance" else {
      return Finding("frequency-governor", .good, "the frequency governor is performance", why: why)
    }
    return Finding(
      "frequency-governor", .warning, "the frequency governor is \(governor)", why: why,
      remedy: "echo performance | sudo tee "
        + "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor")
  }

  private var boost: Finding? {
    guard let boost = vitals.boost else { return nil }
    return Finding(
      "frequency-boost", boost.isOn ? .warning : .good,
      boost.isOn ? "turbo or boost frequencies are on" : "turbo and boost frequencies are off",
      why: "Boost depends on temperature and on what other cores do, so that figures drift within "
        + "a run.",
      remedy: boost.isOn ? boost.turnOff : nil)
  }

  // MARK: - Idling

  /// Coming back from a state of a few microseconds drowns in what a wake-up takes anyway.
  private static let shallowMicroseconds = 10

  private var idleStates: Finding? {
    let why = "What a sleeping processor takes to come back is part of every blocking latency."
    guard idlePolicy == .standard else {
      return Finding(
        "idle-states", .good, "idle processors poll for the length of the run", why: why)
    }
    guard let deepest = vitals.idleStates.last else {
      return Finding(
        "idle-states", host.virtualization == nil ? .note : .warning,
        "idle processors halt, and no cpuidle driver could keep them from it", why: why)
    }
    let states = vitals.idleStates.map { "\($0.name) \($0.latencyMicroseconds) µs" }
    guard deepest.latencyMicroseconds > 0 else {
      return Finding(
        "idle-states", .good, "idle processors do not sleep (\(states.joined(separator: ", ")))",
        why: why)
    }
    // A guest's table says 1 µs of a halt from which the hypervisor takes 40 to bring it back.
    let isDeep =
      deepest.latencyMicroseconds > Self.shallowMicroseconds || host.virtualization != nil
    let run = "ipcbench run --idle-policy poll"
    let remedy: String? =
      switch vitals.idleDevice {
      case .writable: run
      case .forbidden: "sudo \(run)"
      case .missing: nil
      }
    return Finding(
      "idle-states", isDeep ? .warning : .note,
      "idle processors may sleep (\(states.joined(separator: ", ")))", why: why, remedy: remedy)
  }

  // MARK: - Neighbours on the chip

  private var simultaneousThreads: Finding? {
    guard let isActive = host.smtActive else { return nil }
    return Finding(
      "smt", isActive ? .note : .good,
      isActive ? "SMT is on: cores run several CPUs at once" : "SMT is off or absent",
      why: "Work on a core's other CPU takes execution units and cache from the side measured.",
      remedy: isActive ? "echo off | sudo tee /sys/devices/system/cpu/smt/control" : nil)
  }

  private var isolation: Finding {
    let why = "On an isolated CPU the scheduler puts no other task beside a trial."
    let isolated = vitals.isolatedCPUs
    guard !isolated.isEmpty else {
      return Finding("isolation", .note, "no CPU is isolated from the scheduler", why: why)
    }
    let tickless = vitals.ticklessCPUs.isEmpty ? "" : ", \(vitals.ticklessCPUs.kernelList) tickless"
    let found = "isolated CPUs: \(isolated.kernelList)\(tickless)"
    let pair = topology.nearestDistinctCores()
    if isolated.contains(pair.producer) && isolated.contains(pair.consumer) {
      return Finding("isolation", .good, found, why: why)
    }
    return Finding(
      "isolation", .note, found + "; a run takes others by default", why: why,
      remedy: isolated.count > 1 ? runOn(isolated[0], isolated[1]) : nil)
  }

  /// The driver keeps CPUs of its own: on an isolated one it would stay beside a worker, because
  /// nothing moves tasks from there.
  private func runOn(_ producer: Int, _ consumer: Int) -> String {
    let run = "ipcbench run --producer-core \(producer) --consumer-core \(consumer)"
    let allowed = Set(topology.allowedCPUs)
    let needed = allowed.union([producer, consumer])
    return needed == allowed ? run : "taskset -c \(needed.sorted().kernelList) \(run)"
  }

  private var mitigations: Finding? {
    guard !host.mitigations.isEmpty else { return nil }
    func count(_ beginning: String) -> Int {
      host.mitigations.values.count { $0.hasPrefix(beginning) }
    }
    let mitigated = count("Mitigation")
    let vulnerable = count("Vulnerable")
    return Finding(
      "mitigations", mitigated + vulnerable > 0 ? .note : .good,
      "of \(host.mitigations.count) processor vulnerabilities \(mitigated) are mitigated, "
        + "\(vulnerable) are open",
      why: "Mitigations make every system call and context switch dearer; compare runs that have "
        + "the same.")
  }
}
