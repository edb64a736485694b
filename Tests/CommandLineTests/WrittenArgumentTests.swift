import Testing

@testable import ipcbench

@Suite struct WrittenArgumentTests {
  @Test(
    arguments: [
      (["run", "--trials", "-1"], ["run", "--trials=-1"]),
      (["run", "--payload", "-64..128", "-q"], ["run", "--payload=-64..128", "-q"]),
      (["run", "--rate", "-.5k"], ["run", "--rate=-.5k"]),
      (["-V"], ["--version"]), (["run", "-V"], ["run", "--version"]),
      // Nothing that an option could be.
      (["compare", "-1", "b"], ["compare", "-1", "b"]),
      (["run", "--trials=3", "-1"], ["run", "--trials=3", "-1"]),
      (["compare", "--", "--by", "-1", "-V"], ["compare", "--", "--by", "-1", "-V"]),
      (["run", "--output", "-x"], ["run", "--output", "-x"]), ([], []),
    ])
  func aNegativeNumberIsTheValueOfTheOptionBeforeIt(_ written: [String], _ ready: [String]) {
    #expect(WrittenArguments.parserReady(written) == ready)
  }
}

extension AtTheCommandLine {
  @Suite struct SlipTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    @Test(
      arguments: [
        ("run", "--trials", "-1"), ("run", "--max-trials", "-1"), ("run", "--messages", "-5"),
        ("run", "--payload", "-64"), ("run", "--buffer", "-4KiB"), ("run", "--working-set", "-1"),
        ("run", "--duration", "-5ms"), ("run", "--warmup", "-1ms"), ("run", "--timeout", "-1s"),
        ("run", "--spin-budget", "-1us"), ("run", "--rate", "-1k"), ("run", "--precision", "-2%"),
        ("run", "--producer-core", "-1"), ("run", "--memory-node", "-1"), ("run", "--seed", "-1"),
        ("compare", "--margin", "-2%"), ("compare", "--fail-above", "-5%"),
        ("list", "--payload", "-64"), ("recommend", "--payload", "-64"),
      ])
    func aNegativeValueIsSaidToBeNegative(_ command: String, _ option: String, _ value: String)
      throws
    {
      expectRefusal(
        try session.ipcbench(command, option, value), 64, naming: "\(option): ", "'\(value)'",
        "it is negative")
    }

    @Test func aValueThatBeginsWithADashIsExplained() throws {
      expectRefusal(
        try session.ipcbench("run", "--output", "-x"), 64, naming: "missing value", "--output=-x")
      expectRefusal(try session.ipcbench("run", "--output"), 64, naming: "missing value")
    }

    @Test func theVersionHasAShortOption() throws {
      let long = try session.ipcbench("--version")
      let short = try session.ipcbench("-V")
      #expect(long.exitCode == 0 && long.output.hasPrefix("ipcbench "))
      #expect(short.exitCode == 0 && short.output == long.output && short.errors == "")
    }

    /// The micro sign, as tables print it, and the letter that keyboards have.
    @Test(arguments: ["20\u{B5}s", "20\u{3BC}s", "20 \u{B5}s"])
    func microsecondsMayBeWrittenAsTheyArePrinted(_ budget: String) throws {
      let run = try session.run(
        UserSession.oneTrial
          + ["--wait", "adaptive", "--spin-budget", budget, "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try session.table("run/trials.csv").column("spin_budget_ns") == ["20000"])
    }

    @Test func mechanismsThatLackTheSameAreLeftOutInOneLine() throws {
      let run = try session.run(
        UserSession.oneTrial
          + ["--mechanism", "all", "--data-path", "in-place", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.complaints.count { $0.contains("left out: ") } == 1, "\(run.errors)")
      #expect(run.errors.contains("pipe, fifo, unix-stream, tcp, shm-plain"))
      #expect(run.errors.contains("they move data by copy only"))
      expectRefusal(
        try session.run(
          UserSession.oneTrial + ["--mechanism", "pipe,fifo,tcp", "--data-path", "in-place"]), 64,
        naming: "nothing is left to measure", "pipe, fifo, tcp with data path in-place")
    }
  }
}
