import Glibc
import Mechanisms
import Paths
import Trials

/// One line on a terminal that says how far a run is and how long it will still take; nothing at
/// all where standard error is not a terminal, or one that cannot replace a line.
struct ProgressLine {
  private let isShown: Bool
  /// Grows where a run goes on for its precision.
  var total: Int
  private let started = Clock.now()

  init(total: Int, quiet: Bool) {
    self.total = total
    isShown = !quiet && isatty(STDERR_FILENO) == 1 && Self.knowsEscapes(getenv("TERM"))
  }

  /// Whether a terminal of this type (TERM, term(7)) does what escape sequences say. Without a type, nobody
  /// knows what it is.
  static func knowsEscapes(_ type: UnsafePointer<CChar>?) -> Bool {
    guard let type else { return false }
    return !["", "dumb", "unknown"].contains(String(cString: type))
  }

  /// Shows the trial that starts now. What is left is estimated from what the others took.
  ///
  /// - Parameter purpose: Stands before it where it is not one of the matrix.
  func show(_ trial: Trial, as purpose: String = "") {
    guard isShown else { return }
    let configuration = trial.configuration
    let workload = configuration.workload
    var line =
      "[\(trial.number)/\(total)] \(purpose)\(configuration.mechanism) \(workload.pattern.rawValue) "
      + "\(ByteSize.format(workload.payloadBytes)) \(workload.wait.rawValue)"
    if let pace = workload.pace { line += " \(OfferedRate.format(pace.messagesPerSecond))/s" }
    let finished = trial.number - 1
    if finished > 0 {
      let left = (Clock.now() - started) / UInt64(finished) * UInt64(total - finished)
      let seconds = left / 1_000_000_000
      line += ", \(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60) left"
    }
    replaceLine(by: line.shown)
  }

  /// Shows that the floors are being measured, and which trial of them starts now.
  func showFloor(_ number: Int) {
    if isShown { replaceLine(by: "[floors \(number)/\(total)]") }
  }

  private func replaceLine(by line: String) {
    // A terminal that is held (Ctrl-S) must not hold up the run for the sake of this line.
    var terminal = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    guard poll(&terminal, 1, 0) == 1 else { return }
    // CSI K clears the rest of a longer line before it. ECMA-48.
    writeToStandardError("\r\(line)\u{1B}[K")
  }

  func clear() {
    if isShown { replaceLine(by: "") }
  }
}
