import CLinux
import Glibc
import Mechanisms
import Trials

/// What the calling thread has used up so far; two of them make a phase's `SideUsage`.
struct ThreadUsage {
  private var clockNanoseconds: UInt64 = 0
  private var cpuNanoseconds: UInt64 = 0
  private var voluntarySwitches: UInt64 = 0
  private var involuntarySwitches: UInt64 = 0
  private var majorFaults: UInt64 = 0

  /// Reads CLOCK_THREAD_CPUTIME_ID, because getrusage(2) counts CPU time by the tick on some kernels,
  /// and getrusage(2) RUSAGE_THREAD. The clock comes last, so that next to no time stands between it and
  /// what is measured, and none of the CPU time is missing.
  static func now() -> ThreadUsage {
    var usage = rusage()
    linux_thread_usage(&usage)
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return ThreadUsage(
      clockNanoseconds: Clock.now(),
      cpuNanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec),
      voluntarySwitches: UInt64(usage.ru_nvcsw), involuntarySwitches: UInt64(usage.ru_nivcsw),
      majorFaults: UInt64(usage.ru_majflt))
  }

  func since(_ before: ThreadUsage) -> SideUsage {
    SideUsage(
      core: Int(linux_current_cpu()), cpuNanoseconds: cpuNanoseconds - before.cpuNanoseconds,
      wallNanoseconds: clockNanoseconds - before.clockNanoseconds,
      voluntarySwitches: voluntarySwitches - before.voluntarySwitches,
      involuntarySwitches: involuntarySwitches - before.involuntarySwitches,
      majorFaults: majorFaults - before.majorFaults)
  }
}
