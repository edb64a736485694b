import Trials

extension Configuration {
  /// The columns that tell one configuration from another, in the order of `summary.csv`.
  private static let firstColumns =
    workloadColumns + placementColumns + [spinBudgetColumn, offeredRateColumn, arrivalsColumn]
  /// Those that came later, and stand behind whatever else a table had by then.
  private static let appendedColumns = [workingSetColumn, batchColumn]

  /// The names of `fields`.
  package static let fieldNames = firstColumns.map(\.name)
  package static let appendedFieldNames = appendedColumns.map(\.name)

  /// What a CSV file says of it, in the order of `fieldNames`; empty where it has no level.
  package var fields: [String] { Self.firstColumns.map { $0.text(self) } }
  /// The same in the order of `appendedFieldNames`.
  package var appendedFields: [String] { Self.appendedColumns.map { $0.text(self) } }

  /// The same by name, for JSON: numbers as such, null where it has no level.
  package var members: [JSON.Member] {
    (Self.firstColumns + Self.appendedColumns).map { column in
      let text = column.text(self)
      let value: JSON =
        switch column.type {
        case _ where text.isEmpty: .null
        case .integer, .number: JSON(Double(text))
        case .boolean: .boolean(text == "true")
        case .string, .datetime: .string(text)
        }
      return JSON.Member(column.name, value)
    }
  }
}
