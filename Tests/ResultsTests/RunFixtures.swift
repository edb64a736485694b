import Trials

@testable import Results

func runDescription(suite: String = "quick") -> RunDescription {
  let host = HostEnvironment.madeUp { host in
    host.mitigations = ["spec_store_bypass": "Not affected"]
    host.limits["oneTwo"] = "3"
  }
  return RunDescription(
    suite: suite, started: UTCTime(unixNanoseconds: startedUnixNanoseconds),
    commandLine: ["ipcbench", "run", "--suite", suite], seed: .max,
    build: .madeUp, host: host, clock: .madeUp,
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
