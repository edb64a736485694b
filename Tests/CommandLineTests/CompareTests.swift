import Foundation
import Testing

extension AtTheCommandLine {
  @Suite struct CompareTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    // MARK: - Files made by hand

    /// A `trials.csv` with the columns that no file may lack and the median latency.
    private static func trials(
      _ mechanisms: KeyValuePairs<String, [Int]>, idlePolicy: String = "default"
    ) -> String {
      var lines = [
        "schema_version,run_id,trial_id,started_utc,block,position,status,error,tainted,"
          + "taint_reason,mechanism,pattern,payload_bytes,wait,data_path,touch,buffer_bytes,"
          + "idle_policy,placement,producer_core,consumer_core,latency_p50_ns"
      ]
      for (mechanism, latencies) in mechanisms {
        for (place, latency) in latencies.enumerated() {
          lines.append(
            "1,r,r-\(lines.count),2026-11-21T03:15:00.123456Z,\(place + 1),1,ok,,false,,"
              + "\(mechanism),ping-pong,64,block,copy,header,131072,\(idlePolicy),"
              + "same-l3,0,1,\(latency)")
        }
      }
      return lines.map { "\($0)\n" }.joined()
    }

    private static func latencies(from first: Int, _ count: Int = 10) -> [Int] {
      (0..<count).map { first + $0 }
    }

    private func writeTwoRuns() throws {
      try session.write(
        Self.trials(["pipe": Self.latencies(from: 1000), "fifo": Self.latencies(from: 5000)]),
        to: "old.csv")
      try session.write(
        Self.trials(["pipe": Self.latencies(from: 2000), "fifo": Self.latencies(from: 5001)]),
        to: "new.csv")
    }

    @Test func twoFilesAreCompared() throws {
      try writeTwoRuns()
      let compare = try session.ipcbench("compare", "old.csv", "new.csv")
      #expect(compare.exitCode == 0, "\(compare.errors)")
      #expect(compare.errors == "")
      let lines = compare.output.split(separator: "\n")
      let pipe = try #require(lines.first { $0.hasPrefix("pipe ") })
      #expect(pipe.contains("1.00 µs ± 0.3 %"))
      #expect(pipe.contains("+100 %"))
      #expect(pipe.hasSuffix("slower"))
      #expect(lines.first { $0.hasPrefix("fifo ") }?.hasSuffix("same") == true)
      #expect(compare.output.contains("Neither side has a run.json"))
      #expect(compare.output.contains("bootstrap interval of seed 1"))
    }

    @Test func theFormatsAgree() throws {
      try writeTwoRuns()
      let csv = try session.ipcbench("compare", "old.csv", "new.csv", "--format", "csv")
      let table = try Table(csv: csv.output)
      #expect(try table.column("verdict") == ["slower", "same"])
      #expect(try table.column("metric") == ["latency_p50_ns", "latency_p50_ns"])
      #expect(try table.column("base_estimate") == ["1004.5", "5004.5"])
      let json = try session.ipcbench("compare", "old.csv", "new.csv", "--format", "json")
      let rows = try #require(try jsonObject(json.output)["rows"] as? [[String: Any]])
      #expect(rows.map { $0["verdict"] as? String } == ["slower", "same"])
      let markdown = try session.ipcbench("compare", "old.csv", "new.csv", "--format", "markdown")
      #expect(markdown.output.hasPrefix("## Comparison\n"))
      #expect(markdown.output.contains("| slower |"))
    }

    @Test func optionsDecideWhatIsSaid() throws {
      try writeTwoRuns()
      let changed = try session.ipcbench(
        "compare", "old.csv", "new.csv", "--only", "changed", "--format", "csv")
      #expect(try Table(csv: changed.output).column("mechanism") == ["pipe"])
      let narrow = try session.ipcbench(
        "compare", "old.csv", "new.csv", "--margin", "0.01%", "--seed", "7", "--format", "json")
      let json = try jsonObject(narrow.output)
      #expect(json["seed"] as? String == "7")
      #expect(json["margin"] as? Double == 0.0001)
      let rows = try #require(json["rows"] as? [[String: Any]])
      #expect(rows.map { $0["verdict"] as? String } == ["slower", "inconclusive"])
      let cpu = try session.ipcbench(
        "compare", "old.csv", "new.csv", "--metric", "producer_cpu_ns_per_message", "--format",
        "csv")
      #expect(
        try Table(csv: cpu.output).column("reason")
          == ["the base did not measure it", "the base did not measure it"])
    }

    @Test func levelsOfOneRunAreCompared() throws {
      try writeTwoRuns()
      let compare = try session.ipcbench(
        "compare", "old.csv", "--by", "mechanism", "--base", "fifo", "--head", "pipe", "--format",
        "csv")
      #expect(compare.exitCode == 0, "\(compare.errors)")
      let table = try Table(csv: compare.output)
      #expect(try table.column("mechanism") == ["fifo"])
      #expect(try table.column("head_level") == ["pipe"])
      #expect(try table.column("pairs") == ["10"])
      #expect(try table.column("verdict") == ["faster"])
      let text = try session.ipcbench("compare", "old.csv", "--by", "mechanism").output
      #expect(text.contains("pipe → fifo"))
    }

    @Test func aDifferentIdlePolicyIsNotComparableUnlessForced() throws {
      try writeTwoRuns()
      try session.write(
        Self.trials(["pipe": Self.latencies(from: 1000)], idlePolicy: "poll"), to: "polled.csv")
      let refused = try session.ipcbench("compare", "old.csv", "polled.csv")
      #expect(refused.exitCode == 0)
      #expect(refused.output.contains("not comparable"))
      #expect(refused.output.contains("idle_policy: default → poll (decisive)"))
      let forced = try session.ipcbench("compare", "old.csv", "polled.csv", "--force")
      #expect(!forced.output.contains("not comparable"))
      #expect(forced.output.contains("by --force"))
    }

    // MARK: - Real runs

    @Test func twoRunFoldersAreCompared() throws {
      for name in ["a", "b"] {
        // On one core: a host that moves the virtual cores between the runs makes two cores incomparable.
        let run = try session.run(
          UserSession.oneTrial + ["--placement", "same-core", "--trials", "6", "--output", name])
        #expect(run.exitCode == 0, "\(run.errors)")
      }
      let compare = try session.ipcbench("compare", "a", "b/", "--format", "json")
      #expect(compare.exitCode == 0, "\(compare.errors)")
      let json = try jsonObject(compare.output)
      let rows = try #require(json["rows"] as? [[String: Any]])
      #expect(
        rows.map { $0["metric"] as? String } == [
          "latency_p50_ns", "producer_cpu_ns_per_message", "consumer_cpu_ns_per_message",
        ])
      for row in rows {
        #expect(row["base_n"] as? Int == 6)
        #expect((row["ratio"] as? Double ?? 0) > 0)
        #expect((row["ratio_low"] as? Double ?? 2) <= row["ratio_high"] as? Double ?? 1)
        #expect(row["verdict"] as? String != "not comparable")
      }
      // Two runs of a debug build are comparable, a released one's would not be.
      let description = try session.text("b/run.json")
      try session.write(
        description.replacing("\"mode\" : \"debug\"", with: "\"mode\" : \"release\""),
        to: "b/run.json")
      let different = try session.ipcbench("compare", "a", "b")
      #expect(different.output.contains("build_mode: debug → release (decisive)"))
      try FileManager.default.removeItem(atPath: session.path("b/run.json"))
      let unknown = try session.ipcbench("compare", "a", "b")
      #expect(unknown.output.contains("run.json: there → missing (decisive)"))
    }

    @Test func aFolderWithBothSidesIsShortForThem() throws {
      for side in ["base", "head"] {
        try FileManager.default.createDirectory(
          atPath: session.path("both/\(side)"), withIntermediateDirectories: true)
        try session.write(
          Self.trials(["pipe": Self.latencies(from: 1000)]), to: "both/\(side)/trials.csv")
      }
      let compare = try session.ipcbench("compare", "both")
      #expect(compare.exitCode == 0, "\(compare.errors)")
      #expect(compare.output.hasPrefix("base: both/base (run r)\nhead: both/head (run r)\n"))
    }

    // MARK: - Refusals

    @Test func whatIsNotThereIsRefused() throws {
      try writeTwoRuns()
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "none"), 66, naming: "none: not there")
      expectRefusal(
        try session.ipcbench("compare", "none", "old.csv"), 66, naming: "none: not there")
      expectRefusal(try session.ipcbench("compare", "none"), 66, naming: "none: not there")
      expectRefusal(
        try session.ipcbench("compare", "none", "--by", "wait"), 66, naming: "none: not there")
      expectRefusal(
        try session.ipcbench("compare", "tmp", "old.csv"), 66, naming: "tmp/trials.csv: not there")
    }

    @Test func whatIsMalformedIsRefused() throws {
      try writeTwoRuns()
      try session.write("mechanism\npipe\n", to: "narrow.csv")
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "narrow.csv"), 65, naming: "narrow.csv:1",
        "no column 'schema_version'")
      try session.write(
        Self.trials(["pipe": [1000]]).replacing("ping-pong", with: "ping"), to: "odd.csv")
      expectRefusal(
        try session.ipcbench("compare", "odd.csv", "old.csv"), 65, naming: "odd.csv:2", "'ping'",
        "ping-pong")
      try session.write("", to: "empty.csv")
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "empty.csv"), 65, naming: "empty.csv:1")
    }

    @Test func usageMistakesAreRefused() throws {
      try writeTwoRuns()
      expectRefusal(
        try session.ipcbench("compare", "old.csv"), 64, naming: "old.csv", "second run",
        "--by mechanism")
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "new.csv", "--base", "pipe"), 64,
        naming: "--base", "--by mechanism")
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "new.csv", "--by", "wait"), 64, naming: "--by",
        "2 are given")
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "new.csv", "old.csv"), 64, naming: "3 runs")
      expectRefusal(try session.ipcbench("compare"), 64, naming: "run", "compare --help")
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "--by", "mechanizm"), 64, naming: "'mechanizm'",
        "mean 'mechanism'?")
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "--by", "wait"), 64, naming: "wait block")
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "--by", "mechanism", "--head", "fifi"), 64,
        naming: "'fifi'", "mean 'fifo'?")
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "new.csv", "--metric", "latency_p50"), 64,
        naming: "'latency_p50'", "mean 'latency_p50_ns'?")
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "new.csv", "--metric", "latency_merged_p50_ns"),
        64, naming: "latency_merged_p50_ns", "all trials together", "latency_p99_ns")
      expectRefusal(
        try session.ipcbench("compare", "old.csv", "new.csv", "--margin", "2"), 64,
        naming: "--margin", "'2'", "2%")
    }

    @Test func runsWithNothingInCommonSaySo() throws {
      try writeTwoRuns()
      try session.write(Self.trials(["tcp": Self.latencies(from: 1000)]), to: "tcp.csv")
      let compare = try session.ipcbench("compare", "old.csv", "tcp.csv")
      #expect(compare.exitCode == 0)
      #expect(compare.output.contains("mechanism: pipe, fifo only in base; tcp only in head"))
      #expect(compare.output.contains("nothing to compare"))
    }

    @Test func theHelpNamesExitCodes() throws {
      let help = try session.ipcbench("compare", "--help")
      #expect(help.exitCode == 0)
      for word in ["--by", "--only changed", "65 malformed", "--margin"] {
        #expect(help.output.contains(word), "\(word)")
      }
    }
  }
}
