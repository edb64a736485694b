import Glibc

/// Messages over a pair of byte-stream descriptors, or one that carries both directions: pipes, FIFOs
/// and stream sockets differ only in how the driver connects them.
///
/// Blocking sleeps in read(2) and write(2); spinning asks again for as long as they answer EAGAIN;
/// adaptive asks again until its budget is spent, and then sleeps in poll(2).
struct DescriptorChannel<Policy: Waiting>: ~Copyable, Channel {
  private let end: LinkEnd
  private let incoming: Int32
  private let outgoing: Int32
  private let spinBudgetNanoseconds: UInt64
  private var waits: UInt64 = 0

  private init(_ end: consuming LinkEnd, spinBudgetNanoseconds: UInt64) {
    let numbers = end.numbers
    incoming = numbers[0]
    outgoing = numbers.count > 1 ? numbers[1] : numbers[0]
    self.spinBudgetNanoseconds = spinBudgetNanoseconds
    self.end = end
  }

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> DescriptorChannel {
    try end.setNonblocking(Policy.spins)
    return DescriptorChannel(
      end, spinBudgetNanoseconds: session.workload.spinBudgetNanoseconds ?? 0)
  }

  @inline(__always)
  mutating func send(_ message: RawSpan) throws(CallError) {
    waits &+= try message.withUnsafeBytes { bytes throws(CallError) in
      try transfer(bytes.count, over: outgoing, POLLOUT, "write", "sending a message") { offset in
        write(outgoing, bytes.baseAddress.unsafelyUnwrapped + offset, bytes.count - offset)
      }
    }
  }

  @inline(__always)
  mutating func receive(into message: inout MutableRawSpan) throws(CallError) {
    waits &+= try message.withUnsafeMutableBytes { bytes throws(CallError) in
      try transfer(bytes.count, over: incoming, POLLIN, "read", "receiving a message") { offset in
        read(incoming, bytes.baseAddress.unsafelyUnwrapped + offset, bytes.count - offset)
      }
    }
  }

  /// A blocking call does not tell whether it slept. A spinning one knows each time that it had to ask
  /// again, an adaptive one each time that it went to sleep. The kernel wakes the peer in any case.
  var waitCounts: WaitCounts { WaitCounts(waits: Policy.spins ? waits : nil) }

  /// Calls `step(bytes done so far)` until `count` bytes are through; returns how often it waited.
  @inline(__always)
  private func transfer(
    _ count: Int, over descriptor: Int32, _ event: Int32, _ call: StaticString,
    _ attempt: StaticString, step: (_ offset: Int) -> Int
  ) throws(CallError) -> UInt64 {
    var done = 0
    var waits: UInt64 = 0
    var budget: SpinBudget?
    while true {
      let moved = step(done)
      if moved > 0 {
        done += moved
        if done == count { return waits }
        budget = nil
      } else if moved == 0 {
        throw CallError(
          "\(call)", code: EPIPE, text: "the peer closed its end after \(done) of \(count) bytes",
          while: "\(attempt)")
      } else if errno == EAGAIN {
        if !Policy.sleeps {
          waits = 1
        } else if try giveUpLooking(&budget, descriptor, event) {
          waits &+= 1
        }
      } else if errno != EINTR {
        throw CallError("\(call)", while: "\(attempt)")
      }
    }
  }

  /// Counts a look in vain against the budget; when that is spent, sleeps until the descriptor is ready
  /// or its peer is gone, and says so.
  private func giveUpLooking(
    _ budget: inout SpinBudget?, _ descriptor: Int32, _ event: Int32
  ) throws(CallError) -> Bool {
    var current = budget ?? SpinBudget(nanoseconds: spinBudgetNanoseconds)
    let isSpent = current.isSpent()
    budget = isSpent ? nil : current
    guard isSpent else { return false }
    var watched = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    guard poll(&watched, 1, -1) >= 0 || errno == EINTR else {
      throw CallError("poll", while: "waiting for the peer")
    }
    return true
  }
}
