/// Whole numbers as people write them: trials, messages, cores, seeds.
public enum Count {
  /// - Parameter range: What is accepted; 1 or more unless told otherwise.
  public static func parse(
    _ text: String, in range: ClosedRange<UInt64> = 1...UInt64.max
  ) throws(QuantityError) -> UInt64 {
    func refuse(_ problem: QuantityProblem) -> QuantityError {
      QuantityError(input: text, kind: .count, problem: problem)
    }
    let scanned = try ScannedQuantity(text, .count)
    guard scanned.unit.isEmpty else { throw refuse(.unknownUnit(String(scanned.unit))) }
    guard scanned.fraction.isEmpty else { throw refuse(.fraction) }
    guard let number = UInt64(scanned.whole), number <= range.upperBound else {
      throw refuse(.tooLarge(limit: "\(range.upperBound)"))
    }
    guard number >= range.lowerBound else {
      throw refuse(number == 0 ? .zero : .tooSmall(limit: "\(range.lowerBound)"))
    }
    return number
  }
}
