import Glibc
import Mechanisms
import Paths

/// What the kernel tells in the small text files of /proc and /sys.
///
/// Nothing here throws: a file that is absent or forbidden is something that this kernel does not
/// tell, and the caller says what that means.
struct SystemFiles: Sendable {
  /// Longer files are cut off; what is looked for stands in their first lines.
  static let textBytesLimit = 1 << 20
  static let namesLimit = 4096

  /// The directory that all paths start from, so that tests can lay out a machine of their own.
  private let root: String

  init(root: String = "/") {
    self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
  }

  /// Where a file of that path really is.
  func path(_ path: String) -> String { root + path }

  /// The whole text, or nil where it cannot be read (open(2), read(2)).
  func text(_ path: String) -> String? {
    bytes(path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The lines of a file that holds paths, with every byte of them; none where it cannot be read.
  func linesWithPaths(_ path: String) -> [String] {
    (bytes(path) ?? []).split(separator: UInt8(ascii: "\n")).map { String(systemBytes: $0) }
  }

  private func bytes(_ path: String) -> [UInt8]? {
    let descriptor = (root + path).withSystemBytes { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count < Self.textBytesLimit {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }

  /// The text as one line: white space within it becomes single spaces. Nil where there is none.
  func line(_ path: String) -> String? {
    guard let words = text(path)?.split(whereSeparator: \.isWhitespace), !words.isEmpty else {
      return nil
    }
    return words.joined(separator: " ")
  }

  /// What the CPU's frequency driver says now; nil where there is none, as in most virtual machines.
  /// Documentation/admin-guide/pm/cpufreq.rst, `scaling_cur_freq`, in kHz.
  func frequencyHertz(ofCPU cpu: Int) -> UInt64? {
    line("/sys/devices/system/cpu/cpu\(cpu)/cpufreq/scaling_cur_freq").flatMap { UInt64($0) }
      .map { $0 * 1000 }
  }

  /// The names of a directory's entries that do not begin with a dot, ascending (readdir(3)).
  func names(in path: String) -> [String] {
    namesOfEntries(in: root + path, atMost: Self.namesLimit).filter { !$0.hasPrefix(".") }
  }
}

extension StringProtocol {
  /// The value of the first line `key <separator> value`, without the white space around it.
  func value(of key: String, separator: Character = ":") -> String? {
    for line in split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].trimmed == key else { continue }
      return parts[1].trimmed
    }
    return nil
  }

  /// A value of /proc/meminfo in bytes. "kB" in this file are 1024 bytes each (proc_meminfo(5)).
  func kibibytes(of key: String) -> UInt64? {
    value(of: key)?.split(separator: " ").first.flatMap { UInt64($0) }.map { $0 * 1024 }
  }

  private var trimmed: String {
    let start = self.drop(while: \.isWhitespace)
    let blanks = start.reversed().prefix(while: \.isWhitespace).count
    return String(start.dropLast(blanks))
  }
}
