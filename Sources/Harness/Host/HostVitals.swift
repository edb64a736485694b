import Glibc
import Mechanisms
import Paths
import Trials

/// What `doctor` looks at besides `HostEnvironment`: what may disturb a run, and what there is to
/// choose from. Empty or nil where this kernel or machine does not tell.
public struct HostVitals: Hashable, Sendable {
  public var availableClockSources: [String] = []
  public var availableCongestionControls: [String] = []
  public var boost: FrequencyBoost?
  /// Those of the first allowed CPU that are enabled, the shallowest first.
  public var idleStates: [IdleState] = []
  public var idleDevice = DeviceAccess.missing
  /// CPUs that the scheduler keeps free of other tasks (`isolcpus`).
  public var isolatedCPUs: [Int] = []
  /// CPUs without a periodic tick while one task runs (`nohz_full`).
  public var ticklessCPUs: [Int] = []
  public var balancesNUMA: Bool?
  /// Of the allowed CPUs' time since the boot, what the hypervisor gave to others: 0 to 1.
  public var stolenShare: Double?
  public var availableMemoryBytes: UInt64?
  public var cgroup = CgroupLimits()
  public var sharedMemory: SharedMemoryRoom?
  /// nil where files may be as large as they like.
  public var largestFileBytes: UInt64?
  public var refusals = Refusals()

  public init() {}

  /// The clock frequency's turbo or boost, and the command that turns it off.
  public struct FrequencyBoost: Hashable, Sendable {
    public var isOn: Bool
    public var turnOff: String
  }

  /// A way for a CPU to idle, and what coming back takes by the kernel's own table.
  public struct IdleState: Hashable, Sendable {
    public var name: String
    public var latencyMicroseconds: Int
  }

  public enum DeviceAccess: Hashable, Sendable {
    case writable, forbidden, missing
  }
}

extension HostVitals {
  private static let cpus = "/sys/devices/system/cpu"

  /// As they are now, from /proc, /sys and /dev, and from what this process is let do.
  ///
  /// - Parameter root: Where the files are looked for. Only the machine's own says what can be done here.
  public static func current(topology: CPUTopology, root: String = "/") -> HostVitals {
    let files = SystemFiles(root: root)
    func words(_ path: String) -> [String] {
      (files.line(path) ?? "").split(separator: " ").map(String.init)
    }
    var vitals = HostVitals()
    vitals.availableClockSources = words(
      "/sys/devices/system/clocksource/clocksource0/available_clocksource")
    vitals.availableCongestionControls = words(
      "/proc/sys/net/ipv4/tcp_available_congestion_control")
    vitals.boost = boost(files)
    vitals.idleStates = idleStates(files, cpu: topology.allowedCPUs[0])
    vitals.idleDevice = access(files.path(HeldIdlePolicy.device))
    vitals.isolatedCPUs = numbers(kernelList: files.line("\(cpus)/isolated"))
    vitals.ticklessCPUs = numbers(kernelList: files.line("\(cpus)/nohz_full"))
    vitals.balancesNUMA = files.line("/proc/sys/kernel/numa_balancing").map { $0 != "0" }
    vitals.stolenShare = files.text("/proc/stat").flatMap {
      StealClock.stolenShare(inStat: $0, of: Set(topology.allowedCPUs))
    }
    vitals.availableMemoryBytes = files.text("/proc/meminfo")?.kibibytes(of: "MemAvailable")
    vitals.cgroup = CgroupLimits(files)
    guard root == "/" else { return vitals }
    vitals.sharedMemory = .now()
    vitals.largestFileBytes = largestFileBytes()
    vitals.refusals = .current()
    return vitals
  }

  /// getrlimit(2) RLIMIT_FSIZE.
  private static func largestFileBytes() -> UInt64? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0,
      limit.rlim_cur != rlim_t.max
    else { return nil }
    return UInt64(limit.rlim_cur)
  }

  private static func boost(_ files: SystemFiles) -> FrequencyBoost? {
    let noTurbo = "\(cpus)/intel_pstate/no_turbo"
    if let value = files.line(noTurbo) {
      return FrequencyBoost(isOn: value == "0", turnOff: "echo 1 | sudo tee \(noTurbo)")
    }
    let boost = "\(cpus)/cpufreq/boost"
    return files.line(boost).map {
      FrequencyBoost(isOn: $0 != "0", turnOff: "echo 0 | sudo tee \(boost)")
    }
  }

  private static func idleStates(_ files: SystemFiles, cpu: Int) -> [IdleState] {
    let folder = "\(cpus)/cpu\(cpu)/cpuidle"
    return files.names(in: folder).compactMap { state in
      guard state.hasPrefix("state"), files.line("\(folder)/\(state)/disable") != "1",
        let name = files.line("\(folder)/\(state)/name"),
        let latency = files.line("\(folder)/\(state)/latency").flatMap({ Int($0) })
      else { return nil }
      return IdleState(name: name, latencyMicroseconds: latency)
    }.sorted { $0.latencyMicroseconds < $1.latencyMicroseconds }
  }

  private static func access(_ path: String) -> DeviceAccess {
    if canAccess(path, W_OK) { return .writable }
    return errno == EACCES || errno == EPERM || errno == EROFS ? .forbidden : .missing
  }

  /// The kernel's own limit on x86 (CONFIG_NR_CPUS).
  private static let mostCPUs = 8192

  /// The numbers of a list such as `0-3,8` (cpuset(7)); of anything else, such as `(null)`, none.
  static func numbers(kernelList text: String?) -> [Int] {
    (text ?? "").split(separator: ",").flatMap { range -> [Int] in
      let ends = range.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last,
        last < mostCPUs
      else { return [] }
      return Array(first...last)
    }
  }
}
