import ArgumentParser
import Glibc
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

      Exit codes: 0 all well, 3 a trial failed, 64 usage, 65 malformed file, 66 file missing, \
      69 not available here, 73 output cannot be created, 74 I/O error, 77 permission, \
      130 interrupted.
      """,
    version: "ipcbench \(version)",
    subcommands: [RunCommand.self, ListCommand.self])

  /// Parses, runs and ends the process with the contract's exit code.
  static func start() -> Never {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as CommandFailure {
      complain(failure.message)
      Glibc.exit(failure.exitCode)
    } catch let error as ResultsError {
      complain("\(error)")
      Glibc.exit(error.exitCode)
    } catch {
      let code = exitCode(for: error)
      guard code == .validationFailure else { exit(withError: error) }
      complain("\(message(for: error)); see 'ipcbench --help'")
      Glibc.exit(EX_USAGE)
    }
    Glibc.exit(EXIT_SUCCESS)
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
/// has lost what the user wanted to keep.
func say(_ text: String) throws(CommandFailure) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    if count >= 0 {
      rest = rest.dropFirst(count)
    } else if errno == EPIPE {
      return
    } else if errno != EINTR {
      throw CommandFailure(
        EX_IOERR,
        "standard output: \(String(cString: strerror(errno))); free space, or write it elsewhere")
    }
  }
}

/// Writes a line to standard error, under the program's name.
func complain(_ text: String) {
  writeToStandardError("ipcbench: \(text)\n")
}

/// Unbuffered, so that it cannot come out of order with what the workers say.
func writeToStandardError(_ text: String) {
  var text = text
  text.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
}
