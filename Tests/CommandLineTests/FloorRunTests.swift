import Foundation
import Harness
import Mechanisms
import Testing
import Trials

@testable import ipcbench

extension AtTheCommandLine {
  @Suite struct FloorRunTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private func run(_ arguments: [String]) throws -> Finished {
      try session.start(UserSession.runCommandWithFloors + arguments).finish()
    }

    private func floors(_ run: String) throws -> [[String: Any]] {
      try #require(try session.json("\(run)/run.json")["floors"] as? [[String: Any]])
    }

    @Test func aRunMeasuresTheFloorsOfItsCores() throws {
      let run = try run(
        UserSession.oneTrial + [
          "--payload", "64,4KiB", "--pattern", "ping-pong,stream", "--placement",
          "same-core,default", "--relative-to-floor", "--output", "run",
        ])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("× floor"))
      let rows = try session.table("run/trials.csv").rows
      #expect(try floors("run").count == Self.count(rows))
      for floor in try floors("run") {
        #expect(floor["n"] as? Int == 3)
        #expect(floor["minimum"] is NSNumber)
        let isStream = floor["pattern"] as? String == "stream"
        #expect((floor["throughput_bytes_per_s"] is NSNumber) == isStream)
        #expect((floor["latency_p50_ns"] is NSNumber) == !isStream)
        let isCopy = (floor["mechanism"] as? String)?.hasPrefix("floor-copy") == true
        #expect((floor["payload_bytes"] is NSNumber) == isCopy)
        #expect(
          rows.contains { row in
            row["placement"] == floor["placement"] as? String
              && row["producer_core"] == (floor["producer_core"] as? Int).map { "\($0)" }
              && row["consumer_core"] == (floor["consumer_core"] as? Int).map { "\($0)" }
          }, "\(floor)")
      }

      let summary = try session.table("run/summary.csv")
      #expect(summary.header.contains(["floor", "times_floor"]))
      for row in summary.rows {
        let metric = row["metric"] ?? ""
        let has =
          ["latency_p50_ns", "latency_mean_ns"].contains(metric)
          || metric.hasPrefix("throughput")
        #expect((row["floor"] != "") == has, "\(row)")
        #expect((row["times_floor"] != "") == has, "\(row)")
      }
    }

    /// How many floors the pairs have that the rows show, with two sizes: six on one core, twelve on two.
    private static func count(_ rows: [[String: String]]) -> Int {
      Set(rows.map { [$0["producer_core"], $0["consumer_core"]] }).reduce(0) { sum, pair in
        sum + (pair[0] == pair[1] ? 6 : 12)
      }
    }

    /// Without one of them the run has the others.
    @Test func aFloorThatCannotBeHadIsLeftOut() throws {
      let core = try CPUTopology.thisMachine().nearestDistinctCores().producer
      let cores = CorePair(placement: .sameCore, producer: core, consumer: core)
      let configuration = Configuration(
        mechanism: "pipe", workload: Workload(pattern: .pingPong, payloadBytes: 64), cores: cores)
      let driver = Driver(
        executable: UserSession.ipcbench,
        mechanisms: Mechanism.floors.filter { $0.name != FloorName.wake.rawValue })
      var measurement = FloorMeasurement(of: [configuration], timeoutNanoseconds: 1)
      #expect(
        try measurement.catchUp(withBlocks: 1, of: 1, by: driver, runID: "run", quiet: true))
      #expect(
        measurement.floors.map(\.mechanism)
          == ["floor-null", "floor-clock", "floor-syscall", "floor-copy-local"])
    }

    @Test func aRoundOfFloorsIsDueBeforeAmidAndAfterTheBlocks() throws {
      let core = try CPUTopology.thisMachine().nearestDistinctCores().producer
      let cores = CorePair(placement: .sameCore, producer: core, consumer: core)
      let configuration = Configuration(
        mechanism: "pipe", workload: Workload(pattern: .pingPong, payloadBytes: 64), cores: cores)
      let driver = Driver(executable: UserSession.ipcbench, mechanisms: Mechanism.floors)
      var measurement = FloorMeasurement(of: [configuration], timeoutNanoseconds: 1)
      var rounds: [Int] = []
      for blocks in 0...6 {
        _ = try measurement.catchUp(
          withBlocks: blocks, of: 5, by: driver, runID: "run", quiet: true)
        rounds.append(try #require(measurement.floors.first).trials)
      }
      #expect(rounds == [1, 1, 1, 2, 2, 3, 3])
    }

    @Test func floorsCanBeLeftOut() throws {
      let run = try run(UserSession.oneTrial + ["--no-floors", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try session.json("run/run.json")["floors"] == nil)
      let summary = try session.table("run/summary.csv")
      #expect(try summary.column("floor").allSatisfy(\.isEmpty))
      #expect(try summary.column("times_floor").allSatisfy(\.isEmpty))
      #expect(!run.output.contains("× floor"))
    }

    @Test func nothingCanBeShownRelativeToWhatIsLeftOut() throws {
      expectRefusal(
        try run(UserSession.oneTrial + ["--no-floors", "--relative-to-floor"]), 64,
        naming: "--relative-to-floor", "--no-floors")
    }

    @Test func aFloorThatIsNamedIsARowLikeAnyOther() throws {
      let run = try session.run(
        UserSession.oneTrial + [
          "--mechanism", "floor-null,floor-copy-local,pipe", "--output", "run",
        ])
      #expect(run.exitCode == 0, "\(run.errors)")
      let rows = try session.table("run/trials.csv").rows
      #expect(rows.count == 3)
      #expect(
        Set(rows.compactMap { $0["mechanism"] }) == ["floor-null", "floor-copy-local", "pipe"])
      for row in rows {
        #expect(row["status"] == "ok", "\(row)")
        #expect(row["messages_sent"] == "200" && row["messages_received"] == "200")
      }
    }

    @Test func allMeansNoFloors() throws {
      let run = try session.run(
        UserSession.oneTrial + ["--mechanism", "all", "--messages", "5", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      let names = try session.table("run/trials.csv").column("mechanism")
      #expect(names.contains("pipe"))
      #expect(!names.contains { $0.hasPrefix("floor-") })
    }

    @Test func aFloorInAPatternOrWaitThatItLacksIsLeftOutWithTheReason() throws {
      let run = try session.run(
        UserSession.oneTrial + [
          "--mechanism", "pipe,floor-wake", "--pattern", "stream,ping-pong", "--output", "run",
        ])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.contains("floor-wake with pattern stream"))
      expectRefusal(
        try session.run(UserSession.oneTrial + ["--mechanism", "floor-nul"]), 64,
        naming: "'floor-nul'", "mean 'floor-null'?")
    }

    @Test func floorsAreListedOnRequest() throws {
      #expect(!(try session.ipcbench("list").output.contains("floor-")))
      let rows = try jsonArray(
        try session.ipcbench("list", "--floors", "--faults", "--format", "json").output)
      func kind(_ name: String) -> String? {
        rows.first { $0["name"] as? String == name }?["kind"] as? String
      }
      #expect(kind("floor-bounce-2") == "floor")
      #expect(kind("fault-crash") == "fault")
      #expect(kind("pipe") == "mechanism")
      #expect(rows.count { $0["kind"] as? String == "floor" } == 8)
    }

    @Test func anInterruptDuringTheFloorsEndsTheRunLikeAnyOther() throws {
      let run = try session.start(
        UserSession.runCommandWithFloors + UserSession.oneTrial + [
          "--payload", "1,2,4,8,16,32,64,128,256,512,1KiB,2KiB", "--output", "run",
        ])
      try run.wait(for: "the run folder") {
        FileManager.default.fileExists(atPath: session.path("run/datapackage.json"))
      }
      run.send(SIGINT)
      let ended = try run.finish()
      #expect(ended.exitCode == 130)
      #expect(ended.errors == "ipcbench: interrupted: 0 of 12 trials are kept in run\n")
      #expect(try session.table("run/trials.csv").rows.isEmpty)
      #expect(try session.leftProcesses() == [])
      #expect(try session.leftObjects() == [])
    }

    @Test func aTerminalShowsThatFloorsAreMeasured() throws {
      let run = try session.start(
        UserSession.runCommandWithFloors + UserSession.oneTrial + ["--output", "run"],
        onTerminal: true
      ).finish()
      #expect(run.exitCode == 0)
      #expect(run.errors.contains("[floors 1/"))
      #expect(run.errors.contains("[1/1] pipe"))
    }
  }
}
