import Glibc
import Harness
import Mechanisms
import Paths
import Synchronization

/// The signals by which users end a program, from when a command takes them to the end of the process: a
/// second Ctrl-C, or a signal that comes when the last trial has just ended, must not cut short what is left
/// to be written, nor take the place of the exit code.
///
/// A command that does not take them is ended by them.
enum UserSignals {
  private struct Taken {
    let interrupts: Interrupts
    let watch: InterruptWatch
    /// What to say if nothing more can be written.
    var words: String
    /// Whether the program is on its way to its end by a signal.
    var isStopping = false
  }

  private static let taken = Mutex<Taken?>(nil)

  /// How long a reader is given, once the user wants the program to end.
  private static let readersPatienceMilliseconds: Int32 = 2000

  /// - Parameter words: What it means to be ended from here on, as it follows "interrupted".
  static func take(_ words: String) throws(CommandFailure) -> Interrupts {
    let interrupts: Interrupts
    do throws(CallError) { interrupts = try Interrupts.open() } catch {
      throw CommandFailure(EX_UNAVAILABLE, "\(error)")
    }
    let watch = InterruptWatch.start(interrupts, saying: words) { words, interruption in
      let failure = CommandFailure(interruption, words)
      // Not at the price of waiting again.
      if interrupts.wait(toWriteOn: STDERR_FILENO, milliseconds: 0) == .writable {
        let text = "ipcbench: \(failure.message.shownInLines)\n"
        _ = write(STDERR_FILENO, text, text.utf8.count)
      }
      _exit(failure.exitCode)
    }
    taken.withLock { $0 = Taken(interrupts: interrupts, watch: watch, words: words) }
    return interrupts
  }

  /// What it means to be ended from here on.
  ///
  /// - Parameter cleanUp: What has to be taken away then.
  static func enter(_ words: String, cleanUp: @escaping @Sendable () -> Void = {}) {
    taken.withLock { taken in
      taken?.words = words
      taken?.watch.enter(saying: words, cleanUp: cleanUp)
    }
  }

  /// From here on the program ends by a signal that it has taken.
  static func noteStop() {
    taken.withLock { $0?.isStopping = true }
  }

  /// Runs what has to be whole, which no signal cuts short.
  static func keep<Value: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard let watch = taken.withLock({ $0?.watch }) else { return try body() }
    return try watch.keep(body)
  }

  /// Waits until something can be written; false if that is not to be expected, and the user wants the
  /// program to end. A signal that has come is left to be taken.
  static func canBeWritten(to descriptor: Int32) -> Bool {
    guard let (interrupts, _, isStopping) = current else { return true }
    let patience = isStopping ? readersPatienceMilliseconds : -1
    return interrupts.wait(toWriteOn: descriptor, milliseconds: patience) == .writable
  }

  /// The end of the command, because what is left for it to do cannot be done.
  static var stop: CommandFailure {
    let now = current
    let words = now?.1 ?? ""
    noteStop()
    do throws(Interruption) { try now?.0.check() } catch {
      return CommandFailure(error, words)
    }
    return CommandFailure(CommandFailure.interruptedExitCode, "interrupted\(words)")
  }

  private static var current: (Interrupts, String, Bool)? {
    taken.withLock { taken in taken.map { ($0.interrupts, $0.words, $0.isStopping) } }
  }
}

extension CommandFailure {
  /// The contract's code for a command that the user has ended.
  static let interruptedExitCode: Int32 = 130

  /// The end by a signal.
  ///
  /// - Parameter words: What that means, as it follows "interrupted": `: 3 of 8 trials are kept in run`.
  init(_ interruption: Interruption, _ words: String) {
    if interruption.isCPULimit {
      self.init(
        EX_IOERR,
        "out of CPU time (SIGXCPU)\(words)\nraise the limit by ulimit -t, or measure less")
    } else {
      self.init(Self.interruptedExitCode, "interrupted\(words)")
    }
  }
}

/// Runs `body`; a signal meanwhile ends the command with these words, as they follow "interrupted".
func orStopped<Value>(
  _ words: String, _ body: () throws(Interruption) -> Value
) throws(CommandFailure) -> Value {
  do { return try body() } catch {
    UserSignals.noteStop()
    throw CommandFailure(error, words)
  }
}
