import Glibc

/// Head over base, where either may be 0, as a number of context switches is.
enum Ratio {
  /// 1 for equal values, two zeros included; infinite where only the base is 0.
  static func of(head: Double, base: Double) -> Double {
    head == base ? 1 : head / base
  }

  /// The logarithm of the ratio, so made that swapping the sides changes nothing but the sign, to the last
  /// digit: ties of ranks hang on that.
  static func logarithm(head: Double, base: Double) -> Double {
    head >= base ? log(of(head: head, base: base)) : -log(of(head: base, base: head))
  }

  /// nil where there is nothing to take it of; what is 0 or infinite has no place in it.
  ///
  /// P. J. Fleming and J. J. Wallace, "How Not to Lie with Statistics: The Correct Way to Summarize
  /// Benchmark Results", CACM 29 (1986), <https://doi.org/10.1145/5666.5673>.
  static func geometricMean(_ ratios: [Double]) -> Double? {
    let usable = ratios.filter { $0 > 0 && $0.isFinite }
    guard !usable.isEmpty else { return nil }
    return exp(usable.reduce(0) { $0 + log($1) } / Double(usable.count))
  }
}
