import Glibc
import Synchronization

/// Ends the program by a signal that is waiting and that nobody takes: the program is in a function of a
/// library that does not come back, or writes to somebody who does not read.
///
/// A thread of its own, which sleeps as long as no signal comes. Whoever measures looks for signals
/// wherever it waits, and is given time to; what has to be whole is not cut short.
public final class InterruptWatch: Sendable {
  private struct State {
    var isKeeping = false
    /// Counts what the program has begun, so that each has the whole patience.
    var stage = 0
    var words: String
    var cleanUp: @Sendable () -> Void = {}
  }

  private let interrupts: Interrupts
  private let state: Mutex<State>
  private let end: @Sendable (String, Interruption) -> Void

  /// Longer than anything that may keep the program from looking: the farewell to another program.
  private static let patienceSteps = 60
  private static let stepMicroseconds: UInt32 = 50_000

  /// Starts to watch, until the process ends; without a thread, if there is none to be had, signals are
  /// only seen where they are looked for.
  ///
  /// - Parameters:
  ///   - words: What to say at the end, if it comes before anything else is entered.
  ///   - end: Says these words, and ends the process.
  public static func start(
    _ interrupts: Interrupts, saying words: String,
    end: @escaping @Sendable (String, Interruption) -> Void
  ) -> InterruptWatch {
    let watch = InterruptWatch(interrupts, words, end)
    var thread = pthread_t()
    let reference = Unmanaged.passRetained(watch)
    let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
      guard let pointer else { return nil }
      let watch = Unmanaged<InterruptWatch>.fromOpaque(pointer).takeRetainedValue()
      while true { watch.watch() }
    }
    if pthread_create(&thread, nil, body, reference.toOpaque()) == 0 {
      pthread_detach(thread)
    } else {
      reference.release()
    }
    return watch
  }

  private init(
    _ interrupts: Interrupts, _ words: String,
    _ end: @escaping @Sendable (String, Interruption) -> Void
  ) {
    self.interrupts = interrupts
    self.end = end
    state = Mutex(State(words: words))
  }

  /// What the program does from here on.
  ///
  /// - Parameters:
  ///   - words: What to say if it is ended meanwhile.
  ///   - cleanUp: What has to be taken away then.
  public func enter(saying words: String, cleanUp: @escaping @Sendable () -> Void = {}) {
    state.withLock { state in
      state.stage += 1
      state.words = words
      state.cleanUp = cleanUp
    }
  }

  /// Runs what is not to be cut short.
  public func keep<Value: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    state.withLock { $0.isKeeping = true }
    defer {
      state.withLock { state in
        state.stage += 1
        state.isKeeping = false
      }
    }
    return try body()
  }

  /// Waits for a signal, and until it is taken; ends the program if that does not happen.
  private func watch() {
    _ = interrupts.wait(toWriteOn: -1, milliseconds: -1)
    var stage = -1
    var steps = 0
    while interrupts.arePending {
      state.withLock { state in
        if state.isKeeping || state.stage != stage { steps = 0 }
        stage = state.stage
        // In the lock, so that nothing is begun now that has to be whole.
        if steps >= Self.patienceSteps { endProgram(state) }
      }
      // By steps, so that a program which was stopped itself has time when it goes on.
      usleep(Self.stepMicroseconds)
      steps += 1
    }
  }

  private func endProgram(_ state: State) {
    do throws(Interruption) { try interrupts.check() } catch {
      state.cleanUp()
      end(state.words, error)
    }
  }
}
