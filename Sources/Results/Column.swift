import Trials

/// The types that Frictionless Table Schema knows and our tables use.
enum FieldType: String, Codable, Sendable {
  case integer, number, string, datetime, boolean
}

/// One column of a CSV table: the only place where its name, type, unit and meaning stand.
///
/// The header, the rows, the reader and datapackage.json are all made from lists of these.
struct Column<Row>: Sendable {
  let name: String
  let type: FieldType
  /// Written into datapackage.json as it is; nil for what has no unit.
  let unit: String?
  /// One sentence.
  let meaning: String
  /// Empty where any value of the type will do.
  let allowedValues: [String]
  /// What whole numbers it may hold. Of other numbers only whether they may be 0; see `FieldLimits`.
  let limits: ClosedRange<Int>
  /// A row without this value is malformed.
  let isRequired: Bool
  /// Older files may lack the whole column; its value is then "not measured".
  let mayBeAbsent: Bool
  let text: @Sendable (Row) -> String
  /// Stores what a field says in the row; false if that is not such a value.
  let store: @Sendable (Span<UInt8>, inout Row) -> Bool
  /// Whether a field says such a value, which is stored nowhere.
  let accepts: @Sendable (Span<UInt8>) -> Bool

  init<Value: CSVValue>(
    _ name: String, _ property: any WritableKeyPath<Row, Value> & Sendable, unit: String? = nil,
    within limits: ClosedRange<Int> = FieldLimits.counts, _ meaning: String
  ) {
    self.name = name
    self.limits = limits
    self.type = Value.fieldType
    self.unit = unit
    self.meaning = meaning
    self.allowedValues = Value.allowedValues
    self.isRequired = Value.isNeverEmpty
    self.mayBeAbsent = Value.isOptional
    self.text = { row in row[keyPath: property].csvText }
    self.store = { field, row in
      guard let value = Value(csvField: field), value.isWithin(limits) else { return false }
      row[keyPath: property] = value
      return true
    }
    self.accepts = { Value.accepts($0, within: limits) }
  }

  private init<Inner>(
    _ column: Column<Inner>, through path: any WritableKeyPath<Row, Inner> & Sendable
  ) {
    name = column.name
    type = column.type
    unit = column.unit
    meaning = column.meaning
    allowedValues = column.allowedValues
    limits = column.limits
    isRequired = column.isRequired
    mayBeAbsent = column.mayBeAbsent
    text = { row in column.text(row[keyPath: path]) }
    store = { field, row in column.store(field, &row[keyPath: path]) }
    accepts = column.accepts
  }

  /// The same column of a row that contains this one's row.
  func inside<Outer>(_ path: any WritableKeyPath<Outer, Row> & Sendable) -> Column<Outer> {
    Column<Outer>(self, through: path)
  }

  /// What a value must look like, for messages.
  var expectation: String {
    if !allowedValues.isEmpty { return "one of \(allowedValues.joined(separator: ", "))" }
    switch type {
    case .integer: return "a whole number from \(limits.lowerBound) to \(limits.upperBound)"
    case .number:
      return "a decimal number\(limits.contains(0) ? ", 0 or" : "") from 0.000001 to 10^18"
    case .string: return "text"
    case .datetime: return "a time like 2026-11-21T03:15:00.123456Z"
    case .boolean: return "true or false"
    }
  }
}

extension Configuration {
  /// The factors that are not hardware.
  static let workloadColumns: [Column<Configuration>] = [
    Column("mechanism", \.mechanism, "The IPC mechanism that carried the messages."),
    Column("pattern", \.workload.pattern, "Which way the messages flowed."),
    Column(
      "payload_bytes", \.workload.payloadBytes, unit: "bytes", within: FieldLimits.payloadBytes,
      "Size of every message."),
    Column("wait", \.workload.wait, "How a side passed the time until its peer was ready."),
    Column(
      "data_path", \.workload.dataPath,
      "Whether messages were copied through the channel or built and read in place."),
    Column("touch", \.workload.touch, "How much of each payload both sides wrote and checked."),
    Column(
      "buffer_bytes", \.workload.bufferBytes, unit: "bytes",
      "Payload bytes that were to fit into the mechanism's own buffer, in each direction; "
        + "capacity_bytes is what did."),
  ]

  /// Belongs to the factors above, and came later.
  static let workingSetColumn = Column<Configuration>(
    "working_set_bytes", \.workload.knownWorkingSetBytes, unit: "bytes",
    "Memory that each side took its messages from in turn, in each direction; 0 is one buffer, used "
      + "again and again.")

  /// Belongs to the factors above, and came later.
  static let spinBudgetColumn = Column<Configuration>(
    "spin_budget_ns", \.workload.spinBudgetNanoseconds, unit: "ns",
    "How long an adaptive side looked before it slept; empty for other ways to wait.")

  /// Belongs to the factors above, and had its place before there was a paced pattern.
  static let offeredRateColumn = Column<Configuration>(
    "offered_rate_per_s", \.workload.offeredRatePerSecond, unit: "messages/s",
    within: FieldLimits.ordinals,
    "Rate that the schedule asked for; empty where there is no schedule.")

  /// Belongs to the rate, and came later.
  static let arrivalsColumn = Column<Configuration>(
    "arrivals", \.workload.arrivals,
    "How the schedule spread the messages over time; empty where there is no schedule.")

  /// Belongs to the factors above, and was found out in each trial before it was one of them.
  static let batchColumn = Column<Configuration>(
    "latency_round_trips_per_sample", \.workload.roundTripsPerSample, unit: "round trips",
    within: FieldLimits.ordinals,
    "Consecutive round trips that each latency sample is the mean of (ping-pong only); where it is more "
      + "than 1, of the samples only median and mean are given.")

  /// Where the two workers and their memory were.
  static let placementColumns: [Column<Configuration>] = [
    Column("placement", \.cores.placement, "What the two workers' cores share."),
    Column(
      "producer_core", \.cores.producer, within: FieldLimits.cores,
      "Logical CPU that the producer was pinned to."),
    Column(
      "consumer_core", \.cores.consumer, within: FieldLimits.cores,
      "Logical CPU that the consumer was pinned to."),
    Column(
      "memory_node", \.memoryNode, within: FieldLimits.memoryNodes,
      "NUMA node that both workers' memory was bound to; empty where first touch decided."),
  ]

  /// All of them: what tells one configuration from another.
  static let columns =
    workloadColumns + [
      offeredRateColumn, arrivalsColumn, spinBudgetColumn, workingSetColumn, batchColumn,
    ]
    + placementColumns
}

extension Workload {
  /// As a column that older files lack: what was measured before there was such a factor had one buffer.
  fileprivate var knownWorkingSetBytes: Int? {
    get { workingSetBytes }
    set { workingSetBytes = newValue ?? 0 }
  }

  /// The pace's rate as a column of its own, which is read before the arrivals.
  fileprivate var offeredRatePerSecond: Double? {
    get { pace?.messagesPerSecond }
    set { pace = newValue.map { Pace(messagesPerSecond: $0) } }
  }

  /// The pace's arrivals as a column of its own; without effect where there is no rate.
  fileprivate var arrivals: Arrivals? {
    get { pace?.arrivals }
    set { if let newValue { pace?.arrivals = newValue } }
  }
}
