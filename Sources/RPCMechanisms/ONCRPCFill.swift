import COncRPC
import Glibc
import Mechanisms

/// What a connection takes of one-way calls that nobody serves.
enum ONCRPCFill {
  /// The library's calls, until one of its writes would wait for longer than it takes TCP to move on
  /// what it has. A call that is then still in the library's own buffer has been taken, too.
  static func fill(
    _ link: borrowing Link, _ payloadBytes: Int, _ mostBytes: Int
  ) throws(CallError) -> Int {
    let sending = link.producer.incoming.number
    var patience = timeval(tv_sec: 0, tv_usec: 2000)
    guard
      setsockopt(
        sending, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size)) == 0
    else { throw CallError("setsockopt(SO_SNDTIMEO)", while: attempt) }
    guard let client = onc_rpc_client(sending) else {
      throw CallError("clnt_vc_create", code: 0, text: "it refuses", while: attempt)
    }
    defer { onc_rpc_client_destroy(client) }

    let payload = [UInt8](repeating: 0, count: payloadBytes)
    let messages = payload.withUnsafeBytes { bytes in
      var messages = 0
      while messages * payloadBytes < mostBytes,
        onc_rpc_deliver(client, ipcbench_message(bytes)) == RPC_SUCCESS
      {
        messages += 1
      }
      return messages
    }
    // Of a large message the socket has a part, which fits as well.
    let waiting = try bytesWaiting(at: link.consumer.incoming.number)
    let part = waiting - messages * wireBytes(payloadBytes)
    return messages * payloadBytes + min(max(part, 0), payloadBytes)
  }

  private static let attempt = "filling an RPC connection to see what it holds"

  /// A call's header (RFC 5531), the payload's length, and the payload in whole words (RFC 4506).
  private static func wireBytes(_ payloadBytes: Int) -> Int {
    let headerBytes = 40
    let fragmentHeaderBytes = 4
    let lengthBytes = 4
    return fragmentHeaderBytes + headerBytes + lengthBytes + (payloadBytes + 3) & ~3
  }

  /// Takes all that has been sent, and counts it.
  private static func bytesWaiting(at descriptor: Int32) throws(CallError) -> Int {
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    var sum = 0
    while true {
      let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        sum += count
      } else if count == 0 || errno == EAGAIN {
        return sum
      } else if errno != EINTR {
        throw CallError("recv", while: attempt)
      }
    }
  }
}
