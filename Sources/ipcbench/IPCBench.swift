import ArgumentParser
import Glibc
import Paths
import Results
import Trials

/// The command line: each subcommand parses and calls.
struct IPCBench: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "ipcbench",
    abstract: "Measures what moving data between two processes costs on this machine.",
    discussion: """
      'ipcbench run' alone is a useful first look of less than a minute. Results go to a folder of \
      CSV and JSON files.

      For example:
        ipcbench run
        ipcbench run --mechanism pipe,shm-ring --payload 64..64KiB --trials 10
        ipcbench run --suite full --output results/before
        ipcbench compare results/before results/after

      Exit codes: 0 all well, 2 a regression, 3 a trial failed or a fault went \
      unseen, 4 nothing can be said, 64 usage, 65 malformed file, 66 file missing, 69 not \
      available here, 73 output cannot be created, 74 I/O error, \
      77 permission, 130 interrupted.
      """,
    version: "ipcbench \(Build.versionText)",
    subcommands: [
      RunCommand.self, CompareCommand.self, ReportCommand.self, AnswerCommand.self,
      RecommendCommand.self, ExportCommand.self, ListCommand.self, DoctorCommand.self,
      SelfTestCommand.self,
    ])

  /// Parses, runs and ends the process with the contract's exit code.
  static func start() -> Never {
    do {
      try answer()
    } catch let failure as CommandFailure {
      complain(failure.message)
      Glibc.exit(failure.exitCode)
    } catch let error as ResultsError {
      complain("\(error)")
      Glibc.exit(error.exitCode)
    } catch {
      let code = exitCode(for: error)
      guard code == .validationFailure else { exit(withError: error) }
      let text = UsageMessage.text(message(for: error))
      let words = ProgramArguments.words
      let remedy = WrittenArguments.remedy(for: text, in: words).map { "; \($0)" } ?? ""
      complain("\(text)\(remedy)\nsee '\(helpCommand)'")
      Glibc.exit(EX_USAGE)
    }
    Glibc.exit(EXIT_SUCCESS)
  }

  private static func answer() throws {
    do {
      try ProgramArguments.require()
      try requireKnownCommand()
      var command = try parseAsRoot(WrittenArguments.parserReady(ProgramArguments.words))
      try command.run()
    } catch  where exitCode(for: error) == .success {
      // Help and version, which the parser takes for errors. It would not notice a full disk.
      try say(fullMessage(for: error) + "\n")
    }
  }

  private static let commandNames = configuration.subcommands.map { $0._commandName }

  private static var firstArgument: String? { ProgramArguments.first }

  /// The parser would call it an unexpected argument.
  private static func requireKnownCommand() throws(CommandFailure) {
    guard let name = firstArgument, !name.hasPrefix("-"), name != "help",
      !commandNames.contains(name)
    else { return }
    let unknown = UnknownName(kind: "command", name: name, validNames: commandNames)
    throw CommandFailure(EX_USAGE, "\(unknown)\nsee 'ipcbench --help'")
  }

  /// What explains the command that was called.
  private static var helpCommand: String {
    let name = firstArgument.flatMap { commandNames.contains($0) ? "\($0) " : nil } ?? ""
    return "ipcbench \(name)--help"
  }
}

/// What ends a command early: one or two lines for the user, and the contract's exit code.
struct CommandFailure: Error {
  let exitCode: Int32
  let message: String

  init(_ exitCode: Int32, _ message: String) {
    self.exitCode = exitCode
    self.message = message
  }
}

/// Writes to standard output. A reader who has gone (`| head`) had seen enough; a disk that is full
/// has lost what the user wanted to keep; one who does not read must not keep the program from ending.
///
/// - Parameter isExact: for the formats that programs read; all else is escaped that a terminal would obey.
func say(_ text: String, isExact: Bool = false) throws(CommandFailure) {
  do throws(WriteFailure) {
    try putOut(isExact ? text : text.shownInLines, to: STDOUT_FILENO)
  } catch {
    switch error {
    case .code(EPIPE): return
    case .code(let code):
      throw CommandFailure(
        EX_IOERR,
        "standard output: \(SystemFailure(code, .writing, instead: "write it elsewhere").text)")
    case .stopped: throw UserSignals.stop
    }
  }
}

/// Why a text was not written to its end.
private enum WriteFailure: Error {
  /// errno of write(2).
  case code(Int32)
  /// The user wants the program to end, and nobody reads.
  case stopped
}

private func putOut(_ text: String, to descriptor: Int32) throws(WriteFailure) {
  // No more at a time than a pipe takes once it takes anything (PIPE_BUF, pipe(7)).
  let mostBytes = 4096
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    guard UserSignals.canBeWritten(to: descriptor) else { throw .stopped }
    let count = rest.prefix(mostBytes).withUnsafeBytes {
      write(descriptor, $0.baseAddress, $0.count)
    }
    if count >= 0 {
      rest = rest.dropFirst(count)
    } else if errno != EINTR {
      throw .code(errno)
    }
  }
}

/// The error code that stopped write(2), or nil.
func writeAll(_ text: String, to descriptor: Int32) -> Int32? {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count >= 0 {
      rest = rest.dropFirst(count)
    } else if errno != EINTR {
      return errno
    }
  }
  return nil
}

/// Writes a line to standard error, under the program's name, with all escaped that a terminal would obey.
func complain(_ text: String) {
  writeToStandardError("ipcbench: \(text.shownInLines)\n")
}

/// Unbuffered, so that it cannot come out of order with what the workers say. What cannot be written is
/// lost: there is nobody to tell.
func writeToStandardError(_ text: String) {
  try? putOut(text, to: STDERR_FILENO)
}
