import CLinux
import Foundation
import Glibc
import Mechanisms
import Testing

/// The program as its users start it, with its output in a file; killed and reaped with its owner.
package struct StartedProgram: ~Copyable {
  package let process: pid_t

  package static func start(_ arguments: [String], output: String) throws -> StartedProgram {
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
  package borrowing func exitCode(within seconds: Double = 20) throws -> Int32? {
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
package enum Processes {
  /// Whether it is gone, or a zombie that only waits for its parent to look.
  package static func hasEnded(_ process: pid_t) -> Bool {
    guard let state = fields(of: process)?.state else { return true }
    return state == "Z" || state == "X"
  }

  package static func children(of parent: pid_t) -> [pid_t] {
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
package func eventually(within seconds: Double = 20, _ condition: () -> Bool) -> Bool {
  let deadline = Clock.now() &+ UInt64(seconds * 1e9)
  while !condition() {
    if Clock.now() >= deadline { return false }
    usleep(5000)
  }
  return true
}
