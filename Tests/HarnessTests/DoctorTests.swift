import Glibc
import Mechanisms
import Testing
import Trials

@testable import Harness

private let cpu = "/sys/devices/system/cpu"
private let clock = "/sys/devices/system/clocksource/clocksource0"
private let cgroup = "/sys/fs/cgroup"

/// The files of a machine of its own with four cores, at which there is nothing to find fault with.
private let soundMachine = [
  "/proc/cpuinfo": "flags\t\t: fpu vme\n",
  "/proc/loadavg": "0.10 0.20 0.30 1/100 1234\n",
  "/proc/meminfo": "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n",
  "/proc/self/cgroup": "0::/bench\n",
  "\(cgroup)/cgroup.controllers": "cpu memory\n",
  "\(clock)/current_clocksource": "tsc\n",
  "\(clock)/available_clocksource": "tsc hpet acpi_pm\n",
  "\(cpu)/cpu0/cpufreq/scaling_governor": "performance\n",
  "\(cpu)/intel_pstate/no_turbo": "1\n",
  "\(cpu)/cpu0/cpuidle/state0/name": "POLL\n",
  "\(cpu)/cpu0/cpuidle/state0/latency": "0\n",
  "\(cpu)/cpu0/cpuidle/state0/disable": "0\n",
  "\(cpu)/smt/active": "0\n",
  "\(cpu)/isolated": "0-1\n",
  "\(cpu)/vulnerabilities/meltdown": "Not affected\n",
  "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
  "/proc/sys/net/ipv4/tcp_congestion_control": "cubic\n",
  "/proc/sys/net/ipv4/tcp_available_congestion_control": "reno cubic bbr\n",
  "/proc/sys/fs/pipe-max-size": "1048576\n",
  "/proc/sys/net/core/wmem_max": "4194304\n",
  "/proc/sys/net/core/rmem_max": "4194304\n",
  "/proc/sys/fs/mqueue/msgsize_max": "16777216\n",
  "/proc/sys/fs/mqueue/msg_max": "10\n",
  "/proc/sys/kernel/msgmax": "1048576\n",
  "/proc/sys/kernel/msgmnb": "16777216\n",
]

/// What makes the sound machine a guest.
private let guest = ["/proc/cpuinfo": "flags\t\t: fpu hypervisor\n"]

/// Files that make CPU 0 sleep in one more idle state.
private func idleState(_ name: String, microseconds: Int, disabled: Bool = false) -> [String:
  String]
{
  let folder = "\(cpu)/cpu0/cpuidle/state1"
  return [
    "\(folder)/name": "\(name)\n", "\(folder)/latency": "\(microseconds)\n",
    "\(folder)/disable": disabled ? "1\n" : "0\n",
  ]
}

/// Examines the sound machine with these files in the place of its own; an empty text removes one.
private func examination(
  _ changes: [String: String] = [:], of machine: String = "pack:1 l3:1 core:4 pu:1",
  allowedCPUs: [Int]? = nil
) throws -> Examination {
  let topology = try CPUTopology.synthetic(description: machine, allowedCPUs: allowedCPUs)
  let files = soundMachine.merging(changes) { $1 }.filter { !$0.value.isEmpty }
  return try FixtureTree.with(files) { tree in
    var examination = Examination(
      host: .current(topology: topology, root: tree.root), topology: topology,
      vitals: .current(topology: topology, root: tree.root), clockReadCostNanoseconds: 25,
      clockResolutionNanoseconds: 20)
    // The one fact that is asked of this very process.
    examination.host.limits["RLIMIT_MEMLOCK"] = "unlimited"
    return examination
  }
}

/// One machine, and what is expected of one finding there.
private struct Case: CustomTestStringConvertible, Sendable {
  let id: String
  let severity: Finding.Severity
  /// In the text of what was found.
  let found: String
  let remedy: String?
  let files: [String: String]

  init(
    _ id: String, _ severity: Finding.Severity, _ found: String, _ remedy: String? = nil,
    _ files: [String: String] = [:]
  ) {
    self.id = id
    self.severity = severity
    self.found = found
    self.remedy = remedy
    self.files = files
  }

  var testDescription: String { "\(id) \(severity.rawValue): \(found)" }
}

/// What the sound machine lets a run have, and one thing less each time.
@Suite struct AvailabilityFindingTests {
  private func findings(_ change: (inout HostVitals) -> Void) throws -> [Finding] {
    var examination = try examination()
    change(&examination.vitals)
    return examination.availabilityFindings
  }

  @Test func nothingIsSaidOfWhatThereIs() throws {
    #expect(try findings { _ in }.isEmpty)
    let roomy = try findings {
      $0.sharedMemory = SharedMemoryRoom(freeBytes: 1 << 30, totalBytes: 1 << 30)
    }
    #expect(roomy.map(\.id) == ["shared-memory"] && roomy[0].severity == .good)
  }

  @Test(
    arguments: [
      (4096, .warning, "4 KiB free"), (8 << 20, .warning, "8 MiB free"),
      (32 << 20, .note, "32 MiB free"),
      (64 << 20, .good, "64 MiB free"),
    ] as [(Int, Finding.Severity, String)])
  func littleSharedMemoryIsFound(_ bytes: Int, _ severity: Finding.Severity, _ text: String) throws
  {
    let found = try findings {
      $0.sharedMemory = SharedMemoryRoom(freeBytes: bytes, totalBytes: 1 << 30)
    }
    #expect(found.map(\.severity) == [severity] && found[0].found.contains(text))
    #expect(
      (found[0].remedy?.hasPrefix("sudo mount -o remount,size=") == true) == (severity != .good))
  }

  @Test func eachRefusalHasItsFindingAndItsCommand() throws {
    func refused(_ code: Int32) -> CallError { CallError("call", while: "trying", errno: code) }
    let cases: [(String, Finding.Severity, String?, (inout HostVitals) -> Void)] = [
      ("trials", .problem, nil, { $0.refusals.trials = refused(EPERM) }),
      ("trials", .problem, "ulimit -n 1024", { $0.refusals.trials = refused(EMFILE) }),
      (
        "loopback", .warning, "sudo ip link set lo up",
        { $0.refusals.loopback = refused(ENETUNREACH) }
      ),
      ("unix-sockets", .warning, nil, { $0.refusals.unixSockets = refused(EPERM) }),
      (
        "pipes", .warning, "sudo sysctl -w fs.file-max=1000000",
        { $0.refusals.pipes = refused(ENFILE) }
      ),
      ("fifos", .warning, "export TMPDIR=/tmp", { $0.refusals.fifos = refused(ENOENT) }),
      (
        "shared-memory", .warning, "sudo mount -t tmpfs none /dev/shm",
        { $0.refusals.sharedMemory = refused(ENOENT) }
      ),
      (
        "shared-memory", .warning, "sudo chmod 1777 /dev/shm",
        { $0.refusals.sharedMemory = refused(EACCES) }
      ),
      (
        "memory-policy", .note, "docker run --cap-add SYS_NICE IMAGE",
        { $0.refusals.memoryPolicy = .refused("get_mempolicy", EPERM) }
      ),
      ("file-size", .warning, "ulimit -f unlimited", { $0.largestFileBytes = 260 << 10 }),
    ]
    for (id, severity, remedy, change) in cases {
      let found = try findings(change)
      #expect(found.map(\.id) == [id], "\(found)")
      #expect(found.map(\.severity) == [severity] && found.map(\.remedy) == [remedy], "\(found)")
    }
  }
}

private let cases = [
  Case("clock-source", .good, "tsc"),
  Case(
    "clock-source", .problem, "hpet, and tsc is to be had",
    "echo tsc | sudo tee \(clock)/current_clocksource", ["\(clock)/current_clocksource": "hpet\n"]),
  Case(
    "clock-source", .problem, "offers no faster clock", nil,
    ["\(clock)/current_clocksource": "acpi_pm\n", "\(clock)/available_clocksource": "acpi_pm\n"]),
  Case(
    "clock-source", .note, "sundial", "echo tsc | sudo tee \(clock)/current_clocksource",
    ["\(clock)/current_clocksource": "sundial\n"]),
  Case("frequency-governor", .good, "performance"),
  Case(
    "frequency-governor", .warning, "powersave",
    "echo performance | sudo tee \(cpu)/cpu*/cpufreq/scaling_governor",
    ["\(cpu)/cpu0/cpufreq/scaling_governor": "powersave\n"]),
  Case(
    "frequency-governor", .warning, "performance,schedutil",
    "echo performance | sudo tee \(cpu)/cpu*/cpufreq/scaling_governor",
    ["\(cpu)/cpu3/cpufreq/scaling_governor": "schedutil\n"]),
  Case(
    "frequency-governor", .note, "no frequency governor", nil,
    ["\(cpu)/cpu0/cpufreq/scaling_governor": ""]),
  Case(
    "frequency-governor", .good, "hypervisor", nil,
    guest.merging(["\(cpu)/cpu0/cpufreq/scaling_governor": ""]) { $1 }),
  Case("frequency-boost", .good, "off"),
  Case(
    "frequency-boost", .warning, "on", "echo 1 | sudo tee \(cpu)/intel_pstate/no_turbo",
    ["\(cpu)/intel_pstate/no_turbo": "0\n"]),
  Case(
    "frequency-boost", .warning, "on", "echo 0 | sudo tee \(cpu)/cpufreq/boost",
    ["\(cpu)/intel_pstate/no_turbo": "", "\(cpu)/cpufreq/boost": "1\n"]),
  Case("idle-states", .good, "do not sleep (POLL 0 µs)"),
  Case(
    "idle-states", .good, "do not sleep", nil, idleState("C6", microseconds: 133, disabled: true)),
  Case("idle-states", .note, "C1 2 µs", nil, idleState("C1", microseconds: 2)),
  Case("idle-states", .warning, "POLL 0 µs, C6 133 µs", nil, idleState("C6", microseconds: 133)),
  Case(
    "idle-states", .warning, "C6 133 µs", "ipcbench run --idle-policy poll",
    idleState("C6", microseconds: 133).merging(["/dev/cpu_dma_latency": "\0"]) { $1 }),
  Case(
    "idle-states", .warning, "haltpoll 1 µs", nil,
    idleState("haltpoll", microseconds: 1).merging(guest) { $1 }),
  Case(
    "idle-states", .note, "no cpuidle driver", nil, ["\(cpu)/cpu0/cpuidle/state0/name": ""]),
  Case("smt", .good, "off"),
  Case(
    "smt", .note, "on", "echo off | sudo tee \(cpu)/smt/control", ["\(cpu)/smt/active": "1\n"]),
  Case("isolation", .good, "isolated CPUs: 0-1"),
  Case(
    "isolation", .good, "isolated CPUs: 0-1, 0-1 tickless", nil, ["\(cpu)/nohz_full": "0-1\n"]),
  Case(
    "isolation", .note, "isolated CPUs: 2-3; a run takes others",
    "ipcbench run --producer-core 2 --consumer-core 3",
    ["\(cpu)/isolated": "2-3\n", "\(cpu)/nohz_full": "(null)\n"]),
  Case("isolation", .note, "no CPU is isolated", nil, ["\(cpu)/isolated": "\n"]),
  Case("mitigations", .good, "of 1 processor vulnerabilities 0 are mitigated, 0 are open"),
  Case(
    "mitigations", .note, "of 3 processor vulnerabilities 1 are mitigated, 1 are open", nil,
    [
      "\(cpu)/vulnerabilities/spectre_v2": "Mitigation: Retpolines\n",
      "\(cpu)/vulnerabilities/mds": "Vulnerable: no microcode\n",
    ]),
  Case("virtual-machine", .good, "no hypervisor"),
  Case("virtual-machine", .warning, "vm-other", nil, guest),
  Case("load", .good, "0.1 on 4 CPUs"),
  Case("load", .good, "1.0 on", nil, ["/proc/loadavg": "1.00 0 0 1/9 1\n"]),
  Case("load", .warning, "1.1 on", "top -b -n 1", ["/proc/loadavg": "1.10 0 0 1/9 1\n"]),
  Case("load", .warning, "5.0 on", "top -b -n 1", ["/proc/loadavg": "5.00 0 0 1/9 1\n"]),
  Case("load", .problem, "5.1 on", "top -b -n 1", ["/proc/loadavg": "5.10 0 0 1/9 1\n"]),
  Case("cpu-quota", .good, "no control group"),
  Case(
    "cpu-quota", .problem, "1.5 CPUs", "echo max | sudo tee \(cgroup)/bench/cpu.max",
    ["\(cgroup)/bench/cpu.max": "150000 100000\n"]),
  Case(
    "cpu-quota", .note, "3.0 CPUs", "echo max | sudo tee \(cgroup)/bench/cpu.max",
    ["\(cgroup)/bench/cpu.max": "300000 100000\n"]),
  Case("cpu-quota", .good, "no control group", nil, ["\(cgroup)/bench/cpu.max": "max 100000\n"]),
  Case(
    "cpu-throttling", .warning, "17 periods", "echo max | sudo tee \(cgroup)/bench/cpu.max",
    [
      "\(cgroup)/bench/cpu.max": "400000 100000\n",
      "\(cgroup)/bench/cpu.stat": "usage_usec 5\nnr_periods 90\nnr_throttled 17\n",
    ]),
  Case("memory", .good, "8192 MiB"),
  Case("memory", .warning, "1000 MiB", nil, ["/proc/meminfo": "MemAvailable: 1024000 kB\n"]),
  Case("memory", .warning, "512 MiB", nil, ["\(cgroup)/bench/memory.max": "536870912\n"]),
  Case("transparent-huge-pages", .good, "madvise"),
  Case(
    "transparent-huge-pages", .note, "always",
    "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled",
    ["/sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never\n"]),
  Case("tcp-congestion-control", .good, "cubic"),
  Case(
    "tcp-congestion-control", .warning, "bbr",
    "sudo sysctl -w net.ipv4.tcp_congestion_control=cubic",
    ["/proc/sys/net/ipv4/tcp_congestion_control": "bbr\n"]),
  Case(
    "tcp-congestion-control", .note, "vegas",
    "sudo sysctl -w net.ipv4.tcp_congestion_control=reno",
    [
      "/proc/sys/net/ipv4/tcp_congestion_control": "vegas\n",
      "/proc/sys/net/ipv4/tcp_available_congestion_control": "reno vegas\n",
    ]),
  Case("pipe-buffers", .good, "1MiB"),
  Case(
    "pipe-buffers", .note, "512KiB", "sudo sysctl -w fs.pipe-max-size=1048576",
    ["/proc/sys/fs/pipe-max-size": "524288\n"]),
  Case(
    "pipe-buffers", .warning, "64KiB", "sudo sysctl -w fs.pipe-max-size=1048576",
    ["/proc/sys/fs/pipe-max-size": "65536\n"]),
  Case("socket-buffers", .good, "4MiB"),
  Case(
    "socket-buffers", .note, "208KiB",
    "sudo sysctl -w net.core.wmem_max=4194304 net.core.rmem_max=4194304",
    ["/proc/sys/net/core/wmem_max": "212992\n"]),
  Case(
    "socket-buffers", .warning, "64KiB",
    "sudo sysctl -w net.core.wmem_max=4194304 net.core.rmem_max=4194304",
    ["/proc/sys/net/core/rmem_max": "65536\n"]),
  Case("locked-memory", .good, "any amount"),
  Case("posix-message-queues", .good, "10 messages of up to 16MiB"),
  Case(
    "posix-message-queues", .note, "8KiB", "sudo sysctl -w fs.mqueue.msgsize_max=1048576",
    ["/proc/sys/fs/mqueue/msgsize_max": "8192\n"]),
  Case("system-v-message-queues", .good, "16MiB in messages of up to 1MiB"),
  Case(
    "system-v-message-queues", .note, "16KiB",
    "sudo sysctl -w kernel.msgmax=1048576 kernel.msgmnb=16777216",
    ["/proc/sys/kernel/msgmnb": "16384\n"]),
]

@Suite struct DoctorTests {
  private func finding(_ id: String, in examination: Examination) -> Finding? {
    examination.condition.findings.first { $0.id == id }
  }

  @Test(arguments: cases)
  fileprivate func eachFactHasItsFinding(_ expected: Case) throws {
    let finding = try #require(self.finding(expected.id, in: try examination(expected.files)))
    #expect(finding.severity == expected.severity)
    #expect(finding.found.contains(expected.found), "\(finding.found)")
    if let remedy = expected.remedy {
      #expect(finding.remedy?.hasPrefix(remedy) == true, "\(finding.remedy ?? "none")")
    } else {
      #expect(finding.remedy == nil)
    }
  }

  /// Who reads is told the same of every finding, on every machine above.
  @Test(arguments: cases)
  fileprivate func everyFindingIsWhole(_ machine: Case) throws {
    let examination = try examination(machine.files)
    let findings = examination.condition.findings
    #expect(Set(findings.map(\.id)).count == findings.count)
    for finding in findings {
      #expect(finding.id.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil, "\(finding.id)")
      #expect(finding.why.hasSuffix(".") && !finding.why.dropLast().contains(". "))
      #expect(!"\(finding.found)\(finding.remedy ?? "")".contains("\n"))
      #expect(finding.severity != .good || finding.remedy == nil, "\(finding.id)")
    }
    #expect(examination.condition == examination.condition)
  }

  @Test func whatTheKernelDoesNotTellIsLeftOut() throws {
    let nothing = soundMachine.mapValues { _ in "" }
    let ids = try examination(nothing).condition.findings.map(\.id)
    for id in ["clock-source", "load", "mitigations", "smt", "memory", "socket-buffers"] {
      #expect(!ids.contains(id))
    }
  }

  // MARK: - Facts that no file tells

  @Test(
    arguments: [
      (25, 20, .good), (99, 1, .good), (100, 1, .warning), (30, 4e6, .problem),
    ] as [(Double, Double, Finding.Severity)])
  func aClockIsAsGoodAsItsCostAndItsStep(
    cost: Double, step: Double, severity: Finding.Severity
  ) throws {
    var examination = try examination()
    examination.clockReadCostNanoseconds = cost
    examination.clockResolutionNanoseconds = step
    #expect(finding("clock-cost", in: examination)?.severity == severity)
  }

  @Test func aProcessThatMayLockLittleIsTold() throws {
    var examination = try examination()
    examination.host.limits["RLIMIT_MEMLOCK"] = "65536"
    let finding = try #require(self.finding("locked-memory", in: examination))
    #expect(finding.severity == .note)
    #expect(finding.found.contains("64KiB"))
    #expect(finding.remedy == "sudo prlimit --pid $$ --memlock=unlimited:unlimited")
  }

  @Test func aDeviceThatIsForbiddenTakesSudo() throws {
    var examination = try examination(idleState("C6", microseconds: 133))
    examination.vitals.idleDevice = .forbidden
    #expect(
      finding("idle-states", in: examination)?.remedy == "sudo ipcbench run --idle-policy poll")
  }

  @Test func aRunThatPollsHasNothingToFearFromIdleStates() throws {
    var examination = try examination(idleState("C6", microseconds: 133))
    #expect(examination.condition.grade == .b)
    examination.idlePolicy = .poll
    #expect(finding("idle-states", in: examination)?.severity == .good)
    #expect(examination.condition.grade == .a)
  }

  @Test(
    arguments: [
      ("pack:1 l3:1 core:4 pu:1", nil, .good, "4 CPUs (0-3) on 4 cores", nil),
      (
        "pack:1 l3:1 core:4 pu:1", [1, 3], .note, "2 CPUs (1,3) on 2 cores; affinity or a cpuset",
        "taskset -c 0-3 ipcbench run"
      ),
      (
        "pack:1 l3:1 core:4 pu:1", [2], .problem, "1 CPU (2) on 1 core; affinity",
        "taskset -c 0-3 ipcbench run"
      ),
      ("pack:1 core:1 pu:1", nil, .problem, "1 CPU (0) on 1 core", nil),
      ("pack:1 core:1 pu:2", nil, .warning, "2 CPUs (0-1) on 1 core", nil),
    ] as [(String, [Int]?, Finding.Severity, String, String?)])
  func twoCoresAreNeeded(
    machine: String, allowed: [Int]?, severity: Finding.Severity, found: String, remedy: String?
  ) throws {
    let examination = try examination(of: machine, allowedCPUs: allowed)
    let finding = try #require(self.finding("cores", in: examination))
    #expect(finding.severity == severity)
    #expect(finding.found.contains(found), "\(finding.found)")
    #expect(finding.remedy == remedy)
  }

  /// The kernel starts processes on the CPUs that are not isolated.
  @Test func isolatedCPUsThatAreNotAllowedAreAddedToTheAllowedOnes() throws {
    let examination = try examination(["\(cpu)/isolated": "2-3\n"], allowedCPUs: [0, 1])
    #expect(
      finding("isolation", in: examination)?.remedy
        == "taskset -c 0-3 ipcbench run --producer-core 2 --consumer-core 3")
  }

  @Test func aMachineOfTwoCPUsHasNoneToSpare() throws {
    let two = try examination(of: "pack:1 l3:1 core:2 pu:1")
    #expect(finding("spare-cpus", in: two)?.severity == .note)
    #expect(finding("spare-cpus", in: try examination()) == nil)
  }

  @Test func pagesThatMoveBetweenNodesAreAWarning() throws {
    let setting = "/proc/sys/kernel/numa_balancing"
    let machine = "pack:2 numa:1 core:2 pu:1"
    let on = try #require(
      finding("numa-balancing", in: try examination([setting: "1\n"], of: machine)))
    #expect(on.severity == .warning)
    #expect(on.remedy == "sudo sysctl -w kernel.numa_balancing=0")
    let off = finding("numa-balancing", in: try examination([setting: "0\n"], of: machine))
    #expect(off?.severity == .good)
    #expect(finding("numa-balancing", in: try examination([setting: "1\n"])) == nil)
  }

  @Test(
    arguments: [
      (0, .good), (9, .good), (10, .warning), (100, .problem),
    ] as [(Int, Finding.Severity)])
  func timeThatAHypervisorTookIsAShareOfAll(ticks: Int, severity: Finding.Severity) throws {
    let lines = (0..<4).map { "cpu\($0) \(1000 - ticks) 0 0 0 0 0 0 \(ticks) 5 5\n" }
    let stat = ["/proc/stat": lines.joined()]
    let virtual = try examination(stat.merging(guest) { $1 })
    #expect(finding("steal", in: virtual)?.severity == severity)
    #expect(finding("steal", in: try examination(stat)) == nil)
  }

  // MARK: - Grades

  @Test(
    arguments: [
      ([:], .a),
      (["\(cpu)/smt/active": "1\n", "\(cpu)/isolated": "\n"], .a),
      (["\(cpu)/intel_pstate/no_turbo": "0\n"], .b),
      (
        [
          "\(cpu)/intel_pstate/no_turbo": "0\n",
          "\(cpu)/cpu0/cpufreq/scaling_governor": "powersave\n",
          "/proc/sys/net/ipv4/tcp_congestion_control": "bbr\n",
        ], .c
      ),
      (guest, .c),
      (["\(clock)/current_clocksource": "hpet\n"], .d),
      (
        [
          "\(clock)/current_clocksource": "hpet\n",
          "\(cgroup)/bench/cpu.max": "100000 100000\n",
        ], .e
      ),
    ] as [([String: String], Grade)])
  func aMachineGetsItsGrade(files: [String: String], grade: Grade) throws {
    #expect(try examination(files).condition.grade == grade)
  }

  @Test func thisMachineIsExamined() throws {
    let topology = try CPUTopology.thisMachine()
    let examination = Examination(
      host: .current(topology: topology), topology: topology,
      vitals: .current(topology: topology), clockReadCostNanoseconds: 25,
      clockResolutionNanoseconds: 1)
    #expect(finding("cores", in: examination) != nil)
    #expect(finding("load", in: examination) != nil)
  }
}

@Suite struct HostVitalsTests {
  private func limits(_ files: [String: String]) throws -> CgroupLimits {
    try FixtureTree.with(files) { CgroupLimits(SystemFiles(root: $0.root)) }
  }

  @Test func theTightestLimitOfTheGroupsAboveCounts() throws {
    let limits = try limits([
      "/proc/self/cgroup": "0::/a/b\n", "\(cgroup)/cgroup.controllers": "cpu\n",
      "\(cgroup)/a/b/cpu.max": "max 100000\n", "\(cgroup)/a/cpu.max": "50000 20000\n",
      "\(cgroup)/cpu.max": "400000 100000\n", "\(cgroup)/a/memory.max": "1000\n",
      "\(cgroup)/a/b/memory.max": "2000\n", "\(cgroup)/a/b/cpu.stat": "nr_throttled 3\n",
    ])
    #expect(
      limits
        == CgroupLimits(
          cpus: 2.5, liftQuota: "echo max | sudo tee \(cgroup)/a/cpu.max", throttledPeriods: 3,
          memoryBytes: 1000))
  }

  @Test func theFirstVersionKeepsAHierarchyForEachController() throws {
    let limits = try limits([
      "/proc/self/cgroup": "4:memory:/box\n3:cpuset:/\n2:cpu,cpuacct:/box\n0::/\n",
      "\(cgroup)/cpu/box/cpu.cfs_quota_us": "150000\n",
      "\(cgroup)/cpu/box/cpu.cfs_period_us": "100000\n",
      "\(cgroup)/cpu/cpu.cfs_quota_us": "-1\n", "\(cgroup)/cpu/cpu.cfs_period_us": "100000\n",
      "\(cgroup)/memory/box/memory.limit_in_bytes": "9223372036854771712\n",
      "\(cgroup)/memory/memory.limit_in_bytes": "4096\n",
    ])
    #expect(
      limits
        == CgroupLimits(
          cpus: 1.5, liftQuota: "echo -1 | sudo tee \(cgroup)/cpu/box/cpu.cfs_quota_us",
          memoryBytes: 4096))
  }

  /// A container sees its own group as the root, but may be told the host's path of it.
  @Test(arguments: ["/docker/0123", "/../../elsewhere", "/"])
  func aContainerFindsItsGroupAtTheRoot(path: String) throws {
    let limits = try limits([
      "/proc/self/cgroup": "0::\(path)\n", "\(cgroup)/cgroup.controllers": "cpu\n",
      "\(cgroup)/cpu.max": "100000 100000\n", "/sys/cpu.max": "1 100000\n",
    ])
    #expect(limits.cpus == 1)
  }

  @Test(
    arguments: [
      [:], ["/proc/self/cgroup": "nonsense\n::\n0:\n"],
      ["/proc/self/cgroup": "0::/\n", "\(cgroup)/cpu.max": "max\n"],
      [
        "/proc/self/cgroup": "0::/\n", "\(cgroup)/cgroup.controllers": "cpu\n",
        "\(cgroup)/cpu.max": "1 0\n", "\(cgroup)/memory.max": "max\n",
        "\(cgroup)/cpu.stat": "nr_throttled many\n",
      ],
    ])
  func whatIsNoLimitIsNone(files: [String: String]) throws {
    #expect(try limits(files) == CgroupLimits())
  }

  @Test(
    arguments: [
      ("0-3,8", [0, 1, 2, 3, 8]), ("5", [5]), ("", []), (nil, []), ("(null)", []), ("3-1", []),
      ("0-999999999", []), ("1-2-3", []),
    ] as [(String?, [Int])])
  func listsOfTheKernelAreRead(text: String?, numbers: [Int]) {
    #expect(HostVitals.numbers(kernelList: text) == numbers)
  }
}
