import Glibc

/// Messages over a pair of byte-stream descriptors, or one that carries both directions: pipes, FIFOs
/// and stream sockets differ only in how the driver connects them.
///
/// Blocking sleeps in read(2) and write(2); spinning asks again for as long as they answer EAGAIN.
struct DescriptorChannel<Policy: Waiting>: ~Copyable, Channel {
  private let end: LinkEnd
  private let incoming: Int32
  private let outgoing: Int32
  private var emptyHanded: UInt64 = 0

  private init(_ end: consuming LinkEnd) {
    let numbers = end.numbers
    incoming = numbers[0]
    outgoing = numbers.count > 1 ? numbers[1] : numbers[0]
    self.end = end
  }

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> DescriptorChannel {
    try end.setNonblocking(Policy.looksBeforeSleep > 0)
    return DescriptorChannel(end)
  }

  @inline(__always)
  mutating func send(_ message: RawSpan) throws(CallError) {
    let waited = try message.withUnsafeBytes { bytes throws(CallError) in
      try transfer(bytes.count, "write", "sending a message") { offset in
        write(outgoing, bytes.baseAddress.unsafelyUnwrapped + offset, bytes.count - offset)
      }
    }
    if waited { emptyHanded &+= 1 }
  }

  @inline(__always)
  mutating func receive(into message: inout MutableRawSpan) throws(CallError) {
    let waited = try message.withUnsafeMutableBytes { bytes throws(CallError) in
      try transfer(bytes.count, "read", "receiving a message") { offset in
        read(incoming, bytes.baseAddress.unsafelyUnwrapped + offset, bytes.count - offset)
      }
    }
    if waited { emptyHanded &+= 1 }
  }

  /// A blocking call does not tell whether it slept; a spinning one knows each time it came back
  /// with nothing. The kernel wakes the peer in either case.
  var waitCounts: WaitCounts { WaitCounts(waits: Policy.sleeps ? nil : emptyHanded) }

  /// Calls `step(bytes done so far)` until `count` bytes are through; says whether it had to wait.
  @inline(__always)
  private func transfer(
    _ count: Int, _ call: StaticString, _ attempt: StaticString, step: (_ offset: Int) -> Int
  ) throws(CallError) -> Bool {
    var done = 0
    var waited = false
    while true {
      let moved = step(done)
      if moved > 0 {
        done += moved
        if done == count { return waited }
      } else if moved == 0 {
        throw CallError(
          "\(call)", code: EPIPE, text: "the peer closed its end after \(done) of \(count) bytes",
          while: "\(attempt)")
      } else if errno == EAGAIN {
        waited = true
      } else if errno != EINTR {
        throw CallError("\(call)", while: "\(attempt)")
      }
    }
  }
}
