import Foundation
import Testing

extension AtTheCommandLine {
  @Suite struct RunTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    /// Two mechanisms, both patterns, both waits: eight configurations.
    private static let eight = [
      "--mechanism", "pipe,shm-ring", "--payload", "64", "--messages", "200", "--warmup", "1ms",
    ]

    // MARK: - The run folder

    @Test func aSmallRunLeavesAWholeFolder() throws {
      let run = try session.run(Self.eight + ["--trials", "2", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors == "")
      #expect(
        session.names(in: "run") == [
          "datapackage.json", "histograms.hlog", "run.json", "summary.csv", "trials.csv",
        ])

      let trials = try session.table("run/trials.csv")
      #expect(trials.rows.count == 16)
      #expect(try trials.column("status").allSatisfy { $0 == "ok" })
      #expect(try trials.column("error").allSatisfy(\.isEmpty))
      #expect(try trials.column("block") == (1...16).map { $0 <= 8 ? "1" : "2" })
      #expect(try Set(trials.column("trial_id")).count == 16)

      // Sixteen metrics of a ping-pong, six of a stream.
      let summary = try session.table("run/summary.csv")
      #expect(summary.rows.count == 4 * 16 + 4 * 6)
      #expect(try summary.column("n").contains("2"))
      // A pipe's samples are single round trips in every trial, and so can be merged.
      let merged = summary.rows.filter {
        $0["metric"] == "latency_merged_p90_ns" && $0["mechanism"] == "pipe"
      }
      #expect(merged.count == 2)
      #expect(merged.allSatisfy { $0["estimate"] != "" && $0["n"] == "2" })
    }

    @Test func everyPingPongHasItsHistogram() throws {
      _ = try session.run(Self.eight + ["--trials", "2", "--output", "run"])
      let withSamples = try session.table("run/trials.csv").rows
        .filter { $0["latency_samples"] != "" }
      #expect(withSamples.count == 8)
      #expect(
        try session.histogramTags(in: "run") == withSamples.compactMap { $0["trial_id"] })
    }

    @Test func theHeaderIsTheContracts() throws {
      _ = try session.run(UserSession.oneTrial + ["--output", "run"])
      let contract = """
        schema_version run_id trial_id started_utc block position status error tainted \
        taint_reason mechanism pattern payload_bytes wait data_path touch buffer_bytes \
        offered_rate_per_s idle_policy placement producer_core consumer_core memory_node \
        messages_sent messages_received messages_corrupt messages_lost elapsed_ns \
        throughput_messages_per_s throughput_bytes_per_s latency_kind latency_samples \
        latency_min_ns latency_mean_ns latency_p50_ns latency_p90_ns latency_p99_ns \
        latency_p99_9_ns latency_p99_99_ns latency_max_ns service_p50_ns service_p99_ns \
        producer_cpu_ns_per_message consumer_cpu_ns_per_message producer_context_switches \
        consumer_context_switches producer_waits consumer_waits producer_wakes consumer_wakes \
        steal_ns migrations major_faults
        """.split(separator: " ").map(String.init)
      let header = try session.table("run/trials.csv").header
      #expect(Array(header.prefix(contract.count)) == contract)
      // The contract grows at its end.
      let appended = """
        latency_round_trips_per_sample spin_budget_ns producer_voluntary_switches \
        producer_involuntary_switches consumer_voluntary_switches consumer_involuntary_switches \
        producer_frequency_hz consumer_frequency_hz probe_before_ns probe_after_ns arrivals \
        clock_agreement_ns capacity_bytes scheduled_messages working_set_bytes \
        latency_slowest_sample
        """.split(separator: " ").map(String.init)
      #expect(Array(header.dropFirst(contract.count)) == appended)
    }

    @Test func aSampleIsTheMeanOfAsManyRoundTripsAsWasAskedFor() throws {
      let run = try session.run(
        UserSession.oneTrial + ["--batch", "4", "--trials", "2", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("batch 4") && run.output.contains("there is no p99"))
      for row in try session.table("run/trials.csv").rows {
        #expect(row["latency_round_trips_per_sample"] == "4" && row["latency_samples"] == "50")
        #expect(row["latency_p50_ns"]?.isEmpty == false && row["latency_mean_ns"]?.isEmpty == false)
        #expect(row["latency_p90_ns"] == "" && row["latency_p99_ns"] == "")
        #expect(row["latency_min_ns"] == "" && row["latency_max_ns"] == "")
        let slowest = try #require(row["latency_slowest_sample"].flatMap { Int($0) })
        #expect((0..<50).contains(slowest))
      }
      let summary = try session.table("run/summary.csv").rows
      #expect(summary.allSatisfy { $0["latency_round_trips_per_sample"] == "4" })
    }

    @Test func aSampleOfWhatSleepsIsOneRoundTrip() throws {
      let run = try session.run(UserSession.oneTrial + ["--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      let row = try #require(try session.table("run/trials.csv").rows.first)
      #expect(row["latency_round_trips_per_sample"] == "1" && row["latency_samples"] == "200")
      #expect(row["latency_min_ns"]?.isEmpty == false)
      let clock = try #require(try session.json("run/run.json")["clock"] as? [String: Any])
      let samples = try #require(clock["samples"] as? [String: Any])
      #expect(samples["name"] is String)
      #expect((samples["read_cost_ns"] as? Double ?? 0) > 0 && samples["added_ns"] is Double)
    }

    @Test func aBatchHasToFitIntoATrial() throws {
      expectRefusal(
        try session.run(UserSession.oneTrial + ["--batch", "256", "--output", "run"]), 64,
        naming: "a sample of 256 round trips does not fit into a trial of 200 messages")
      expectRefusal(
        try session.run(UserSession.oneTrial + ["--batch", "3", "--output", "run"]), 64,
        naming: "unknown batch '3'", "auto, 1, 2, 4")
    }

    @Test func theDataPackageDescribesEveryColumn() throws {
      _ = try session.run(UserSession.oneTrial + ["--output", "run"])
      let package = try session.json("run/datapackage.json")
      let resources = try #require(package["resources"] as? [[String: Any]])
      #expect(resources.compactMap { $0["path"] as? String } == ["trials.csv", "summary.csv"])
      for resource in resources {
        let path = try #require(resource["path"] as? String)
        let schema = try #require(resource["schema"] as? [String: Any])
        let fields = try #require(schema["fields"] as? [[String: Any]])
        #expect(
          try fields.compactMap { $0["name"] as? String } == session.table("run/\(path)").header)
        #expect(fields.allSatisfy { $0["type"] is String && $0["description"] is String })
      }
    }

    @Test func theDescriptionSaysHowTheRunCameAbout() throws {
      _ = try session.run(UserSession.oneTrial + ["--seed", "42", "--output", "run"])
      let description = try session.json("run/run.json")
      #expect(description["seed"] as? String == "42")
      #expect(description["interrupted"] as? Bool == false)
      #expect(description["finished_utc"] is String)
      #expect((description["command_line"] as? [String])?.suffix(2) == ["--output", "run"])
      #expect((description["build"] as? [String: Any])?["mode"] as? String == "debug")
      #expect((description["trials"] as? [String: Any])?["ok"] as? Int == 1)
      #expect((description["excluded"] as? [Any])?.count == 0)
    }

    @Test func withoutAnOutputTheFolderIsCalledAfterTimeAndSuite() throws {
      let run = try session.run(UserSession.oneTrial)
      #expect(run.exitCode == 0, "\(run.errors)")
      let name = try #require(session.names(in: "results").first)
      #expect(name.wholeMatch(of: /\d{8}T\d{6}Z-quick/) != nil, "\(name)")
      #expect(run.output.contains("results/\(name)/trials.csv"))
    }

    // MARK: - Order

    private func order(_ run: String) throws -> [[String]] {
      try session.table("\(run)/trials.csv").rows.map { row in
        ["mechanism", "pattern", "payload_bytes", "wait"].compactMap { row[$0] }
      }
    }

    @Test func theRecordedSeedRepeatsTheOrder() throws {
      let run = Self.eight + ["--trials", "2"]
      _ = try session.run(run + ["--output", "first"])
      let seed = try #require(try session.json("first/run.json")["seed"] as? String)
      _ = try session.run(run + ["--seed", seed, "--output", "again"])
      #expect(try order("first") == order("again"))
      #expect(try order("first").count == 16)
    }

    @Test func anotherSeedGivesAnotherOrder() throws {
      for seed in ["1", "2"] {
        _ = try session.run(Self.eight + ["--trials", "1", "--seed", seed, "--output", seed])
      }
      #expect(try order("1") != order("2"))
      #expect(try Set(order("1")) == Set(order("2")))
    }

    // MARK: - What is printed

    @Test func theTableNamesTheBuildAndWhereTheTrialsAre() throws {
      let run = try session.run(UserSession.oneTrial + ["--output", "run"])
      for word in ["ping-pong", "pipe", "64 B", "DEBUG BUILD", "run/trials.csv"] {
        #expect(run.output.contains(word), "\(word)")
      }
      #expect(!run.output.contains("\u{1B}"))
    }

    @Test func csvOnStandardOutputIsTheSummaryFile() throws {
      let run = try session.run(
        UserSession.oneTrial + ["--format", "csv", "--output", "run"])
      #expect(run.exitCode == 0)
      #expect(try run.output == session.text("run/summary.csv"))
      #expect(try Table(csv: run.output).rows.count == 16)
    }

    @Test func jsonOnStandardOutputHasARowsColumns() throws {
      let run = try session.run(
        UserSession.oneTrial + ["--format", "json", "--output", "run"])
      let rows = try jsonArray(run.output)
      #expect(rows.count == 16)
      let header = try session.table("run/summary.csv").header
      #expect(rows.allSatisfy { Set($0.keys) == Set(header + ["run_id"]) })
      #expect(rows.first?["payload_bytes"] as? Int == 64)
    }

    @Test func markdownOnStandardOutputHasTablesOfEqualWidth() throws {
      let run = try session.run(
        UserSession.oneTrial + ["--format", "markdown", "--output", "run"])
      let lines = run.output.split(separator: "\n").filter { $0.hasPrefix("|") }
      #expect(lines.count >= 3)
      #expect(Set(lines.map { $0.count { $0 == "|" } }).count == 1)
      #expect(lines.dropFirst().first?.contains("---") == true)
    }

    @Test(arguments: ["--quiet", "-q"])
    func quietIsSilent(_ option: String) throws {
      let run = try session.run(UserSession.oneTrial + [option, "--output", "run"])
      #expect(run.exitCode == 0)
      #expect(run.output == "")
      #expect(run.errors == "")
      #expect(try session.table("run/trials.csv").rows.count == 1)
    }

    // MARK: - On a terminal

    @Test func aTerminalShowsProgressAndIsLeftClean() throws {
      let run = try session.start(
        UserSession.runCommand + Self.eight + ["--trials", "1", "--output", "run"],
        onTerminal: true
      ).finish()
      #expect(run.exitCode == 0, "\(run.errors)")
      // What may need a batch is tried first.
      #expect(run.errors.hasPrefix("\r[1/2] batch of "))
      for number in 1...8 { #expect(run.errors.contains("\r[\(number)/8] ")) }
      #expect(run.errors.contains(" left\u{1B}[K"))
      // The last thing is to clear the line; no new one was ever begun.
      #expect(run.errors.hasSuffix("\r\u{1B}[K"))
      #expect(!run.errors.contains("\n"))
      #expect(!run.output.contains("/8]"))
    }

    @Test func quietShowsNoProgressOnATerminal() throws {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial + ["--quiet"], onTerminal: true
      ).finish()
      #expect(run.exitCode == 0)
      #expect(run.errors == "")
    }

    // MARK: - From anywhere

    @Test func theSuitesAreFoundFromAnyFolderAndThroughALink() throws {
      try FileManager.default.createSymbolicLink(
        atPath: session.path("bench"), withDestinationPath: UserSession.ipcbench)
      let run = try session.start(
        [session.path("bench")] + UserSession.runCommand.dropFirst() + UserSession.oneTrial
          + ["--suite", "ci", "--output", session.path("run")], in: "/"
      ).finish()
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try session.json("run/run.json")["suite"] as? String == "ci")
    }

    @Test func aProgramWithoutItsSuitesSaysHowToGetThem() throws {
      try FileManager.default.copyItem(
        atPath: UserSession.ipcbench, toPath: session.path("alone"))
      let run = try session.command(
        [session.path("alone")] + UserSession.runCommand.dropFirst() + UserSession.oneTrial)
      expectRefusal(run, 66, naming: "'quick'", "share/ipcbench/suites", "--suite ./my-suite.yaml")
    }
  }
}
