/// What the process's control group allows it, the tightest limit of the group and those above it.
/// cgroups(7): version 2, or version 1 with a hierarchy for each controller.
public struct CgroupLimits: Hashable, Sendable {
  /// CPU time per time, in CPUs; nil without a quota.
  public var cpus: Double?
  /// The command that lifts the tightest quota; nil without one.
  public var liftQuota: String?
  /// How often the group has been stopped for having used up its quota; nil if nobody counts.
  public var throttledPeriods: UInt64?
  /// nil without a limit.
  public var memoryBytes: UInt64?

  public init(
    cpus: Double? = nil, liftQuota: String? = nil, throttledPeriods: UInt64? = nil,
    memoryBytes: UInt64? = nil
  ) {
    self.cpus = cpus
    self.liftQuota = liftQuota
    self.throttledPeriods = throttledPeriods
    self.memoryBytes = memoryBytes
  }
}

extension CgroupLimits {
  init(_ files: SystemFiles) {
    let cpuFolders = Self.folders(of: "cpu", files)
    for folder in cpuFolders {
      guard let (quota, command) = Self.quota(in: folder, files), quota < cpus ?? .infinity
      else { continue }
      cpus = quota
      liftQuota = command
    }
    throttledPeriods =
      cpuFolders.compactMap { folder in
        files.text("\(folder)/cpu.stat")?.value(of: "nr_throttled", separator: " ")
          .flatMap { UInt64($0) }
      }.max()
    memoryBytes =
      Self.folders(of: "memory", files).compactMap { Self.memoryLimit(in: $0, files) }.min()
  }

  private static func quota(
    in folder: String, _ files: SystemFiles
  ) -> (cpus: Double, command: String)? {
    // Version 2: quota, or "max", and period in one file, in microseconds.
    if let words = files.line("\(folder)/cpu.max")?.split(separator: " "), words.count == 2,
      let quota = Double(words[0]), let period = Double(words[1]), period > 0
    {
      return (quota / period, "echo max | sudo tee \(folder)/cpu.max")
    }
    // Version 1: -1 is no quota.
    if let quota = files.line("\(folder)/cpu.cfs_quota_us").flatMap(Double.init), quota > 0,
      let period = files.line("\(folder)/cpu.cfs_period_us").flatMap(Double.init), period > 0
    {
      return (quota / period, "echo -1 | sudo tee \(folder)/cpu.cfs_quota_us")
    }
    return nil
  }

  private static func memoryLimit(in folder: String, _ files: SystemFiles) -> UInt64? {
    let text =
      files.line("\(folder)/memory.max") ?? files.line("\(folder)/memory.limit_in_bytes") ?? ""
    // Version 1 writes "none" as the largest number of whole pages.
    return UInt64(text).flatMap { $0 < 1 << 60 ? $0 : nil }
  }

  /// The process's group under a controller, then those above it.
  ///
  /// In a container, the path that /proc tells may be the host's, while the container sees its own
  /// group as the root: what is not there is passed over, and the root is always looked at.
  private static func folders(of controller: String, _ files: SystemFiles) -> [String] {
    let mounts = "/sys/fs/cgroup"
    for line in files.linesWithPaths("/proc/self/cgroup") {
      // <hierarchy>:<controllers>:<path>; version 2 is hierarchy 0 and names no controller.
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      if fields[1].split(separator: ",").contains(where: { $0 == controller }) {
        return ancestors(of: fields[2]).map { "\(mounts)/\(controller)\($0)" }
      }
      if fields[0] == "0", files.text("\(mounts)/cgroup.controllers") != nil {
        return ancestors(of: fields[2]).map { "\(mounts)\($0)" }
      }
    }
    return []
  }

  /// `/a/b` → `/a/b`, `/a` and the empty path of the root.
  private static func ancestors(of path: Substring) -> [String] {
    // A group outside of the container's shows as "..", which leads nowhere here.
    let names = String(path).pathParts.filter { $0 != ".." }
    return (0...names.count).reversed().map { count in
      names.prefix(count).map { "/\($0)" }.joined()
    }
  }
}
