import Results
import Trials

/// Ratios and probabilities as people read them.
package enum ComparisonText {
  /// Three significant digits: `1.05`.
  package static func ratio(_ ratio: Double) -> String {
    ratio.isFinite ? Quantity.significant(ratio) : "∞"
  }

  /// `1.02–1.08`.
  package static func ratios(_ interval: ClosedRange<Double>) -> String {
    "\(ratio(interval.lowerBound))–\(ratio(interval.upperBound))"
  }

  /// What a ratio is as a change: `+5.0 %`, and as a multiple where no percentage tells: `×12.3`.
  package static func change(_ ratio: Double) -> String {
    guard ratio.isFinite, ratio < 10 else { return "×\(Self.ratio(ratio))" }
    let part = ratio - 1
    return (part < 0 ? "−" : "+") + percent(abs(part))
  }

  /// Of both ends: `+8.1 % to +12 %`.
  package static func changes(_ ratios: ClosedRange<Double>) -> String {
    "\(change(ratios.lowerBound)) to \(change(ratios.upperBound))"
  }

  /// A part as a percentage, as fine as it matters: `0.3 %`, `12 %`.
  package static func percent(_ part: Double) -> String {
    let percent = part * 100
    guard percent.isFinite else { return "∞ %" }
    if percent >= 9.95 { return "\(Int64(min(percent.rounded(), 1e15))) %" }
    let tenths = Int64((percent * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }

  /// Three decimals, `0.023`, and `<0.001` for what is smaller still.
  package static func pValue(_ pValue: Double) -> String {
    if pValue < 0.001 { return "<0.001" }
    let thousandths = Int64((pValue * 1000).rounded())
    return "\(thousandths / 1000).\(padded(UInt64(thousandths % 1000), to: 3))"
  }

  /// A median with how far its interval reaches, as benchstat writes it: `1.23 µs ± 4.0 %`.
  package static func estimate(_ estimate: Estimate?, _ metric: Metric) -> String {
    guard let estimate else { return "—" }
    let reach = estimate.relativeHalfWidth.map { " ± \(percent($0))" } ?? ""
    return metric.text(estimate.median) + reach
  }
}
