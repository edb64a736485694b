import Glibc
import Trials

extension Mechanism {
  /// A connected pair of AF_UNIX stream sockets. unix(7), socketpair(2).
  public static let unixStream = Mechanism(
    "unix-stream", summary: "a connected pair of AF_UNIX stream sockets",
    copies: "copied into the kernel and out again",
    block: DescriptorChannel<Blocking>.self, spin: DescriptorChannel<Spinning>.self,
    adaptive: DescriptorChannel<Adaptive>.self, buffer: .kernel(.socket(movesOn: false)),
    makeLink: { workload throws(CallError) in
      try unixStreamLink(bufferBytes: workload.bufferBytes)
    })
}

/// Two connected AF_UNIX stream sockets with exactly the buffers asked for.
public func unixStreamLink(bufferBytes: Int) throws(CallError) -> Link {
  var ends: [Int32] = [-1, -1]
  let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
  guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
    throw CallError("socketpair", while: "making a pair of unix sockets", for: .connecting)
  }
  let producer = OwnedDescriptor(adopting: ends[0])
  let consumer = OwnedDescriptor(adopting: ends[1])
  try producer.setSocketBuffers(to: bufferBytes)
  try consumer.setSocketBuffers(to: bufferBytes)
  return Link(producer: LinkEnd(incoming: producer), consumer: LinkEnd(incoming: consumer))
}
