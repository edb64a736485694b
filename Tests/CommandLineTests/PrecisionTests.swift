import Testing

extension AtTheCommandLine {
  @Suite struct PrecisionTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private func run(_ more: String...) throws -> Finished {
      try session.run(
        UserSession.oneTrial + ["--trials", "6", "--placement", "same-core"] + more
          + ["--output", "run"])
    }

    @Test func aPrecisionThatIsEasilyHadAddsNothing() throws {
      let run = try run("--precision", "100%")
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("Precision ±100 % reached by all 1 configurations"))
      #expect(try session.table("run/trials.csv").rows.count == 6)
      let precision = try #require(session.json("run/run.json")["precision"] as? [String: Any])
      #expect(precision["end"] as? String == "reached")
      #expect(precision["target"] as? Double == 1)
    }

    /// No interval of microseconds is as narrow as a billionth.
    @Test func theLimitEndsWhatIsNeverReached() throws {
      let run = try run("--precision", "0.0000001%", "--max-trials", "9")
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("reached by 0 of 1 configurations when the limit of 9 trials"))
      let rows = try session.table("run/trials.csv")
      #expect(try rows.column("block") == (1...9).map { "\($0)" })
      let description = try session.json("run/run.json")
      let precision = try #require(description["precision"] as? [String: Any])
      #expect(precision["end"] as? String == "limit")
      #expect(precision["precise"] as? Int == 0)
      let trials = try #require(description["trials"] as? [String: Any])
      #expect(trials["planned"] as? Int == 9)
      #expect(description["interrupted"] as? Bool == false)
    }

    /// What is left to do grows while it is being done.
    @Test func aTerminalShowsTheTrialsThatCameOnTop() throws {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial
          + [
            "--trials", "2", "--placement", "same-core", "--precision", "0.0000001%",
            "--max-trials", "4", "--output", "run",
          ],
        onTerminal: true
      ).finish()
      #expect(run.exitCode == 0, "\(run.errors)")
      for line in ["[1/2] ", "[2/2] ", "[3/3] ", "[4/4] "] {
        #expect(run.errors.contains("\r\(line)"), "\(run.errors)")
      }
    }

    @Test func aLimitOfNothingIsRefused() throws {
      let run = try run("--max-trials", "9")
      #expect(run.exitCode == 64)
      #expect(run.errors.contains("--max-trials limits --precision, which is not given"))
      #expect(!session.names(in: ".").contains("run"))
    }

    @Test func withoutAPrecisionNothingIsSaidOfIt() throws {
      let run = try run()
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(!run.output.contains("Precision"))
      #expect(try session.json("run/run.json")["precision"] == nil)
    }
  }
}
