import Foundation
import Glibc
import Testing

extension AtTheCommandLine {
  @Suite struct GateTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    /// Writes base and head as `run --versus` leaves them.
    private func writeGate(
      to folder: String = "gate", slowness: @escaping @Sendable (String) -> Double = { _ in 1 },
      thresholds: [String: Double]? = nil, noise: Double = 0.004, headKernel: String = "6.12.0"
    ) throws {
      try HandMadeRun(side: "base", noise: noise).write(to: "\(folder)/base", in: session)
      try HandMadeRun(
        slowness: slowness, thresholds: thresholds, side: "head", kernel: headKernel, noise: noise,
        seed: 2
      ).write(to: "\(folder)/head", in: session)
    }

    // MARK: - Exit codes

    @Test func whatIsAsFastPasses() throws {
      try writeGate()
      let gate = try session.ipcbench("compare", "gate", "--fail-above", "5%", "--strict")
      #expect(gate.exitCode == 0, "\(gate.errors)")
      #expect(gate.errors == "")
      #expect(gate.output.hasSuffix("\nGate: none of 14 rows is slower than allowed.\n"))
    }

    @Test func aSlowDownFailsAndTheWorstRowIsNamed() throws {
      try writeGate(slowness: { ["pipe": 1.1, "tcp": 1.2][$0] ?? 1 })
      let gate = try session.ipcbench("compare", "gate", "--fail-above", "5%", "--strict")
      #expect(gate.exitCode == 2)
      #expect(
        gate.errors.hasPrefix("ipcbench: regression in 4 of 14 rows; worst: tcp, block, "),
        "\(gate.errors)")
      #expect(gate.complaints.count == 1)
      #expect(gate.errors.contains("% slower (95 % interval +"))
      #expect(gate.errors.contains("threshold 5.0 %"))
      // Nothing is lost: the whole comparison is there as well.
      #expect(gate.output.contains("geometric mean"))
    }

    @Test func aSlowDownBelowTheThresholdPasses() throws {
      try writeGate(slowness: { _ in 1.1 })
      let gate = try session.ipcbench("compare", "gate", "--fail-above", "15%", "--strict")
      #expect(gate.exitCode == 0, "\(gate.errors)")
    }

    @Test func whatCannotBeDecidedFailsOnlyIfStrict() throws {
      try writeGate(slowness: { $0 == "pipe" ? 1.05 : 1 }, noise: 0.03)
      let lenient = try session.ipcbench("compare", "gate", "--fail-above", "5%")
      #expect(lenient.exitCode == 0)
      #expect(lenient.errors.hasPrefix("ipcbench: 2 of 14 rows are inconclusive; first: pipe, "))
      let strict = try session.ipcbench("compare", "gate", "--fail-above", "5%", "--strict")
      #expect(strict.exitCode == 4)
      #expect(strict.errors == lenient.errors)
    }

    @Test func anotherKernelIsNotComparable() throws {
      try writeGate(slowness: { _ in 2 }, headKernel: "6.13.0")
      let lenient = try session.ipcbench("compare", "gate", "--fail-above", "5%")
      #expect(lenient.exitCode == 4)
      #expect(
        lenient.errors.hasPrefix(
          "ipcbench: nothing could be judged: 14 of 14 rows are not comparable"))
      #expect(lenient.errors.contains("kernel_release"))
      let strict = try session.ipcbench("compare", "gate", "--fail-above", "5%", "--strict")
      #expect(strict.exitCode == 4)
      let forced = try session.ipcbench("compare", "gate", "--fail-above", "5%", "--force")
      #expect(forced.exitCode == 2)
    }

    @Test func strictAloneAsksForAVerdictOnEverything() throws {
      try writeGate()
      #expect(try session.ipcbench("compare", "gate").exitCode == 0)
      #expect(try session.ipcbench("compare", "gate", "--strict").exitCode == 0)
      try writeGate(to: "noisy", noise: 0.5)
      let strict = try session.ipcbench("compare", "noisy", "--strict")
      #expect(strict.exitCode == 4)
      #expect(strict.errors.contains("rows are inconclusive or not comparable"))
    }

    @Test func storedRunsGateAsWell() throws {
      try HandMadeRun().write(to: "before", in: session)
      try HandMadeRun(slowness: { _ in 1.1 }, seed: 2).write(to: "after", in: session)
      let gate = try session.ipcbench("compare", "before", "after", "--fail-above", "5%")
      #expect(gate.exitCode == 2, "\(gate.errors)")
      #expect(gate.errors.contains("regression in 14 of 14 rows"))
    }

    @Test func aHeadThatFailsIsNotAPass() throws {
      try HandMadeRun(side: "base").write(to: "gate/base", in: session)
      try HandMadeRun(
        failing: "tcp", thresholds: ["throughput_bytes_per_s": 0.05], side: "head", seed: 2
      ).write(to: "gate/head", in: session)
      for part in ["5%", "suite"] {
        let gate = try session.ipcbench("compare", "gate", "--fail-above", part, "--strict")
        #expect(gate.exitCode == 4, "\(gate.errors)")
        #expect(gate.errors.contains("all 14 trials of the head failed: it broke"))
      }
    }

    /// A gate that judged nothing is not green: every trial of the head failed, nothing is in both, or no
    /// two rows are comparable.
    @Test(arguments: ["failed", "nothing in common", "another kernel"])
    func whatCannotBeJudgedIsNoPass(_ why: String) throws {
      try HandMadeRun(side: "base").write(to: "gate/base", in: session)
      var head = HandMadeRun(side: "head", seed: 2)
      switch why {
      case "failed": head.failing = "all"
      case "another kernel": head.kernel = "6.13.0"
      default: break
      }
      try head.write(to: "gate/head", in: session)
      if why == "nothing in common" {
        let rows = try session.text("gate/head/trials.csv")
        try session.write(rows.replacing(",131072,", with: ",65536,"), to: "gate/head/trials.csv")
      }
      let gate = try session.ipcbench(
        "compare", "gate", "--fail-above", "5%", "--export", "markdown=gate.md", "--export",
        "junit=gate.xml", "--export", "json=gate.json")
      #expect(gate.exitCode == 4, "\(gate.errors)")
      #expect(gate.complaints.count == 1)
      #expect(gate.errors.hasPrefix("ipcbench: nothing could be judged: "), "\(gate.errors)")
      #expect(gate.output.contains("\nGate: nothing could be judged: "))
      #expect(try session.text("gate.md").hasPrefix("## ⚠️ ipcbench: nothing could be judged\n"))
      #expect(try session.text("gate.xml").contains("<error type=\"undecided\""))
      #expect(try session.json("gate.json")["decided"] as? Bool == false)
    }

    // MARK: - Thresholds

    @Test func theSuitesThresholdsAreTakenFromTheHead() throws {
      try writeGate(
        slowness: { _ in 1.1 },
        thresholds: ["latency_p50_ns": 0.3, "throughput_messages_per_s": 0.02])
      for part in ["suite", "50%"] {
        let gate = try session.ipcbench("compare", "gate", "--fail-above", part)
        #expect(gate.exitCode == 2)
        // Streams alone; round trips may take longer.
        #expect(gate.errors.contains("regression in 7 of 14 rows"), "\(gate.errors)")
        #expect(gate.errors.contains("message rate"))
        #expect(gate.errors.contains("threshold 2.0 %"))
      }
    }

    @Test func aMetricThatOnlyTheSuiteNamesGatesToo() throws {
      try writeGate(slowness: { _ in 1.1 }, thresholds: ["throughput_bytes_per_s": 0.02])
      let gate = try session.ipcbench("compare", "gate", "--fail-above", "suite")
      #expect(gate.exitCode == 2)
      #expect(gate.errors.contains("regression in 14 of 14 rows"), "\(gate.errors)")
      #expect(gate.errors.contains("byte rate"))
    }

    @Test func aSuiteWithoutThresholdsIsRefused() throws {
      try writeGate()
      expectRefusal(
        try session.ipcbench("compare", "gate", "--fail-above", "suite"), 64,
        naming: "--fail-above suite", "no thresholds", "--fail-above 5%")
    }

    // MARK: - Noise

    @Test func noiseRaisesTheThreshold() throws {
      try writeGate(slowness: { _ in 1.1 })
      try writeGate(to: "itself", slowness: { $0 < "q" ? 1.06 : 1 / 1.06 })
      let gate = try session.ipcbench(
        "compare", "gate", "--fail-above", "5%", "--noise", "itself", "--strict")
      #expect(gate.exitCode == 0, "\(gate.errors)")
      #expect(try session.ipcbench("compare", "gate", "--fail-above", "5%").exitCode == 2)
    }

    @Test func noiseMayBeTwoRuns() throws {
      try writeGate(slowness: { _ in 1.1 })
      try HandMadeRun(seed: 3).write(to: "one", in: session)
      try HandMadeRun(seed: 4).write(to: "two", in: session)
      let gate = try session.ipcbench(
        "compare", "gate", "--fail-above", "5%", "--noise", "one,two")
      #expect(gate.exitCode == 2, "\(gate.errors)")
    }

    @Test func noiseOfNothingIsRefused() throws {
      try writeGate()
      let short = try session.ipcbench(
        "compare", "gate", "--fail-above", "5%", "--noise", "gate/base")
      #expect(short.exitCode == 64)
      #expect(short.errors.contains("--noise before,after"))
      for (noise, code) in [("nowhere", 66), (",", 64), ("a,b,c", 64)] {
        let gate = try session.ipcbench("compare", "gate", "--fail-above", "5%", "--noise", noise)
        #expect(gate.exitCode == Int32(code), "\(gate.errors)")
      }
      // Runs with too few blocks have no rows to learn from.
      try HandMadeRun(blocks: 14, kernel: "6.13.0", seed: 3).write(to: "other", in: session)
      try HandMadeRun(seed: 4).write(to: "one", in: session)
      let unlike = try session.ipcbench(
        "compare", "gate", "--fail-above", "5%", "--noise", "one,other")
      #expect(unlike.exitCode == 65)
      #expect(unlike.errors.contains("only 0 rows of latency_p50_ns"))
    }

    // MARK: - Exports

    @Test func exportsAreWrittenWhateverTheVerdict() throws {
      try writeGate(slowness: { $0 == "pipe" ? 1.2 : 1 })
      for _ in 1...2 {
        // The second time they are replaced.
        let gate = try session.ipcbench(
          "compare", "gate", "--fail-above", "5%", "--export", "markdown=gate.md", "--export",
          "junit=gate.xml", "--export", "json=gate.json")
        #expect(gate.exitCode == 2)
      }
      #expect(try session.text("gate.md").hasPrefix("## ❌ ipcbench: regression\n"))
      #expect(try session.text("gate.xml").contains(#"tests="22" failures="3""#))
      #expect(try session.json("gate.json")["outcome"] as? String == "regression")
      #expect(session.names(in: ".") == ["gate", "gate.json", "gate.md", "gate.xml", "tmp"])
    }

    @Test func anExportTakesThePlaceOfTheTable() throws {
      try writeGate()
      let gate = try session.ipcbench("compare", "gate", "--fail-above", "5%", "--export", "json=-")
      #expect(gate.exitCode == 0, "\(gate.errors)")
      #expect(try jsonObject(gate.output)["outcome"] as? String == "pass")
    }

    @Test func aDeviceIsWrittenToAndNotReplaced() throws {
      try writeGate()
      let fifo = session.path("pipe")
      try #require(mkfifo(fifo, 0o600) == 0)
      let reader = try session.start(["cat", "pipe"])
      let gate = try session.ipcbench(
        "compare", "gate", "--fail-above", "5%", "--export", "json=pipe")
      #expect(gate.exitCode == 0, "\(gate.errors)")
      #expect(try jsonObject(reader.finish().output)["outcome"] as? String == "pass")
      #expect(session.names(in: ".") == ["gate", "pipe", "tmp"])
    }

    @Test(
      arguments: [
        (["--export", "junit=gate.xml"], "--fail-above 5%"),
        (["--noise", "x"], "--fail-above 5%"),
        (["--fail-above", "5%", "--export", "junit"], "junit=gate.xml"),
        (["--fail-above", "5%", "--export", "junit="], "junit=gate.xml"),
        (["--fail-above", "5%", "--export", "junt=x"], "'junit'"),
        (["--fail-above", "5"], "'5'"),
        (["--fail-above", "suit"], "'suit'"),
        (["--fail-above", "5%", "--export", "json=-", "--export", "junit=-"], "only one"),
      ])
    func aSlipInTheOptionsIsRefused(_ options: [String], _ remedy: String) throws {
      try writeGate()
      let gate = try session.command([UserSession.ipcbench, "compare", "gate"] + options)
      expectRefusal(gate, 64, naming: remedy)
    }

    @Test func anExportThatCannotBeWrittenIsSaidSo() throws {
      try writeGate()
      let gate = try session.ipcbench(
        "compare", "gate", "--fail-above", "5%", "--export", "json=nowhere/gate.json")
      #expect(gate.exitCode == 73)
      #expect(gate.errors.contains("--export json=nowhere/gate.json: cannot be written"))
      #expect(gate.complaints.count == 2)
    }
  }
}
