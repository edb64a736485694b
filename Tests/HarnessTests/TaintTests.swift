import CLinux
import Foundation
import Glibc
import Mechanisms
import Testing
import Trials

@testable import Harness

@Suite struct TaintTests {
  /// A second of a trial in which each side had this much of its core.
  private func taint(
    _ wait: WaitPolicy, _ pattern: Pattern = .pingPong, cpuMilliseconds: (UInt64, UInt64),
    voluntary: UInt64 = 0, involuntary: UInt64 = 0, cores: (Int, Int) = (0, 1)
  ) -> [String] {
    var trial = Trial.of("pipe")
    trial.configuration.workload.wait = wait
    trial.configuration.workload.pattern = pattern
    trial.configuration.cores = CorePair(
      placement: cores.0 == cores.1 ? .sameCore : .sameL3, producer: cores.0, consumer: cores.1)
    var outcome = TrialOutcome(trial: trial, startedUnixNanoseconds: 0, status: .ok)
    func usage(_ core: Int, _ milliseconds: UInt64) -> SideUsage {
      SideUsage(
        core: core, cpuNanoseconds: milliseconds * 1_000_000, wallNanoseconds: 1_000_000_000,
        voluntarySwitches: voluntary, involuntarySwitches: involuntary, majorFaults: 0)
    }
    outcome.producer = usage(cores.0, cpuMilliseconds.0)
    outcome.consumer = usage(cores.1, cpuMilliseconds.1)
    outcome.markTaint()
    return outcome.taintReasons
  }

  @Test func aSpinningSideWithoutItsCoreIsTainted() {
    #expect(
      taint(.spin, cpuMilliseconds: (460, 1000), involuntary: 90) == [
        "preempted: producer had 46 % of its core"
      ])
    #expect(
      taint(.spin, cpuMilliseconds: (460, 949)) == [
        "preempted: producer had 46 % of its core", "preempted: consumer had 94 % of its core",
      ])
    #expect(taint(.spin, cpuMilliseconds: (950, 1001)) == [])
  }

  /// Housekeeping of the kernel's is in nearly every trial; a turn of somebody else's is not.
  @Test func aSwitchIsJudgedByWhatItCost() {
    #expect(taint(.spin, cpuMilliseconds: (990, 999), involuntary: 20) == [])
    #expect(
      taint(.spin, cpuMilliseconds: (1000, 989), involuntary: 1) == [
        "preempted: consumer had 98 % of its core"
      ])
  }

  /// The producer of a schedule spins until a message is due, whatever its wait; an adaptive side may
  /// never have slept.
  @Test(arguments: [(WaitPolicy.block, Pattern.paced), (.adaptive, .pingPong), (.block, .stream)])
  func whoNeverSleptWantedItsCoreAllTheTime(wait: WaitPolicy, pattern: Pattern) {
    #expect(
      taint(wait, pattern, cpuMilliseconds: (900, 1000), involuntary: 3) == [
        "preempted: producer had 90 % of its core"
      ])
    #expect(taint(wait, pattern, cpuMilliseconds: (900, 300), voluntary: 1, involuntary: 3) == [])
  }

  @Test func twoSidesOnOneCoreTakeTurns() {
    #expect(taint(.block, cpuMilliseconds: (500, 500), involuntary: 9, cores: (0, 0)) == [])
  }

  @Test func whatNobodyNotedIsNoTaint() {
    var outcome = TrialOutcome(trial: .of("pipe"), startedUnixNanoseconds: 0, status: .ok)
    outcome.markTaint()
    #expect(outcome.taintReasons == [])
  }
}

/// The same with somebody who really takes the core away.
@Suite(
  .serialized, .leavesNothing,
  .enabled(if: !Trial.nearestCores.areOne, "spinning takes two cores"))
struct PreemptionTests {
  @Test(.timeLimit(.minutes(1)), arguments: [Role.producer, .consumer])
  func aBusyNeighbourOnTheCoreTaints(role: Role) throws {
    var trial = Trial.of(
      "shm-ring", length: .nanoseconds(300_000_000), timeoutMilliseconds: 30_000)
    trial.configuration.workload.wait = .spin
    let cores = trial.configuration.cores
    let neighbour = try BusyNeighbour(
      onCPU: role == .producer ? cores.producer : cores.consumer)
    let outcome = try BuiltProgram.driver().run(trial)
    neighbour.stop()
    #expect(outcome.status == .ok, "\(outcome.error)")
    #expect(
      outcome.taintReasons.contains { $0.hasPrefix("preempted: \(role.rawValue) had ") },
      "\(outcome.taintReasons)")
  }
}

/// A process that does nothing but keep a core busy. Whatever becomes of the test, the kernel ends it when
/// it has used up its twenty seconds.
private final class BusyNeighbour {
  private var process: pid_t = 0

  init(onCPU cpu: Int) throws {
    let arguments: [String] = [
      "sh", "-c", "ulimit -t 20; exec taskset -c \(cpu) sh -c 'while :; do :; done'",
    ]
    var words = arguments.map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    let code = posix_spawn(&process, "/bin/sh", nil, nil, words, environ)
    try #require(code == 0)
    // Until it runs, it takes nothing away.
    usleep(100_000)
  }

  /// By a signal that nobody blocks, as this process may block others, and what it starts with it.
  func stop() {
    guard process != 0 else { return }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    process = 0
  }

  deinit { stop() }
}

/// Two ipcbenches on one machine.
@Suite struct CoreClaimsTests {
  private static let list = """
    Num       RefCount Protocol Flags    Type St Inode Path
    0000000000000000: 00000002 00000000 00000000 0002 01 24121 @ipcbench-cpu-0-41-abc
    0000000000000000: 00000002 00000000 00000000 0002 01 24122 @ipcbench-cpu-1-41-abc
    0000000000000000: 00000002 00000000 00000000 0002 01 24123 @ipcbench-cpu-1-7-mine
    0000000000000000: 00000002 00000000 00000000 0002 01 24124 @ipcbench-cpu-1-6-parent
    0000000000000000: 00000002 00000000 00000000 0002 01 24125 @ipcbench-cpu-2-50-def
    0000000000000000: 00000003 00000000 00000000 0001 03 24126 /run/ipcbench-cpu-1-9-x
    0000000000000000: 00000003 00000000 00000000 0001 03 24127
    0000000000000000: 00000002 00000000 00000000 0002 01 24128 @ipcbench-cpu-1-odd
    """

  @Test(
    arguments: [([0, 1], [41]), ([1, 2], [41, 50]), ([3], []), ([2], [50])]
      as [(Set<Int>, [Int])])
  func othersAreThoseWithAClaimOnOneOfTheCPUs(cpus: Set<Int>, others: [Int]) {
    #expect(
      CoreClaims.others(inList: Self.list, on: cpus, besides: "mine", orProcess: 6) == others)
  }

  /// The number of the parent is somebody else's in another PID namespace.
  @Test(
    arguments: [("7.mine", [6]), ("8.mine", []), ("mine", [])] as [(String, [Int])])
  func aParentIsOneOfTheSamePIDNamespace(token: String, others: [Int]) {
    let list = "0: 00000002 00000000 00000000 0002 01 24124 @ipcbench-cpu-1-6-8.other"
    #expect(CoreClaims.others(inList: list, on: [1], besides: token, orProcess: 6) == others)
  }

  /// Both see each other, and neither any more once the other is gone.
  @Test func aClaimIsSeenAsLongAsItsOwnerLives() {
    // A number that no CPU has, so that no run nearby is in the way.
    let cpu = 1_000_000 + Int(getpid())
    let first = CoreClaims()
    #expect(first.claim([cpu]) == [])
    do {
      let second = CoreClaims()
      #expect(second.claim([cpu]) == [Int(getpid())])
      #expect(first.claim([cpu]) == [Int(getpid())])
      #expect(first.claim([cpu + 1]) == [])
      withExtendedLifetime(second) {}
    }
    #expect(first.claim([cpu]) == [])
  }

  @Test func aTrialBesideAnotherRunIsTainted() throws {
    let cores = Trial.nearestCores
    let other = CoreClaims()
    _ = other.claim([cores.consumer])
    let outcome = try BuiltProgram.driver().run(.of("pipe"))
    withExtendedLifetime(other) {}
    #expect(outcome.status == .ok, "\(outcome.error)")
    #expect(outcome.taintReasons.contains("another-run"))
  }
}

/// The same as two users see it.
@Suite(.serialized, .leavesNothing) struct TwoRunsTests {
  private func start(_ name: String, trials: Int, in folder: String) throws -> StartedProgram {
    let options = [
      "--no-floors", "--mechanism", "pipe", "--pattern", "ping-pong", "--payload", "64", "--wait",
      "block", "--trials", "\(trials)", "--duration", "100ms", "--warmup", "1ms",
    ]
    return try StartedProgram.start(
      ["run", "--allow-debug-build", "--output", "\(folder)/\(name)"] + options,
      output: "\(folder)/\(name).txt")
  }

  @Test(.timeLimit(.minutes(1))) func eachSaysThatTheOtherIsThere() throws {
    let place = try TemporaryFolder()
    let folder = place.path
    let first = try start("first", trials: 30, in: folder)
    #expect(eventually(within: 20) { access("\(folder)/first/trials.csv", F_OK) == 0 })
    let second = try start("second", trials: 8, in: folder)
    #expect(try second.exitCode() == 0)
    #expect(try first.exitCode() == 0)
    for (name, other) in [("first", second.process), ("second", first.process)] {
      let text = try String(contentsOfFile: "\(folder)/\(name).txt", encoding: .utf8)
      #expect(
        text.contains("another ipcbench (process \(other)) measures on the same cores"), "\(text)")
      #expect(text.contains(" another-run"), "\(text)")
      let rows = try String(contentsOfFile: "\(folder)/\(name)/trials.csv", encoding: .utf8)
      #expect(rows.contains(",true,another-run"))
    }
  }
}
