import Glibc
import Trials

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
  /// The errno behind it, if there is one.
  package private(set) var code: Int32?

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
  ///
  /// - Parameter instead: what else the user can do.
  package static func creating(
    _ path: String, _ code: Int32, instead: String = "choose another place"
  ) -> ResultsError {
    ResultsError(path, SystemFailure(code, .creating, instead: instead))
  }

  /// The same of a run's first files, if it is for want of room that they could not be written.
  func startingRun(in path: String) -> ResultsError {
    guard let code, [ENOSPC, EDQUOT, EFBIG].contains(code) else { return self }
    let failure = SystemFailure(code, .writing, instead: "give --output on another disk")
    return ResultsError(
      .inputOutput,
      "\(path): no room to start a run, nothing is kept; \(failure.remedy)")
  }

  /// Writing to `path` failed with `code`.
  package static func writing(
    _ path: String, _ code: Int32, instead: String = "write to another disk"
  ) -> ResultsError {
    ResultsError(path, SystemFailure(code, .writing, instead: instead))
  }

  /// Opening or reading `path` failed with `code`.
  package static func reading(_ path: String, _ code: Int32) -> ResultsError {
    ResultsError(
      path, SystemFailure(code, .reading, instead: "give a run folder or its trials.csv"))
  }

  private init(_ path: String, _ failure: SystemFailure) {
    let kind: Kind =
      switch failure.kind {
      case .missing: .missing
      case .malformed: .malformed
      case .permission: .permission
      case .cannotCreate: .cannotCreate
      case .inputOutput, .unavailable: .inputOutput
      }
    self.init(kind, "\(path): \(failure.text)")
    code = failure.code
  }

  /// The same of a run's rows, of which those before the failure are whole.
  var keepingRows: ResultsError {
    var error = self
    if kind == .inputOutput { error.message += "; the rows before are kept" }
    return error
  }
}
