/// How a trial ended.
public enum TrialStatus: String, Codable, CaseIterable, Sendable {
  case ok
  /// The mechanism or the kernel reported an error.
  case failed
  /// The deadline passed and the workers were killed.
  case timedOut = "timed-out"
  /// A worker ended without saying why, usually by a signal.
  case died
  /// It ran to its end, but its numbers prove nothing: messages were lost or corrupted, a rate was not
  /// reached, or the two clocks disagree.
  case invalid
}

/// What one worker spent over the timed part of a trial.
public struct SideUsage: Codable, Hashable, Sendable {
  /// The logical CPU the worker found itself on when the timed part ended.
  public var core: Int
  public var cpuNanoseconds: UInt64
  /// How long the CPU time was counted for: from the start of the timed part to the moment at which this
  /// side had done its own; nil where nobody noted it.
  public var wallNanoseconds: UInt64?
  public var voluntarySwitches: UInt64
  public var involuntarySwitches: UInt64
  public var majorFaults: UInt64
  /// Times the scheduler moved the worker to another CPU; nil where the kernel does not tell.
  public var migrations: UInt64?
  /// Times the channel had to wait for its peer; nil where it cannot know (a blocking read).
  public var waits: UInt64?
  /// Times the channel woke its peer by a system call of its own; nil where the kernel does it.
  public var wakes: UInt64?
  /// Clock frequency of the worker's core when the timed part ended; nil where the kernel does not
  /// tell, as in most virtual machines.
  public var frequencyHertz: UInt64?

  public init(
    core: Int, cpuNanoseconds: UInt64, wallNanoseconds: UInt64? = nil,
    voluntarySwitches: UInt64, involuntarySwitches: UInt64, majorFaults: UInt64,
    migrations: UInt64? = nil, waits: UInt64? = nil, wakes: UInt64? = nil
  ) {
    self.core = core
    self.cpuNanoseconds = cpuNanoseconds
    self.wallNanoseconds = wallNanoseconds
    self.voluntarySwitches = voluntarySwitches
    self.involuntarySwitches = involuntarySwitches
    self.majorFaults = majorFaults
    self.migrations = migrations
    self.waits = waits
    self.wakes = wakes
  }
}

/// How many latency samples fell on a value.
public struct LatencyCount: Codable, Hashable, Sendable {
  /// Highest value equivalent to the samples at HdrHistogram's three significant digits.
  public var nanoseconds: UInt64
  public var samples: UInt64

  public init(nanoseconds: UInt64, samples: UInt64) {
    self.nanoseconds = nanoseconds
    self.samples = samples
  }
}

/// The latencies of a trial: round trips of ping-pong, one way in paced.
public struct LatencyRecord: Codable, Hashable, Sendable {
  /// Ascending by value, without zero counts.
  public var counts: [LatencyCount]
  /// Exact, not rounded to a histogram bucket.
  public var minimumNanoseconds: UInt64
  /// Exact, not rounded to a histogram bucket.
  public var maximumNanoseconds: UInt64
  /// Each sample is the mean of this many consecutive round trips, a power of two. 1 for one-way
  /// latencies.
  public var roundTripsPerSample: Int

  public init(
    counts: [LatencyCount], minimumNanoseconds: UInt64, maximumNanoseconds: UInt64,
    roundTripsPerSample: Int
  ) {
    self.counts = counts
    self.minimumNanoseconds = minimumNanoseconds
    self.maximumNanoseconds = maximumNanoseconds
    self.roundTripsPerSample = roundTripsPerSample
  }
}

/// How far two probes may lie apart before the host is taken to have moved something in between.
public enum ProbeTolerance {
  /// Undisturbed probes of one pair of cores agree within a few per cent; a virtual CPU that moves to
  /// another physical one changes them severalfold.
  public static let factor = 1.5

  public static func isExceeded(by first: Double, _ second: Double) -> Bool {
    max(first, second) > factor * min(first, second)
  }
}

/// What a trial yielded, whether it succeeded or not. Counts are of the timed part.
public struct TrialOutcome: Codable, Hashable, Sendable {
  public var trial: Trial
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public var startedUnixNanoseconds: UInt64
  public var status: TrialStatus
  /// One line: what went wrong, where, and what to do. Empty for `ok`.
  public var error: String
  /// What disturbed the trial (`steal`, `migration`, `major-fault`, `wrong-core`, `preempted: …`,
  /// `another-run`, `probe-changed`, `probe-unusual`); empty if nothing.
  public var taintReasons: [String]

  /// Payload bytes that the link takes while nobody receives, as measured on a spare one; nil where
  /// nobody did, or there is no buffer.
  public var capacityBytes: Int?
  public var messagesSent: UInt64?
  public var messagesReceived: UInt64?
  public var messagesCorrupt: UInt64?
  public var messagesLost: UInt64?
  /// From the first send to the consumer's last verified byte (stream) or the producer's last
  /// verified reply (ping-pong), on CLOCK_MONOTONIC. In paced, from the first due time to the last
  /// arrival.
  public var elapsedNanoseconds: UInt64?
  /// Round trips; in paced, from the time that a message was due to its arrival.
  public var latency: LatencyRecord?
  /// Which of the round trips' samples was the slowest, counted from 0.
  public var slowestSample: UInt64?
  /// How many messages the schedule held; paced only.
  public var scheduledMessages: UInt64?
  /// From the time that a message was really sent to its arrival; paced only.
  public var service: LatencyRecord?
  /// How far the clocks of the two cores can differ at most, as far as an exchange of their readings
  /// can tell; paced only.
  public var clockAgreementNanoseconds: UInt64?
  public var producer: SideUsage?
  public var consumer: SideUsage?
  /// Median round trip of a cache line between the trial's own cores just before and just after the
  /// phases, in nanoseconds; on one core, of an atomic exchange. nil if the trial did not get there.
  public var probeBeforeNanoseconds: Double?
  public var probeAfterNanoseconds: Double?
  /// Time the hypervisor took from the trial's cores while it ran (/proc/stat, 10 ms steps).
  public var stealNanoseconds: UInt64?

  public init(
    trial: Trial, startedUnixNanoseconds: UInt64, status: TrialStatus, error: String = "",
    taintReasons: [String] = []
  ) {
    self.trial = trial
    self.startedUnixNanoseconds = startedUnixNanoseconds
    self.status = status
    self.error = error
    self.taintReasons = taintReasons
  }
}
