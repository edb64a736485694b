import Glibc
import Paths

extension Suite {
  /// Reads a suite from a file.
  ///
  /// - Parameters:
  ///   - mechanisms: Every mechanism there is, offered here or not; a name outside of them is a
  ///     mistake.
  ///   - metrics: Every metric that can have a threshold; likewise.
  public static func load(
    path: String, mechanisms: [String], metrics: [String]
  ) throws(SuiteError) -> Suite {
    try parse(readText(path: path), path: path, mechanisms: mechanisms, metrics: metrics)
  }

  /// Suites are written by hand; a larger file was given by mistake.
  static let largestFileBytes = 256 << 10

  private static func readText(path: String) throws(SuiteError) -> String {
    let file = path.withSystemBytes { open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { throw readingError(path: path, code: errno) }
    defer { close(file) }

    // One byte more than the limit tells a file that is too large from one that just fits.
    var bytes = [UInt8](repeating: 0, count: largestFileBytes + 1)
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        read(file, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
      }
      if count == 0 { break }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw readingError(path: path, code: errno) }
      filled += count
    }
    guard filled <= largestFileBytes else {
      throw SuiteError(
        kind: .malformed, path: path,
        message: "larger than \(ByteSize.format(largestFileBytes)), the most a suite may hold; "
          + "give a suite file such as Benchmarks/quick.yaml")
    }
    guard let text = String(validating: bytes[..<filled], as: UTF8.self) else {
      throw SuiteError(
        kind: .malformed, path: path, message: "not UTF-8 text; save the suite file as UTF-8")
    }
    return text
  }

  private static func readingError(path: String, code: CInt) -> SuiteError {
    let failure = SystemFailure(
      code, .reading, instead: "give the path of a suite file, or the name of one in Benchmarks/")
    let kind: SuiteError.Kind =
      switch failure.kind {
      // A folder is no suite that is wrong, but no suite.
      case .missing, .malformed: .missing
      case .permission: .unreadable
      case .cannotCreate, .inputOutput, .unavailable: .inputOutput
      }
    let isAbsent = code == ENOENT || code == ENOTDIR
    return SuiteError(
      kind: kind, path: path,
      message: isAbsent ? "no such suite file; \(failure.remedy)" : failure.text)
  }
}
