import Glibc
import Harness
import Testing
import Trials

extension AtTheCommandLine {
  @Suite struct PacedTests {
    let session: UserSession

    private static let hasTwoCores =
      (try? CPUTopology.thisMachine())?.nearestDistinctCores().areOne == false
    private static let onePacedTrial = [
      "--mechanism", "pipe", "--pattern", "paced", "--payload", "64", "--wait", "block",
      "--trials", "1", "--warmup", "1ms", "--output", "run",
    ]

    init() throws { session = try UserSession() }

    /// The exit code is 3 where a busy machine did not let a schedule be kept.
    private func rows(_ arguments: String...) throws -> [[String: String]] {
      let run = try session.run(Self.onePacedTrial + arguments)
      let rows = try session.table("run/trials.csv").rows
      let isKept = rows.allSatisfy { $0["status"] == "ok" }
      #expect(run.exitCode == (isKept ? 0 : 3), "\(run.errors)")
      for row in rows where row["status"] != "ok" {
        #expect(row["error"]?.hasPrefix("rate not reached: ") == true, "\(row)")
      }
      return rows
    }

    @Test(.enabled(if: hasTwoCores, "a schedule takes two cores"))
    func everyRowSaysWhatWasOffered() throws {
      let rows = try rows("--rate", "1k,2k", "--arrivals", "fixed,poisson", "--messages", "100")
      let offered = rows.map { "\($0["offered_rate_per_s"] ?? "") \($0["arrivals"] ?? "")" }
      #expect(offered.sorted() == ["1000 fixed", "1000 poisson", "2000 fixed", "2000 poisson"])
      for row in rows {
        #expect(row["latency_kind"] == "response")
        #expect(row["messages_received"] == "100" && row["messages_sent"] == "100")
        #expect(row["scheduled_messages"] == "100")
        #expect(row["clock_agreement_ns"]?.isEmpty == false)
        let isKept = row["status"] == "ok"
        #expect(row["latency_p50_ns"]?.isEmpty == !isKept)
        #expect(row["service_p50_ns"]?.isEmpty == !isKept)
      }
      #expect(try session.json("run/run.json")["peaks"] == nil)
    }

    @Test(.enabled(if: hasTwoCores, "a schedule takes two cores"))
    func aShareOfThePeakIsOfferedAsARate() throws {
      let rows = try rows("--rate", "1k,10%", "--messages", "100")
      let peaks = try #require(try session.json("run/run.json")["peaks"] as? [[String: Any]])
      #expect(peaks.count == 1)
      let peak = try #require(peaks.first?["messages_per_s"] as? Double)
      #expect(peaks.first?["mechanism"] as? String == "pipe")
      let offered = rows.compactMap { $0["offered_rate_per_s"].flatMap { Double($0) } }.sorted()
      #expect(offered.count == 2 && offered.contains(1000), "\(offered)")
      let share = try #require(offered.first { $0 != 1000 })
      #expect(abs(share / peak - 0.1) < 0.001)
    }

    @Test(.enabled(if: hasTwoCores, "a schedule takes two cores"))
    func aRateOutOfReachIsInvalidAndSaysSo() throws {
      let run = try session.run(
        Self.onePacedTrial
          + ["--rate", "50M", "--arrivals", "fixed", "--messages", "200000"])
      #expect(run.exitCode == 3)
      #expect(run.output.contains("rate not reached: "))
      #expect(run.output.contains("at 50M messages/s, "))
      #expect(run.output.contains(" of the 200000 on the schedule ("))
      let row = try #require(try session.table("run/trials.csv").rows.first)
      #expect(row["status"] == "invalid" && row["latency_p50_ns"] == "")
      #expect(row["messages_received"] == "200000")
    }

    @Test(.enabled(if: hasTwoCores, "a schedule takes two cores"))
    func aPeakThatFailsLeavesItsMechanismOut() throws {
      let run = try session.run(
        Self.onePacedTrial + [
          "--mechanism", "pipe,fault-error", "--rate", "10%", "--messages", "10",
        ])
      #expect(run.errors.contains("left out: fault-error paced by a share of its peak"))
      #expect(run.errors.contains("injected on purpose"))
      #expect(try session.table("run/trials.csv").column("mechanism") == ["pipe"])
    }

    @Test(.enabled(if: hasTwoCores, "a schedule takes two cores"))
    func peaksThatAllFailLeaveNothing() throws {
      let run = try session.run(
        Self.onePacedTrial + ["--mechanism", "fault-error", "--rate", "10%", "--messages", "10"])
      expectRefusal(run, 3, naming: "nothing is left to measure", "injected on purpose")
      #expect(session.names(in: ".") == ["tmp"])
    }

    /// There is nothing to keep yet.
    @Test(.enabled(if: hasTwoCores, "a schedule takes two cores"))
    func anInterruptWhilePeaksAreMeasuredLeavesNothing() throws {
      let run = try session.start(
        UserSession.runCommand + Self.onePacedTrial + [
          "--mechanism", "pipe,fifo,tcp,unix-stream,shm-ring", "--rate", "10%", "--touch",
          "none,header,full",
        ])
      try run.wait(for: "workers") { try session.processes().count > 1 }
      run.send(SIGINT)
      let ended = try run.finish()
      #expect(ended.exitCode == 130, "signal \(ended.signal ?? 0): \(ended.errors)")
      #expect(
        ended.errors
          == "ipcbench: interrupted while the peak rates were measured; nothing is kept\n")
      #expect(session.names(in: ".") == ["tmp"])
      #expect(try session.leftProcesses() == [])
      #expect(try session.leftObjects() == [])
    }

    @Test(arguments: [["--rate", "1k"], ["--arrivals", "fixed"]])
    func aPaceForNothingThatIsPacedIsRefused(option: [String]) throws {
      expectRefusal(
        try session.run(option + ["--mechanism", "pipe"]), 64, naming: option[0], "pattern paced",
        "add --pattern paced")
      #expect(session.names(in: ".") == ["tmp"])
    }

    @Test(
      arguments: [
        ("0", "zero"), ("-1", "negative"), ("5Hz", "unknown unit 'Hz'"),
        ("1k..10", "ends below its start"), ("10%..1k", "of rates or of percentages"),
        ("201%", "more than 200%"), ("2G", "more than 1G"), ("fast", "start with a number"),
      ])
    func aRateThatMakesNoSenseIsRefused(value: String, reason: String) throws {
      expectRefusal(
        try session.run(["--pattern", "paced", "--rate=\(value)"]), 64, naming: "--rate: '", reason,
        "write for example ", "ipcbench run --help")
    }

    @Test func arrivalsThatNobodyKnowsAreRefused() throws {
      expectRefusal(
        try session.run(["--pattern", "paced", "--arrivals", "poison"]), 64, naming: "--arrivals: ",
        "did you mean 'poisson'?")
    }

    @Test func aScheduleOnOneCoreIsRefusedWithTheReason() throws {
      let run = try session.run(
        Self.onePacedTrial + ["--placement", "same-core", "--rate", "10%"])
      expectRefusal(
        run, 64, naming: "nothing is left to measure", "pattern paced with both workers on core",
        "use two cores")
    }

    @Test func aMechanismWithoutSchedulesIsRefusedWithTheReason() throws {
      let run = try session.run(Self.onePacedTrial + ["--mechanism", "onc-rpc-unix"])
      expectRefusal(
        run, 64, naming: "onc-rpc-unix with pattern paced",
        "onc-rpc-unix runs ping-pong or stream only")
    }

    @Test(.enabled(if: hasTwoCores, "a schedule takes two cores"))
    func aSuiteMayBePaced() throws {
      try session.write(
        """
        name: steady
        trials: 1
        messages: 50
        warmup: 1ms
        matrix:
          - mechanism: pipe
            pattern: paced
            rate: [1k, 2k]
            arrivals: fixed
        """, to: "steady.yaml")
      let run = try session.run(["--suite", "steady.yaml", "--output", "run"])
      #expect(run.exitCode == 0 || run.output.contains("rate not reached: "), "\(run.errors)")
      let rates = try session.table("run/trials.csv").column("offered_rate_per_s")
      #expect(rates.sorted() == ["1000", "2000"])
    }
  }
}
