import Testing

extension AtTheCommandLine {
  @Suite struct FaultTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    /// Runs a faulty mechanism beside a sound one, twice each; the sound one's rows must be whole.
    private func runBesidePipe(
      _ fault: String, _ arguments: String..., status: String, error: String
    ) throws {
      let run = try session.run(
        UserSession.oneTrial + ["--mechanism", "\(fault),pipe", "--trials", "2"] + arguments
          + ["--output", "run"])
      #expect(run.exitCode == 3)
      #expect(
        run.errors == "ipcbench: 2 of 4 trials failed; see status and error in run/trials.csv\n")
      #expect(run.output.contains("\(fault)"))
      #expect(run.output.contains(error))

      let rows = try session.table("run/trials.csv").rows
      #expect(rows.count == 4)
      for row in rows {
        let isFaulty = row["mechanism"] == fault
        #expect(row["status"] == (isFaulty ? status : "ok"), "\(row)")
        #expect(row["error"]?.contains(error) == isFaulty, "\(row)")
        #expect(row["latency_p50_ns"]?.isEmpty == isFaulty, "\(row)")
      }
      let counts = try #require(try session.json("run/run.json")["trials"] as? [String: Any])
      #expect(counts["ok"] as? Int == 2)
      #expect(
        counts[status.replacing("-", with: "_")] as? Int == 2)
      #expect(try session.leftProcesses() == [])
      #expect(try session.leftObjects() == [])
    }

    @Test func anErrorIsToldAndTheOthersGoOn() throws {
      try runBesidePipe("fault-error", status: "failed", error: "injected on purpose")
    }

    @Test func aLinkThatCannotBeMadeIsToldAndTheOthersGoOn() throws {
      try runBesidePipe("fault-error-link", status: "failed", error: "making the link")
    }

    @Test func aCrashIsToldWithItsSignal() throws {
      try runBesidePipe("fault-crash", status: "died", error: "consumer was killed by SIGSEGV")
    }

    @Test func aHangIsEndedByTheTimeout() throws {
      try runBesidePipe(
        "fault-hang", "--timeout", "1s", status: "timed-out", error: "set by --timeout")
    }

    @Test func aWrongBitMakesATrialInvalid() throws {
      try runBesidePipe("fault-corrupt", status: "invalid", error: "delivery is not proven")
    }

    @Test func quietStillSaysThatTrialsFailed() throws {
      let run = try session.run(
        UserSession.oneTrial + ["--mechanism", "fault-error", "--quiet", "--output", "run"])
      #expect(run.exitCode == 3)
      #expect(run.output == "")
      #expect(run.errors.hasPrefix("ipcbench: 1 of 1 trials failed"))
    }
  }
}
