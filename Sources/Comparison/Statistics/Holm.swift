/// S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6
/// (1979), <https://www.jstor.org/stable/4615733>: what becomes of p-values when many are looked at.
enum Holm {
  /// The p-values in their order, each made as large as it has to be so that the probability of even one
  /// of them falling below α by chance alone is at most α, however they depend on each other.
  static func adjusted(_ pValues: [Double]) -> [Double] {
    var adjusted = pValues
    var largest = 0.0
    for (rank, place) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
      // The smallest stands for all hypotheses, the next for those that are left, and so on.
      largest = max(largest, min(1, Double(pValues.count - rank) * pValues[place]))
      adjusted[place] = largest
    }
    return adjusted
  }
}
