import CLinux
import Foundation
import Glibc
import Mechanisms
import Testing
import Trials

@testable import Harness
@testable import ipcbench

/// The program that the tests' workers are started from, and what the tests run with it.
enum BuiltProgram {
  /// `ipcbench` lies beside the test program, which on Linux is an executable of its own.
  static let path: String =
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "ipcbench").path

  static func driver(interrupts: Interrupts? = nil) -> Driver {
    Driver(executable: path, mechanisms: MechanismList.all, interrupts: interrupts)
  }

  /// Checks that nothing of an earlier trial is in the way of the next one.
  static func expectNextTrialToSucceed(
    _ driver: Driver = driver(), sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var driver = driver
    driver.onStage = nil
    let outcome = try driver.run(.of("pipe"))
    #expect(outcome.status == .ok, "\(outcome.error)", sourceLocation: sourceLocation)
  }
}

/// The program as its users start it, with its output in a file; killed and reaped with its owner.
struct StartedProgram: ~Copyable {
  let process: pid_t

  static func start(_ arguments: [String], output: String) throws -> StartedProgram {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
    var copies = ([BuiltProgram.path] + arguments).map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    copies.append(nil)
    var process: pid_t = 0
    try #require(posix_spawn(&process, BuiltProgram.path, &actions, nil, copies, environ) == 0)
    return StartedProgram(process: process)
  }

  /// Waits until it has ended: its exit code, or nil if a signal or the deadline ended it.
  borrowing func exitCode(within seconds: Double = 20) throws -> Int32? {
    guard eventually(within: seconds, { Processes.hasEnded(process) }) else { return nil }
    var exitCode: Int32 = -1
    var signal: Int32 = -1
    try #require(linux_peek_exit(process, &exitCode, &signal) == 0)
    return exitCode >= 0 ? exitCode : nil
  }

  deinit {
    kill(process, SIGKILL)
    linux_reap(process)
  }
}

/// Processes as /proc shows them. proc_pid_stat(5).
enum Processes {
  /// Whether it is gone, or a zombie that only waits for its parent to look.
  static func hasEnded(_ process: pid_t) -> Bool {
    guard let state = fields(of: process)?.state else { return true }
    return state == "Z" || state == "X"
  }

  static func children(of parent: pid_t) -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { fields(of: $0)?.parent == parent }
  }

  private static func fields(of process: pid_t) -> (state: Substring, parent: pid_t)? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      // The program's name, in parentheses, may hold anything.
      let nameEnd = text.lastIndex(of: ")")
    else { return nil }
    let rest = text[text.index(after: nameEnd)...].split(separator: " ")
    guard rest.count > 1, let parent = pid_t(rest[1]) else { return nil }
    return (rest[0], parent)
  }
}

/// Asks every few milliseconds whether something has come true; false when it has not in time.
func eventually(within seconds: Double = 20, _ condition: () -> Bool) -> Bool {
  let deadline = Clock.now() &+ UInt64(seconds * 1e9)
  while !condition() {
    if Clock.now() >= deadline { return false }
    usleep(5000)
  }
  return true
}

/// How long a trial that cannot end by itself is given, shortest first: a busy machine may need more
/// than 700 ms to bring its workers to where they get stuck.
let timeoutsInMilliseconds: [UInt64] = [700, 3000, 10_000]

/// Whether a trial went well, but for a schedule that it could not keep to on a busy machine.
func isProven(_ outcome: TrialOutcome) -> Bool {
  outcome.status == .ok || outcome.error.hasPrefix("rate not reached: ")
}

extension Trial {
  /// A short trial of small messages on the two nearest cores.
  static func of(
    _ mechanism: String, _ pattern: Pattern = .pingPong, length: TrialLength = .messages(50),
    warmUpMilliseconds: UInt64 = 0, timeoutMilliseconds: UInt64 = 10_000, memoryNode: Int? = nil
  ) -> Trial {
    Trial(
      number: 1, block: 1, position: 1,
      configuration: Configuration(
        mechanism: mechanism, workload: Workload(pattern: pattern, payloadBytes: 64),
        cores: nearestCores, memoryNode: memoryNode),
      limits: TrialLimits(
        length: length, warmUpNanoseconds: warmUpMilliseconds * 1_000_000,
        timeoutNanoseconds: timeoutMilliseconds * 1_000_000))
  }

  /// A trial that only ends when something goes wrong, or after a minute.
  static func endless(_ mechanism: String, _ pattern: Pattern = .pingPong) -> Trial {
    .of(mechanism, pattern, length: .nanoseconds(60_000_000_000))
  }

  static let nearestCores =
    (try? CPUTopology.thisMachine())?.nearestDistinctCores()
    ?? CorePair(placement: .sameCore, producer: 0, consumer: 0)
}
