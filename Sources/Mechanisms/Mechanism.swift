import Trials

/// A way to move bytes between two processes: a name, what it can do, how the driver connects two
/// ends, and what each worker runs over its end.
public struct Mechanism: Sendable {
  /// Runs in the driver; what it makes must not be reachable by name once this returns. The workload's
  /// `bufferBytes` is what the kernel is to be given for each direction, or as much as a buffer of the
  /// mechanism's own holds.
  public typealias MakeLink = @Sendable (Workload) throws(CallError) -> Link
  /// Runs in a worker, through all phases of a trial.
  public typealias Work = @Sendable (consuming LinkEnd, borrowing Session) throws(CallError) -> Void

  public let capabilities: Capabilities
  /// One sentence for `ipcbench list`.
  public let summary: String
  /// What happens to the bytes of a message on their way, for `ipcbench list --format json`.
  public let copies: String
  /// Whether a link is made to find out if the mechanism can be had on this host: not of those that fail on
  /// purpose, nor of those whose link only says that a phase is over.
  let isTried: Bool
  /// What a link takes of /dev/shm; nil for a mechanism that takes nothing there.
  public let sharedMemoryBytes: (@Sendable (Workload) -> Int)?
  public let makeLink: MakeLink
  /// How to make it hold as much as is asked for, and to see that it does.
  public let buffer: BufferKind
  private let work: [Way: [Role: Work]]

  public var name: String { capabilities.name }

  /// A mechanism whose workers bring their own loops.
  public init(
    _ name: String, summary: String, copies: String, work: [Way: [Role: Work]],
    patterns: [Pattern] = Pattern.allCases,
    largestPayloadBytes: Int = Workload.largestPayloadBytes,
    isTried: Bool = true, buffer: BufferKind = .none,
    sharedMemoryBytes: (@Sendable (Workload) -> Int)? = nil, makeLink: @escaping MakeLink
  ) {
    self.capabilities = Capabilities(
      name: name, patterns: patterns,
      waits: WaitPolicy.allCases.filter { wait in work.keys.contains { $0.wait == wait } },
      dataPaths: DataPath.allCases.filter { path in work.keys.contains { $0.dataPath == path } },
      largestPayloadBytes: largestPayloadBytes)
    self.summary = summary
    self.copies = copies
    self.work = work
    self.isTried = isTried
    self.sharedMemoryBytes = sharedMemoryBytes
    self.buffer = buffer
    self.makeLink = makeLink
  }

  /// A mechanism that is a channel, which copies, in every way to wait.
  init<B: Channel & ~Copyable, S: Channel & ~Copyable, A: Channel & ~Copyable>(
    _ name: String, summary: String, copies: String, block: B.Type, spin: S.Type,
    adaptive: A.Type, buffer: BufferKind,
    sharedMemoryBytes: (@Sendable (Workload) -> Int)? = nil, makeLink: @escaping MakeLink
  ) {
    self.init(
      name, summary: summary, copies: copies,
      work: Self.copying(block: block, spin: spin, adaptive: adaptive), buffer: buffer,
      sharedMemoryBytes: sharedMemoryBytes, makeLink: makeLink)
  }

  /// A mechanism whose channel also lends its memory, in every way to wait.
  init<B: LendingChannel & ~Copyable, S: LendingChannel & ~Copyable, A: LendingChannel & ~Copyable>(
    _ name: String, summary: String, copies: String, lendingBlock block: B.Type,
    spin: S.Type, adaptive: A.Type, buffer: BufferKind,
    sharedMemoryBytes: (@Sendable (Workload) -> Int)? = nil, makeLink: @escaping MakeLink
  ) {
    let inPlace: [Way: [Role: Work]] = [
      Way(.block, .inPlace): Self.loops(over: InPlace<B>.self),
      Way(.spin, .inPlace): Self.loops(over: InPlace<S>.self),
      Way(.adaptive, .inPlace): Self.loops(over: InPlace<A>.self),
    ]
    let copying = Self.copying(block: block, spin: spin, adaptive: adaptive)
    self.init(
      name, summary: summary, copies: copies,
      work: copying.merging(inPlace) { first, _ in first }, buffer: buffer,
      sharedMemoryBytes: sharedMemoryBytes, makeLink: makeLink)
  }

  private static func copying<
    B: Channel & ~Copyable, S: Channel & ~Copyable, A: Channel & ~Copyable
  >(block: B.Type, spin: S.Type, adaptive: A.Type) -> [Way: [Role: Work]] {
    [
      Way(.block): loops(over: Copying<B>.self),
      Way(.spin): loops(over: Copying<S>.self),
      Way(.adaptive): loops(over: Copying<A>.self),
    ]
  }

  /// The loops of all patterns, specialised for one carrier; the closures are what keeps the
  /// carrier's type, so that nothing inside them goes through an existential.
  ///
  /// - Parameter consumerClockAhead: nanoseconds by which the times that the consumer reports are
  ///   wrong, to test the harness.
  static func loops<C: Carrier & ~Copyable>(
    over _: C.Type, consumerClockAhead: UInt64 = 0
  ) -> [Role: Work] {
    [
      .producer: { end, session throws(CallError) in
        try runProducer(Driven<C>.self, end, session)
      },
      .consumer: { end, session throws(CallError) in
        try runConsumer(Driven<C>.self, end, session, clockAhead: consumerClockAhead)
      },
    ]
  }

  /// The producer's side over a channel that copies, for a mechanism of another module.
  public static func producer<C: Channel & ~Copyable>(over _: C.Type) -> Work {
    { end, session throws(CallError) in try runProducer(Driven<Copying<C>>.self, end, session) }
  }

  /// Runs one worker's side of a trial to its end.
  public func run(
    _ end: consuming LinkEnd, _ session: borrowing Session
  ) throws(CallError) {
    guard capabilities.patterns.contains(session.workload.pattern) else {
      throw CallError(
        name, code: 0, text: "it does not offer pattern \(session.workload.pattern.rawValue)",
        while: "choosing the loops")
    }
    let way = Way(session.workload.wait, session.workload.dataPath)
    guard let work = work[way]?[session.role] else {
      throw CallError(
        name, code: 0,
        text: "it does not offer wait \(way.wait.rawValue) with data path \(way.dataPath.rawValue)",
        while: "choosing the loops")
    }
    try work(end, session)
  }
}

/// The producer's side of a trial: adopt the end, then one loop a phase.
private func runProducer<C: Carrier & ~Copyable>(
  _: C.Type, _ end: consuming LinkEnd, _ session: borrowing Session
) throws(CallError) {
  var carrier = try C.adopt(end, for: session)
  try session.channelIsReady(carrier.sharedMemory)
  var state = ProducerState()
  while let phase = session.gate.open() {
    let before = carrier.waitCounts
    var report =
      switch (phase.pattern(session.workload), phase.touch(session.workload)) {
      case (.pingPong, .none):
        try PingPong.produce(phase, over: &carrier, NoTouch.self, state: &state, in: session)
      case (.pingPong, .header):
        try PingPong.produce(phase, over: &carrier, HeaderTouch.self, state: &state, in: session)
      case (.pingPong, .full):
        try PingPong.produce(phase, over: &carrier, FullTouch.self, state: &state, in: session)
      case (.stream, .none):
        try Stream.produce(phase, over: &carrier, NoTouch.self, state: &state, in: session)
      case (.stream, .header):
        try Stream.produce(phase, over: &carrier, HeaderTouch.self, state: &state, in: session)
      case (.stream, .full):
        try Stream.produce(phase, over: &carrier, FullTouch.self, state: &state, in: session)
      case (.paced, .none):
        try Paced.produce(phase, over: &carrier, NoTouch.self, state: &state, in: session)
      case (.paced, .header):
        try Paced.produce(phase, over: &carrier, HeaderTouch.self, state: &state, in: session)
      case (.paced, .full):
        try Paced.produce(phase, over: &carrier, FullTouch.self, state: &state, in: session)
      }
    report.count(from: before, to: carrier.waitCounts)
    try carrier.complete(&report)
    session.gate.close(report)
  }
}

/// The consumer's side of a trial: adopt the end, then one loop a phase.
private func runConsumer<C: Carrier & ~Copyable>(
  _: C.Type, _ end: consuming LinkEnd, _ session: borrowing Session, clockAhead: UInt64
) throws(CallError) {
  var carrier = try C.adopt(end, for: session)
  try session.channelIsReady(carrier.sharedMemory)
  var next: UInt64 = 0
  while let phase = session.gate.open() {
    let before = carrier.waitCounts
    var report =
      switch (phase.pattern(session.workload), phase.touch(session.workload)) {
      case (.pingPong, .none):
        try PingPong.consume(phase, over: &carrier, NoTouch.self, next: &next, in: session)
      case (.pingPong, .header):
        try PingPong.consume(phase, over: &carrier, HeaderTouch.self, next: &next, in: session)
      case (.pingPong, .full):
        try PingPong.consume(phase, over: &carrier, FullTouch.self, next: &next, in: session)
      case (.stream, .none):
        try Stream.consume(phase, over: &carrier, NoTouch.self, next: &next, in: session)
      case (.stream, .header):
        try Stream.consume(phase, over: &carrier, HeaderTouch.self, next: &next, in: session)
      case (.stream, .full):
        try Stream.consume(phase, over: &carrier, FullTouch.self, next: &next, in: session)
      case (.paced, .none):
        try Paced.consume(phase, over: &carrier, NoTouch.self, next: &next, in: session)
      case (.paced, .header):
        try Paced.consume(phase, over: &carrier, HeaderTouch.self, next: &next, in: session)
      case (.paced, .full):
        try Paced.consume(phase, over: &carrier, FullTouch.self, next: &next, in: session)
      }
    report.count(from: before, to: carrier.waitCounts)
    try carrier.complete(&report)
    report.startNanoseconds &+= clockAhead
    report.endNanoseconds &+= clockAhead
    session.gate.close(report)
  }
}

/// Which of a mechanism's channels a worker runs.
public struct Way: Hashable, Sendable {
  public var wait: WaitPolicy
  public var dataPath: DataPath

  public init(_ wait: WaitPolicy, _ dataPath: DataPath = .copy) {
    self.wait = wait
    self.dataPath = dataPath
  }
}

extension Phase {
  /// The verifying phase looks at every byte, the others at what the workload says.
  package func touch(_ workload: Workload) -> Touch { kind == .verify ? .full : workload.touch }

  /// The verifying phase of a paced trial has no schedule.
  func pattern(_ workload: Workload) -> Pattern {
    kind == .verify && workload.pattern == .paced ? .stream : workload.pattern
  }
}

extension PhaseReport {
  /// Takes over what the channel counted during the phase.
  mutating func count(from before: WaitCounts, to after: WaitCounts) {
    if let from = before.waits, let to = after.waits { waits = to - from }
    if let from = before.wakes, let to = after.wakes { wakes = to - from }
  }
}
