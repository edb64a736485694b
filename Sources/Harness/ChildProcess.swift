import CLinux
import Glibc
import Mechanisms
import Paths

/// A process that this one has started, in a process group of its own: the end of its life is the end
/// of the group, whatever state that is in, and nothing of it is left.
struct ChildProcess: ~Copyable {
  let number: pid_t
  /// Becomes readable when the process has ended. pidfd_open(2).
  let ended: OwnedDescriptor

  /// How a process came to its end.
  enum Fate: Equatable {
    case exited(Int32)
    /// `SIGSEGV (Segmentation fault)`.
    case killed(String)
  }

  /// Starts a program with nothing open but the standard streams and the given descriptors.
  /// posix_spawn(3), never fork(2).
  ///
  /// - Parameter arguments: With the name that the program is to go by in front.
  static func start(
    _ executable: String, _ arguments: [String], inheriting descriptors: [Int32]
  ) throws(CallError) -> ChildProcess {
    var number: pid_t = 0
    let error = withCStrings(arguments) { arguments in
      withEnvironment { environment in
        executable.withSystemBytes {
          linux_spawn(&number, $0, arguments, environment, descriptors, descriptors.count)
        }
      }
    }
    guard error == 0 else {
      throw CallError(
        "posix_spawn", while: "starting \(executable.shown)", errno: error, for: .starting)
    }
    let ended = linux_pidfd_open(number)
    guard ended >= 0 else {
      let error = CallError("pidfd_open", while: "watching \(executable.shown)")
      kill(-number, SIGKILL)
      linux_reap(number)
      throw error
    }
    return ChildProcess(number: number, ended: OwnedDescriptor(adopting: ended))
  }

  private init(number: pid_t, ended: consuming OwnedDescriptor) {
    self.number = number
    self.ended = ended
  }

  /// Whether the process has ended, or does so within this time.
  func hasEnded(withinMilliseconds patience: Int32) -> Bool {
    var watched = pollfd(fd: ended.number, events: Int16(POLLIN), revents: 0)
    return poll(&watched, 1, patience) > 0
  }

  /// How a process that has ended did so; waits for one that has not. Leaves the reaping to deinit.
  /// nil where the kernel does not tell.
  func fate() -> Fate? {
    var exitCode: Int32 = -1
    var signal: Int32 = -1
    guard linux_peek_exit(number, &exitCode, &signal) == 0 else { return nil }
    return signal >= 0 ? .killed(signalName(signal)) : .exited(exitCode)
  }

  deinit {
    // SIGKILL ends a stopped process, too. The number is the group's as long as nobody has reaped it.
    kill(-number, SIGKILL)
    linux_reap(number)
  }
}

/// `SIGSEGV (Segmentation fault)`. signal(7), strsignal(3).
private func signalName(_ signal: Int32) -> String {
  let names: [Int32: String] = [
    SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
    SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL",
    SIGUSR1: "SIGUSR1", SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE",
    SIGALRM: "SIGALRM", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
    SIGSYS: "SIGSYS",
  ]
  let text = strsignal(signal).map { String(cString: $0) } ?? "unknown"
  return "\(names[signal] ?? "signal \(signal)") (\(text))"
}

/// Calls `body` with a null-terminated array of C strings, as execve(2) wants its arguments.
func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var copies: [UnsafeMutablePointer<CChar>?] = strings.map { $0.withSystemBytes { strdup($0) } }
  defer { for copy in copies { free(copy) } }
  copies.append(nil)
  return body(copies)
}

/// Calls `body` with this process's environment, but without Swift's crash reporter: that one catches
/// the signal that should end a process, waits for answers where there is a terminal, and lets a worker
/// that only was sent the signal live on. A death has to be seen as what it is, and at once.
private func withEnvironment<Result>(
  _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  let name = "SWIFT_BACKTRACE="
  var variables: [UnsafeMutablePointer<CChar>?] = []
  var next = environ
  while let variable = next.pointee {
    if strncmp(variable, name, name.utf8.count) != 0 { variables.append(variable) }
    next += 1
  }
  let reporterOff = strdup(name + "enable=no")
  defer { free(reporterOff) }
  variables += [reporterOff, nil]
  return body(variables)
}
