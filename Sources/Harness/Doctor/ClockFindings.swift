import Trials

extension Examination {
  var clockFindings: [Finding] { [clockSource, clockCost].compactMap { $0 } }

  /// Read in user space, by the vDSO (vdso(7)). Others are read by a system call and a device.
  private static let fastClocks: Set<String> = [
    "tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "riscv_clocksource",
    "timebase", "tod",
  ]
  /// Microseconds a read, or steps that hide what is measured.
  private static let slowClocks: Set<String> = [
    "hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies", "xen", "hyperv_clocksource_msr",
  ]

  private var clockSource: Finding? {
    guard let source = host.clockSource else { return nil }
    let why = "Every figure is a difference of two readings of this clock."
    let found = "the kernel keeps time by \(source)"
    if Self.fastClocks.contains(source) { return Finding("clock-source", .good, found, why: why) }
    let better = vitals.availableClockSources.first { Self.fastClocks.contains($0) }
    return Finding(
      "clock-source", Self.slowClocks.contains(source) ? .problem : .note,
      found + (better.map { ", and \($0) is to be had" } ?? ", and offers no faster clock"),
      why: "A clock that is not read in user space makes each timestamp cost about as much as a "
        + "message.",
      remedy: better.map {
        "echo \($0) | sudo tee "
          + "/sys/devices/system/clocksource/clocksource0/current_clocksource"
      })
  }

  /// A fast clock takes 20 to 40 ns; beyond 100 a system call is in it, beyond 500 a device.
  private var clockCost: Finding {
    let cost = clockReadCostNanoseconds
    let step = clockResolutionNanoseconds
    let severity: Finding.Severity =
      switch max(cost, step) {
      case 500...: .problem
      case 100...: .warning
      default: .good
      }
    return Finding(
      "clock-cost", severity,
      "a read of the clock costs \(tenths(cost)) ns, its smallest step is \(tenths(step)) ns",
      why: "Where there is no cheaper clock for round trips, those below ten times the cost are "
        + "timed in batches, so that single ones are averaged away.")
  }
}
