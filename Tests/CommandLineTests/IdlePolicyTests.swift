import Foundation
import Glibc
import Testing

extension AtTheCommandLine {
  @Suite struct IdlePolicyTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private static let device = "/dev/cpu_dma_latency"
    private static let driver = "/sys/devices/system/cpu/cpuidle/current_driver"
    private static let canPoll =
      access(device, W_OK) == 0
      && (try? String(contentsOfFile: driver, encoding: .utf8)) != "none\n"

    /// Which of these processes have the device open.
    private func holders(among processes: [String]) -> [String] {
      processes.filter { process in
        let folder = "/proc/\(process)/fd"
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return numbers.contains {
          (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)"))
            == Self.device
        }
      }
    }

    @Test(.enabled(if: canPoll, "this user or kernel cannot keep the CPUs from idling"))
    func pollIsHeldByTheDriverAloneAndSaidEverywhere() throws {
      let program = try session.start(
        UserSession.runCommand + [
          "--mechanism", "pipe", "--pattern", "ping-pong", "--wait", "block", "--payload", "64",
          "--trials", "3", "--duration", "1s", "--warmup", "1ms", "--idle-policy", "poll",
          "--output", "run",
        ])
      // A worker has a copy of everything for the moment before it becomes itself, so that one look
      // may come too soon.
      try program.wait(for: "a driver that alone holds the device, beside two workers") {
        let processes = try session.processes()
        return processes.count >= 3 && holders(among: processes) == ["\(program.process)"]
      }
      let run = try program.finish()
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("idle policy poll"), "\(run.output)")
      #expect(try Set(session.table("run/trials.csv").column("idle_policy")) == ["poll"])
      #expect(try session.json("run/run.json")["idle_policy"] as? String == "poll")
    }

    @Test(.enabled(if: canPoll, "this user or kernel cannot keep the CPUs from idling"))
    func aSuiteFileMayAskForItAndTheOptionTakesItsPlace() throws {
      let suite = """
        name: awake
        idle-policy: poll
        trials: 1
        messages: 100
        warmup: 1ms
        matrix: [{mechanism: pipe, pattern: ping-pong}]
        """
      try session.write(suite, to: "awake.yaml")
      for (options, policy) in [([], "poll"), (["--idle-policy", "default"], "default")] {
        let run = try session.run(["--suite", "awake.yaml", "--output", policy] + options)
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(try session.table("\(policy)/trials.csv").column("idle_policy") == [policy])
      }
    }

    @Test func withoutTheOptionNothingIsHeld() throws {
      let run = try session.run(UserSession.oneTrial + ["--output", "run"])
      #expect(!run.output.contains("idle policy"))
      #expect(try session.table("run/trials.csv").column("idle_policy") == ["default"])
      #expect(try session.json("run/run.json")["idle_policy"] as? String == "default")
    }

    @Test func anUnknownPolicyIsRefusedWithTheNearestOne() throws {
      expectRefusal(
        try session.run(["--idle-policy", "pol"]), 64, naming: "--idle-policy", "'pol'",
        "mean 'poll'?", "default, poll")
    }

    /// As nobody, whom the device's usual mode keeps out.
    private static let asNobody = [
      "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
    ]
    private static let nobodyIsKeptOut =
      geteuid() == 0 && canPoll
      && (try? UserSession().command(asNobody + [UserSession.ipcbench, "--version"]))?
        .exitCode == 0
      && (try? UserSession().command(asNobody + ["test", "-w", device]))?.exitCode == 1

    @Test(.enabled(if: nobodyIsKeptOut, "everybody may write to the device, or nobody can run"))
    func withoutPermissionItIsRefusedBeforeAnythingIsWritten() throws {
      let run = try session.command(
        Self.asNobody + UserSession.runCommand + UserSession.oneTrial
          + ["--idle-policy", "poll", "--output", "run"])
      expectRefusal(run, 77, naming: "idle policy poll", Self.device, "sudo chmod")
      #expect(session.names(in: ".") == ["tmp"])
    }
  }
}
