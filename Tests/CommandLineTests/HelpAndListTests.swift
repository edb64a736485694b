import Testing

extension AtTheCommandLine {
  @Suite struct HelpAndListTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    @Test(arguments: ["--help", "-h", "help"])
    func theHelpShowsCommandsExamplesAndExitCodes(_ option: String) throws {
      let help = try session.ipcbench(option)
      #expect(help.exitCode == 0)
      #expect(help.errors == "")
      for word in [
        "run", "list", "doctor", "selftest", "answer", "recommend", "ipcbench run --mechanism",
        "64 usage",
        "130 interrupted",
      ] {
        #expect(help.output.contains(word), "\(word)")
      }
    }

    @Test func aBareCallHelps() throws {
      let help = try session.ipcbench()
      #expect(help.exitCode == 0)
      #expect(help.output.contains("SUBCOMMANDS"))
    }

    @Test func theHelpOfRunNamesEveryOption() throws {
      let help = try session.ipcbench("run", "--help")
      #expect(help.exitCode == 0)
      #expect(help.errors == "")
      let options = """
        --suite --mechanism --payload --pattern --wait --touch --data-path --placement \
        --producer-core --consumer-core --memory-node --buffer --working-set --trials --duration --messages \
        --warmup --timeout --seed --batch --idle-policy --output --format --quiet
        """
      for option in options.split(separator: " ") {
        #expect(help.output.contains("\(option)"), "\(option)")
      }
    }

    @Test func noLineOfTheHelpIsWiderThanATerminal() throws {
      for command in [
        [], ["run"], ["compare"], ["report"], ["answer"], ["recommend"], ["export"], ["list"],
        ["doctor"], ["selftest"],
      ] {
        let help = try session.command([UserSession.ipcbench] + command + ["--help"])
        for line in help.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
      }
    }

    @Test func theVersionIsOneLine() throws {
      let version = try session.ipcbench("--version")
      #expect(version.exitCode == 0)
      #expect(version.output.wholeMatch(of: /ipcbench \d+\.\d+\.\d+\n/) != nil)
    }

    // MARK: - list

    @Test func theListIsATableOfMechanisms() throws {
      let list = try session.ipcbench("list")
      #expect(list.exitCode == 0)
      #expect(list.errors == "")
      let lines = list.output.split(separator: "\n")
      #expect(lines.first?.hasPrefix("mechanism ") == true)
      let names = lines.dropFirst().compactMap { $0.split(separator: " ").first }
      for name in ["pipe", "fifo", "unix-stream", "tcp", "shm-ring", "shm-plain", "onc-rpc-unix"] {
        #expect(names.contains { $0 == name }, "\(name)")
      }
      #expect(!list.output.contains("fault-"))
      #expect(list.output.split(separator: "\n").allSatisfy { !$0.hasSuffix(" ") })
    }

    @Test func theListAsJSONHasWhatATableHas() throws {
      let list = try session.ipcbench("list", "--format", "json")
      #expect(list.exitCode == 0)
      let rows = try jsonArray(list.output)
      let pipe = try #require(rows.first { $0["name"] as? String == "pipe" })
      #expect(pipe["waits"] as? [String] == ["block", "spin", "adaptive"])
      #expect(pipe["data_paths"] as? [String] == ["copy"])
      #expect(pipe["touches"] as? [String] == ["none", "header", "full"])
      let ring = try #require(rows.first { $0["name"] as? String == "shm-ring" })
      #expect(ring["data_paths"] as? [String] == ["copy", "in-place"])
      #expect(pipe["largest_payload_bytes"] as? Int ?? 0 >= 1 << 20)
      let table = try session.ipcbench("list").output.split(separator: "\n").dropFirst()
      #expect(
        rows.map { $0["name"] as? String ?? "" }
          == table.map { $0.split(separator: " ").first.map(String.init) ?? "" })
    }

    @Test func faultsAreListedOnRequest() throws {
      let list = try session.ipcbench("list", "--faults")
      #expect(list.exitCode == 0)
      #expect(list.output.contains("fault-crash"))
      #expect(list.output.contains("a pipe: the last timed message is not sent\n"))
    }

    // MARK: - Slips

    @Test func anUnknownCommandIsRefusedWithTheNearestOne() throws {
      expectRefusal(try session.ipcbench("rnu"), 64, naming: "'rnu'", "mean 'run'?", "--help")
      expectRefusal(try session.ipcbench("lst"), 64, naming: "'lst'", "mean 'list'?")
      expectRefusal(
        try session.ipcbench("frobnicate"), 64, naming: "'frobnicate'",
        "run, compare, report, answer, recommend, export, list, doctor, selftest")
    }

    @Test func anUnknownOptionIsRefusedWithTheNearestOne() throws {
      expectRefusal(
        try session.ipcbench("run", "--paylod", "64"), 64, naming: "'--paylod'", "'--payload'",
        "ipcbench run --help")
      expectRefusal(
        try session.ipcbench("list", "--fault"), 64, naming: "'--fault'", "'--faults'",
        "ipcbench list --help")
      expectRefusal(try session.ipcbench("--bogus"), 64, naming: "'--bogus'", "ipcbench --help")
      expectRefusal(try session.ipcbench("run", "-qz"), 64, naming: "'-z'")
    }

    @Test func whatNobodyAskedForIsRefused() throws {
      expectRefusal(try session.ipcbench("run", "extra"), 64, naming: "'extra'", "run --help")
      expectRefusal(try session.ipcbench("run", "--payload"), 64, naming: "--payload", "value")
      expectRefusal(
        try session.ipcbench("list", "--format", "jsn"), 64, naming: "--format", "'jsn'",
        "mean 'json'?")
    }

    @Test func aWorkerIsNotForUsers() throws {
      expectRefusal(try session.ipcbench("worker"), 64, naming: "worker", "ipcbench --help")
    }

    @Test func aDebugBuildMeasuresOnlyWhenTold() throws {
      expectRefusal(
        try session.ipcbench("run"), 64, naming: "debug build", "make build",
        "--allow-debug-build")
      #expect(session.names(in: ".") == ["tmp"])
    }
  }
}
