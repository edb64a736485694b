import Glibc
import Trials

/// A call into the kernel or a library that failed: which call, its code, its own text, and what was
/// being attempted.
public struct CallError: Error, Codable, Hashable, Sendable, CustomStringConvertible {
  /// The C function, for example `setsockopt(SO_SNDBUF)`.
  public var call: String
  /// errno, or the library's own code; 0 where there is none.
  public var code: Int32
  /// What strerror(3) or the library says, and the remedy where one is known.
  public var text: String
  /// What it was for, as "while" is followed: "sending a message".
  public var attempt: String

  public init(_ call: String, code: Int32, text: String, while attempt: String) {
    self.call = call
    self.code = code
    self.text = text
    self.attempt = attempt
  }

  /// The failure of a system call whose errno is still untouched, or given.
  ///
  /// - Parameter purpose: what decides the remedy; without, only what helps whatever the call was for
  ///   is said, as against a limit of this process.
  public init(
    _ call: String, while attempt: String, errno code: Int32 = errno,
    for purpose: SystemFailure.Purpose? = nil
  ) {
    let remedy =
      if let purpose { SystemFailure(code, purpose).remedy } else {
        SystemFailure.remedyForShortage(code)
      }
    self.init(
      call, code: code, text: SystemFailure.words(code) + (remedy.map { "; \($0)" } ?? ""),
      while: attempt)
  }

  /// Whether this is only how the end of the peer looks from this side.
  public var blamesPeer: Bool { code == EPIPE || code == ECONNRESET }

  public var description: String { "\(call) failed while \(attempt): \(text)" }
}

/// Runs a system call that answers -1 and errno on failure, again as long as it is interrupted.
func retrying<Result: SignedInteger>(
  _ call: String, while attempt: String, for purpose: SystemFailure.Purpose? = nil,
  _ body: () -> Result
) throws(CallError) -> Result {
  while true {
    let result = body()
    if result >= 0 { return result }
    if errno != EINTR { throw CallError(call, while: attempt, for: purpose) }
  }
}
