import Glibc
import Mechanisms

/// A worker as the driver holds it: a child process, and the socket that it is led by.
struct WorkerProcess: ~Copyable {
  private let child: ChildProcess
  let control: ControlSocket

  var process: pid_t { child.number }
  /// Becomes readable when the process has ended.
  var endedNumber: Int32 { child.ended.number }

  /// Starts `executable worker …` with nothing open but the standard streams, its control socket and
  /// the given descriptors.
  static func start(
    _ executable: String, inheriting descriptors: [Int32]
  ) throws(CallError) -> WorkerProcess {
    let pair = try ControlSocket.pair()
    let arguments = [
      "ipcbench", Worker.commandName, String(pair.worker.number), String(getpid()),
    ]
    let child = try ChildProcess.start(
      executable, arguments, inheriting: [pair.worker.number] + descriptors)
    return WorkerProcess(child: child, control: pair.driver)
  }

  private init(child: consuming ChildProcess, control: consuming ControlSocket) {
    self.child = child
    self.control = control
  }

  /// How a process that closes its control socket ends, or has ended.
  func fate() -> String {
    guard child.hasEnded(withinMilliseconds: Self.fatePatienceMilliseconds) else {
      return "stopped talking to the driver"
    }
    return switch child.fate() {
    case .exited(let code): "exited with code \(code)"
    case .killed(let signal): "was killed by \(signal)"
    case nil: "ended unobserved"
    }
  }

  private static let fatePatienceMilliseconds: Int32 = 1000
}
