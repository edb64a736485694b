import COncRPC
import Glibc
import Mechanisms

/// The producer's end: ECHO for a round trip, batched one-way DELIVER calls and a flush for a stream.
struct ONCRPCClient: ~Copyable, Channel {
  private let end: LinkEnd
  private let client: UnsafeMutablePointer<CLIENT>
  private var checkedMarshalling = false

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> ONCRPCClient {
    guard let client = onc_rpc_client(end.incoming.number) else {
      let text = clnt_spcreateerror("clnt_vc_create").map { String(cString: $0) } ?? "no reason"
      throw CallError("clnt_vc_create", code: 0, text: text, while: "making an RPC client")
    }
    return ONCRPCClient(end: end, client: client)
  }

  private init(end: consuming LinkEnd, client: UnsafeMutablePointer<CLIENT>) {
    self.end = end
    self.client = client
  }

  deinit { onc_rpc_client_destroy(client) }

  mutating func send(_ message: RawSpan) throws(CallError) {
    try checkMarshallingOnce()
    let status = message.withUnsafeBytes { onc_rpc_deliver(client, ipcbench_message($0)) }
    guard status == RPC_SUCCESS else { throw failure("DELIVER", "sending a message") }
  }

  /// An RPC client has nothing to receive but the replies to its calls.
  mutating func receive(into message: inout MutableRawSpan) throws(CallError) {
    throw CallError(
      "ECHO", code: ENOTSUP, text: "a client receives replies only", while: "receiving a message")
  }

  mutating func exchange(
    _ request: RawSpan, reply: inout MutableRawSpan
  ) throws(CallError) {
    try checkMarshallingOnce()
    let expected = reply.byteCount
    let (status, length) = request.withUnsafeBytes { request in
      reply.withUnsafeMutableBytes { reply in
        // A result that has its memory already is decoded into it, up to the given length.
        var result = ipcbench_message(UnsafeRawBufferPointer(reply))
        let status = ipcbench_echo_1(ipcbench_message(request), &result, client)
        return (status, Int(result.ipcbench_message_len))
      }
    }
    guard status == RPC_SUCCESS else { throw failure("ECHO", "exchanging a message") }
    guard length == expected else {
      throw CallError(
        "ECHO", code: 0, text: "\(length) bytes came back where \(expected) were expected",
        while: "exchanging a message")
    }
  }

  mutating func flush() throws(CallError) {
    guard onc_rpc_flush(client) == RPC_SUCCESS else {
      throw failure("NULLPROC", "flushing batched calls")
    }
  }

  /// Two integers there and their sum back, once, before the first message.
  private mutating func checkMarshallingOnce() throws(CallError) {
    if checkedMarshalling { return }
    checkedMarshalling = true
    let operands = ipcbench_operands(left: 0x0123_4567_89AB_CDEF, right: -42)
    var sum: quad_t = 0
    guard ipcbench_add_1(operands, &sum, client) == RPC_SUCCESS else {
      throw failure("ADD", "checking the marshalling")
    }
    guard sum == operands.left + operands.right else {
      throw CallError(
        "ADD", code: 0, text: "\(operands.left) and \(operands.right) came to \(sum)",
        while: "checking the marshalling")
    }
  }

  /// The RPC library's own words. rpc_clnt_calls(3) clnt_sperror.
  private func failure(_ procedure: String, _ attempt: String) -> CallError {
    let text = clnt_sperror(client, procedure).map { String(cString: $0) } ?? "no reason"
    return CallError(
      procedure, code: onc_rpc_client_errno(client), text: text, while: attempt)
  }
}

extension ipcbench_message {
  /// A payload where it lies, for the call it is passed to.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.init(
      ipcbench_message_len: u_int(bytes.count),
      ipcbench_message_val: UnsafeMutablePointer(
        mutating: bytes.baseAddress?.assumingMemoryBound(to: CChar.self)))
  }
}
