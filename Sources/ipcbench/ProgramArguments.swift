import CLinux
import Glibc
import Paths

/// The words of the command line, as the kernel handed them to the program: with every byte of them, see
/// `String.systemBytes`.
///
/// Not `CommandLine.arguments`: Swift looks for those beside the environment and in /proc, and has fewer or
/// none where a library has moved the one or nothing is mounted on the other. A command line that is taken
/// for an empty one would be answered by the general help, and a gate would be green.
enum ProgramArguments {
  /// The program's own name first; empty if the C library does not hand them on.
  static let all: [String] = (0..<linux_argument_count()).compactMap { index in
    linux_argument(index).map { String(systemBytes: $0) }
  }

  /// What the program is to do, without its name.
  static var words: [String] { Array(all.dropFirst()) }

  /// What to do first: the hidden commands, and all others.
  static var first: String? { words.first }

  /// There is always a name; who sees none has lost the rest as well.
  static func require() throws(CommandFailure) {
    guard all.isEmpty else { return }
    throw CommandFailure(
      EX_UNAVAILABLE,
      "the arguments of this program did not reach it: nothing is done\n"
        + "start it with its name as first word, and with glibc as its C library")
  }
}
