import Results

/// What the measurements say of a claim, or of a part of it.
enum Ruling: Hashable, Sendable, CaseIterable {
  case holds
  /// At some sizes, or with some levels of the factors.
  case holdsInPart
  case doesNotHold
  case notAnswerable

  /// Of several rulings together: what could be decided outweighs what could not.
  static func of(_ rulings: [Ruling]) -> Ruling {
    let decided = rulings.filter { $0 != .notAnswerable }
    guard let first = decided.first else { return .notAnswerable }
    return decided.allSatisfy { $0 == first } ? first : .holdsInPart
  }

  var words: String {
    switch self {
    case .holds: "holds here"
    case .holdsInPart: "holds in part"
    case .doesNotHold: "does not hold here"
    case .notAnswerable: "not answerable here"
    }
  }
}

/// A sentence from the lectures, with what this run says of it.
struct Claim: Sendable {
  var statement: String
  var parts: [Part]

  /// A part of a claim that can hold by itself, decided setting by setting.
  struct Part: Sendable {
    /// What it says, short.
    var name: String
    var ruling: Ruling
    /// In one clause, where it holds and where it does not, or why that cannot be told.
    var brief: String
    /// Setting by setting, in clauses; empty if there is nothing to add.
    var details: [String] = []
    /// The rows that show it; nil if there are none.
    var table: TextTable?
  }

  var ruling: Ruling { Ruling.of(parts.map(\.ruling)) }

  /// The ruling, and why.
  func paragraphs(_ detail: Answer.Detail) -> [String] {
    let details = detail.hasEachSetting ? parts.flatMap(\.details).map { "\($0)." } : []
    let reasons =
      parts.count == 1
      ? parts.map(\.brief) : parts.map { "“\($0.name)” \($0.ruling.words): \($0.brief)" }
    return ["“\(statement)”: \(ruling.words) (\(reasons.joined(separator: ". ")))."] + details
  }
}
