import Harness
import Testing
import Trials

extension AtTheCommandLine {
  @Suite struct MatrixOptionTests {
    let session: UserSession

    private static let topology = try? CPUTopology.thisMachine()
    private static let cpus = topology?.allowedCPUs ?? [0]
    private static let missingPlacement = Placement.allCases.first {
      topology?.pair(for: $0) == nil
    }

    init() throws { session = try UserSession() }

    // MARK: - What is measured

    @Test(
      arguments: [
        ("1,64,4KiB", ["1", "64", "4096"]),
        ("64..4KiB", ["64", "256", "1024", "4096"]),
        ("64..256*2", ["64", "128", "256"]),
        ("1K, 2B,2B,1KiB", ["1024", "2"]),
      ])
    func sizesAndRangesAreMeasuredOnceEach(_ list: String, _ bytes: [String]) throws {
      let run = try session.run(
        UserSession.oneTrial + ["--payload", list, "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      let measured = try session.table("run/trials.csv").column("payload_bytes")
      #expect(measured.sorted() == bytes.sorted())
    }

    @Test func everyRowSaysWhatWasChosen() throws {
      let core = "\(Self.cpus[0])"
      let arguments = [
        "--mechanism", "unix-stream", "--pattern", "stream", "--payload", "100", "--wait", "block",
        "--touch", "full", "--data-path", "copy", "--buffer", "64KiB", "--producer-core", core,
        "--consumer-core", core, "--trials", "2", "--messages", "500", "--warmup", "1ms",
        "--timeout", "20s", "--seed", "18446744073709551615", "--output", "run",
      ]
      let run = try session.run(arguments)
      #expect(run.exitCode == 0, "\(run.errors)")
      let expected = [
        "mechanism": "unix-stream", "pattern": "stream", "payload_bytes": "100", "wait": "block",
        "touch": "full", "data_path": "copy", "buffer_bytes": "65536", "placement": "same-core",
        "producer_core": core, "consumer_core": core, "memory_node": "", "status": "ok",
        "messages_sent": "500", "messages_received": "500", "messages_lost": "0",
      ]
      let rows = try session.table("run/trials.csv").rows
      #expect(rows.count == 2)
      for row in rows { #expect(row.filter { expected[$0.key] != nil } == expected) }
      #expect(try session.json("run/run.json")["seed"] as? String == "18446744073709551615")
    }

    @Test func allMeansWhatTheListOffers() throws {
      let run = try session.run(
        UserSession.oneTrial + ["--mechanism", "all", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      let offered = try jsonArray(session.ipcbench("list", "--format", "json").output)
        .filter { $0["unavailable"] == nil }
        .compactMap { $0["name"] as? String }
      #expect(
        try session.table("run/trials.csv").column("mechanism").sorted() == offered.sorted())
    }

    // MARK: - What cannot be measured

    @Test func aWaitThatAMechanismLacksIsLeftOutWithANote() throws {
      let arguments =
        UserSession.oneTrial + ["--mechanism", "pipe,onc-rpc-unix", "--wait", "block,spin"]
      let run = try session.run(arguments + ["--output", "run"])
      let cause = "onc-rpc-unix waits by block only"
      // Where there is one CPU, spinning is left out as well.
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(
        run.complaints.contains {
          $0 == "ipcbench: left out: onc-rpc-unix with wait spin (1 configuration): \(cause)"
        }, "\(run.errors)")
      #expect(run.complaints.allSatisfy { $0.hasPrefix("ipcbench: left out: ") })
      let excluded = try session.json("run/run.json")["excluded"] as? [[String: String]]
      #expect(excluded?.contains { $0["why"] == cause } == true)

      let quiet = try session.run(arguments + ["--quiet", "--output", "quiet"])
      #expect(quiet.exitCode == 0)
      #expect(quiet.errors == "")
    }

    @Test func spinningOnOneCoreAloneIsRefusedWithTheReason() throws {
      let run = try session.run(
        UserSession.oneTrial + ["--wait", "spin", "--placement", "same-core", "--output", "run"])
      expectRefusal(
        run, 64, naming: "nothing is left to measure", "wait spin", "time slices", "--wait block")
      #expect(session.names(in: ".") == ["tmp"])
    }

    // MARK: - Quantities

    @Test(
      arguments: [
        ("--payload", "0", "zero"), ("--payload", "-1", "negative"),
        ("--payload", "99999999999999999999", "more than 1GiB"),
        ("--payload", "2GiB", "more than 1GiB"), ("--payload", "4XB", "unknown unit 'XB'"),
        ("--payload", "1MiB..64", "ends below its start"), ("--payload", "64..", "one end"),
        ("--payload", "64..128*1", "step"), ("--payload", "", "empty"),
        ("--payload", "64,,128", "empty"), ("--payload", ",", "empty"),
        ("--payload", "1.5", "whole number"), ("--payload", "big", "start with a number"),
        ("--buffer", "0", "zero"), ("--buffer", "1XB", "unknown unit 'XB'"),
        ("--trials", "0", "zero"), ("--trials", "-1", "negative"),
        ("--trials", "100001", "more than 100000"), ("--trials", "many", "start with a number"),
        ("--duration", "-5ms", "negative"), ("--duration", "0s", "zero"),
        ("--duration", "5", "no unit"), ("--duration", "0.1ns", "finer than a nanosecond"),
        ("--warmup", "-1ms", "negative"), ("--timeout", "-1s", "negative"),
        ("--timeout", "0s", "zero"), ("--messages", "0", "zero"),
        ("--messages", "-1", "negative"), ("--seed", "-1", "negative"),
        ("--seed", "18446744073709551616", "more than 18446744073709551615"),
        ("--producer-core", "-1", "negative"), ("--consumer-core", "x", "start with a number"),
        ("--memory-node", "-1", "negative"),
      ])
    func aQuantityThatMakesNoSenseIsRefused(
      _ option: String, _ value: String, _ reason: String
    ) throws {
      // Behind an equals sign the parser takes nothing for no value.
      let run = try session.run(value.isEmpty ? [option, ""] : ["\(option)=\(value)"])
      expectRefusal(
        run, 64, naming: "\(option): '", reason, "write for example ", "ipcbench run --help")
      // A list names the item that is to blame.
      if !value.contains(",") { #expect(run.errors.contains("'\(value)'"), "\(run.errors)") }
      #expect(session.names(in: ".") == ["tmp"])
    }

    @Test func aNegativeNumberBehindASpaceIsSaidToBeNegative() throws {
      expectRefusal(try session.run(["--payload", "-1"]), 64, naming: "--payload", "negative")
      expectRefusal(try session.run(["--duration", "-5ms"]), 64, naming: "--duration", "negative")
    }

    @Test func aTimeoutWithinTheTrialIsRefused() throws {
      expectRefusal(
        try session.run(["--duration", "2ms", "--warmup", "1ms", "--timeout", "1ms"]), 64,
        naming: "timeout 1ms", "3ms", "raise --timeout")
    }

    @Test func aMatrixThatNobodyCanHaveMeantIsRefused() throws {
      expectRefusal(
        try session.run(["--trials", "100000", "--payload", "1..1GiB*2"]), 64, naming: "trials",
        "limit", "lower --trials")
    }

    // MARK: - Names

    @Test(
      arguments: [
        ("--mechanism", "pip", "'pipe'"), ("--mechanism", "pipe,uni", "'unix-stream'"),
        ("--mechanism", "TCP", "'tcp'"), ("--mechanism", "fault-crsh", "'fault-crash'"),
        ("--pattern", "pingpong", "'ping-pong'"), ("--wait", "spni", "'spin'"),
        ("--touch", "ful", "'full'"), ("--placement", "samecore", "'same-core'"),
        ("--format", "cvs", "'csv'"),
      ])
    func aMistypedNameIsRefusedWithTheNearestOne(
      _ option: String, _ name: String, _ meant: String
    ) throws {
      let typed = name.split(separator: ",").last.map { "'\($0)'" } ?? ""
      expectRefusal(
        try session.run([option, name]), 64, naming: "\(option): ", typed,
        "did you mean \(meant)?", "Valid: ")
    }

    @Test(arguments: ["--mechanism", "--pattern", "--wait", "--touch", "--data-path"])
    func anEmptyNameIsRefusedWithTheValidOnes(_ option: String) throws {
      expectRefusal(try session.run([option, ""]), 64, naming: "\(option): ", "Valid: ")
      expectRefusal(try session.run([option, "xyzzy"]), 64, naming: "'xyzzy'", "Valid: ")
    }

    @Test func whoMistypesAMechanismIsNotOfferedFaults() throws {
      #expect(try !session.run(["--mechanism", "pip"]).errors.contains("fault-"))
    }

    // MARK: - Options that exclude each other

    @Test func twoWaysToEndATrialAreRefused() throws {
      expectRefusal(
        try session.run(["--duration", "5ms", "--messages", "4"]), 64, naming: "--duration",
        "--messages", "one or the other")
    }

    @Test func twoWaysToChooseTheCoresAreRefused() throws {
      expectRefusal(
        try session.run([
          "--placement", "same-core", "--producer-core", "0", "--consumer-core", "0",
        ]), 64, naming: "--placement", "--producer-core", "one or the other")
    }

    @Test(arguments: ["--producer-core", "--consumer-core"])
    func oneCoreWithoutTheOtherIsRefused(_ option: String) throws {
      expectRefusal(
        try session.run([option, "0"]), 64, naming: "--producer-core", "--consumer-core",
        "both or neither")
    }

    // MARK: - What this machine lacks

    @Test func aCoreThatDoesNotExistIsRefusedWithThoseThatDo() throws {
      let existing = Self.topology?.cpus.map(\.id).kernelList ?? "0"
      expectRefusal(
        try session.run(["--producer-core", "\(Self.cpus[0])", "--consumer-core", "9999"]), 69,
        naming: "CPU 9999", "has CPUs \(existing)")
      #expect(session.names(in: ".") == ["tmp"])
    }

    @Test func aMemoryNodeThatDoesNotExistIsRefusedWithThoseThatDo() throws {
      let existing = Self.topology?.numaNodes.kernelList ?? "0"
      expectRefusal(
        try session.run(["--memory-node", "99"]), 69, naming: "node 99", "has nodes \(existing)")
    }

    @Test(.enabled(if: missingPlacement != nil, "this machine has every placement there is"))
    func aPlacementThatTheMachineLacksIsRefusedWithThoseItHas() throws {
      let placement = try #require(Self.missingPlacement).rawValue
      expectRefusal(
        try session.run(["--placement", placement]), 69, naming: "placement \(placement)",
        "it offers same-core")
    }

    @Test(
      .enabled(if: cpus.count > 1, "there is one CPU only"),
      .enabled(if: UserSession.canRun("taskset", "--version"), "taskset is not installed"))
    func aCoreOutsideTheCpusetIsRefusedWithThoseInside() throws {
      let (inside, outside) = (Self.cpus[0], Self.cpus[1])
      let run = try session.command(
        ["taskset", "-c", "\(inside)"] + UserSession.runCommand
          + ["--producer-core", "\(inside)", "--consumer-core", "\(outside)"])
      expectRefusal(
        run, 69, naming: "CPU \(outside)", "may only use \(inside) ", "cpuset", "taskset")
    }

    @Test(.enabled(if: UserSession.canRun("taskset", "--version"), "taskset is not installed"))
    func onOneCoreADefaultRunMeasuresWhatItCan() throws {
      let run = try session.command(
        ["taskset", "-c", "\(Self.cpus[0])"] + UserSession.runCommand + UserSession.oneTrial
          + ["--wait", "block,spin", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.contains("left out: wait spin with both workers on core"))
      #expect(try session.table("run/trials.csv").column("placement") == ["same-core"])
    }
  }
}
