import Results
import Trials

extension HostEnvironment {
  /// A machine that nobody has.
  package static func madeUp(_ change: (inout HostEnvironment) -> Void = { _ in })
    -> HostEnvironment
  {
    var host = HostEnvironment(
      hostName: "maple", operatingSystem: "Debian GNU/Linux 13", kernelRelease: "6.12.0",
      kernelVersion: "#1 SMP", architecture: "x86_64", cpuModel: "Some CPU", logicalCPUs: 2,
      allowedCPUs: [0, 1], packages: 1, numaNodes: [0], memoryBytes: 8 << 30,
      virtualization: "kvm", mitigations: [:], clockSource: "tsc",
      frequencyGovernor: "performance", idleDriver: "haltpoll", idleGovernor: "menu",
      smtActive: false, transparentHugePages: "madvise", tcpCongestionControl: "cubic",
      limits: ["net.core.wmem_max": "212992"], loadAverage: "0.00 0.00 0.00 1/100 1234")
    change(&host)
    return host
  }
}

extension Build {
  package static let madeUp = Build(
    version: "1.0.0", commit: "abc1234", mode: "release", compiler: "Swift 6.3.1")
}

extension ClockDescription {
  package static let madeUp = ClockDescription(
    name: "tsc", resolutionNanoseconds: 1, readCostNanoseconds: 29.5)
}

/// 2026-11-21T03:15:00.123456Z.
package let startedUnixNanoseconds: UInt64 = 1_795_230_900_123_456_789
