import Foundation
import Glibc
import Testing

extension AtTheCommandLine {
  @Suite struct SuiteOptionTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private static let mine = """
      name: mine
      trials: 2
      duration: 2ms
      warmup: 1ms
      seed: 9
      pattern: ping-pong
      matrix:
        - mechanism: [pipe, fifo]
          payload: [64, 1KiB]
      """

    // MARK: - Which suite

    @Test func aSuiteIsFoundByName() throws {
      let run = try session.run(UserSession.oneTrial + ["--suite", "ci", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      let description = try session.json("run/run.json")
      #expect(description["suite"] as? String == "ci")
      // The file's own, which the command line left alone.
      #expect(description["seed"] as? String == "1")
    }

    @Test(arguments: ["mine.yaml", "./mine.yaml", "folder/../mine.yaml"])
    func aSuiteIsReadFromAFile(_ path: String) throws {
      try session.write(Self.mine, to: "mine.yaml")
      try FileManager.default.createDirectory(
        atPath: session.path("folder"), withIntermediateDirectories: false)
      let run = try session.run(["--suite", path, "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      let trials = try session.table("run/trials.csv")
      #expect(trials.rows.count == 8)
      #expect(try Set(trials.column("mechanism")) == ["pipe", "fifo"])
      #expect(try session.json("run/run.json")["seed"] as? String == "9")
    }

    @Test func optionsTakeThePlaceOfWhatTheFileSays() throws {
      try session.write(Self.mine, to: "mine.yaml")
      let run = try session.run([
        "--suite", "mine.yaml", "--mechanism", "tcp", "--trials", "1", "--seed", "3", "--output",
        "run",
      ])
      #expect(run.exitCode == 0, "\(run.errors)")
      let trials = try session.table("run/trials.csv")
      #expect(try trials.column("mechanism") == ["tcp", "tcp"])
      #expect(try trials.column("payload_bytes").sorted() == ["1024", "64"])
      #expect(try session.json("run/run.json")["seed"] as? String == "3")
    }

    @Test func aSuitesThresholdsAreKeptWithTheRun() throws {
      let thresholds = "thresholds: {latency_p50_ns: 5%, producer_cpu_ns_per_message: 12.5%}"
      try session.write("\(thresholds)\n\(Self.mine)", to: "mine.yaml")
      let run = try session.run(["--suite", "mine.yaml", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      let kept = try session.json("run/run.json")["thresholds"] as? [String: Double]
      #expect(kept == ["latency_p50_ns": 0.05, "producer_cpu_ns_per_message": 0.125])
    }

    @Test func everySuiteThatComesWithTheProgramIsSound() throws {
      for suite in ["quick", "full", "ci"] {
        let run = try session.run(UserSession.oneTrial + ["--suite", suite, "--output", suite])
        #expect(run.exitCode == 0, "\(suite): \(run.errors)")
      }
    }

    // MARK: - Suites that are not there

    @Test func anUnknownNameIsRefusedWithTheNearestOne() throws {
      expectRefusal(
        try session.run(["--suite", "qiuck"]), 66, naming: "'qiuck'", "mean 'quick'?",
        "ci, full, load, quick, tradeoff", "--suite ./my-suite.yaml")
      expectRefusal(
        try session.run(["--suite", "xyzzy"]), 66, naming: "'xyzzy'",
        "ci, full, load, quick, tradeoff")
      expectRefusal(
        try session.run(["--suite", ""]), 66, naming: "''", "ci, full, load, quick, tradeoff")
    }

    @Test func aMissingFileIsRefused() throws {
      expectRefusal(
        try session.run(["--suite", "./nope.yaml"]), 66, naming: "./nope.yaml:", "no such suite")
      expectRefusal(
        try session.run(["--suite", "/nope/mine"]), 66, naming: "/nope/mine:", "no such suite")
    }

    @Test func aFolderIsNoSuite() throws {
      expectRefusal(
        try session.run(["--suite", "./tmp"]), 66, naming: "./tmp:", "folder", "give the path")
    }

    // MARK: - Suites that cannot be read

    /// Who may not read what nobody may: root may, so as root another user runs.
    private static let unprivileged =
      geteuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
    private static let canDropPrivileges =
      unprivileged.isEmpty
      || (try? UserSession().command(unprivileged + [UserSession.ipcbench, "--version"]))?
        .exitCode == 0

    @Test(.enabled(if: canDropPrivileges, "setpriv is missing, or others may not run the program"))
    func aFileThatMayNotBeReadIsRefused() throws {
      try session.write(Self.mine, to: "mine.yaml")
      try #require(chmod(session.path("mine.yaml"), 0) == 0)
      let run = try session.command(
        Self.unprivileged + UserSession.runCommand + ["--suite", "mine.yaml"])
      expectRefusal(run, 77, naming: "mine.yaml:", "no permission", "owner and mode")
    }

    @Test(.enabled(if: canDropPrivileges, "setpriv is missing, or others may not run the program"))
    func aFolderThatMayNotBeWrittenIsRefused() throws {
      try FileManager.default.createDirectory(
        atPath: session.path("theirs"), withIntermediateDirectories: false)
      try #require(chmod(session.path("theirs"), 0o555) == 0)
      let run = try session.command(
        Self.unprivileged + UserSession.runCommand + UserSession.oneTrial
          + ["--output", "theirs/run"])
      expectRefusal(run, 77, naming: "theirs/run:", "no permission", "--output")
    }

    // MARK: - Suites that make no sense

    @Test(
      arguments: [
        ("name: my\ntrails: 2\nmatrix:\n  - mechanism: pipe\n", "2:1", "'trails'", "'trials'"),
        (
          "name: my\nmatrix:\n  - mechanism: pipe\n    paylod: 64\n", "4:5", "'paylod'", "'payload'"
        ),
        ("name: my\nmatrix:\n  - mechanism: [pipe, fio]\n", "3:23", "'fio'", "'fifo'"),
        ("name: my\nmatrix:\n  - payload: 4XB\n", "3:14", "'4XB'", "4KiB"),
        ("name: my\nduration: 5\nmatrix:\n  - mechanism: pipe\n", "2:11", "'5'", "500ms"),
        ("name: my\nmatrix:\n\t- mechanism: pipe\n", "3:1", "YAML", "spaces"),
        ("", "1:1", "empty", "Benchmarks/quick.yaml"),
        // Nobody could compare by it: it is of all trials together.
        (
          "name: my\nthresholds: {latency_merged_p99_ns: 5%}\nmatrix:\n  - mechanism: pipe\n",
          "2:14",
          "'latency_merged_p99_ns'", "latency_p99_ns"
        ),
        ("name: a/b\nmatrix:\n  - mechanism: pipe\n", "1:7", "'a/b'", "name: my-suite"),
      ])
    func aSlipInAFileIsRefusedWithItsPlace(
      _ text: String, _ place: String, _ given: String, _ remedy: String
    ) throws {
      try session.write(text, to: "slip.yaml")
      expectRefusal(
        try session.run(["--suite", "slip.yaml"]), 65, naming: "slip.yaml:\(place): ", given,
        remedy)
      #expect(session.names(in: ".") == ["slip.yaml", "tmp"])
    }

    @Test func whatIsNoTextIsRefused() throws {
      expectRefusal(
        try session.run(["--suite", UserSession.ipcbench + "/../ipcbench.yaml"]), 66)
      try Data([0xFF, 0xFE, 0x00]).write(to: URL(fileURLWithPath: session.path("noise.yaml")))
      expectRefusal(
        try session.run(["--suite", "noise.yaml"]), 65, naming: "noise.yaml:", "UTF-8")
    }
  }
}
