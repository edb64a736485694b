import Trials

extension Configuration {
  /// All columns that tell one configuration from another, in the order of `summary.csv`.
  private static let allColumns =
    workloadColumns + placementColumns + [
      spinBudgetColumn, offeredRateColumn, arrivalsColumn, workingSetColumn,
    ]

  /// The names of `fields`.
  package static let fieldNames = allColumns.map(\.name)

  /// What a CSV file says of it, in the order of `fieldNames`; empty where it has no level.
  package var fields: [String] { Self.allColumns.map { $0.text(self) } }

  /// The same by name, for JSON: numbers as such, null where it has no level.
  package var members: [JSON.Member] {
    Self.allColumns.map { column in
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
