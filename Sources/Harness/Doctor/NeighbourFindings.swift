import Trials

extension Examination {
  /// Who else has a say in when a trial's processes run: hypervisor, control group, other work.
  var neighbourFindings: [Finding] {
    [virtualMachine, steal, load, quota, throttling, balancing].compactMap { $0 }
  }

  private var virtualMachine: Finding {
    let why =
      "A hypervisor may stop or move a virtual CPU unseen; ratios taken in one run hold, absolute "
      + "times do not."
    guard let hypervisor = host.virtualization else {
      return Finding(Finding.virtualMachine, .good, "no hypervisor shows itself", why: why)
    }
    return Finding(
      Finding.virtualMachine, .warning, "this is a virtual machine (\(hypervisor))", why: why)
  }

  private var steal: Finding? {
    guard host.virtualization != nil, let share = vitals.stolenShare else { return nil }
    let severity: Finding.Severity = share >= 0.1 ? .problem : share >= 0.01 ? .warning : .good
    return Finding(
      "steal", severity,
      "since the boot the hypervisor gave \(tenths(share * 100)) % of these CPUs' time to others",
      why: "A trial during which time is stolen is marked as tainted.")
  }

  /// A quarter of the CPUs busy disturbs. Beyond one task more than there are CPUs somebody else is
  /// at work for certain: the run before this one leaves a load of two at most.
  private var load: Finding? {
    guard let load = host.loadAverage.split(separator: " ").first.flatMap({ Double($0) }) else {
      return nil
    }
    // The load is that of the machine, whatever part of it this process may use.
    let cpus = Double(topology.cpus.count)
    let severity: Finding.Severity =
      load > cpus + 1 ? .problem : load > cpus / 4 ? .warning : .good
    return Finding(
      "load", severity,
      "the load average of the last minute is \(load) on \(counted(topology.cpus.count, "CPU"))",
      why: "Other work takes CPUs, caches and memory bandwidth of a trial; what has just ended "
        + "counts for a few minutes.",
      remedy: severity == .good ? nil : "top -b -n 1 | head -n 15")
  }

  private var quota: Finding {
    let why = "A group that has used up its quota stops for the rest of the period, often 100 ms."
    guard let cpus = vitals.cgroup.cpus else {
      return Finding("cpu-quota", .good, "no control group limits the CPU time", why: why)
    }
    // Two sides that spin use two CPUs, and the driver a little.
    return Finding(
      "cpu-quota", cpus <= 2 ? .problem : .note,
      "a control group limits the CPU time to that of \(tenths(cpus)) CPUs", why: why,
      remedy: vitals.cgroup.liftQuota)
  }

  private var throttling: Finding? {
    guard vitals.cgroup.cpus != nil, let periods = vitals.cgroup.throttledPeriods, periods > 0
    else { return nil }
    return Finding(
      "cpu-throttling", .warning,
      "the control group was stopped in \(counted(Int(clamping: periods), "period")) so far",
      why: "Each stop shows as a latency of many milliseconds that no mechanism caused.",
      remedy: vitals.cgroup.liftQuota)
  }

  private var balancing: Finding? {
    guard topology.numaNodes.count > 1, let balances = vitals.balancesNUMA else { return nil }
    return Finding(
      "numa-balancing", balances ? .warning : .good,
      "automatic NUMA balancing is \(balances ? "on" : "off") with \(topology.numaNodes.count) nodes",
      why: "Balancing unmaps and moves pages while a trial uses them.",
      remedy: balances ? "sudo sysctl -w kernel.numa_balancing=0" : nil)
  }
}
