import Glibc
import Results
import Trials

/// A comparison for programs. Names are the same in CSV and JSON.
extension Comparison {
  /// A line for each row, the configuration being the base's.
  func csv(_ rows: [ComparisonRow]) -> String {
    let names = Configuration.fieldNames + ["factor", "head_level", "metric"] + Self.figureNames
    var text = CSV.line(
      names + ["test", "verdict", "reason"] + Configuration.appendedFieldNames)
    for row in rows {
      let place = [
        factor?.rawValue ?? "", factor?.level(of: row.headConfiguration) ?? "",
        row.metric.rawValue,
      ]
      let figures = row.figures.map { value in value.map(Self.decimal) ?? "" }
      text += CSV.line(
        row.configuration.fields + place + figures
          + [row.effect?.test?.rawValue ?? "", row.verdict.rawValue, row.reason]
          + row.configuration.appendedFields)
    }
    return text
  }

  /// Of `ComparisonRow.figures`.
  fileprivate static let figureNames =
    ["base", "head"].flatMap { side in
      ["estimate", "interval_low", "interval_high", "n", "n_tainted"].map { "\(side)_\($0)" }
    } + ["ratio", "ratio_low", "ratio_high", "pairs", "p", "p_adjusted"]

  /// As the CSV files of a run have them; but of a p-value that is smaller than that, six digits.
  private static func decimal(_ value: Double) -> String {
    guard value > 0, value < 0.001 else { return decimalText(value) }
    let scale = pow(10, 5 - floor(log10(value)))
    return scale.isFinite ? "\((value * scale).rounded() / scale)" : "\(value)"
  }

  package func json(_ rows: [ComparisonRow]) -> JSON {
    .object([
      .init("schema_version", 1), .init("base", base.json), .init("head", head.json),
      .init("factor", JSON(factor?.rawValue)), .init("paired", .boolean(isPaired)),
      .init("margin", .number(margin)),
      // As in run.json: many readers hold numbers as binary64, which a seed may exceed.
      .init("seed", JSON(seed.map { "\($0)" })),
      .init("differences", .array(differences.map(\.json))),
      .init("factor_differences", .array(factorDifferences.map(\.json))),
      .init("only_in_base", .array(onlyInBase.map { .object($0.members) })),
      .init("only_in_head", .array(onlyInHead.map { .object($0.members) })),
      .init("rows", .array(rows.map(\.json))),
      .init("geometric_means", .array(geometricMeans.map(\.json))),
      .init("notes", .array((shortfalls + worldNotes + notes).map { .string($0) })),
    ])
  }
}

extension ComparisonRow {
  /// In the order of `Comparison.figureNames`; nil where there is none.
  fileprivate var figures: [Double?] {
    let sides = [base, head].flatMap { estimate -> [Double?] in
      [
        estimate?.median, estimate?.interval?.lowerBound, estimate?.interval?.upperBound,
        Double(estimate?.trials ?? 0), Double(estimate?.tainted ?? 0),
      ]
    }
    return sides + [
      effect?.ratio, effect?.interval?.lowerBound, effect?.interval?.upperBound,
      effect?.pairs.map { Double($0) }, effect?.pValue, effect?.adjustedPValue,
    ]
  }

  package var json: JSON {
    .object(
      [
        .init("configuration", .object(configuration.members)),
        .init("head_configuration", .object(headConfiguration.members)),
        .init("metric", .string(metric.rawValue)),
      ]
        + zip(Comparison.figureNames, figures).map { JSON.Member($0, JSON($1)) } + [
          .init("test", JSON(effect?.test?.rawValue)),
          .init("verdict", .string(verdict.rawValue)), .init("reason", .string(reason)),
        ])
  }
}

extension Comparison.Side {
  fileprivate var json: JSON {
    .object([
      .init("name", .string(name)), .init("run_id", .string(runID)),
      .init("build_version", JSON(description?.build.version)),
      .init("build_commit", JSON(description?.build.commit)),
    ])
  }
}

extension Comparison.Difference {
  fileprivate var json: JSON {
    .object([
      .init("name", .string(name)), .init("base", .string(base)), .init("head", .string(head)),
      .init("decisive", .boolean(isDecisive)),
    ])
  }
}

extension Comparison.FactorDifference {
  fileprivate var json: JSON {
    .object([
      .init("factor", .string(factor.rawValue)),
      .init("only_in_base", .array(onlyInBase.map { .string($0) })),
      .init("only_in_head", .array(onlyInHead.map { .string($0) })),
    ])
  }
}

extension GeometricMean {
  fileprivate var json: JSON {
    .object([
      .init("metric", .string(metric.rawValue)), .init("pattern", .string(pattern.rawValue)),
      .init("level", JSON(level)), .init("mechanism", JSON(mechanism)),
      .init("ratio", .number(ratio)), .init("rows", .integer(rows)),
    ])
  }
}
