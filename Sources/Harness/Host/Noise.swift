import Glibc

/// Counts the time that the hypervisor gave to others while some CPUs wanted to run.
///
/// The kernel keeps it in steps of a clock tick (10 ms almost everywhere), so a shorter theft may
/// show as none (proc_stat(5), field `steal`).
public struct StealClock: Sendable {
  private let cpus: Set<Int>
  private let files: SystemFiles
  private let startTicks: UInt64?

  /// Starts to count. A CPU that is named twice counts once.
  public init(cpus: [Int], root: String = "/") {
    self.cpus = Set(cpus)
    self.files = SystemFiles(root: root)
    self.startTicks = Self.ticks(files, of: self.cpus)
  }

  /// Stolen nanoseconds since the start, all CPUs together; nil where the kernel does not tell for
  /// each of them.
  public func elapsedNanoseconds() -> UInt64? {
    let ticksPerSecond = sysconf(Int32(_SC_CLK_TCK))
    guard let startTicks, let ticks = Self.ticks(files, of: cpus), ticksPerSecond > 0 else {
      return nil
    }
    // A guest that is moved to another host may find its counters set back.
    let elapsed = ticks > startTicks ? ticks - startTicks : 0
    return elapsed * (1_000_000_000 / UInt64(ticksPerSecond))
  }

  private static func ticks(_ files: SystemFiles, of cpus: Set<Int>) -> UInt64? {
    files.text("/proc/stat").flatMap { stealTicks(inStat: $0, of: cpus) }
  }

  /// The sum of the CPUs' steal fields in the text of /proc/stat, in units of USER_HZ; nil unless
  /// each of them has one.
  static func stealTicks(inStat text: String, of cpus: Set<Int>) -> UInt64? {
    ticks(inStat: text, of: cpus)?.stolen
  }

  /// What part of the CPUs' time since the boot was stolen, 0 to 1; nil where that is not told.
  static func stolenShare(inStat text: String, of cpus: Set<Int>) -> Double? {
    guard let ticks = ticks(inStat: text, of: cpus), ticks.total > 0 else { return nil }
    return Double(ticks.stolen) / Double(ticks.total)
  }

  private static func ticks(
    inStat text: String, of cpus: Set<Int>
  ) -> (stolen: UInt64, total: UInt64)? {
    var sums: (stolen: UInt64, total: UInt64) = (0, 0)
    var missing = cpus
    for line in text.split(separator: "\n") {
      // cpu<number> user nice system idle iowait irq softirq steal …; the line `cpu` is the sum.
      let fields = line.split(separator: " ")
      guard let name = fields.first, name.hasPrefix("cpu"), let cpu = Int(name.dropFirst(3)),
        missing.contains(cpu)
      else { continue }
      // The fields behind steal are parts of user and nice.
      let times = fields.dropFirst().prefix(8).compactMap { UInt64($0) }
      guard times.count == 8 else { return nil }
      sums.stolen += times[7]
      sums.total += times.reduce(0, +)
      missing.remove(cpu)
    }
    return missing.isEmpty ? sums : nil
  }
}

/// How often the scheduler moved a thread to another CPU.
public enum Migrations {
  /// Of the calling thread since it began; nil where the kernel is built without the statistics
  /// (CONFIG_SCHED_DEBUG). Subtract two readings of one thread.
  ///
  /// The calling thread's and not /proc/self/sched, which tells of the main thread only.
  public static func ofCallingThread(root: String = "/") -> UInt64? {
    SystemFiles(root: root).text("/proc/thread-self/sched").flatMap(count(inSched:))
  }

  /// `se.nr_migrations` in the text of a thread's `sched` file.
  static func count(inSched text: String) -> UInt64? {
    text.value(of: "se.nr_migrations").flatMap { UInt64($0) }
  }
}
