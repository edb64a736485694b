import Foundation
import Glibc
import Testing

private let canMount = UserSession.canRun("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt")
private let canUnshareNetwork = UserSession.canRun("unshare", "-n", "true")

extension AtTheCommandLine {
  /// What a host, or the sandbox around the program, does not offer is found out by trying, and said once.
  @Suite struct AvailabilityTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private static let suite = """
      name: mine
      trials: 1
      duration: 2ms
      warmup: 1ms
      matrix:
        - mechanism: [pipe, tcp, onc-rpc-tcp, shm-ring, shm-plain]
          pattern: ping-pong
          wait: block
          payload: 64
      """

    /// What stands before a program's words to give it a /dev/shm of its own.
    private static func withSharedMemory(_ options: String) -> [String] {
      [
        "unshare", "-m", "sh", "-c", "mount -t tmpfs -o \(options) none /dev/shm && exec \"$@\"",
        "sh",
      ]
    }

    private static func run(_ mechanisms: String, _ more: [String] = []) -> [String] {
      UserSession.runCommand + UserSession.oneTrial + ["--mechanism", mechanisms] + more
    }

    // MARK: - Shared memory

    @Test(.enabled(if: canMount, "takes the right to mount"), arguments: ["shm-ring", "shm-plain"])
    func sharedMemoryWithoutRoomIsRefusedOnceWithWhatItTakes(_ mechanism: String) throws {
      let run = try session.command(
        Self.withSharedMemory("size=16k") + Self.run(mechanism, ["--payload", "64,4KiB"]))
      expectRefusal(
        run, 69, naming: "'\(mechanism)'", "/dev/shm has 16KiB of 16KiB free", "KiB are needed",
        "mount -o remount,size=")
      #expect(session.names(in: "results") == [])
    }

    @Test(.enabled(if: canMount, "takes the right to mount"))
    func aSuiteLeavesOutWhatFindsNoRoom() throws {
      try session.write(Self.suite, to: "mine.yaml")
      let run = try session.command(
        Self.withSharedMemory("size=16k") + UserSession.runCommand
          + ["--suite", "./mine.yaml", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      let leftOut = run.complaints.filter { $0.contains("left out: shm-") }
      #expect(leftOut.count == 2 && leftOut.allSatisfy { $0.contains("/dev/shm has 16KiB") })
      let measured = try session.table("run/trials.csv").column("mechanism")
      #expect(Set(measured) == ["pipe", "tcp", "onc-rpc-tcp"])
      #expect(try session.table("run/trials.csv").column("status").allSatisfy { $0 == "ok" })
    }

    /// The floors are not asked for by anybody, and their lack is said once each.
    @Test(.enabled(if: canMount, "takes the right to mount"))
    func floorsThatFindNoRoomAreMissingAndNothingDies() throws {
      let run = try session.command(
        Self.withSharedMemory("size=4k") + UserSession.runCommandWithFloors + UserSession.oneTrial
          + ["--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(!run.errors.contains("SIGBUS"))
      #expect(run.complaints.count { $0.contains("no floor: ") } == 1, "\(run.errors)")
    }

    @Test(.enabled(if: canMount, "takes the right to mount"))
    func listAndDoctorTellOfSharedMemory() throws {
      let list = try session.command(
        Self.withSharedMemory("size=16k") + [UserSession.ipcbench, "list"])
      let rows = list.output.split(separator: "\n").filter { $0.hasPrefix("shm-") }
      #expect(
        rows.count == 2 && rows.allSatisfy { $0.contains("no: /dev/shm has 16KiB") }, "\(rows)")
      for (options, words) in [
        ("size=16k", ["shared-memory", "$ sudo mount -o remount,size="]),
        ("size=8m", ["warning  shared-memory", "8 MiB free", "$ sudo mount -o remount,size="]),
        ("size=1g", ["good     shared-memory"]),
        ("size=1g,ro", ["warning  shared-memory", "$ sudo mount -o remount,rw /dev/shm"]),
      ] {
        let doctor = try session.command(
          Self.withSharedMemory(options) + [UserSession.ipcbench, "doctor"])
        #expect(doctor.exitCode == 0)
        for word in words { #expect(doctor.output.contains(word), "\(options): \(word)") }
      }
    }

    // MARK: - Sockets

    @Test(.enabled(if: canUnshareNetwork, "takes the right to a network of one's own"))
    func withoutLoopbackTCPIsRefusedOnce() throws {
      let run = try session.command(
        ["unshare", "-n"] + Self.run("pipe,tcp,onc-rpc-tcp", ["--pattern", "ping-pong,stream"]))
      expectRefusal(
        run, 69, naming: "'tcp', 'onc-rpc-tcp'", "127.0.0.1", "sudo ip link set lo up")
      #expect(session.names(in: "results") == [])
    }

    @Test(.enabled(if: canUnshareNetwork, "takes the right to a network of one's own"))
    func withoutLoopbackASuiteLeavesTCPOutInOneLine() throws {
      try session.write(Self.suite, to: "mine.yaml")
      let run = try session.command(
        ["unshare", "-n"] + UserSession.runCommand + ["--suite", "./mine.yaml", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.complaints.count { $0.contains("left out: tcp, onc-rpc-tcp ") } == 1)
    }

    @Test(.enabled(if: canUnshareNetwork, "takes the right to a network of one's own"))
    func withoutLoopbackListAndDoctorSaySo() throws {
      let list = try session.command(["unshare", "-n", UserSession.ipcbench, "list"])
      let rows = list.output.split(separator: "\n")
      for row in rows where row.hasPrefix("tcp ") || row.hasPrefix("onc-rpc-tcp ") {
        #expect(row.contains("no: ") && row.contains("Network is unreachable"), "\(row)")
      }
      #expect(rows.count { $0.contains("no: ") } == 2)
      let doctor = try session.command(["unshare", "-n", UserSession.ipcbench, "doctor"])
      #expect(doctor.output.contains("warning  loopback: "))
      #expect(doctor.output.contains("$ sudo ip link set lo up"))
    }

    // MARK: - Refused calls

    @Test(
      .enabled(if: RefusedCalls.canBeTried, "takes a C compiler and seccomp"),
      arguments: ["get_mempolicy", "set_mempolicy", "move_pages"])
    func memoryNodesAreRefusedOnceWhereTheKernelRefusesThem(_ call: String) throws {
      let calls = try RefusedCalls(call, in: session)
      let run = try session.command(calls.words(Self.run("pipe", ["--memory-node", "0"])))
      expectRefusal(
        run, 69, naming: "does not offer \(call) here", "leave out the memory node",
        "--cap-add SYS_NICE")
      #expect(run.complaints.count == 1)
      #expect(session.names(in: "results") == [])
      let doctor = try session.command(calls.words([UserSession.ipcbench, "doctor"]))
      #expect(doctor.output.contains("note     memory-policy: "))
      #expect(doctor.output.contains("$ docker run --cap-add SYS_NICE"))
    }

    @Test(
      .enabled(if: RefusedCalls.canBeTried, "takes a C compiler and seccomp"),
      arguments: ["memfd_create", "pidfd_open", "sched_setaffinity"])
    func whatEveryTrialNeedsIsRefusedOnce(_ call: String) throws {
      let calls = try RefusedCalls(call, in: session)
      let run = try session.command(calls.words(Self.run("pipe,shm-ring")))
      expectRefusal(run, 69, naming: "no trial can be run here", call, "Operation not permitted")
      #expect(session.names(in: "results") == [])
      let test = try session.command(calls.words([UserSession.ipcbench, "selftest"]))
      expectRefusal(test, 69, naming: call)
      let doctor = try session.command(calls.words([UserSession.ipcbench, "doctor"]))
      #expect(doctor.output.contains("problem  trials: "))
    }

    @Test(
      .enabled(if: RefusedCalls.canBeTried, "takes a C compiler and seccomp"),
      arguments: [
        ("socket", "tcp"), ("connect", "tcp"), ("listen", "onc-rpc-tcp"), ("pipe2", "pipe"),
      ])
    func aMechanismWhoseCallIsRefusedIsNotHere(_ call: String, _ mechanism: String) throws {
      let calls = try RefusedCalls(call, in: session)
      let run = try session.command(calls.words(Self.run(mechanism)))
      expectRefusal(run, 69, naming: "'\(mechanism)'", "\(call) failed", "seccomp")
      let list = try session.command(calls.words([UserSession.ipcbench, "list"]))
      let row = list.output.split(separator: "\n").first { $0.hasPrefix("\(mechanism) ") }
      #expect(row?.contains("no: \(call) failed") == true, "\(row ?? "")")
    }

    // MARK: - The environment

    /// Empty is how a variable is taken back.
    @Test func anEmptyTemporaryFolderIsNone() throws {
      let before = try FileManager.default.contentsOfDirectory(atPath: "/").sorted()
      let run = try session.command(["env", "TMPDIR="] + Self.run("fifo", ["--output", "run"]))
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: "/").sorted() == before)
      // Where it is made shows where it cannot be.
      let other = try session.command(["env", "TMPDIR=/nowhere"] + Self.run("fifo"))
      expectRefusal(other, 69, naming: "FIFOs in /nowhere:", "TMPDIR")
    }

    @Test func anEmptyRendererIsNone() throws {
      let made = try session.run(UserSession.oneTrial + ["--output", "run"])
      #expect(made.exitCode == 0, "\(made.errors)")
      let report = try session.command([
        "env", "IPCBENCH_VL_CONVERT=", "PATH=/usr/bin:/bin", UserSession.ipcbench, "report", "run",
      ])
      // Drawn or not, by what is found as if nothing had been said.
      #expect([0, 69].contains(report.exitCode), "\(report.errors)")
      #expect(!report.errors.contains("renderer for charts (:"))
    }
  }
}
