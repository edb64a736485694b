import Trials

@testable import Results

func runDescription(suite: String = "quick") -> RunDescription {
  let host = HostEnvironment(
    hostName: "maple", operatingSystem: "Debian GNU/Linux 13", kernelRelease: "6.12.0",
    kernelVersion: "#1 SMP", architecture: "x86_64", cpuModel: "Some CPU", logicalCPUs: 2,
    allowedCPUs: [0, 1], packages: 1, numaNodes: [0], memoryBytes: 8 << 30,
    virtualization: "kvm", mitigations: ["spec_store_bypass": "Not affected"],
    clockSource: "tsc", frequencyGovernor: "performance", idleDriver: "haltpoll",
    idleGovernor: "menu", smtActive: false, transparentHugePages: "madvise",
    tcpCongestionControl: "cubic", limits: ["net.core.wmem_max": "212992", "oneTwo": "3"],
    loadAverage: "0.00 0.00 0.00 1/100 1234")
  return RunDescription(
    suite: suite, started: UTCTime(unixNanoseconds: startedUnixNanoseconds),
    commandLine: ["ipcbench", "run", "--suite", suite], seed: .max,
    build: Build(version: "1.0.0", commit: "abc1234", mode: "release", compiler: "Swift 6.3.1"),
    host: host,
    clock: ClockDescription(name: "tsc", resolutionNanoseconds: 1, readCostNanoseconds: 29.5),
    condition: HostCondition([
      Finding("clock-source", .good, "the kernel keeps time by tsc", why: "All rests on it."),
      Finding(
        "tcp-congestion-control", .warning, "TCP's is bbr", why: "It paces.",
        remedy: "sudo sysctl -w net.ipv4.tcp_congestion_control=cubic"),
    ]),
    plannedTrials: 39,
    excluded: [Exclusion(what: "grpc", why: "not built in; build with --traits GRPC")],
    placements: [CorePair(placement: .sameL3, producer: 0, consumer: 1)])
}
