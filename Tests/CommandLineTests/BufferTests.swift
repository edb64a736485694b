import Testing

extension AtTheCommandLine {
  /// What fits in flight, as a user asks for it and reads of it.
  @Suite struct BufferTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private func run(_ options: String...) throws -> Finished {
      try session.run(UserSession.oneTrial + ["--output", "run"] + options)
    }

    private func buffers(_ folder: String = "run") throws -> [[String: Any]] {
      try #require(try session.json("\(folder)/run.json")["buffers"] as? [[String: Any]])
    }

    @Test func everyRowSaysWhatItsLinkHeld() throws {
      let run = try run(
        "--mechanism", "pipe,unix-stream,onc-rpc-unix", "--payload", "4KiB", "--trials", "2")
      #expect(run.exitCode == 0, "\(run.errors)")
      let table = try buffers()
      #expect(table.count == 3)
      for row in try session.table("run/trials.csv").rows {
        let entry = try #require(table.first { $0["mechanism"] as? String == row["mechanism"] })
        #expect(row["capacity_bytes"] == "\(try #require(entry["capacity_bytes"] as? Int))")
        #expect(entry["setting_bytes"] is Int)
        #expect(row["buffer_bytes"] == "131072")
      }
    }

    @Test func whatIsFarOffIsSaidInOneLine() throws {
      let run = try run("--mechanism", "pipe,fifo", "--payload", "3000,2049,4KiB")
      #expect(run.exitCode == 0)
      #expect(
        run.errors
          == "ipcbench: more than 10 % off --buffer: pipe 94KiB for 128KiB, fifo 94KiB for 128KiB; "
          + "see capacity_bytes\n")
      #expect(!run.output.contains("94KiB"), "the tables are not the place")
    }

    @Test func aSizeThatNoPipeHasIsTheNearestOne() throws {
      let run = try run("--mechanism", "pipe", "--buffer", "5000")
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.contains("pipe 4KiB for 5000B"))
      #expect(try session.table("run/trials.csv").column("capacity_bytes") == ["4096"])
      #expect(try session.table("run/trials.csv").column("buffer_bytes") == ["5000"])
    }

    @Test func aSizeThatTheKernelRefusesIsAnErrorThatNamesTheLimit() throws {
      let run = try run("--mechanism", "unix-stream", "--buffer", "1GiB")
      #expect(run.exitCode == 3)
      let row = try session.table("run/trials.csv").rows[0]
      #expect(row["status"] == "failed")
      #expect(row["error"]?.contains("sysctl -w net.core.wmem_max=1073741824") == true)
      #expect(row["capacity_bytes"] == "")
    }

    /// Each by a call of its own, and all with the buffer that the first one found.
    @Test func bothSidesOfAnInterleavedRunKeepTheirBuffers() throws {
      let run = try session.start(
        UserSession.runCommand + UserSession.oneTrial + [
          "--mechanism", "tcp", "--payload", "64", "--trials", "4", "--versus",
          UserSession.ipcbench, "--output", "run",
        ]
      ).finish()
      #expect(run.exitCode == 0, "\(run.errors)")
      for side in ["base", "head"] {
        let table = try buffers("run/\(side)")
        #expect(table.count == 1)
        #expect(table[0]["setting_bytes"] is Int)
        let capacities = try session.table("run/\(side)/trials.csv").column("capacity_bytes")
        #expect(capacities.count == 4)
        #expect(Set(capacities) == ["\(try #require(table[0]["capacity_bytes"] as? Int))"])
      }
    }

    @Test func aNumberForTheKernelCanBeGiven() throws {
      let run = try run("--mechanism", "pipe", "--buffer-setting", "8KiB")
      #expect(run.exitCode == 0)
      #expect(try session.table("run/trials.csv").column("capacity_bytes") == ["8192"])
      #expect(try !session.ipcbench("run", "--help").output.contains("buffer-setting"))
    }

    // MARK: - list --capacity

    @Test func theListShowsWhatLinksHold() throws {
      let list = try session.ipcbench("list", "--capacity", "--payload", "4KiB,1MiB")
      #expect(list.exitCode == 0, "\(list.errors)")
      let pipe = list.output.split(separator: "\n").filter { $0.hasPrefix("pipe ") }
        .map { $0.split(separator: " ").map(String.init) }
      #expect(
        pipe == [
          ["pipe", "4KiB", "128KiB", "131072", "131072", "131072"],
          ["pipe", "1MiB", "128KiB", "131072", "131072", "131072"],
        ])
      #expect(list.output.contains("shm-ring"))
    }

    @Test func theListAsJSONHasTheNumbers() throws {
      let list = try session.ipcbench(
        "list", "--capacity", "--format", "json", "--payload", "3000", "--buffer", "64KiB")
      let rows = try jsonArray(list.output)
      let fifo = try #require(rows.first { $0["mechanism"] as? String == "fifo" })
      #expect(fifo["payload_bytes"] as? Int == 3000)
      #expect(fifo["buffer_bytes"] as? Int == 65536)
      #expect(fifo["nominal_capacity_bytes"] as? Int == 48000)
      #expect(fifo["setting_bytes"] as? Int == 65536)
      #expect(fifo["capacity_bytes"] as? Int == 48000)
    }

    @Test func sizesAreForCapacities() throws {
      expectRefusal(
        try session.ipcbench("list", "--payload", "64"), 64, naming: "--capacity", "--payload")
    }
  }
}
