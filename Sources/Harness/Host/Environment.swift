import Glibc
import Trials

extension HostEnvironment {
  /// The machine and system as they are now, from /proc, /sys, uname(2) and getrlimit(2).
  ///
  /// - Parameter root: Where the files of /proc, /sys and /etc are looked for.
  public static func current(topology: CPUTopology, root: String = "/") -> HostEnvironment {
    let files = SystemFiles(root: root)
    let names = KernelNames.current()
    let processors = files.text("/proc/cpuinfo") ?? ""
    return HostEnvironment(
      hostName: names.node,
      operatingSystem: operatingSystem(files) ?? names.system,
      kernelRelease: names.release,
      kernelVersion: names.version,
      architecture: names.machine,
      cpuModel: cpuModel(processors) ?? names.machine,
      logicalCPUs: topology.cpus.count,
      allowedCPUs: topology.allowedCPUs,
      packages: Set(topology.cpus.map(\.package)).count,
      numaNodes: topology.numaNodes,
      memoryBytes: memoryBytes(files),
      virtualization: virtualization(files, processors: processors),
      mitigations: mitigations(files),
      clockSource: files.line("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
      frequencyGovernor: frequencyGovernor(files, cpus: topology.allowedCPUs),
      idleDriver: files.line("/sys/devices/system/cpu/cpuidle/current_driver"),
      // Before Linux 5.8 the second name was the only one by default.
      idleGovernor: files.line("/sys/devices/system/cpu/cpuidle/current_governor")
        ?? files.line("/sys/devices/system/cpu/cpuidle/current_governor_ro"),
      smtActive: files.line("/sys/devices/system/cpu/smt/active").map { $0 == "1" },
      transparentHugePages: files.line("/sys/kernel/mm/transparent_hugepage/enabled")
        .map(chosenWord),
      tcpCongestionControl: files.line("/proc/sys/net/ipv4/tcp_congestion_control"),
      limits: limits(files),
      loadAverage: files.line("/proc/loadavg") ?? "")
  }

  private static func operatingSystem(_ files: SystemFiles) -> String? {
    let text = files.text("/etc/os-release") ?? files.text("/usr/lib/os-release")
    guard let name = text?.value(of: "PRETTY_NAME", separator: "=") else { return nil }
    // os-release(5) lets shell quotes stand around a value.
    return String(name.drop { "\"'".contains($0) }.prefix { !"\"'".contains($0) })
  }

  /// The name that /proc/cpuinfo gives, or on Arm, where it gives none, the identifying numbers.
  private static func cpuModel(_ processors: String) -> String? {
    for key in ["model name", "cpu model", "uarch", "cpu"] {
      if let name = processors.value(of: key) { return name }
    }
    guard let implementer = processors.value(of: "CPU implementer"),
      let part = processors.value(of: "CPU part")
    else { return nil }
    return "implementer \(implementer) part \(part)"
  }

  /// Zero where /proc/meminfo does not tell.
  private static func memoryBytes(_ files: SystemFiles) -> UInt64 {
    files.text("/proc/meminfo")?.kibibytes(of: "MemTotal") ?? 0
  }

  private static func mitigations(_ files: SystemFiles) -> [String: String] {
    let directory = "/sys/devices/system/cpu/vulnerabilities"
    var mitigations: [String: String] = [:]
    for name in files.names(in: directory) {
      mitigations[name] = files.line("\(directory)/\(name)")
    }
    return mitigations
  }

  /// The allowed CPUs' governor; all of them, comma separated, where they differ.
  private static func frequencyGovernor(_ files: SystemFiles, cpus: [Int]) -> String? {
    let governors = Set(
      cpus.compactMap { files.line("/sys/devices/system/cpu/cpu\($0)/cpufreq/scaling_governor") })
    return governors.isEmpty ? nil : governors.sorted().joined(separator: ",")
  }

  /// The word in brackets of a kernel choice such as `always [madvise] never`.
  private static func chosenWord(_ choice: String) -> String {
    guard let open = choice.firstIndex(of: "["), let close = choice.firstIndex(of: "]"),
      open < close
    else { return choice }
    return String(choice[choice.index(after: open)..<close])
  }

  // MARK: - Limits

  /// Settings that cap what a mechanism may buffer or send at once.
  private static let sysctls = [
    "fs.mqueue.msg_max", "fs.mqueue.msgsize_max", "fs.pipe-max-size", "fs.pipe-user-pages-soft",
    "kernel.msgmax", "kernel.msgmnb", "kernel.shmmax", "net.core.rmem_max", "net.core.wmem_max",
    "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.unix.max_dgram_qlen",
  ]

  private static func limits(_ files: SystemFiles) -> [String: String] {
    var limits: [String: String] = [:]
    for name in sysctls {
      let path = name.split(separator: ".").joined(separator: "/")
      limits[name] = files.line("/proc/sys/\(path)")
    }
    limits["RLIMIT_MEMLOCK"] = softLimit(__RLIMIT_MEMLOCK)
    limits["RLIMIT_NOFILE"] = softLimit(RLIMIT_NOFILE)
    return limits
  }

  /// The limit in force for this process (getrlimit(2)): bytes, a count or `unlimited`.
  private static func softLimit(_ resource: __rlimit_resource) -> String? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return nil }
    // RLIM_INFINITY, a cast that Swift does not import.
    return limit.rlim_cur == rlim_t.max ? "unlimited" : "\(limit.rlim_cur)"
  }
}

// MARK: - Virtualization

extension HostEnvironment {
  /// How firmware tables begin that a hypervisor made, and systemd-detect-virt's name for it.
  private static let firmwareNames = [
    ("KVM", "kvm"), ("OpenStack", "kvm"), ("KubeVirt", "kvm"), ("Amazon EC2", "amazon"),
    ("Google Compute Engine", "google"), ("QEMU", "qemu"), ("VMware", "vmware"),
    ("innotek GmbH", "oracle"), ("VirtualBox", "oracle"), ("Xen", "xen"), ("Bochs", "bochs"),
    ("Parallels", "parallels"), ("BHYVE", "bhyve"), ("Apple Virtualization", "apple"),
    // The vendor alone, Microsoft Corporation, also makes real machines.
    ("Virtual Machine", "microsoft"),
  ]

  /// Guest clocks that only exist under one hypervisor.
  private static let clockNames = [
    ("kvm-clock", "kvm"), ("hyperv_clocksource", "microsoft"), ("xen", "xen"),
  ]

  /// The hypervisor, from what it shows the guest in files; nil on a machine of its own.
  ///
  /// systemd-detect-virt also asks the CPUID instruction, which takes C; the maker of the guest's
  /// clocks gives the same answer where it matters.
  private static func virtualization(_ files: SystemFiles, processors: String) -> String? {
    if files.line("/sys/hypervisor/type") == "xen" {
      // Xen's own control domain has the hardware.
      let capabilities = files.line("/proc/xen/capabilities") ?? ""
      return capabilities.contains("control_d") ? nil : "xen"
    }
    let product = files.line("/sys/class/dmi/id/product_name") ?? ""
    // Clouds rent out whole machines under their own vendor name, Amazon's as "c7i.metal-24xl".
    if product.contains(".metal") { return nil }
    let vendor = files.line("/sys/class/dmi/id/sys_vendor") ?? ""
    let firmware = firmwareNames.first { vendor.hasPrefix($0.0) || product.hasPrefix($0.0) }?.1
    // QEMU's firmware is the same with and without KVM, and their speed is not.
    if let firmware, firmware != "qemu" { return firmware }

    let clocks = files.line(
      "/sys/devices/system/clocksource/clocksource0/available_clocksource")
    for (clock, name) in clockNames where clocks?.contains(clock) == true { return name }
    if let firmware { return firmware }
    let flags = processors.value(of: "flags")?.split(separator: " ") ?? []
    return flags.contains("hypervisor") ? "vm-other" : nil
  }
}

/// The answers of uname(2).
private struct KernelNames {
  let system, node, release, version, machine: String

  static func current() -> KernelNames {
    var names = utsname()
    // It fails only for a bad address.
    uname(&names)
    return KernelNames(
      system: text(&names.sysname), node: text(&names.nodename), release: text(&names.release),
      version: text(&names.version), machine: text(&names.machine))
  }

  private static func text<Characters>(_ characters: inout Characters) -> String {
    withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
