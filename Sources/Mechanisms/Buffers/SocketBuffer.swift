import Glibc
import Trials

extension KernelBuffer {
  /// A stream socket's two buffers, given the same number. socket(7) SO_SNDBUF, SO_RCVBUF.
  ///
  /// A Unix socket books each message on the sender's, with some 700 bytes of bookkeeping: for small
  /// messages it has to be several times as large as what it holds. TCP fills the buffers of both sides.
  ///
  /// - Parameter movesOn: Whether bytes still move on when a write has been refused.
  public static func socket(movesOn: Bool) -> KernelBuffer {
    KernelBuffer(
      settings: { () throws(CallError) in try socketSettings() },
      rounded: { wanted in
        // Finer steps make no difference that could be seen, and this reads better.
        let step = max(256, 1 << Int(log2(max(wanted / 64, 1)).rounded(.down)))
        return Int(wanted / Double(step)) * step
      },
      limit: { wantedBytes in
        let names = SocketLimit.all.map(\.name)
        return "\(names.joined(separator: " and ")), raise them by: sudo sysctl -w "
          + names.map { "\($0)=\(wantedBytes)" }.joined(separator: " ")
      },
      // When TCP stops depends on when each side looks at the other.
      fills: movesOn ? 3 : 1, fill: ByteStreamFill.fill(movesOn: movesOn))
  }

  /// What the kernel makes of a number that is too small, and of one that is too large.
  private static func socketSettings() throws(CallError) -> ClosedRange<Int> {
    let attempt = "asking how large a socket's buffers may be"
    let socket = OwnedDescriptor(
      adopting: try retrying("socket", while: attempt) {
        Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      })
    var range = 1...largestSocketBytes
    for limit in SocketLimit.all {
      let least = try socket.grantedBuffer(limit, asking: 1, attempt)
      let most = try socket.grantedBuffer(limit, asking: largestSocketBytes, attempt)
      range = max(range.lowerBound, least)...max(least, min(range.upperBound, most))
    }
    return range
  }

  /// What the kernel could be given is four times as much; but what is given to it, may be filled.
  private static let largestSocketBytes = 1 << 28
}

/// One of a socket's two buffers, and what caps it.
struct SocketLimit {
  let option: Int32
  /// The same with CAP_NET_ADMIN, beyond the limit.
  let forcedOption: Int32
  let optionName: String
  /// The kernel's setting.
  let name: String

  static let all = [
    SocketLimit(
      option: SO_SNDBUF, forcedOption: SO_SNDBUFFORCE, optionName: "SO_SNDBUF",
      name: "net.core.wmem_max"),
    SocketLimit(
      option: SO_RCVBUF, forcedOption: SO_RCVBUFFORCE, optionName: "SO_RCVBUF",
      name: "net.core.rmem_max"),
  ]
}

extension OwnedDescriptor {
  /// Sets both buffers of a socket, reads them back, and refuses what the kernel did not grant.
  ///
  /// The kernel books bookkeeping on the buffer, too, and therefore doubles what it is asked for;
  /// socket(7) SO_SNDBUF.
  func setSocketBuffers(to bufferBytes: Int) throws(CallError) {
    let attempt = "giving a socket a buffer of \(bufferBytes) bytes"
    for limit in SocketLimit.all {
      let granted = try grantedBuffer(limit, asking: bufferBytes, attempt)
      guard granted == bufferBytes else {
        throw CallError(
          "setsockopt(\(limit.optionName))", code: 0,
          text: granted < bufferBytes
            ? "the kernel granted only \(granted); the limit is \(limit.name), raise it by: "
              + "sysctl -w \(limit.name)=\(bufferBytes)"
            : "the kernel's smallest is \(granted); ask for at least that",
          while: attempt)
      }
    }
  }

  /// Asks for a buffer, beyond the limit where this process may, and reads back what became of it.
  fileprivate func grantedBuffer(
    _ limit: SocketLimit, asking bufferBytes: Int, _ attempt: String
  ) throws(CallError) -> Int {
    let wanted = Int32(clamping: bufferBytes)
    func granted() throws(CallError) -> Int {
      Int(try socketOption(SOL_SOCKET, limit.option, limit.optionName, attempt) / 2)
    }
    try setSocketOption(SOL_SOCKET, limit.option, to: wanted, limit.optionName, attempt)
    guard try granted() < bufferBytes else { return try granted() }
    // Refused without CAP_NET_ADMIN, which what was granted tells well enough.
    try? setSocketOption(
      SOL_SOCKET, limit.forcedOption, to: wanted, "\(limit.optionName)FORCE", attempt)
    return try granted()
  }

  /// setsockopt(2) with an integer.
  func setSocketOption(
    _ level: Int32, _ option: Int32, to value: Int32, _ name: String, _ attempt: String
  ) throws(CallError) {
    var value = value
    guard
      setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    else { throw CallError("setsockopt(\(name))", while: attempt) }
  }

  /// getsockopt(2) of an integer.
  func socketOption(
    _ level: Int32, _ option: Int32, _ name: String, _ attempt: String
  ) throws(CallError) -> Int32 {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(number, level, option, &value, &length) == 0 else {
      throw CallError("getsockopt(\(name))", while: attempt)
    }
    return value
  }
}
