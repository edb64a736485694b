import COncRPC
import Mechanisms
import Trials

extension Mechanism {
  /// ONC RPC over a connected AF_UNIX pair. rpc(3).
  public static let oncRPCUnix = oncRPC(
    "onc-rpc-unix", summary: "ONC RPC (libtirpc) over a pair of AF_UNIX sockets",
    buffer: .socket(movesOn: false)
  ) { workload throws(CallError) in try unixStreamLink(bufferBytes: workload.bufferBytes) }

  /// ONC RPC over a TCP connection on the loopback interface. rpc(3).
  public static let oncRPCTCP = oncRPC(
    "onc-rpc-tcp", summary: "ONC RPC (libtirpc) over TCP on 127.0.0.1, TCP_NODELAY",
    buffer: .socket(movesOn: true)
  ) { workload throws(CallError) in try tcpLink(bufferBytes: workload.bufferBytes) }

  /// The mechanisms of this module, in the order that `ipcbench list` shows them.
  public static let rpc: [Mechanism] = [.oncRPCUnix, .oncRPCTCP]

  private static func oncRPC(
    _ name: String, summary: String, buffer: KernelBuffer, makeLink: @escaping MakeLink
  ) -> Mechanism {
    Mechanism(
      name, summary: summary,
      copies: "marshalled by XDR, copied into the kernel, out again and into fresh memory",
      work: [
        Way(.block): [
          .producer: producer(over: ONCRPCClient.self),
          .consumer: { end, session throws(CallError) in try ONCRPCServer.run(end, session) },
        ]
      ],
      // The library collects one-way calls in its buffer, so that a schedule would not be kept.
      patterns: [.pingPong, .stream], largestPayloadBytes: largestPayloadBytes,
      buffer: .kernel(buffer.filled(by: ONCRPCFill.fill)), makeLink: makeLink)
  }

  /// A record's fragment has a length of 31 bits, and libtirpc sends a message that does not fit its
  /// buffer in several; what limits a payload is the memory for its copies. 64 MiB is tested.
  private static let largestPayloadBytes = 64 << 20
}
