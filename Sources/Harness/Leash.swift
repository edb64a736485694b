import CLinux
import Glibc
import Paths
import Trials

/// How a program that knows nothing of this one is made to end with it, and to write where this one
/// reads: the process is this program for a moment, asks the kernel for both, and then becomes the
/// other. What was asked for stays over execve(2).
public enum Leash {
  /// The hidden first argument.
  public static let commandName = "leash"

  /// What a shell says of a program that may not be run, and of one that is not there, as env(1) does.
  private static let cannotExecute: Int32 = 126
  private static let notFound: Int32 = 127
  public static let notStartedExitCodes: Set<Int32> = [cannotExecute, notFound]

  /// - Parameters:
  ///   - output: An inherited descriptor that is to become the standard output; likewise `errors`.
  static func arguments(
    for program: String, _ arguments: [String], output: Int32, errors: Int32
  ) -> [String] {
    ["ipcbench", commandName, String(getpid()), String(output), String(errors), program] + arguments
  }

  /// The words that start a program which ends with this one, and writes where its starter says.
  ///
  /// - Parameter words: The program, looked for in PATH if it has no slash, and its arguments. They are all
  ///   where nothing is mounted on /proc, by which this program finds itself.
  public static func words(for words: [String]) -> [String] {
    guard access("/proc/self/exe", X_OK) == 0 else { return words }
    // env(1) looks for it. What was asked of the kernel stays over that as well.
    let hasPlace = words.first?.utf8.contains(UInt8(ascii: "/")) == true
    let finder = hasPlace ? [] : ["/usr/bin/env"]
    return ["/proc/self/exe", commandName, String(getpid()), "1", "2"] + finder + words
  }

  /// Becomes the program that `arguments(for:)` or `words(for:)` names.
  public static func main(_ arguments: [String]) -> Never {
    guard arguments.count >= 4, let parent = pid_t(arguments[0]), let output = Int32(arguments[1]),
      let errors = Int32(arguments[2])
    else {
      let text = "ipcbench: 'leash' is started by ipcbench itself; see ipcbench --help\n"
      write(STDERR_FILENO, text, text.utf8.count)
      exit(EX_USAGE)
    }
    linux_die_with_parent()
    // The parent may have died before the line above; then the signal will never come.
    guard getppid() == parent else { _exit(0) }
    // Who says that they are in place has put something on standard input as well.
    if output != STDOUT_FILENO || errors != STDERR_FILENO { placeStreams(output, errors) }
    let program = arguments[3]
    _ = withCStrings([program] + arguments.dropFirst(4)) { words in
      program.withSystemBytes { execv($0, words) }
    }
    let failure = SystemFailure(errno, .starting)
    let text = "\(program.shown): \(failure.text)\n"
    write(STDERR_FILENO, text, text.utf8.count)
    _exit(exitCode(of: failure))
  }

  private static func placeStreams(_ output: Int32, _ errors: Int32) {
    // A program that asks questions shall find that nobody answers.
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    dup2(nothing, STDIN_FILENO)
    for (stream, place) in [(output, STDOUT_FILENO), (errors, STDERR_FILENO)] {
      dup2(stream, place)
      close(stream)
    }
  }

  /// A program that is there, may be run, and does not start is another matter than one to look for.
  private static func exitCode(of failure: SystemFailure) -> Int32 {
    switch failure.kind {
    case .missing: notFound
    case .permission: cannotExecute
    default: failure.kind.exitCode
    }
  }
}
