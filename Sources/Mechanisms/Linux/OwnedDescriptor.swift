import Glibc

/// A file descriptor with one owner; the end of its life closes it.
public struct OwnedDescriptor: ~Copyable, Sendable {
  /// The number the kernel knows it by in this process.
  public let number: Int32

  /// Takes over a descriptor that nobody else will close.
  public init(adopting number: Int32) {
    self.number = number
  }

  deinit {
    // Linux releases the number even when close reports an error, so there is nothing to retry.
    close(number)
  }

  /// Gives the number up without closing it.
  public consuming func release() -> Int32 {
    let number = self.number
    discard self
    return number
  }
}
