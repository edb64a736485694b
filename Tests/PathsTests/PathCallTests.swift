import Foundation
import Testing

/// A path that goes to the kernel as a String goes as what Unicode has made of it. The compiler does not see the
/// difference; this does. What does not ship (ReadingFuzz) makes its own paths of letters and digits.
@Suite struct PathCallTests {
  private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources")

  /// Calls of libc's that take a path first.
  private static let calls = [
    "open", "creat", "access", "stat", "lstat", "unlink", "rename", "mkdir", "rmdir", "opendir",
    "mkfifo", "mkdtemp", "realpath", "execv", "execve", "chdir", "readlink", "symlink", "link",
    "fopen", "truncate", "chmod", "statvfs", "shm_open", "shm_unlink",
  ]

  /// What has gone through `withSystemBytes`, and what this program spells itself.
  private static var harmless: Regex<Substring> {
    #/^(?:\$0|old|\"\/(?:dev|proc|sys)\/[^\"]*\"|_ .*)$/#
  }

  /// Makers of text and readers of files that replace what is no UTF-8, where paths come or go.
  private static let elsewhere = [
    "FileManager", "URL(fileURLWithPath", "contentsOfFile", "CommandLine.arguments",
    "String(cString: getenv",
  ]

  @Test func everyPathGoesToTheKernelByItsBytes() throws {
    let files = try #require(
      FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil))
    let calls = try Regex<(Substring, Substring)>(
      #"(?:^|[^\w.]|Glibc\.)(?:\#(Self.calls.joined(separator: "|")))\(([^,)\n]+)"#)
    var found: [String] = []
    var count = 0
    for case let file as URL in files
    where file.pathExtension == "swift" && !file.pathComponents.contains("ReadingFuzz") {
      count += 1
      let text = try String(contentsOf: file, encoding: .utf8)
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
      {
        let code = line.drop { $0 == " " }
        guard !code.hasPrefix("//"), !code.contains("func ") else { continue }
        let place = "\(file.lastPathComponent):\(number + 1): \(code)"
        for call in code.matches(of: calls)
        where call.output.1.wholeMatch(of: Self.harmless) == nil
          && !Self.exceptions.contains(where: code.contains)
        {
          found.append(place)
        }
        if Self.elsewhere.contains(where: code.contains) { found.append(place) }
      }
    }
    #expect(count > 200, "the sources are not at \(Self.sources.path)")
    #expect(found == [])
  }

  /// Names that this program has made of letters and digits, and constants.
  private static let exceptions = [
    "shm_open(name,", "shm_unlink(name)", "let file = open(path, O_RDONLY | O_CLOEXEC)",
    #"open("/proc/sys/"#, #"open("/", O_RDONLY"#, "rename(temporary, to: name)",
    "access(files.path(HeldIdlePolicy.device))",
  ]
}
