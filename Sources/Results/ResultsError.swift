import Glibc

/// Why results could not be written or read. The message names the file (and the line, where one is
/// to blame) and what to do about it.
public struct ResultsError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The output's place is taken or cannot exist.
    case cannotCreate
    /// The disk is full or the device failed.
    case inputOutput
    /// The file is there, but it is not what it should be.
    case malformed
    /// The file is not there.
    case missing
    case permission
  }

  public var kind: Kind
  public var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// What the command exits with: sysexits.h's numbers, as the contract lists them.
  public var exitCode: Int32 {
    switch kind {
    case .malformed: 65
    case .missing: 66
    case .cannotCreate: 73
    case .inputOutput: 74
    case .permission: 77
    }
  }

  public var description: String { message }
}

extension ResultsError {
  /// Creating `path` failed with `code`.
  package static func creating(_ path: String, _ code: Int32) -> ResultsError {
    switch code {
    case EEXIST:
      ResultsError(
        .cannotCreate,
        "\(path): exists already, and a run never overwrites; remove it or give another --output")
    case EACCES, EPERM:
      ResultsError(
        .permission,
        "\(path): no permission to create it; give an --output where you may write")
    case ENOSPC, EDQUOT, EIO:
      writing(path, code)
    default:
      ResultsError(
        .cannotCreate, "\(path): cannot be created (\(reason(code))); give another --output")
    }
  }

  /// A run's first files could not be written.
  static func noRoom(for path: String) -> ResultsError {
    ResultsError(
      .inputOutput,
      "\(path): no room to start a run, nothing is kept; free space, or give --output on another disk"
    )
  }

  /// Writing to `path` failed with `code`.
  package static func writing(_ path: String, _ code: Int32) -> ResultsError {
    switch code {
    case ENOSPC, EDQUOT:
      ResultsError(
        .inputOutput,
        "\(path): \(reason(code)); the rows before are kept: free space, or give --output "
          + "on another disk")
    case EACCES, EPERM:
      ResultsError(.permission, "\(path): no permission to write; check its owner and mode")
    default:
      ResultsError(
        .inputOutput, "\(path): writing failed (\(reason(code))); check the disk it is on")
    }
  }

  /// Opening or reading `path` failed with `code`.
  package static func reading(_ path: String, _ code: Int32) -> ResultsError {
    switch code {
    case ENOENT, ENOTDIR:
      ResultsError(.missing, "\(path): not there; give a run folder or its trials.csv")
    case EACCES, EPERM:
      ResultsError(.permission, "\(path): no permission to read; check its owner and mode")
    case EISDIR:
      ResultsError(.malformed, "\(path): is a folder, not a file; give a run folder or a CSV file")
    default:
      ResultsError(
        .inputOutput, "\(path): reading failed (\(reason(code))); check the disk it is on")
    }
  }

  /// The kernel's words for an error code (strerror).
  private static func reason(_ code: Int32) -> String {
    strerror(code).map { String(cString: $0) } ?? "error \(code)"
  }
}
