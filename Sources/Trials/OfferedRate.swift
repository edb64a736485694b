/// A rate as somebody asks for it: so many messages a second, or a share of what the mechanism can do.
public enum OfferedRate: Hashable, Sendable {
  case perSecond(Double)
  /// Percent of the rate that the same configuration reaches as a stream, measured beforehand.
  case ofPeak(percent: Int)

  /// What is offered where nobody names a rate: light, moderate and substantial load that mechanisms
  /// can still be expected to carry. A stream's peak takes several messages a wake-up, which a paced
  /// trial cannot, so that shares near 100 % are often out of reach.
  public static let standard: [OfferedRate] = [10, 25, 50].map { .ofPeak(percent: $0) }

  /// Beyond what a clock of nanoseconds can tell apart.
  static let largestPerSecond = 1e9
  /// One message in a quarter of an hour.
  static let smallestPerSecond = 0.001
  static let largestPercent: UInt64 = 200

  /// Parses rates, percentages and ranges of either, between commas: `500,10k..1M,50%`.
  ///
  /// Units are decimal, as rates are: `k`, `M` and `G`, in either case, with or without `/s` behind.
  /// A range of rates steps by powers of four (`1k..1M*10` by ten), one of percentages by ten points
  /// (`10%..80%*2` doubles). As with sizes, the end belongs to it only where a step lands on it.
  public static func parseList(_ text: String) throws(QuantityError) -> [OfferedRate] {
    var rates: [OfferedRate] = []
    for item in text.commaSeparated() { rates += try parseItem(String(item)) }
    return rates.withoutDuplicates()
  }

  /// Parses one rate in messages a second: `20k`, `20k/s`. A share of a peak is refused, for want of one.
  public static func parseConstant(_ text: String) throws(QuantityError) -> Double {
    guard case .perSecond(let rate) = try parse(text) else {
      throw QuantityError(input: text, kind: .rate, problem: .shareOfPeak)
    }
    return rate
  }

  /// The shortest way to write a rate, to a thousandth of a message: `format(1500)` is `1.5k`.
  public static func format(_ messagesPerSecond: Double) -> String {
    for (name, size) in [("G", 1e9), ("M", 1e6), ("k", 1e3)] where messagesPerSecond >= size {
      let scaled = messagesPerSecond / size
      if (scaled * 1000).rounded() * (size / 1000) == messagesPerSecond {
        return "\(decimal(scaled))\(name)"
      }
    }
    return decimal(messagesPerSecond)
  }

  /// A measured rate to three significant digits, and no finer than a thousandth of a message.
  public static func rounded(_ messagesPerSecond: Double) -> Double {
    guard messagesPerSecond > 0, messagesPerSecond.isFinite else { return 0 }
    var step = 0.001
    while messagesPerSecond >= 1000 * step { step *= 10 }
    // Steps below 1 are not exact in binary, their inverses are.
    return step < 1
      ? (messagesPerSecond * (1 / step).rounded()).rounded() / (1 / step).rounded()
      : (messagesPerSecond / step.rounded()).rounded() * step.rounded()
  }

  private static func decimal(_ value: Double) -> String {
    let thousandths = UInt64((value * 1000).rounded())
    let (whole, rest) = thousandths.quotientAndRemainder(dividingBy: 1000)
    guard rest > 0 else { return "\(whole)" }
    var digits = String(String(1000 + rest).dropFirst())
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(whole).\(digits)"
  }

  private static func parse(_ text: String) throws(QuantityError) -> OfferedRate {
    func refuse(_ problem: QuantityProblem) -> QuantityError {
      QuantityError(input: text, kind: .rate, problem: problem)
    }
    let scanned = try ScannedQuantity(text, .rate)
    if scanned.unit == "%" {
      guard scanned.fraction.isEmpty else { throw refuse(.fraction) }
      guard let percent = UInt64(scanned.whole), percent <= largestPercent else {
        throw refuse(.tooLarge(limit: "\(largestPercent)%"))
      }
      guard percent > 0 else { throw refuse(.zero) }
      return .ofPeak(percent: Int(percent))
    }
    guard let unit = messages(inUnit: scanned.unit) else {
      throw refuse(.unknownUnit(String(scanned.unit)))
    }
    guard let number = Double("\(scanned.whole).\(scanned.fraction)0") else {
      throw refuse(.notANumber)
    }
    guard number > 0 else { throw refuse(.zero) }
    // To a thousandth, as it is kept in the results.
    let rate = (number * unit * 1000).rounded() / 1000
    guard rate >= smallestPerSecond else {
      throw refuse(.tooSmall(limit: decimal(smallestPerSecond)))
    }
    guard rate <= largestPerSecond else {
      throw refuse(.tooLarge(limit: format(largestPerSecond)))
    }
    return .perSecond(rate)
  }

  private static func messages(inUnit unit: Substring) -> Double? {
    var name = unit.lowercased()
    if name.hasSuffix("/s") { name.removeLast(2) }
    switch name {
    case "": return 1
    case "k": return 1e3
    case "m": return 1e6
    case "g": return 1e9
    default: return nil
    }
  }

  private static func parseItem(_ item: String) throws(QuantityError) -> [OfferedRate] {
    guard let range = try WrittenRange(item, .rate) else { return [try parse(item)] }
    let ends = (try parse(range.first), try parse(range.last))
    switch ends {
    case (.perSecond(let first), .perSecond(let last)):
      let step = Double(range.step ?? 4)
      guard first <= last else { throw range.refuse(.reversedRange) }
      let rates = sequence(first: first) { $0 * step <= last ? $0 * step : nil }
      return rates.map { .perSecond($0) }
    case (.ofPeak(let first), .ofPeak(let last)):
      guard first <= last else { throw range.refuse(.reversedRange) }
      let shares = sequence(first: first) { percent in
        let next = range.step.map { percent.multipliedSaturating(by: $0) } ?? percent + 10
        return next <= last ? next : nil
      }
      return shares.map { .ofPeak(percent: $0) }
    default: throw range.refuse(.mixedRange)
    }
  }
}
