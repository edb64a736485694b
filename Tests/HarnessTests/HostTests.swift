import Foundation
import Glibc
import Testing
import Trials

@testable import Harness

/// Anonymous memory that nobody has touched yet.
private struct FreshMemory: ~Copyable {
  let bytes: UnsafeMutableRawBufferPointer

  init(pages: Int) throws {
    let size = pages * sysconf(Int32(_SC_PAGESIZE))
    let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    bytes = UnsafeMutableRawBufferPointer(
      start: try #require(address == MAP_FAILED ? nil : address), count: size)
  }

  deinit {
    munmap(bytes.baseAddress, bytes.count)
  }

  /// Writes to the first pages, so that the kernel has to place them.
  func touch(pages: Int) {
    for page in 0..<pages { bytes[page * sysconf(Int32(_SC_PAGESIZE))] = 1 }
  }
}

// A policy belongs to a thread, and a synchronous test keeps its thread: no test sees another's.
@Suite(.enabled(if: (try? NUMAMemory.nodes()) != nil, "this host forbids memory policies"))
struct NUMAMemoryTests {
  @Test func boundMemoryIsFoundOnItsNode() throws {
    let node = try #require(try NUMAMemory.nodes().first)
    try NUMAMemory.bind(toNode: node)
    defer { #expect(throws: Never.self) { try NUMAMemory.unbind() } }
    let memory = try FreshMemory(pages: 16)
    memory.touch(pages: 16)
    try NUMAMemory.verify(node: node, range: UnsafeRawBufferPointer(memory.bytes))
  }

  @Test func pagesThatWereNeverTouchedAreCounted() throws {
    let node = try #require(try NUMAMemory.nodes().first)
    try NUMAMemory.bind(toNode: node)
    defer { #expect(throws: Never.self) { try NUMAMemory.unbind() } }
    let memory = try FreshMemory(pages: 16)
    memory.touch(pages: 10)
    let error = #expect(throws: NUMAError.self) {
      try NUMAMemory.verify(node: node, range: UnsafeRawBufferPointer(memory.bytes))
    }
    #expect(
      error?.description
        == "memory is not all on NUMA node \(node): of the pages checked, 10 on node \(node), "
        + "6 not touched yet; bind to the node before the memory is first touched")
  }

  @Test func memoryElsewhereIsReportedWithWhereItIs() throws {
    let node = try #require(try NUMAMemory.nodes().first)
    try NUMAMemory.bind(toNode: node)
    defer { #expect(throws: Never.self) { try NUMAMemory.unbind() } }
    let memory = try FreshMemory(pages: 1)
    memory.touch(pages: 1)
    #expect(throws: NUMAError.misplaced(wanted: 1000, PagePlacement([Int32(node)]))) {
      try NUMAMemory.verify(node: 1000, range: UnsafeRawBufferPointer(memory.bytes))
    }
  }

  @Test(arguments: [1000, 1_000_000, -1])
  func aNodeThatDoesNotExistIsRefused(node: Int) throws {
    let error = #expect(throws: NUMAError.self) { try NUMAMemory.bind(toNode: node) }
    let text = try #require(error?.description)
    #expect(text.hasPrefix("NUMA node \(node) does not exist; this machine has nodes 0"))
  }

  @Test func nothingIsMisplacedInAnEmptyRange() throws {
    try NUMAMemory.verify(node: 0, range: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  @Test(arguments: [
    // offset into a page, bytes, pages
    (0, 4096, 1), (1, 4096, 2), (4095, 1, 1), (4095, 2, 2), (0, 4096 * 4096, 4096),
    (0, 4096 * 100_000, 4096),
  ])
  func pagesAreSampledFromTheFirstToTheLast(offset: Int, bytes: Int, pages: Int) {
    let start = 0x10_0000 + offset
    let range = UnsafeRawBufferPointer(
      start: UnsafeRawPointer(bitPattern: start), count: bytes)
    let sampled = NUMAMemory.sampledPages(of: range, pageBytes: 4096)
      .map { Int(bitPattern: $0) }
    #expect(sampled.count == pages)
    #expect(sampled.first == 0x10_0000)
    #expect(sampled.last == (start + bytes - 1) / 4096 * 4096)
    #expect(Set(sampled).count == pages)
  }

  @Test func everyKindOfPageIsNamed() {
    let placed = PagePlacement([0, 0, 1, -ENOENT, -EFAULT, -EBUSY])
    #expect(
      placed.description
        == "2 on node 0, 1 on node 1, 2 not touched yet, 1 unknown (Device or resource busy)")
  }
}

/// The environment that a machine with these files has.
private func environment(_ files: [String: String]) throws -> HostEnvironment {
  try FixtureTree.with(files) { HostEnvironment.current(topology: threeCPUs, root: $0.root) }
}

private let threeCPUs = CPUTopology(
  cpus: (0...2).map {
    LogicalCPU(id: $0, core: $0, l2: nil, l3: nil, package: $0 / 2, numaNode: 0)
  }, allowedCPUs: [0, 2])

@Suite struct HostEnvironmentTests {
  @Test func everyFieldIsReadFromItsFile() throws {
    let cpu = "/sys/devices/system/cpu"
    let host = try environment([
      "/etc/os-release": "NAME=\"Plan\"\nPRETTY_NAME=\"Plan 9 (fourth edition)\"\n",
      "/proc/cpuinfo": "processor\t: 0\nmodel name\t: Fast CPU: 3 GHz\nflags\t\t: fpu vme\n",
      "/proc/meminfo": "MemTotal:       24684092 kB\nMemFree:        1 kB\n",
      "/proc/loadavg": "0.23 0.44 0.26 2/87 11347\n",
      "\(cpu)/vulnerabilities/meltdown": "Not affected\n",
      "\(cpu)/vulnerabilities/spectre_v1": "Mitigation; usercopy barriers\n",
      "\(cpu)/cpu0/cpufreq/scaling_governor": "performance\n",
      "\(cpu)/cpu1/cpufreq/scaling_governor": "ondemand\n",
      "\(cpu)/cpu2/cpufreq/scaling_governor": "powersave\n",
      "\(cpu)/cpuidle/current_driver": "intel_idle\n",
      "\(cpu)/cpuidle/current_governor_ro": "menu\n",
      "\(cpu)/smt/active": "1\n",
      "/sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
      "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
      "/proc/sys/net/ipv4/tcp_congestion_control": "cubic\n",
      "/proc/sys/net/ipv4/tcp_wmem": "4096\t16384\t4194304\n",
      "/proc/sys/fs/pipe-max-size": "1048576\n",
    ])
    #expect(host.operatingSystem == "Plan 9 (fourth edition)")
    #expect(host.cpuModel == "Fast CPU: 3 GHz")
    #expect(host.logicalCPUs == 3)
    #expect(host.allowedCPUs == [0, 2])
    #expect(host.packages == 2)
    #expect(host.numaNodes == [0])
    #expect(host.memoryBytes == 24_684_092 * 1024)
    #expect(host.loadAverage == "0.23 0.44 0.26 2/87 11347")
    #expect(
      host.mitigations == [
        "meltdown": "Not affected", "spectre_v1": "Mitigation; usercopy barriers",
      ])
    #expect(host.frequencyGovernor == "performance,powersave")
    #expect(host.idleDriver == "intel_idle")
    #expect(host.idleGovernor == "menu")
    #expect(host.smtActive == true)
    #expect(host.clockSource == "tsc")
    #expect(host.transparentHugePages == "madvise")
    #expect(host.tcpCongestionControl == "cubic")
    #expect(host.limits["net.ipv4.tcp_wmem"] == "4096 16384 4194304")
    #expect(host.limits["fs.pipe-max-size"] == "1048576")
    #expect(host.limits["RLIMIT_NOFILE"] != nil)
    #expect(host.virtualization == nil)
  }

  @Test func whatTheKernelDoesNotTellIsLeftOut() throws {
    let host = try environment([:])
    #expect(host.cpuModel == host.architecture)
    #expect(host.memoryBytes == 0)
    #expect(host.mitigations.isEmpty)
    #expect(host.virtualization == nil)
    #expect(host.frequencyGovernor == nil)
    #expect(host.smtActive == nil)
    #expect(host.limits.keys.sorted() == ["RLIMIT_MEMLOCK", "RLIMIT_NOFILE"])
  }

  @Test func anArmProcessorIsNamedByItsNumbers() throws {
    let host = try environment([
      "/proc/cpuinfo": "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd0c\n"
    ])
    #expect(host.cpuModel == "implementer 0x41 part 0xd0c")
  }

  private static let product = "/sys/class/dmi/id/product_name"
  private static let vendor = "/sys/class/dmi/id/sys_vendor"
  private static let clocks =
    "/sys/devices/system/clocksource/clocksource0/available_clocksource"

  @Test(
    arguments: [
      ([:], nil),
      (["/sys/hypervisor/type": "xen\n"], "xen"),
      (["/sys/hypervisor/type": "xen\n", "/proc/xen/capabilities": "control_d\n"], nil),
      ([vendor: "Amazon EC2\n", product: "c7i.large\n"], "amazon"),
      ([vendor: "Amazon EC2\n", product: "c7i.metal-24xl\n"], nil),
      ([vendor: "Microsoft Corporation\n", product: "Virtual Machine\n"], "microsoft"),
      ([vendor: "Microsoft Corporation\n", product: "Surface Laptop\n"], nil),
      ([vendor: "QEMU\n", clocks: "kvm-clock tsc acpi_pm \n"], "kvm"),
      ([vendor: "QEMU\n", clocks: "tsc acpi_pm \n"], "qemu"),
      ([clocks: "tsc kvm-clock \n"], "kvm"),
      (["/proc/cpuinfo": "flags\t\t: fpu hypervisor lahf_lm\n"], "vm-other"),
    ] as [([String: String], String?)])
  func aHypervisorIsKnownByWhatItShows(files: [String: String], name: String?) throws {
    let host = try environment(files)
    #expect(host.virtualization == name)
  }

  @Test func thisMachineDescribesItself() throws {
    let host = HostEnvironment.current(topology: try CPUTopology.thisMachine())
    #expect(!host.hostName.isEmpty)
    #expect(!host.kernelRelease.isEmpty)
    #expect(!host.cpuModel.isEmpty)
    #expect(host.memoryBytes > 0)
    #expect(!host.loadAverage.isEmpty)
  }
}

@Suite struct NoiseTests {
  private static let stat = """
    cpu  1654 0 1303 241273 256 0 17 18 0 0
    cpu0 576 0 560 121140 3 0 5 3 0 0
    cpu1 1078 0 742 120132 253 0 11 5 0 0
    cpu10 1 2 3 4 5 6 7 10 0 0
    cpu11 1 2 3
    intr 109936 0 0
    """

  @Test(
    arguments: [
      ([0], 3), ([0, 1], 8), ([1, 10], 15), ([], 0), ([2], nil), ([0, 2], nil), ([11], nil),
    ] as [(Set<Int>, UInt64?)])
  func stealIsTheSumOfTheNamedCPUs(cpus: Set<Int>, ticks: UInt64?) {
    #expect(StealClock.stealTicks(inStat: Self.stat, of: cpus) == ticks)
  }

  @Test func stealCountsFromTheStart() throws {
    try FixtureTree.with(["/proc/stat": Self.stat]) { tree in
      let clock = StealClock(cpus: [1, 1], root: tree.root)
      #expect(clock.elapsedNanoseconds() == 0)
      try tree.write("cpu1 1078 0 742 120132 253 0 11 8 0 0\n", to: "/proc/stat")
      let tick = UInt64(1_000_000_000 / sysconf(Int32(_SC_CLK_TCK)))
      #expect(clock.elapsedNanoseconds() == 3 * tick)
    }
  }

  @Test func stealOfACPUThatDoesNotExistIsUnknown() {
    #expect(StealClock(cpus: [1_000_000]).elapsedNanoseconds() == nil)
  }

  @Test(
    arguments: [
      ("cat (4039, #threads: 1)\n-----\nse.exec_start  : 12.5\nse.nr_migrations  :       17\n", 17),
      ("cat (4039, #threads: 1)\n-----\nnr_switches   :     1\n", nil),
      ("x: y (1, #threads: 1)\nse.nr_migrations : many\n", nil), ("", nil),
    ] as [(String, UInt64?)])
  func migrationsAreReadFromTheThreadsStatistics(text: String, count: UInt64?) {
    #expect(Migrations.count(inSched: text) == count)
  }

  @Test func statisticsThatAreNotKeptAreUnknown() throws {
    try FixtureTree.with([:]) { #expect(Migrations.ofCallingThread(root: $0.root) == nil) }
  }
}
