/// Parts of a whole as people write them: `2%`, `0.5%`.
public enum Percentage {
  /// - Returns: The part, 0.02 for `2%`: above 0, at most 1.
  public static func parse(_ text: String) throws(QuantityError) -> Double {
    func refuse(_ problem: QuantityProblem) -> QuantityError {
      QuantityError(input: text, kind: .percentage, problem: problem)
    }
    let scanned = try ScannedQuantity(text, .percentage)
    guard !scanned.unit.isEmpty else { throw refuse(.missingUnit) }
    guard scanned.unit == "%" else { throw refuse(.unknownUnit(String(scanned.unit))) }
    let number = scanned.whole + (scanned.fraction.isEmpty ? "" : ".\(scanned.fraction)")
    guard let percent = Double(number), percent <= 100 else {
      throw refuse(.tooLarge(limit: "100%"))
    }
    guard percent > 0 else { throw refuse(.zero) }
    return percent / 100
  }
}
