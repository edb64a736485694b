import Trials

/// A way to move bytes between two processes: a name, what it can do, how the driver connects two
/// ends, and what each worker runs over its end.
public struct Mechanism: Sendable {
  /// Runs in the driver; what it makes must not be reachable by name once this returns.
  public typealias MakeLink = @Sendable (Workload) throws(CallError) -> Link
  /// Runs in a worker, through all phases of a trial.
  public typealias Work = @Sendable (consuming LinkEnd, borrowing Session) throws(CallError) -> Void

  public let capabilities: Capabilities
  /// One sentence for `ipcbench list`.
  public let summary: String
  /// What happens to the bytes of a message on their way, for `ipcbench list --format json`.
  public let copies: String
  /// Why the mechanism cannot be had on this host, and how to get it; nil when it can.
  public let unavailable: @Sendable () -> String?
  public let makeLink: MakeLink
  private let work: [WaitPolicy: [Role: Work]]

  public var name: String { capabilities.name }

  /// A mechanism whose workers bring their own loops.
  public init(
    _ name: String, summary: String, copies: String, work: [WaitPolicy: [Role: Work]],
    largestPayloadBytes: Int = Workload.largestPayloadBytes,
    unavailable: @escaping @Sendable () -> String? = { nil }, makeLink: @escaping MakeLink
  ) {
    self.capabilities = Capabilities(
      name: name, waits: WaitPolicy.allCases.filter { work[$0] != nil },
      largestPayloadBytes: largestPayloadBytes)
    self.summary = summary
    self.copies = copies
    self.work = work
    self.unavailable = unavailable
    self.makeLink = makeLink
  }

  /// A mechanism that is a channel in two ways of waiting.
  init<B: Channel & ~Copyable, S: Channel & ~Copyable>(
    _ name: String, summary: String, copies: String, block: B.Type, spin: S.Type,
    makeLink: @escaping MakeLink
  ) {
    self.init(
      name, summary: summary, copies: copies,
      work: [.block: Self.loops(over: block), .spin: Self.loops(over: spin)], makeLink: makeLink)
  }

  /// The loops of all patterns, specialised for one channel; the closures are what keeps the
  /// channel's type, so that nothing inside them goes through an existential.
  static func loops<C: Channel & ~Copyable>(over _: C.Type) -> [Role: Work] {
    [
      .producer: { end, session throws(CallError) in try produce(C.self, end, session) },
      .consumer: { end, session throws(CallError) in try consume(C.self, end, session) },
    ]
  }

  /// Runs one worker's side of a trial to its end.
  public func run(
    _ end: consuming LinkEnd, _ session: borrowing Session
  ) throws(CallError) {
    guard let work = work[session.workload.wait]?[session.role] else {
      throw CallError(
        name, code: 0, text: "it does not wait by \(session.workload.wait.rawValue)",
        while: "choosing the way to wait")
    }
    try work(end, session)
  }
}

/// The producer's side of a trial: adopt the end, then one loop a phase.
public func produce<C: Channel & ~Copyable>(
  _: C.Type, _ end: consuming LinkEnd, _ session: borrowing Session
) throws(CallError) {
  var channel = try C.adopt(end, for: session)
  try session.channelIsReady(channel.sharedMemory)
  var state = ProducerState()
  while let phase = session.gate.open() {
    let before = channel.waitCounts
    var report =
      switch (session.workload.pattern, phase.touch(session.workload)) {
      case (.pingPong, .none):
        try PingPong.produce(phase, over: &channel, NoTouch.self, state: &state, in: session)
      case (.pingPong, .header):
        try PingPong.produce(phase, over: &channel, HeaderTouch.self, state: &state, in: session)
      case (.pingPong, .full):
        try PingPong.produce(phase, over: &channel, FullTouch.self, state: &state, in: session)
      case (.stream, .none):
        try Stream.produce(phase, over: &channel, NoTouch.self, state: &state, in: session)
      case (.stream, .header):
        try Stream.produce(phase, over: &channel, HeaderTouch.self, state: &state, in: session)
      case (.stream, .full):
        try Stream.produce(phase, over: &channel, FullTouch.self, state: &state, in: session)
      }
    report.count(from: before, to: channel.waitCounts)
    session.gate.close(report)
  }
}

/// The consumer's side of a trial: adopt the end, then one loop a phase.
public func consume<C: Channel & ~Copyable>(
  _: C.Type, _ end: consuming LinkEnd, _ session: borrowing Session
) throws(CallError) {
  var channel = try C.adopt(end, for: session)
  try session.channelIsReady(channel.sharedMemory)
  var next: UInt64 = 0
  while let phase = session.gate.open() {
    let before = channel.waitCounts
    var report =
      switch (session.workload.pattern, phase.touch(session.workload)) {
      case (.pingPong, .none):
        try PingPong.consume(phase, over: &channel, NoTouch.self, next: &next, in: session)
      case (.pingPong, .header):
        try PingPong.consume(phase, over: &channel, HeaderTouch.self, next: &next, in: session)
      case (.pingPong, .full):
        try PingPong.consume(phase, over: &channel, FullTouch.self, next: &next, in: session)
      case (.stream, .none):
        try Stream.consume(phase, over: &channel, NoTouch.self, next: &next, in: session)
      case (.stream, .header):
        try Stream.consume(phase, over: &channel, HeaderTouch.self, next: &next, in: session)
      case (.stream, .full):
        try Stream.consume(phase, over: &channel, FullTouch.self, next: &next, in: session)
      }
    report.count(from: before, to: channel.waitCounts)
    session.gate.close(report)
  }
}

extension Phase {
  /// The verifying phase looks at every byte, the others at what the workload says.
  package func touch(_ workload: Workload) -> Touch { kind == .verify ? .full : workload.touch }
}

extension PhaseReport {
  /// Takes over what the channel counted during the phase.
  mutating func count(from before: WaitCounts, to after: WaitCounts) {
    if let from = before.waits, let to = after.waits { waits = to - from }
    if let from = before.wakes, let to = after.wakes { wakes = to - from }
  }
}
