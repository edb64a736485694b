/// `datapackage.json`: type, unit and meaning of every column, for people and for programs.
///
/// Frictionless Data Package v1, tabular profile (https://specs.frictionlessdata.io).
struct DataPackage: Encodable {
  static let fileName = "datapackage.json"

  private let profile = "tabular-data-package"
  private let name: String
  private let title: String
  private let description: String
  private let created: UTCTime
  private let resources: [Resource]

  /// - Parameter hasSummary: false while the run goes on, when there is no summary.csv yet.
  init(describing run: RunDescription, hasSummary: Bool) {
    // A package's name is lower case, digits and `-._/`.
    name = run.runID.lowercased()
    title = "ipcbench run \(run.runID)"
    description =
      "Measurements of inter-process communication on \(run.host.hostName). An empty field is "
      + "'not measured'. Host, build and command line are in \(RunDescription.fileName); latency samples "
      + "in \(HistogramLog.fileName), an HdrHistogram log whose tags are each row's trial_id."
    created = run.started
    let trials = Resource(
      name: "trials", path: TrialRecord.fileName, description: "One row a trial, failed ones too.",
      schema: Schema(TrialRecord.columns, primaryKey: "trial_id"))
    let summary = Resource(
      name: "summary", path: SummaryRow.fileName,
      description: "One row per configuration and metric: the median over its ok trials.",
      schema: Schema(SummaryRow.columns, primaryKey: nil))
    resources = hasSummary ? [trials, summary] : [trials]
  }

  struct Resource: Encodable {
    let profile = "tabular-data-resource"
    let name: String
    let path: String
    let description: String
    let format = "csv"
    let mediatype = "text/csv"
    let encoding = "utf-8"
    let dialect = Dialect()
    let schema: Schema
  }

  struct Dialect: Encodable {
    let delimiter = ","
    let lineTerminator = "\n"
    let quoteChar = "\""
    let doubleQuote = true
    let header = true
  }

  struct Schema: Encodable {
    let fields: [Field]
    let missingValues = [""]
    let primaryKey: String?

    init<Row>(_ columns: [Column<Row>], primaryKey: String?) {
      fields = columns.map { Field($0) }
      self.primaryKey = primaryKey
    }
  }

  struct Field: Encodable {
    let name: String
    let type: FieldType
    let format: String?
    let description: String
    let unit: String?
    let constraints: Constraints?

    init<Row>(_ column: Column<Row>) {
      name = column.name
      type = column.type
      // The default format of a datetime has no fractions of a second.
      format = column.type == .datetime ? "%Y-%m-%dT%H:%M:%S.%fZ" : nil
      description = column.meaning
      unit = column.unit
      let allowed = column.allowedValues.isEmpty ? nil : column.allowedValues
      let required = column.isRequired ? true : nil
      constraints =
        allowed == nil && required == nil
        ? nil : Constraints(required: required, enumeration: allowed)
    }
  }

  struct Constraints: Encodable {
    let required: Bool?
    let enumeration: [String]?

    enum CodingKeys: String, CodingKey {
      case required
      case enumeration = "enum"
    }
  }
}
