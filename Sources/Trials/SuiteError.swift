/// A suite file that cannot be used: where, why, and what to do about it.
public struct SuiteError: Error, Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// There is no such file.
    case missing
    /// There is one, and this user may not read it.
    case unreadable
    /// Reading it failed.
    case inputOutput
    /// It was read and says something that makes no sense.
    case malformed
  }

  public var kind: Kind
  public var path: String
  /// Counts from 1; nil where the error is not about a place in the file.
  public var line: Int?
  /// In Unicode scalars, counts from 1.
  public var column: Int?
  public var message: String

  public init(
    kind: Kind, path: String, line: Int? = nil, column: Int? = nil, message: String
  ) {
    self.kind = kind
    self.path = path
    self.line = line
    self.column = column
    self.message = message
  }

  /// What the process should exit with (sysexits.h: EX_NOINPUT, EX_NOPERM, EX_IOERR, EX_DATAERR).
  public var exitCode: Int32 {
    switch kind {
    case .missing: 66
    case .unreadable: 77
    case .inputOutput: 74
    case .malformed: 65
    }
  }
}

extension SuiteError: CustomStringConvertible {
  public var description: String {
    guard let line, let column else { return "\(path): \(message)" }
    return "\(path):\(line):\(column): \(message)"
  }
}
