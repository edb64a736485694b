import Glibc
import Synchronization
import Trials

/// Mechanisms that misbehave in one way each, to show that the harness notices. All are pipes.
///
/// What befalls a message befalls one of the timed phase, so that it is known where to look for it.
public enum Fault: String, CaseIterable, Sendable {
  /// Sound, to show that the others fail for what is wrong with them.
  case none = "fault-none"
  case errorInLink = "fault-error-link"
  case errorInAdopt = "fault-error-adopt"
  case error = "fault-error"
  case crashInAdopt = "fault-crash-adopt"
  case crash = "fault-crash"
  case noRoomInAdopt = "fault-no-room-adopt"
  case hangInAdopt = "fault-hang-adopt"
  case hang = "fault-hang"
  case corrupt = "fault-corrupt"
  case overlong = "fault-overlong"
  case drop = "fault-drop"
  case dropLast = "fault-drop-last"
  case duplicate = "fault-duplicate"
  /// In a stream; in a ping-pong, both sides wait for the first of the two.
  case reorder = "fault-reorder"
  case delay = "fault-delay"
  case slowConsumer = "fault-slow"
  /// Seen only where arrivals are stamped (paced).
  case clock = "fault-clock"
  case clockAhead = "fault-clock-second"

  /// What goes wrong, for `ipcbench list --faults` and `ipcbench selftest`.
  public var summary: String {
    switch self {
    case .none: "nothing is wrong"
    case .errorInLink: "the driver cannot make the link"
    case .errorInAdopt: "the producer cannot take over its end"
    case .error: "the producer's tenth timed send fails"
    case .crashInAdopt: "the consumer crashes while it takes over its end"
    case .crash: "the consumer crashes in its tenth timed receive"
    case .noRoomInAdopt: "the consumer's shared memory has no room for a page"
    case .hangInAdopt: "the consumer hangs while it takes over its end"
    case .hang: "the consumer hangs in its tenth timed receive"
    case .corrupt: "one bit of the tenth timed message is wrong"
    case .overlong: "the tenth timed message is a byte too long"
    case .drop: "the tenth timed message is not sent"
    case .dropLast: "the last timed message is not sent"
    case .duplicate: "the tenth timed message is sent twice"
    case .reorder: "the tenth and eleventh timed messages change places"
    case .delay: "the tenth timed send takes 50 ms longer"
    case .slowConsumer: "each timed receive takes 1 ms longer"
    case .clock: "the consumer's clock is a millisecond ahead where it stamps arrivals"
    case .clockAhead: "the consumer's clock is a second ahead"
    }
  }

  /// How much longer a delayed send takes.
  public static let delayNanoseconds: UInt64 = 50_000_000
  /// How much longer a slow consumer's receive takes.
  public static let slowReceiveNanoseconds: UInt64 = 1_000_000
  /// How far ahead a wrong clock is.
  public static let clockErrorNanoseconds: UInt64 = 1_000_000_000

  fileprivate static let messageNumber: UInt64 = 10
}

extension Mechanism {
  /// One mechanism a fault.
  public static let faults: [Mechanism] = Fault.allCases.map { fault in
    Mechanism(
      fault.rawValue, summary: "a pipe: \(fault.summary)",
      copies: "copied into the kernel and out again",
      work: [
        Way(.block): loops(
          over: Copying<FaultyChannel>.self,
          consumerClockAhead: fault == .clockAhead ? Fault.clockErrorNanoseconds : 0)
      ],
      isTried: false, buffer: .kernel(.pipe),
      makeLink: { workload throws(CallError) in
        if fault == .errorInLink { throw injected("making the link") }
        return try Mechanism.pipe.makeLink(workload)
      })
  }
}

private func injected(_ attempt: String) -> CallError {
  CallError("fault", code: 0, text: "injected on purpose", while: attempt)
}

/// Does not return: pause(2) never yields 0. Were the loop an open `while true`, the compiler would know
/// that nobody needs the channel any more and close it first, and the peer would see a death.
private func hang() {
  while pause() != 0 {}
}

/// Touches a page that the file behind it has no room for any more.
private func touchPageWithoutRoom() throws(CallError) {
  let object = try TrialMemory.create()
  let mapping = try SharedMapping.shared(object, byteCount: RingLayout.pageBytes)
  _ = ftruncate(object.number, 0)
  mapping.prefault(from: 0, byteCount: mapping.bytes.count)
}

/// A pipe with a fault in it.
private struct FaultyChannel: ~Copyable, Channel {
  private var channel: DescriptorChannel<Blocking>
  /// nil if it is the other side's.
  private let fault: Fault?
  private let ends: PhaseEnds
  private var sent: UInt64 = 0
  private var received: UInt64 = 0
  /// The message that the next one overtakes.
  private var held: [UInt8] = []

  private init(
    _ channel: consuming DescriptorChannel<Blocking>, _ fault: Fault?, _ ends: PhaseEnds
  ) {
    self.channel = channel
    self.fault = fault
    self.ends = ends
  }

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> FaultyChannel {
    let fault = Fault(rawValue: session.mechanism)
    switch (fault, session.role) {
    case (.errorInAdopt, .producer): throw injected("adopting the link")
    case (.crashInAdopt, .consumer): raise(SIGSEGV)
    case (.noRoomInAdopt, .consumer): try touchPageWithoutRoom()
    case (.hangInAdopt, .consumer): hang()
    case (.clock, .consumer): session.memory.consumerClockError = 1_000_000
    default: break
    }
    let affected: [Fault] =
      session.role == .producer
      ? [.error, .corrupt, .overlong, .drop, .dropLast, .duplicate, .reorder, .delay]
      : [.crash, .hang, .slowConsumer]
    return FaultyChannel(
      try DescriptorChannel.adopt(end, for: session),
      fault.flatMap { affected.contains($0) ? $0 : nil }, PhaseEnds(of: session.memory))
  }

  mutating func send(_ message: RawSpan) throws(CallError) {
    let sequence = sent
    sent += 1
    guard let fault, let number = ends.timedNumber(of: sequence) else {
      return try channel.send(message)
    }
    switch (fault, number) {
    case (.error, Fault.messageNumber): throw injected("sending a message")
    case (.corrupt, Fault.messageNumber):
      var bytes = message.withUnsafeBytes { [UInt8]($0) }
      // The number's highest bit: it can pass neither for an earlier message nor for one behind a gap.
      bytes[min(7, bytes.count - 1)] ^= 0x80
      try channel.send(bytes.span.bytes)
    case (.overlong, Fault.messageNumber):
      try channel.send((message.withUnsafeBytes { [UInt8]($0) } + [0]).span.bytes)
    case (.drop, Fault.messageNumber): break
    case (.dropLast, _) where ends.isLastTimed(sequence): break
    case (.duplicate, Fault.messageNumber):
      try channel.send(message)
      try channel.send(message)
    case (.reorder, Fault.messageNumber): held = message.withUnsafeBytes { [UInt8]($0) }
    case (.reorder, Fault.messageNumber + 1):
      let overtaken = held
      try channel.send(message)
      try channel.send(overtaken.span.bytes)
    case (.delay, Fault.messageNumber):
      usleep(UInt32(Fault.delayNanoseconds / 1000))
      try channel.send(message)
    default: try channel.send(message)
    }
  }

  mutating func receive(into message: inout MutableRawSpan) throws(CallError) {
    let sequence = received
    received += 1
    guard let fault, let number = ends.timedNumber(of: sequence) else {
      return try channel.receive(into: &message)
    }
    switch (fault, number) {
    case (.crash, Fault.messageNumber): raise(SIGSEGV)
    case (.hang, Fault.messageNumber): hang()
    default: break
    }
    try channel.receive(into: &message)
    // Not before the call: the consumer is there first, and the time begins with the producer.
    if fault == .slowConsumer { usleep(UInt32(Fault.slowReceiveNanoseconds / 1000)) }
  }
}

/// Where the timed phase lies among the sequence numbers. Lives as long as the trial's memory, which is
/// as long as the worker.
private struct PhaseEnds {
  private let warmUp: UnsafeMutablePointer<Atomic<UInt64>>
  private let timed: UnsafeMutablePointer<Atomic<UInt64>>

  /// The indices are those of `Phase.phases`.
  init(of memory: borrowing TrialMemory) {
    warmUp = memory.end(of: 1)
    timed = memory.end(of: 2)
  }

  /// The message's place in the timed phase, from 1; nil before that.
  func timedNumber(of sequence: UInt64) -> UInt64? {
    // Pairs with the release in PhasePlan: the end was stored before the phase's last message was
    // sent, and the number is the largest of all until then.
    let first = warmUp.pointee.load(ordering: .acquiring)
    return sequence >= first ? sequence - first + 1 : nil
  }

  func isLastTimed(_ sequence: UInt64) -> Bool {
    // Pairs with the release in PhasePlan, which this worker's own loop has called.
    sequence &+ 1 == timed.pointee.load(ordering: .acquiring)
  }
}
