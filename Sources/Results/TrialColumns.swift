import Trials

extension LatencyKind: CSVValue {}

extension TrialRecord {
  /// In a run folder.
  package static let fileName = "trials.csv"

  /// The columns of trials.csv, in order. New ones are appended.
  static let columns: [Column<TrialRecord>] =
    identityColumns
    + Configuration.workloadColumns.map { $0.inside(\.configuration) }
    + [
      Configuration.offeredRateColumn.inside(\.configuration),
      Column(
        "idle_policy", \.idlePolicy, "How the processors were allowed to idle during the trial."),
    ]
    + Configuration.placementColumns.map { $0.inside(\.configuration) }
    + deliveryColumns + latencyColumns + costColumns
    + [
      Configuration.batchColumn.inside(\.configuration),
      Configuration.spinBudgetColumn.inside(\.configuration),
    ] + disturbanceColumns + pacedColumns + laterColumns

  /// Appended since the first schema: where messages are, on their way and before and after it, and what
  /// helps to judge the figures before them.
  private static let laterColumns: [Column<TrialRecord>] = [
    Column(
      "capacity_bytes", \.capacityBytes, unit: "bytes",
      "Payload bytes that the link takes while nobody receives; empty where that was not measured."),
    Column(
      "scheduled_messages", \.scheduledMessages, unit: "messages",
      "Messages that the schedule of the timed part held (paced only)."),
    Configuration.workingSetColumn.inside(\.configuration),
    Column(
      "latency_slowest_sample", \.latencySlowestSample,
      "Which of the timed samples was the slowest, counted from 0 (ping-pong only)."),
  ]

  /// Appended since the first schema: what else may have disturbed a trial.
  private static let disturbanceColumns: [Column<TrialRecord>] = [
    Column(
      "producer_voluntary_switches", \.producerVoluntarySwitches, unit: "switches",
      "Times the producer gave up its core, to sleep."),
    Column(
      "producer_involuntary_switches", \.producerInvoluntarySwitches, unit: "switches",
      "Times the scheduler took the core from the producer."),
    Column(
      "consumer_voluntary_switches", \.consumerVoluntarySwitches, unit: "switches",
      "Times the consumer gave up its core, to sleep."),
    Column(
      "consumer_involuntary_switches", \.consumerInvoluntarySwitches, unit: "switches",
      "Times the scheduler took the core from the consumer."),
    Column(
      "producer_frequency_hz", \.producerFrequencyHertz, unit: "Hz",
      "Clock frequency of the producer's core at the end; empty where the kernel does not tell."),
    Column(
      "consumer_frequency_hz", \.consumerFrequencyHertz, unit: "Hz",
      "Clock frequency of the consumer's core at the end; empty where the kernel does not tell."),
    Column(
      "probe_before_ns", \.probeBeforeNanoseconds, unit: "ns",
      "Median round trip of a cache line between the two cores just before the trial; on one core, "
        + "of an atomic exchange."),
    Column(
      "probe_after_ns", \.probeAfterNanoseconds, unit: "ns",
      "The same just after the trial."),
  ]

  /// Appended since the first schema: what belongs to a schedule.
  private static let pacedColumns: [Column<TrialRecord>] = [
    Configuration.arrivalsColumn.inside(\.configuration),
    Column(
      "clock_agreement_ns", \.clockAgreementNanoseconds, unit: "ns",
      "How far the clocks of the two cores could differ at most (paced only)."),
  ]

  /// Appended since the first schema: what helps to judge the figures before them.
  private static let meaningColumns: [Column<TrialRecord>] = [
    Column(
      "scheduled_messages", \.scheduledMessages, unit: "messages",
      "Messages that the schedule of the timed part held (paced only)."),
    Column(
      "latency_slowest_sample", \.latencySlowestSample,
      "Which of the timed samples was the slowest, counted from 0 (ping-pong only)."),
  ]

  private static let identityColumns: [Column<TrialRecord>] = [
    Column("schema_version", \.schemaVersion, "Version of the meaning of these columns."),
    Column("run_id", \.runID, "The run that the trial belongs to."),
    Column("trial_id", \.trialID, "The run and the trial's number in the order of execution."),
    Column("started_utc", \.started, "When the trial began, in UTC."),
    Column(
      "block", \.block, within: FieldLimits.ordinals,
      "Block that the trial belongs to: every configuration runs once in each."),
    Column(
      "position", \.position, within: FieldLimits.ordinals,
      "Place in the block's shuffled order, from 1."),
    Column(
      "status", \.status,
      "How the trial ended; invalid means that delivery or rate are not proven."),
    Column("error", \.error, "What went wrong, where, and what to do; empty for ok."),
    Column("tainted", \.tainted, "Whether something outside disturbed the trial."),
    Column("taint_reason", \.taintReason, "What disturbed the trial, separated by semicolons."),
  ]

  private static let deliveryColumns: [Column<TrialRecord>] = [
    Column(
      "messages_sent", \.messagesSent, unit: "messages",
      "Messages that the producer sent in the timed part."),
    Column(
      "messages_received", \.messagesReceived, unit: "messages",
      "Messages that the consumer received in the timed part; in ping-pong, round trips."),
    Column(
      "messages_corrupt", \.messagesCorrupt, unit: "messages",
      "Messages that arrived with a wrong length, sequence number or byte."),
    Column("messages_lost", \.messagesLost, unit: "messages", "Messages that never arrived."),
    Column(
      "elapsed_ns", \.elapsedNanoseconds, unit: "ns",
      "From the first send to the last verified byte (stream) or reply (ping-pong); in "
        + "paced, from the first due time to the last arrival."),
    Column(
      "throughput_messages_per_s", \.throughputMessagesPerSecond, unit: "messages/s",
      "Messages received, or round trips made, per second of elapsed time."),
    Column(
      "throughput_bytes_per_s", \.throughputBytesPerSecond, unit: "bytes/s",
      "Payload bytes per second in one direction; empty where no payload moved: in place, unless every "
        + "byte is touched."),
  ]

  private static let latencyColumns: [Column<TrialRecord>] = [
    Column("latency_kind", \.latencyKind, "What the latency values span; empty where none are."),
    Column(
      "latency_samples", \.latencySamples, unit: "samples", "Number of latency samples taken."),
    Column(
      "latency_min_ns", \.latencyMinimumNanoseconds, unit: "ns",
      "Shortest sample, exact; like all but mean and median empty where samples are means."),
    Column("latency_mean_ns", \.latencyMeanNanoseconds, unit: "ns", "Mean of all samples."),
    Column(
      "latency_p50_ns", \.latencyP50Nanoseconds, unit: "ns",
      "Median sample; a percentile with fewer than 10 samples beyond it is empty."),
    Column("latency_p90_ns", \.latencyP90Nanoseconds, unit: "ns", "90th percentile."),
    Column("latency_p99_ns", \.latencyP99Nanoseconds, unit: "ns", "99th percentile."),
    Column("latency_p99_9_ns", \.latencyP999Nanoseconds, unit: "ns", "99.9th percentile."),
    Column("latency_p99_99_ns", \.latencyP9999Nanoseconds, unit: "ns", "99.99th percentile."),
    Column("latency_max_ns", \.latencyMaximumNanoseconds, unit: "ns", "Longest sample, exact."),
    Column(
      "service_p50_ns", \.serviceP50Nanoseconds, unit: "ns",
      "Median time from the actual send to the arrival (paced only)."),
    Column(
      "service_p99_ns", \.serviceP99Nanoseconds, unit: "ns",
      "99th percentile of the time from the actual send to the arrival (paced only)."),
  ]

  private static let costColumns: [Column<TrialRecord>] = [
    Column(
      "producer_cpu_ns_per_message", \.producerCPUNanosecondsPerMessage, unit: "ns/message",
      "CPU time of the producer, user and system, per message or round trip."),
    Column(
      "consumer_cpu_ns_per_message", \.consumerCPUNanosecondsPerMessage, unit: "ns/message",
      "CPU time of the consumer, user and system, per message or round trip."),
    Column(
      "producer_context_switches", \.producerContextSwitches, unit: "switches",
      "Voluntary and involuntary context switches of the producer."),
    Column(
      "consumer_context_switches", \.consumerContextSwitches, unit: "switches",
      "Voluntary and involuntary context switches of the consumer."),
    Column(
      "producer_waits", \.producerWaits, unit: "waits",
      "Times the producer's channel had to wait; empty where it cannot know."),
    Column(
      "consumer_waits", \.consumerWaits, unit: "waits",
      "Times the consumer's channel had to wait; empty where it cannot know."),
    Column(
      "producer_wakes", \.producerWakes, unit: "wakes",
      "Times the producer's channel woke its peer by a system call of its own."),
    Column(
      "consumer_wakes", \.consumerWakes, unit: "wakes",
      "Times the consumer's channel woke its peer by a system call of its own."),
    Column(
      "steal_ns", \.stealNanoseconds, unit: "ns",
      "Time the hypervisor took from the trial's cores while it ran."),
    Column(
      "migrations", \.migrations, unit: "migrations",
      "Times the scheduler moved a worker to another CPU, both sides."),
    Column(
      "major_faults", \.majorFaults, unit: "faults", "Page faults that needed I/O, both sides."),
  ]
}
