import CLinux
import Glibc
import Trials

extension Mechanism {
  /// A TCP connection over the loopback interface, with TCP_NODELAY. tcp(7).
  public static let tcp = Mechanism(
    "tcp", summary: "a TCP connection over 127.0.0.1, TCP_NODELAY",
    copies: "copied into the kernel, through the network stack and out again",
    block: DescriptorChannel<Blocking>.self, spin: DescriptorChannel<Spinning>.self,
    adaptive: DescriptorChannel<Adaptive>.self, buffer: .kernel(.socket(movesOn: true)),
    makeLink: { workload throws(CallError) in try tcpLink(bufferBytes: workload.bufferBytes) })
}

/// A connection from an ephemeral port of 127.0.0.1 to another, with exactly the buffers asked for.
public func tcpLink(bufferBytes: Int) throws(CallError) -> Link {
  let listener = try tcpSocket(bufferBytes: bufferBytes)
  var address = loopback(port: 0)
  try listener.withAddress(&address, "bind", "choosing a port of 127.0.0.1", bind)
  guard listen(listener.number, 8) == 0 else {
    throw CallError("listen", while: "listening on 127.0.0.1", for: .connecting)
  }
  address = try listener.name("getsockname", getsockname)

  let producer = try tcpSocket(bufferBytes: bufferBytes)
  try producer.withAddress(&address, "connect", "connecting over 127.0.0.1", connect)
  let own = try producer.name("getsockname", getsockname)

  // Anybody on this machine may connect to the port; only our own connection is taken. Eight
  // strangers fill the queue, so that many refusals are enough.
  for _ in 0..<8 {
    let consumer = OwnedDescriptor(
      adopting: try retrying(
        "accept4", while: "accepting a connection over 127.0.0.1", for: .connecting
      ) {
        linux_accept(listener.number)
      })
    let peer = try consumer.name("getpeername", getpeername)
    if peer.sin_port == own.sin_port && peer.sin_addr.s_addr == own.sin_addr.s_addr {
      try consumer.setSocketOption(
        Int32(IPPROTO_TCP), TCP_NODELAY, to: 1, "TCP_NODELAY", "setting up a TCP connection")
      try consumer.setSocketBuffers(to: bufferBytes)
      return Link(producer: LinkEnd(incoming: producer), consumer: LinkEnd(incoming: consumer))
    }
  }
  throw CallError(
    "accept4", code: 0, text: "other processes keep connecting to the benchmark's own port",
    while: "accepting a connection over 127.0.0.1")
}

/// The buffers are set before the connection is made, because the window scale is agreed on then.
private func tcpSocket(bufferBytes: Int) throws(CallError) -> OwnedDescriptor {
  let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
  let socket = OwnedDescriptor(
    adopting: try retrying("socket", while: "making a TCP socket", for: .connecting) {
      Glibc.socket(AF_INET, kind, 0)
    })
  try socket.setSocketOption(
    Int32(IPPROTO_TCP), TCP_NODELAY, to: 1, "TCP_NODELAY", "setting up a TCP connection")
  try socket.setSocketBuffers(to: bufferBytes)
  return socket
}

private func loopback(port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return address
}

extension OwnedDescriptor {
  /// Calls bind(2) or connect(2) with an IPv4 address.
  fileprivate func withAddress(
    _ address: inout sockaddr_in, _ call: String, _ attempt: String,
    _ body: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32
  ) throws(CallError) {
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw CallError(call, while: attempt, for: .connecting) }
  }

  /// Calls getsockname(2) or getpeername(2).
  fileprivate func name(
    _ call: String,
    _ body: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
  ) throws(CallError) -> sockaddr_in {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body(number, $0, &length) }
    }
    guard result == 0 else { throw CallError(call, while: "reading a socket's address") }
    return address
  }
}
