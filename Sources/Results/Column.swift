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
  /// A row without this value is malformed.
  let isRequired: Bool
  /// Older files may lack the whole column; its value is then "not measured".
  let mayBeAbsent: Bool
  let text: @Sendable (Row) -> String
  /// Stores what the text says in the row; false if the text is not such a value.
  let store: @Sendable (String, inout Row) -> Bool

  init<Value: CSVValue>(
    _ name: String, _ property: any WritableKeyPath<Row, Value> & Sendable, unit: String? = nil,
    _ meaning: String
  ) {
    self.name = name
    self.type = Value.fieldType
    self.unit = unit
    self.meaning = meaning
    self.allowedValues = Value.allowedValues
    self.isRequired = Value.isNeverEmpty
    self.mayBeAbsent = Value.isOptional
    self.text = { row in row[keyPath: property].csvText }
    self.store = { text, row in
      guard let value = Value(csvText: text) else { return false }
      row[keyPath: property] = value
      return true
    }
  }

  private init<Inner>(
    _ column: Column<Inner>, through path: any WritableKeyPath<Row, Inner> & Sendable
  ) {
    name = column.name
    type = column.type
    unit = column.unit
    meaning = column.meaning
    allowedValues = column.allowedValues
    isRequired = column.isRequired
    mayBeAbsent = column.mayBeAbsent
    text = { row in column.text(row[keyPath: path]) }
    store = { text, row in column.store(text, &row[keyPath: path]) }
  }

  /// The same column of a row that contains this one's row.
  func inside<Outer>(_ path: any WritableKeyPath<Outer, Row> & Sendable) -> Column<Outer> {
    Column<Outer>(self, through: path)
  }

  /// What a value must look like, for messages.
  var expectation: String {
    if !allowedValues.isEmpty { return "one of \(allowedValues.joined(separator: ", "))" }
    switch type {
    case .integer: return "a whole number"
    case .number: return "a decimal number"
    case .string: return "text"
    case .datetime: return "a time like 2026-11-21T03:15:00.123456Z"
    case .boolean: return "true or false"
    }
  }
}

/// A value that a CSV field can hold.
protocol CSVValue: SendableMetatype {
  static var fieldType: FieldType { get }
  static var allowedValues: [String] { get }
  static var isOptional: Bool { get }
  static var isNeverEmpty: Bool { get }
  var csvText: String { get }
  init?(csvText: String)
}

extension CSVValue {
  static var allowedValues: [String] { [] }
  static var isOptional: Bool { false }
  static var isNeverEmpty: Bool { true }
}

extension Optional: CSVValue where Wrapped: CSVValue {
  static var fieldType: FieldType { Wrapped.fieldType }
  static var allowedValues: [String] { Wrapped.allowedValues }
  static var isOptional: Bool { true }
  static var isNeverEmpty: Bool { false }
  var csvText: String { self?.csvText ?? "" }

  init?(csvText: String) {
    if csvText.isEmpty {
      self = Wrapped?.none
    } else if let value = Wrapped(csvText: csvText) {
      self = Wrapped?.some(value)
    } else {
      return nil
    }
  }
}

extension Int: CSVValue {
  static var fieldType: FieldType { .integer }
  var csvText: String { String(self) }
  init?(csvText: String) { self.init(csvText) }
}

extension UInt64: CSVValue {
  static var fieldType: FieldType { .integer }
  var csvText: String { String(self) }
  init?(csvText: String) { self.init(csvText) }
}

extension Double: CSVValue {
  static var fieldType: FieldType { .number }
  var csvText: String { decimalText(self) }

  init?(csvText: String) {
    guard let value = Double(csvText), value.isFinite else { return nil }
    self = value
  }
}

extension Bool: CSVValue {
  static var fieldType: FieldType { .boolean }
  var csvText: String { self ? "true" : "false" }
  init?(csvText: String) { self.init(csvText) }
}

extension String: CSVValue {
  static var fieldType: FieldType { .string }
  static var isNeverEmpty: Bool { false }
  var csvText: String { self }
  init?(csvText: String) { self = csvText }
}

extension UTCTime: CSVValue {
  static var fieldType: FieldType { .datetime }
  var csvText: String { text }
  init?(csvText: String) { self.init(text: csvText) }
}

extension CSVValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  static var fieldType: FieldType { .string }
  static var allowedValues: [String] { allCases.map(\.rawValue) }
  var csvText: String { rawValue }
  init?(csvText: String) { self.init(rawValue: csvText) }
}

extension Pattern: CSVValue {}
extension WaitPolicy: CSVValue {}
extension DataPath: CSVValue {}
extension Touch: CSVValue {}
extension IdlePolicy: CSVValue {}
extension Arrivals: CSVValue {}
extension Placement: CSVValue {}
extension TrialStatus: CSVValue {}

extension Configuration {
  /// The factors that are not hardware.
  static let workloadColumns: [Column<Configuration>] = [
    Column("mechanism", \.mechanism, "The IPC mechanism that carried the messages."),
    Column("pattern", \.workload.pattern, "Which way the messages flowed."),
    Column("payload_bytes", \.workload.payloadBytes, unit: "bytes", "Size of every message."),
    Column("wait", \.workload.wait, "How a side passed the time until its peer was ready."),
    Column(
      "data_path", \.workload.dataPath,
      "Whether messages were copied through the channel or built and read in place."),
    Column("touch", \.workload.touch, "How much of each payload both sides wrote and checked."),
    Column(
      "buffer_bytes", \.workload.bufferBytes, unit: "bytes",
      "Capacity of the mechanism's own buffer in each direction."),
  ]

  /// Belongs to the factors above, and came later.
  static let spinBudgetColumn = Column<Configuration>(
    "spin_budget_ns", \.workload.spinBudgetNanoseconds, unit: "ns",
    "How long an adaptive side looked before it slept; empty for other ways to wait.")

  /// Belongs to the factors above, and had its place before there was a paced pattern.
  static let offeredRateColumn = Column<Configuration>(
    "offered_rate_per_s", \.workload.offeredRatePerSecond, unit: "messages/s",
    "Rate that the schedule asked for; empty where there is no schedule.")

  /// Belongs to the rate, and came later.
  static let arrivalsColumn = Column<Configuration>(
    "arrivals", \.workload.arrivals,
    "How the schedule spread the messages over time; empty where there is no schedule.")

  /// Where the two workers and their memory were.
  static let placementColumns: [Column<Configuration>] = [
    Column("placement", \.cores.placement, "What the two workers' cores share."),
    Column("producer_core", \.cores.producer, "Logical CPU that the producer was pinned to."),
    Column("consumer_core", \.cores.consumer, "Logical CPU that the consumer was pinned to."),
    Column(
      "memory_node", \.memoryNode,
      "NUMA node that both workers' memory was bound to; empty where first touch decided."),
  ]
}

extension Workload {
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

/// `value` with at most `places` decimal places: what is kept of a quotient.
///
/// A record holds the rounded value, so that it equals what is read back from its row.
package func rounded(_ value: Double, places: Int) -> Double {
  var scale = 1.0
  for _ in 0..<places { scale *= 10 }
  // Neighbouring Doubles are then further apart than the last place: nothing is left to round.
  guard abs(value) * scale < 0x1p53 else { return value }
  return (value * scale).rounded() / scale
}

/// A finite number in plain decimal digits: `.` as the point, no exponent, no trailing zeros, the
/// fewest digits that read back as the same value but never more than six decimal places.
package func decimalText(_ value: Double) -> String {
  let value = rounded(value, places: 6)
  guard abs(value) < 0x1p53 else {
    return Int64(exactly: value).map { String($0) } ?? String(value)
  }
  if value == value.rounded() { return String(Int64(value)) }
  // `description` is the shortest text that reads back, but below 1e-4 it takes an exponent.
  if abs(value) >= 1e-3 { return value.description }
  let millionths = padded(UInt64((abs(value) * 1e6).rounded()), to: 6)
  var text = (value < 0 ? "-0." : "0.") + millionths
  while text.hasSuffix("0") { text.removeLast() }
  return text
}
