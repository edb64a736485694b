import Testing

extension AtTheCommandLine {
  /// Messages out of more memory than a cache holds.
  @Suite struct WorkingSetTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    @Test func hotAndColdStandBesideEachOther() throws {
      let run = try session.run(
        UserSession.oneTrial + [
          "--mechanism", "pipe", "--working-set", "0,64KiB", "--trials", "6", "--output", "run",
        ])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("working set"))
      #expect(run.output.contains(" hot ") && run.output.contains(" 64 KiB "))
      let trials = try session.table("run/trials.csv")
      #expect(
        try trials.column("working_set_bytes").sorted()
          == ["0", "65536"].flatMap {
            Array(repeating: $0, count: 6)
          })
      #expect(
        try Set(session.table("run/summary.csv").column("working_set_bytes")) == ["0", "65536"])

      let compared = try session.ipcbench(
        "compare", "run", "--by", "working-set", "--base", "0", "--head", "64KiB")
      #expect(compared.exitCode == 0, "\(compared.errors)")
      #expect(compared.output.contains("working set"))
    }

    @Test func aSuiteHasItToo() throws {
      try session.write(
        """
        name: cold
        trials: 1
        messages: 100
        warmup: 1ms
        working-set: 1MiB
        matrix: [{mechanism: pipe, pattern: ping-pong, payload: 64}]

        """, to: "cold.yaml")
      let run = try session.run(["--suite", "cold.yaml", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("working set 1 MiB"))
      #expect(try session.table("run/trials.csv").column("working_set_bytes") == ["1048576"])
    }

    @Test func anInterleavedRunPassesItOn() throws {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial + [
          "--mechanism", "pipe", "--working-set", "64KiB", "--versus", UserSession.ipcbench,
          "--output", "run",
        ]
      ).finish()
      #expect(run.exitCode == 0, "\(run.errors)")
      for side in ["base", "head"] {
        #expect(
          try session.table("run/\(side)/trials.csv").column("working_set_bytes") == ["65536"])
      }
    }

    @Test func theHelpSaysThatMemoryIsHot() throws {
      let help = try session.ipcbench("run", "--help").output
      let words = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(words.contains("used again and again, which stays in the cache (hot)"))
    }

    @Test func whatIsNoSizeIsRefused() throws {
      expectRefusal(
        try session.ipcbench("run", "--working-set", "2GiB"), 64, naming: "--working-set", "1GiB")
    }
  }
}
