import Glibc
import Trials

/// Mechanisms that misbehave in one way each, to show that the harness notices. All are pipes.
public enum Fault: String, CaseIterable, Sendable {
  /// The driver cannot make the link.
  case errorInLink = "fault-error-link"
  /// The producer cannot take over its end.
  case errorInAdopt = "fault-error-adopt"
  /// The producer's tenth send fails.
  case error = "fault-error"
  /// The consumer dies by SIGSEGV while it takes over its end.
  case crashInAdopt = "fault-crash-adopt"
  /// The consumer dies by SIGSEGV in its tenth receive.
  case crash = "fault-crash"
  /// The consumer stops for good while it takes over its end.
  case hangInAdopt = "fault-hang-adopt"
  /// The consumer stops for good in its tenth receive.
  case hang = "fault-hang"
  /// One bit of the producer's tenth message is wrong.
  case corrupt = "fault-corrupt"
  /// The producer's tenth message is not sent.
  case drop = "fault-drop"
  /// The producer's tenth message is sent twice.
  case duplicate = "fault-duplicate"
  /// The producer's tenth send takes 50 ms longer.
  case delay = "fault-delay"
  /// The consumer's clock is a millisecond ahead, where it stamps arrivals.
  case clock = "fault-clock"

  fileprivate static let messageNumber = 10
}

extension Mechanism {
  /// One mechanism a fault.
  public static let faults: [Mechanism] = Fault.allCases.map { fault in
    Mechanism(
      fault.rawValue, summary: "a pipe that misbehaves, to test the harness",
      copies: "copied into the kernel and out again",
      work: [Way(.block): loops(over: Copying<FaultyChannel>.self)],
      makeLink: { workload throws(CallError) in
        if fault == .errorInLink { throw injected("making the link") }
        return try Mechanism.pipe.makeLink(workload)
      })
  }
}

private func injected(_ attempt: String) -> CallError {
  CallError("fault", code: 0, text: "injected on purpose", while: attempt)
}

/// A pipe with a fault in it.
private struct FaultyChannel: ~Copyable, Channel {
  private var channel: DescriptorChannel<Blocking>
  private let fault: Fault?
  private var sent = 0
  private var received = 0

  private init(_ channel: consuming DescriptorChannel<Blocking>, _ fault: Fault?) {
    self.channel = channel
    self.fault = fault
  }

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> FaultyChannel {
    let fault = Fault(rawValue: session.mechanism)
    switch (fault, session.role) {
    case (.errorInAdopt, .producer): throw injected("adopting the link")
    case (.crashInAdopt, .consumer): raise(SIGSEGV)
    case (.hangInAdopt, .consumer): while true { pause() }
    case (.clock, .consumer): session.memory.consumerClockError = 1_000_000
    default: break
    }
    let affected: [Fault] =
      session.role == .producer
      ? [.error, .corrupt, .drop, .duplicate, .delay] : [.crash, .hang]
    return FaultyChannel(
      try DescriptorChannel.adopt(end, for: session),
      fault.flatMap { affected.contains($0) ? $0 : nil })
  }

  mutating func send(_ message: RawSpan) throws(CallError) {
    sent += 1
    guard sent == Fault.messageNumber, let fault else { return try channel.send(message) }
    switch fault {
    case .error: throw injected("sending a message")
    case .corrupt:
      var bytes = message.withUnsafeBytes { [UInt8]($0) }
      bytes[0] ^= 0x80
      try channel.send(bytes.span.bytes)
    case .drop: break
    case .duplicate:
      try channel.send(message)
      try channel.send(message)
    case .delay:
      usleep(50_000)
      try channel.send(message)
    default: try channel.send(message)
    }
  }

  mutating func receive(into message: inout MutableRawSpan) throws(CallError) {
    received += 1
    if received == Fault.messageNumber {
      if fault == .crash { raise(SIGSEGV) }
      while fault == .hang { pause() }
    }
    try channel.receive(into: &message)
  }
}
