import CLinux
import Glibc
import Mechanisms

/// A worker as the driver holds it: the end of its life is the end of the process, whatever state that
/// is in, and nothing of it is left.
struct WorkerProcess: ~Copyable {
  let process: pid_t
  let control: ControlSocket
  /// Becomes readable when the process has ended. pidfd_open(2).
  let ended: OwnedDescriptor

  /// Starts `executable worker …` with nothing open but the standard streams, its control socket and
  /// the given descriptors. posix_spawn(3), never fork(2).
  static func start(
    _ executable: String, inheriting descriptors: [Int32]
  ) throws(CallError) -> WorkerProcess {
    let pair = try ControlSocket.pair()
    let arguments = [
      "ipcbench", Worker.commandName, String(pair.worker.number), String(getpid()),
    ]
    let inherited = [pair.worker.number] + descriptors
    var process: pid_t = 0
    let error = withCStrings(arguments) { arguments in
      withWorkerEnvironment { environment in
        linux_spawn(&process, executable, arguments, environment, inherited, inherited.count)
      }
    }
    guard error == 0 else {
      throw CallError("posix_spawn", while: "starting \(executable)", errno: error)
    }
    let ended = linux_pidfd_open(process)
    guard ended >= 0 else {
      let error = CallError("pidfd_open", while: "watching a worker")
      kill(process, SIGKILL)
      linux_reap(process)
      throw error
    }
    return WorkerProcess(
      process: process, control: pair.driver, ended: OwnedDescriptor(adopting: ended))
  }

  private init(
    process: pid_t, control: consuming ControlSocket, ended: consuming OwnedDescriptor
  ) {
    self.process = process
    self.control = control
    self.ended = ended
  }

  /// How a process that closes its control socket ends, or has ended. Leaves the reaping to deinit.
  func fate() -> String {
    var watched = pollfd(fd: ended.number, events: Int16(POLLIN), revents: 0)
    guard poll(&watched, 1, Self.fatePatienceMilliseconds) > 0 else {
      return "stopped talking to the driver"
    }
    var exitCode: Int32 = -1
    var signal: Int32 = -1
    guard linux_peek_exit(process, &exitCode, &signal) == 0 else { return "ended unobserved" }
    return signal >= 0 ? "was killed by \(signalName(signal))" : "exited with code \(exitCode)"
  }

  private static let fatePatienceMilliseconds: Int32 = 1000

  deinit {
    // SIGKILL ends a stopped process, too.
    kill(process, SIGKILL)
    linux_reap(process)
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
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  copies.append(nil)
  return body(copies)
}

/// Calls `body` with this process's environment, but without Swift's crash reporter: that one catches
/// the signal that should end a worker, waits for answers where there is a terminal, and lets a worker
/// that only was sent the signal live on. The driver must see a death as what it is, and at once.
private func withWorkerEnvironment<Result>(
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
