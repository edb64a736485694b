import FoundationEssentials
import Glibc
import Mechanisms

/// One end of the conversation between the driver and a worker: an AF_UNIX SOCK_SEQPACKET socket that
/// carries one JSON message a packet. unix(7).
struct ControlSocket: ~Copyable, Sendable {
  let descriptor: OwnedDescriptor

  /// Far more than any message needs; a packet that does not fit is an error, not a cut.
  private static let packetLimit = 64 << 10

  init(adopting descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
  }

  /// Two connected ends, both close-on-exec.
  static func pair() throws(CallError) -> ControlPair {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw CallError("socketpair", while: "opening a worker's control socket")
    }
    return ControlPair(
      driver: ControlSocket(adopting: OwnedDescriptor(adopting: ends[0])),
      worker: OwnedDescriptor(adopting: ends[1]))
  }

  /// A message as it is sent.
  static func packet(_ message: some Encodable) throws(CallError) -> Data {
    do { return try JSONEncoder().encode(message) } catch {
      throw CallError("JSONEncoder", code: 0, text: "\(error)", while: "writing a control message")
    }
  }

  func send(_ message: some Encodable) throws(CallError) {
    let packet = try Self.packet(message)
    while true {
      let sent = packet.withUnsafeBytes {
        Glibc.send(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if sent == packet.count { return }
      if sent < 0 && errno == EINTR { continue }
      throw CallError("send", while: "sending a control message")
    }
  }

  /// Waits for the next message; nil when the peer is gone.
  func receive<Message: Decodable>(_: Message.Type) throws(CallError) -> Message? {
    var packet = Data(count: Self.packetLimit)
    var received = 0
    repeat {
      received = packet.withUnsafeMutableBytes {
        recv(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_TRUNC))
      }
    } while received < 0 && errno == EINTR
    if received == 0 || (received < 0 && errno == ECONNRESET) { return nil }
    guard received > 0 else { throw CallError("recv", while: "reading a control message") }
    guard received <= Self.packetLimit else {
      throw CallError(
        "recv", code: EMSGSIZE, text: "a message of \(received) bytes is longer than any should be",
        while: "reading a control message")
    }
    do { return try JSONDecoder().decode(Message.self, from: packet.prefix(received)) } catch {
      throw CallError("JSONDecoder", code: 0, text: "\(error)", while: "reading a control message")
    }
  }
}

/// The driver's end, and the one that a worker inherits.
struct ControlPair: ~Copyable, Sendable {
  let driver: ControlSocket
  let worker: OwnedDescriptor
}
