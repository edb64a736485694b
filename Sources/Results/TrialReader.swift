import Paths
import Trials

/// Reads the trials of a stored run one by one, in the file's order.
struct TrialReader: ~Copyable {
  private var table: TableReader<TrialRecord>
  private let path: String
  private let fieldOfName: Int?
  private var names = TrialNames()

  /// What many trials of a run have in common.
  private static let repeatedColumns = Set(
    ["schema_version", "run_id", "idle_policy"] + Configuration.columns.map(\.name))

  /// - Parameters:
  ///   - path: a run folder, or a `trials.csv` by any name.
  ///   - columns: names of the columns that are wanted beside those of the configuration and of the
  ///     rules; all, unless given. What the others say is checked all the same.
  static func open(
    _ path: String, storing columns: Set<String>? = nil
  ) throws(ResultsError) -> TrialReader {
    let file = isDirectory(path) ? "\(path)/\(TrialRecord.fileName)" : path
    let table = try TableReader.open(
      file, columns: TrialRecord.columns, blank: TrialRecord(),
      storing: columns?.union(repeatedColumns).union(TrialRecord.columnsOfRules),
      repeated: repeatedColumns)
    return TrialReader(table: table, path: file)
  }

  private init(table: consuming TableReader<TrialRecord>, path: String) {
    fieldOfName = table.field(of: "trial_id")
    self.table = table
    self.path = path
  }

  /// The next trial, or nil at the end.
  ///
  /// - Throws: `.malformed` with the line, also for what a row cannot say: see `TrialRecord.contradiction`.
  mutating func next() throws(ResultsError) -> TableRow<TrialRecord>? {
    guard let row = try table.next() else { return nil }
    let version = row.row.schemaVersion
    guard (1...TrialRecord.currentSchemaVersion).contains(version) else {
      throw ResultsError(
        .malformed,
        "\(path):\(row.line): schema_version \(version) is not known here "
          + "(\(TrialRecord.currentSchemaVersion) is); read it with the ipcbench that wrote it or a "
          + "newer one")
    }
    try requireOwnName(row.line)
    if let contradiction = row.row.contradiction {
      throw ResultsError(
        .malformed, "\(path):\(row.line): \(contradiction); restore or remove the row")
    }
    return row
  }

  private mutating func requireOwnName(_ line: Int) throws(ResultsError) {
    guard let fieldOfName else { return }
    var names = names
    self.names = TrialNames()
    let fault = table.withText(ofField: fieldOfName) { names.take($0) }
    self.names = names
    guard let fault else { return }
    let name = table.withText(ofField: fieldOfName) { String(utf8: $0) }
    switch fault {
    case .twice:
      throw ResultsError(
        .malformed,
        "\(path):\(line): trial_id '\(name)' stands in a row before; a trial counts once: remove the "
          + "row")
    case .notPlain:
      throw ResultsError(
        .malformed,
        "\(path):\(line): trial_id '\(name.prefix(100))' is no plain name; write the run's ID, a hyphen "
          + "and a number")
    }
  }
}

extension TrialRecord {
  /// The trials of a stored run, in the file's order.
  ///
  /// - Parameter path: a run folder, or a `trials.csv` by any name.
  public static func read(from path: String) throws(ResultsError) -> [TrialRecord] {
    var records: [TrialRecord] = []
    try forEach(in: path) { records.append($0) }
    return records
  }

  /// Hands over the trials of a stored run one by one, without holding more than one.
  package static func forEach(
    in path: String, _ body: (TrialRecord) throws(ResultsError) -> Void
  ) throws(ResultsError) {
    var reader = try TrialReader.open(path)
    while let trial = try reader.next() { try body(trial.row) }
  }
}
