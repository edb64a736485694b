import CLinux
import Glibc
import Mechanisms

/// Runs another program to its end, within a time, and tells what came of it.
///
/// The program gets a process group of its own, which a Ctrl-C at the terminal does not reach: it is
/// this process that ends the group, and the kernel that ends the program when this process is killed.
public struct ProgramCall: Sendable {
  /// How the program ended.
  public enum Ending: Equatable, Sendable {
    case exited(Int32)
    /// By this signal: `SIGSEGV (Segmentation fault)`.
    case killed(String)
    /// It had not ended by itself in time.
    case outOfTime
    case notStarted(CallError)
  }

  /// What the program did.
  public struct Result: Sendable {
    public var ending: Ending
    /// What it wrote to its standard output and standard error, up to `mostBytes` each.
    public var output: String
    public var errors: String
  }

  /// What is kept of each stream; the rest is read, so that the program goes on, and thrown away.
  static let mostBytes = 1 << 20

  private let program: String
  private let arguments: [String]
  private let interrupts: Interrupts?
  private let leash: String

  /// - Parameters:
  ///   - program: A path; `PATH` is not searched.
  ///   - interrupts: what tells that the user wants to stop; nil for never.
  ///   - leash: what starts the program; it must call `Leash.main` when its first argument is
  ///     `Leash.commandName`.
  public init(
    _ program: String, _ arguments: [String], interrupts: Interrupts? = nil,
    leash: String = "/proc/self/exe"
  ) {
    self.program = program
    self.arguments = arguments
    self.interrupts = interrupts
    self.leash = leash
  }

  /// Returns when the program has ended and nothing of its process group is left.
  ///
  /// - Throws: `Interruption` when the user wants to stop.
  public func run(timeoutNanoseconds: UInt64) throws(Interruption) -> Result {
    var running: RunningProgram
    do throws(CallError) {
      running = try RunningProgram.start(program, arguments, by: leash)
    } catch {
      return Result(ending: .notStarted(error), output: "", errors: "")
    }
    let ending = try running.follow(
      until: Clock.now() &+ timeoutNanoseconds, interrupts?.descriptor.number)
    return Result(
      ending: ending, output: running.output.text, errors: running.errors.text)
  }
}

/// A program on its leash, and the reading ends of its two streams.
private struct RunningProgram: ~Copyable {
  private let child: ChildProcess
  private(set) var output: StreamReader
  private(set) var errors: StreamReader

  /// How long a program may take to end by itself once it has been told that the user wants to stop.
  private static let farewellMilliseconds: Int32 = 2000

  static func start(
    _ program: String, _ arguments: [String], by leash: String
  ) throws(CallError) -> RunningProgram {
    let output = try Pipe.open()
    let errors = try Pipe.open()
    let child = try ChildProcess.start(
      leash,
      Leash.arguments(
        for: program, arguments, output: output.writing.number, errors: errors.writing.number),
      inheriting: [output.writing.number, errors.writing.number])
    // The writing ends are closed here with their pipes, so that their readers see the program's end.
    return RunningProgram(
      child: child, output: StreamReader(output.reading), errors: StreamReader(errors.reading))
  }

  private init(
    child: consuming ChildProcess, output: consuming StreamReader, errors: consuming StreamReader
  ) {
    self.child = child
    self.output = output
    self.errors = errors
  }

  /// Reads what it writes until it has ended, or its time is over, or the user wants to stop. poll(2).
  mutating func follow(
    until deadline: UInt64, _ interrupts: Int32?
  ) throws(Interruption) -> ProgramCall.Ending {
    while true {
      var watched = [child.ended.number, output.watched, errors.watched, interrupts ?? -1].map {
        // poll(2) ignores a negative descriptor.
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      let now = Clock.now()
      let left = deadline > now ? (deadline - now) / 1_000_000 + 1 : 0
      poll(&watched, nfds_t(watched.count), Int32(clamping: left))
      if let interrupts, watched[3].revents != 0 {
        let signal = linux_read_interrupt(interrupts)
        if signal != 0 {
          bidFarewell(by: signal)
          throw Interruption(signal: signal)
        }
      }
      output.read()
      errors.read()
      if child.hasEnded(withinMilliseconds: 0) {
        // What it wrote last may have come after the first look.
        output.read()
        errors.read()
        return ending
      }
      if Clock.now() >= deadline { return .outOfTime }
    }
  }

  private var ending: ProgramCall.Ending {
    switch child.fate() {
    case .exited(let code): .exited(code)
    case .killed(let signal): .killed(signal)
    case nil: .killed("an unknown cause")
    }
  }

  /// Lets the program tidy up after itself; whatever it does then, its end is near.
  private func bidFarewell(by signal: Int32) {
    // What the caller has this program ignore, the other one ignores as well.
    kill(-child.number, linux_ignores(SIGTERM) ? signal : SIGTERM)
    _ = child.hasEnded(withinMilliseconds: Self.farewellMilliseconds)
  }
}

/// Both ends of a pipe. pipe(7).
private struct Pipe: ~Copyable {
  let reading: OwnedDescriptor
  let writing: OwnedDescriptor

  /// Close-on-exec, and a read from it never waits.
  static func open() throws(CallError) -> Pipe {
    var (reading, writing): (Int32, Int32) = (-1, -1)
    guard linux_pipe(&reading, &writing) == 0 else {
      throw CallError("pipe2", while: "opening a program's output")
    }
    let pipe = Pipe(
      reading: OwnedDescriptor(adopting: reading), writing: OwnedDescriptor(adopting: writing))
    guard linux_set_nonblocking(reading, true) == 0 else {
      throw CallError("fcntl(O_NONBLOCK)", while: "opening a program's output")
    }
    return pipe
  }
}

/// Keeps the beginning of what comes out of a pipe.
private struct StreamReader: ~Copyable {
  private let descriptor: OwnedDescriptor
  private var bytes: [UInt8] = []
  private var isOver = false

  init(_ descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
  }

  /// What to wait for; a negative number, which poll(2) ignores, when nothing more can come.
  var watched: Int32 { isOver ? -1 : descriptor.number }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Takes what is there, without waiting, and no more at a time than a pipe holds: a program that
  /// never stops writing must not keep its caller from the clock.
  mutating func read() {
    guard !isOver else { return }
    let most = 64 << 10
    var count = 0
    let piece = [UInt8](unsafeUninitializedCapacity: most) { buffer, filled in
      count = Glibc.read(descriptor.number, buffer.baseAddress, most)
      filled = max(0, count)
    }
    isOver = count == 0
    bytes += piece.prefix(ProgramCall.mostBytes - bytes.count)
  }
}
