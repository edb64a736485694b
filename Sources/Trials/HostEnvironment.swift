/// The machine and system state that a run's numbers belong to, as `run.json` keeps it.
/// An optional field is nil where this kernel or machine does not tell.
public struct HostEnvironment: Codable, Hashable, Sendable {
  public var hostName: String
  /// `PRETTY_NAME` of /etc/os-release.
  public var operatingSystem: String
  /// `uname -r` and `uname -v`.
  public var kernelRelease: String
  public var kernelVersion: String
  /// `uname -m`.
  public var architecture: String
  public var cpuModel: String
  public var logicalCPUs: Int
  /// The CPUs this process may run on (sched_getaffinity), ascending.
  public var allowedCPUs: [Int]
  public var packages: Int
  public var numaNodes: [Int]
  public var memoryBytes: UInt64
  /// The hypervisor's name where one announces itself (systemd-detect-virt's vocabulary), or nil.
  public var virtualization: String?
  /// File name in /sys/devices/system/cpu/vulnerabilities → the kernel's own line.
  public var mitigations: [String: String]
  public var clockSource: String?
  public var frequencyGovernor: String?
  public var idleDriver: String?
  public var idleGovernor: String?
  public var smtActive: Bool?
  public var transparentHugePages: String?
  public var tcpCongestionControl: String?
  /// Kernel settings that cap buffers and payloads, by their sysctl name.
  public var limits: [String: String]
  /// /proc/loadavg when the run began.
  public var loadAverage: String

  public init(
    hostName: String, operatingSystem: String, kernelRelease: String, kernelVersion: String,
    architecture: String, cpuModel: String, logicalCPUs: Int, allowedCPUs: [Int], packages: Int,
    numaNodes: [Int], memoryBytes: UInt64, virtualization: String?, mitigations: [String: String],
    clockSource: String?, frequencyGovernor: String?, idleDriver: String?, idleGovernor: String?,
    smtActive: Bool?, transparentHugePages: String?, tcpCongestionControl: String?,
    limits: [String: String], loadAverage: String
  ) {
    self.hostName = hostName
    self.operatingSystem = operatingSystem
    self.kernelRelease = kernelRelease
    self.kernelVersion = kernelVersion
    self.architecture = architecture
    self.cpuModel = cpuModel
    self.logicalCPUs = logicalCPUs
    self.allowedCPUs = allowedCPUs
    self.packages = packages
    self.numaNodes = numaNodes
    self.memoryBytes = memoryBytes
    self.virtualization = virtualization
    self.mitigations = mitigations
    self.clockSource = clockSource
    self.frequencyGovernor = frequencyGovernor
    self.idleDriver = idleDriver
    self.idleGovernor = idleGovernor
    self.smtActive = smtActive
    self.transparentHugePages = transparentHugePages
    self.tcpCongestionControl = tcpCongestionControl
    self.limits = limits
    self.loadAverage = loadAverage
  }
}
