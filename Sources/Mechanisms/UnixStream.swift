import Glibc
import Trials

extension Mechanism {
  /// A connected pair of AF_UNIX stream sockets. unix(7), socketpair(2).
  public static let unixStream = Mechanism(
    "unix-stream", summary: "a connected pair of AF_UNIX stream sockets",
    copies: "copied into the kernel and out again",
    block: DescriptorChannel<Blocking>.self, spin: DescriptorChannel<Spinning>.self,
    adaptive: DescriptorChannel<Adaptive>.self,
    makeLink: { workload throws(CallError) in
      try unixStreamLink(bufferBytes: workload.bufferBytes)
    })
}

/// Two connected AF_UNIX stream sockets with exactly the buffers asked for.
public func unixStreamLink(bufferBytes: Int) throws(CallError) -> Link {
  var ends: [Int32] = [-1, -1]
  let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
  guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
    throw CallError("socketpair", while: "making a pair of unix sockets")
  }
  let producer = OwnedDescriptor(adopting: ends[0])
  let consumer = OwnedDescriptor(adopting: ends[1])
  try producer.setSocketBuffers(to: bufferBytes)
  try consumer.setSocketBuffers(to: bufferBytes)
  return Link(producer: LinkEnd(incoming: producer), consumer: LinkEnd(incoming: consumer))
}

extension OwnedDescriptor {
  /// Sets both buffers of a socket, reads them back, and refuses what the kernel did not grant.
  ///
  /// The kernel books bookkeeping on the buffer, too, and therefore doubles what it is asked for;
  /// socket(7) SO_SNDBUF.
  func setSocketBuffers(to bufferBytes: Int) throws(CallError) {
    let options = [
      (option: SO_SNDBUF, name: "SO_SNDBUF", limit: "net.core.wmem_max"),
      (option: SO_RCVBUF, name: "SO_RCVBUF", limit: "net.core.rmem_max"),
    ]
    for (option, name, limit) in options {
      let attempt = "giving a socket a buffer of \(bufferBytes) bytes"
      try setSocketOption(SOL_SOCKET, option, to: Int32(clamping: bufferBytes), name, attempt)
      let granted = try socketOption(SOL_SOCKET, option, name, attempt) / 2
      guard Int(granted) == bufferBytes else {
        throw CallError(
          "setsockopt(\(name))", code: 0,
          text: Int(granted) < bufferBytes
            ? "the kernel granted only \(granted); the limit is \(limit), raise it by: "
              + "sysctl -w \(limit)=\(bufferBytes)"
            : "the kernel's smallest is \(granted); ask for at least that",
          while: attempt)
      }
    }
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
