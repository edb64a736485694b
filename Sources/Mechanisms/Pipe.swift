import CLinux
import Glibc
import Trials

extension Mechanism {
  /// Two anonymous pipes, one a direction. pipe(7).
  public static let pipe = Mechanism(
    "pipe", summary: "two anonymous pipes, one a direction",
    copies: "copied into the kernel and out again",
    block: DescriptorChannel<Blocking>.self, spin: DescriptorChannel<Spinning>.self,
    adaptive: DescriptorChannel<Adaptive>.self, buffer: .kernel(.pipe)
  ) { workload throws(CallError) in
    let forth = try PipeEnds.open(bufferBytes: workload.bufferBytes)
    let back = try PipeEnds.open(bufferBytes: workload.bufferBytes)
    return PipeEnds.link(forth: forth, back: back)
  }
}

/// The two ends of one pipe or FIFO.
struct PipeEnds: ~Copyable {
  let reading: OwnedDescriptor
  let writing: OwnedDescriptor

  static func open(bufferBytes: Int) throws(CallError) -> PipeEnds {
    var reading: Int32 = -1
    var writing: Int32 = -1
    guard linux_pipe(&reading, &writing) == 0 else {
      throw CallError("pipe2", while: "making a pipe", for: .connecting)
    }
    let ends = PipeEnds(
      reading: OwnedDescriptor(adopting: reading), writing: OwnedDescriptor(adopting: writing))
    try setCapacity(of: ends.writing, to: bufferBytes)
    return ends
  }

  /// The producer writes into `forth` and reads from `back`, the consumer the other way round.
  static func link(forth: consuming PipeEnds, back: consuming PipeEnds) -> Link {
    Link(
      producer: LinkEnd(incoming: back.reading, outgoing: forth.writing),
      consumer: LinkEnd(incoming: forth.reading, outgoing: back.writing))
  }

  /// Sets the pipe's capacity to exactly this many bytes, or says why that cannot be. fcntl(2).
  static func setCapacity(
    of pipe: borrowing OwnedDescriptor, to bufferBytes: Int
  ) throws(CallError) {
    let attempt = "giving a pipe a buffer of \(bufferBytes) bytes"
    let capacity = linux_set_pipe_capacity(pipe.number, Int32(clamping: bufferBytes))
    if capacity < 0 {
      var error = CallError("fcntl(F_SETPIPE_SZ)", while: attempt)
      // What no int holds, the kernel calls invalid. It gives no other code for one that is too large.
      if error.code == EPERM || error.code == EINVAL {
        error.text +=
          "; the limit is fs.pipe-max-size, or of all pipes of a user fs.pipe-user-pages-soft, "
          + "raise it by: sysctl -w fs.pipe-max-size=BYTES"
      }
      throw error
    }
    guard capacity == bufferBytes else {
      throw CallError(
        "fcntl(F_SETPIPE_SZ)", code: 0,
        text:
          "the kernel would make it \(capacity); a pipe holds a power of two from 4096 bytes on",
        while: attempt)
    }
  }
}
