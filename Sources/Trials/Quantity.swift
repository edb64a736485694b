/// A size, duration, rate or count that a person wrote and that cannot be used as written.
///
/// Its description names the input, what is wrong with it, and an example of a right one.
public struct QuantityError: Error, Hashable, Sendable {
  public var input: String
  public var kind: QuantityKind
  public var problem: QuantityProblem

  public init(input: String, kind: QuantityKind, problem: QuantityProblem) {
    self.input = input
    self.kind = kind
    self.problem = problem
  }
}

/// What a text was expected to say.
public enum QuantityKind: String, Hashable, Sendable, CaseIterable {
  case size
  case duration
  case count
  case percentage
  case rate
}

/// What is wrong with a text that should have been a quantity.
public enum QuantityProblem: Hashable, Sendable {
  case empty
  case notANumber
  case negative
  case zero
  /// A decimal fraction where only whole numbers make sense.
  case fraction
  /// A duration with digits below one nanosecond.
  case finerThanNanosecond
  case missingUnit
  case unknownUnit(String)
  case tooLarge(limit: String)
  case tooSmall(limit: String)
  /// `a..b` with b below a.
  case reversedRange
  /// A range without its first or its last size, or with more than two.
  case incompleteRange
  /// `a..b*n` where n is not a whole number of at least two.
  case badStep(String)
  /// A range from a rate to a percentage, or the other way round.
  case mixedRange
  /// A percentage where there is no peak that it could be a part of.
  case shareOfPeak
}

extension QuantityError: CustomStringConvertible {
  public var description: String {
    "\(input.quoted()) is not a usable \(kind.rawValue): \(complaint); write for example \(example)"
  }

  private var complaint: String {
    switch problem {
    case .empty: "it is empty"
    case .notANumber: "it does not start with a number"
    case .negative: "it is negative"
    case .zero: "it is zero"
    case .fraction: "it is not a whole number"
    case .finerThanNanosecond: "it is finer than a nanosecond"
    case .missingUnit: "it has no unit (\(kind.units))"
    case .unknownUnit(let unit) where kind == .count:
      "\(unit.quoted()) follows the number and a count has no unit"
    case .unknownUnit(let unit): "unknown unit \(unit.quoted()) (units are \(kind.units))"
    case .tooLarge(let limit): "it is more than \(limit)"
    case .tooSmall(let limit): "it is less than \(limit)"
    case .reversedRange: "the range ends below its start"
    case .incompleteRange: "a range has one start and one end"
    case .mixedRange: "a range is of rates or of percentages, not of both"
    case .shareOfPeak: "it is a share of a peak, and a number of messages a second is needed"
    case .badStep(let step): "the step \(step.quoted()) is not a whole number of at least 2"
    }
  }

  private var example: String {
    switch (problem, kind) {
    case (.reversedRange, .rate), (.incompleteRange, .rate): "1k..1M"
    case (.mixedRange, _): "10%..90%"
    case (.badStep, .rate): "1k..1M*10"
    case (.reversedRange, _), (.incompleteRange, _): "64..1MiB"
    case (.badStep, _): "64..1MiB*2"
    case (.tooLarge(let limit), _), (.tooSmall(let limit), _): limit
    case (_, .size): "4KiB"
    case (_, .duration): "500ms"
    case (_, .count): "10"
    case (_, .percentage): "2%"
    case (_, .rate): "10k"
    }
  }
}

extension QuantityKind {
  fileprivate var units: String {
    switch self {
    case .size: "B, K, KiB, M, MiB, G, GiB"
    case .duration: "ns, us or µs, ms, s"
    case .count: "none"
    case .percentage: "%"
    case .rate: "k, M, G, each with or without /s, and %"
    }
  }
}

/// The parts of a written quantity, before anybody knows what its unit means.
///
/// Sizes, durations, rates and counts share this so that they refuse the same slips in the same words.
struct ScannedQuantity {
  /// One or more of 0…9.
  var whole: Substring
  /// The digits behind the point; empty without one, and without its trailing zeros.
  var fraction: Substring
  /// Whatever follows the number; empty if nothing does.
  var unit: Substring

  init(_ text: String, _ kind: QuantityKind) throws(QuantityError) {
    func refuse(_ problem: QuantityProblem) -> QuantityError {
      QuantityError(input: text, kind: kind, problem: problem)
    }
    var rest = text.trimmingSpaces()
    guard !rest.isEmpty else { throw refuse(.empty) }
    // "-5ms" is a number that makes no sense here, "-x" is no number at all.
    let isNegative = rest.first == "-"
    if isNegative { rest = rest.dropFirst() }
    whole = rest.prefix(while: \.isDecimalDigit)
    guard !whole.isEmpty else { throw refuse(.notANumber) }
    guard !isNegative else { throw refuse(.negative) }
    rest = rest.dropFirst(whole.count)
    fraction = ""
    if rest.first == "." {
      fraction = rest.dropFirst().prefix(while: \.isDecimalDigit)
      guard !fraction.isEmpty else { throw refuse(.notANumber) }
      rest = rest.dropFirst(1 + fraction.count)
      while fraction.last == "0" { fraction.removeLast() }
    }
    unit = rest.trimmingSpaces()
  }
}

/// A range as written, `first..last` or `first..last*step`, before anybody knows what its ends mean.
struct WrittenRange {
  private let text: String
  private let kind: QuantityKind
  let first: String
  let last: String
  /// nil where none is written.
  let step: Int?

  /// - Returns: nil for a text that is no range.
  init?(_ text: String, _ kind: QuantityKind) throws(QuantityError) {
    func refuse(_ problem: QuantityProblem) -> QuantityError {
      QuantityError(input: text, kind: kind, problem: problem)
    }
    let ends = text.split(separator: "..", omittingEmptySubsequences: false)
    guard ends.count > 1 else { return nil }
    guard ends.count == 2 else { throw refuse(.incompleteRange) }
    let lastAndStep = ends[1].split(
      separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
    guard !ends[0].trimmingSpaces().isEmpty, !lastAndStep[0].trimmingSpaces().isEmpty else {
      throw refuse(.incompleteRange)
    }
    var step: Int?
    if lastAndStep.count == 2 {
      let written = lastAndStep[1].trimmingSpaces()
      guard let number = Int(written), number >= 2 else { throw refuse(.badStep(String(written))) }
      step = number
    }
    self.text = text
    self.kind = kind
    self.step = step
    first = String(ends[0])
    last = String(lastAndStep[0])
  }

  /// What to throw when the ends turn out to make no range.
  func refuse(_ problem: QuantityProblem) -> QuantityError {
    QuantityError(input: text, kind: kind, problem: problem)
  }
}

extension Character {
  /// ASCII only: `isNumber` also takes other scripts' digits, which no command line expects.
  fileprivate var isDecimalDigit: Bool { "0" <= self && self <= "9" }
}

extension StringProtocol where SubSequence == Substring {
  /// The text without the white space around it, as people leave it around commas.
  func trimmingSpaces() -> Substring {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
  }

  /// The items between commas, trimmed. An empty text is one empty item, so that it gets refused.
  package func commaSeparated() -> [Substring] {
    split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingSpaces() }
  }
}

extension Array where Element: Hashable {
  /// The elements in their order, each only where it stands first.
  package func withoutDuplicates() -> [Element] {
    var seen = Set<Element>()
    return filter { seen.insert($0).inserted }
  }
}
