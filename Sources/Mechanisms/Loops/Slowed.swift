#if INJECTED_SLOWDOWN
  import CLinux
  import Trials

  /// What the loops drive in a build that is slower on purpose, to show that a slower build is noticed.
  ///
  /// Loops and channels are those of every other build; only after each message stands a wait that is
  /// a set part of what a message takes. IPCBENCH_SLOWDOWN_PERCENT in the build's environment makes
  /// such a build (Package.swift), and `ipcbench --version` of it says so.
  typealias Driven<C: Carrier & ~Copyable> = Slowed<C>

  struct Slowed<C: Carrier & ~Copyable>: ~Copyable, Carrier {
    private var carrier: C
    private var delay: Delay

    static func adopt(
      _ end: consuming LinkEnd, for session: borrowing Session
    ) throws(CallError) -> Slowed {
      Slowed(carrier: try C.adopt(end, for: session), delay: Delay(session))
    }

    private init(carrier: consuming C, delay: Delay) {
      self.carrier = carrier
      self.delay = delay
    }

    @inline(__always)
    mutating func send<Touch: Touching>(_ sequence: UInt64, _: Touch.Type) throws(CallError) {
      try carrier.send(sequence, Touch.self)
      delay.pass()
    }

    @inline(__always)
    mutating func receive<Touch: Touching>(
      _ inspector: inout Inspector, _: Touch.Type
    ) throws(CallError) {
      try carrier.receive(&inspector, Touch.self)
      delay.pass()
    }

    /// The whole round trip is the producer's, so that its wait alone makes it longer.
    @inline(__always)
    mutating func exchange<Touch: Touching>(
      _ sequence: UInt64, _ inspector: inout Inspector, _: Touch.Type
    ) throws(CallError) {
      try carrier.exchange(sequence, &inspector, Touch.self)
      delay.pass()
    }

    @inline(__always)
    mutating func answer<Touch: Touching>(
      _ inspector: inout Inspector, _: Touch.Type
    ) throws(CallError) {
      try carrier.answer(&inspector, Touch.self)
    }

    @inline(__always)
    mutating func flush() throws(CallError) { try carrier.flush() }

    mutating func complete(_ report: inout PhaseReport) throws(CallError) {
      try carrier.complete(&report)
      delay.forget()
    }

    var waitCounts: WaitCounts { carrier.waitCounts }
    var sharedMemory: UnsafeRawBufferPointer? { carrier.sharedMemory }
  }

  /// The same wait after each message of a batch: a part of what the messages of the batch before took.
  ///
  /// The clock is read once a batch of tens of microseconds, and what reading it costs is taken off the
  /// wait. The wait itself is a loop without a clock, for it can be shorter than a read of one.
  private struct Delay {
    private let part: Double
    private let stepsPerNanosecond: Double
    private let readCostNanoseconds = Clock.readCostNanoseconds()
    private var steps: UInt64 = 0
    private var batch: UInt64 = 1
    private var left: UInt64 = 1
    /// nil before the first message of a phase.
    private var batchStart: UInt64?

    /// A paced producer waits for due times, which another wait only shifts: nothing is added there. Of
    /// a stream the producer waits, and where both sides spin, on cores of their own, the consumer as
    /// well, for the slower of the two decides how fast the stream is.
    init(_ session: borrowing Session) {
      let isSlowed =
        switch session.workload.pattern {
        case .paced: false
        case .pingPong, .stream: session.role == .producer || session.workload.wait == .spin
        }
      part = isSlowed ? Double(linux_injected_slowdown_percent()) / 100 : 0
      stepsPerNanosecond = Self.measuredStepsPerNanosecond()
    }

    @inline(__always)
    mutating func pass() {
      linux_pass_time(steps)
      left &-= 1
      if left == 0 { beginBatch() }
    }

    private mutating func beginBatch() {
      let now = Clock.now()
      if let batchStart {
        let took = Double(now &- batchStart)
        let waited = Double(batch &* steps) / stepsPerNanosecond
        let wait = max(0, (took - waited) * part - readCostNanoseconds) / Double(batch)
        steps = UInt64(wait * stepsPerNanosecond)
        if took < 20_000 { batch = min(batch * 2, 1 << 16) }
        if took > 200_000 { batch = max(batch / 2, 1) }
      }
      batchStart = now
      left = batch
    }

    /// What lies between two phases is no message's.
    mutating func forget() {
      steps = 0
      batch = 1
      left = 1
      batchStart = nil
    }

    /// The fastest of a few attempts: a disturbance only makes one slower.
    private static func measuredStepsPerNanosecond() -> Double {
      let steps: UInt64 = 100_000
      var fastest = UInt64.max
      for _ in 0..<5 {
        let start = Clock.now()
        linux_pass_time(steps)
        fastest = min(fastest, Clock.now() &- start)
      }
      return Double(steps) / Double(max(fastest, 1))
    }
  }
#else
  /// What the loops drive: the carrier itself. See `Slowed` for the one build that is different.
  typealias Driven<C: Carrier & ~Copyable> = C
#endif
