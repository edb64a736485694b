/// The candidate that a mistyped name most likely stands for, or nil if none is near.
///
/// Near is one slip for three letters (a letter added, left out, replaced, or two neighbours
/// swapped), or a beginning of at least three letters that only one candidate has: `uni` means
/// `unix-stream`. Case does not matter. Of equally near candidates the first one wins.
public func nearest(_ name: String, among candidates: [String]) -> String? {
  // Nobody mistypes a name this long, and the work grows with the square of the length.
  let longestCompared = 64
  let typed = Array(name.lowercased())
  guard !typed.isEmpty, typed.count <= longestCompared else { return nil }

  let completions = candidates.filter { $0.lowercased().hasPrefix(name.lowercased()) }
  if typed.count >= 3, completions.count == 1 { return completions.first }

  var best: (candidate: String, slips: Int)?
  for candidate in candidates where candidate.count <= longestCompared {
    let letters = Array(candidate.lowercased())
    let slips = slipsBetween(typed, letters)
    guard slips <= max(1, max(typed.count, letters.count) / 3) else { continue }
    // Replacing every letter of a two-letter name explains nothing.
    guard slips < letters.count else { continue }
    if slips < (best?.slips ?? Int.max) { best = (candidate, slips) }
  }
  return best?.candidate
}

/// The Damerau–Levenshtein distance in its restricted form (optimal string alignment): the fewest
/// insertions, deletions, replacements and swaps of neighbours, none of them edited twice.
func slipsBetween(_ first: [Character], _ second: [Character]) -> Int {
  var beforePrevious: [Int] = []
  var previous = Array(0...second.count)
  for row in first.indices {
    var current = [row + 1]
    current.reserveCapacity(second.count + 1)
    for column in second.indices {
      let replacing = previous[column] + (first[row] == second[column] ? 0 : 1)
      var slips = min(replacing, previous[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
        slips = min(slips, beforePrevious[column - 1] + 1)
      }
      current.append(slips)
    }
    (beforePrevious, previous) = (previous, current)
  }
  return previous[second.count]
}

/// A name that stands for nothing, with what its writer may have meant.
public struct UnknownName: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of thing was to be named, such as `wait`.
  public var kind: String
  public var name: String
  public var validNames: [String]

  public init(kind: String, name: String, validNames: [String]) {
    self.kind = kind
    self.name = name
    self.validNames = validNames
  }

  public var description: String {
    let question = nearest(name, among: validNames).map { "; did you mean '\($0)'?" } ?? "."
    return
      "unknown \(kind) \(name.quoted())\(question) Valid: \(validNames.joined(separator: ", "))"
  }
}

/// The value that a name stands for.
///
/// - Parameter kind: What is named, for the error: `wait`, `pattern` …
public func parseName<Value: RawRepresentable<String> & CaseIterable>(
  _ name: String, as type: Value.Type = Value.self, kind: String
) throws(UnknownName) -> Value {
  guard let value = Value(rawValue: name) else {
    throw UnknownName(kind: kind, name: name, validNames: Value.allCases.map(\.rawValue))
  }
  return value
}

/// The values that names between commas stand for, in the order written, without repetitions.
///
/// - Parameter kind: What is named, for the error: `wait`, `pattern` …
public func parseNames<Value: RawRepresentable<String> & CaseIterable & Hashable>(
  _ names: String, as type: Value.Type = Value.self, kind: String
) throws(UnknownName) -> [Value] {
  var values: [Value] = []
  for name in names.commaSeparated() {
    values.append(try parseName(String(name), kind: kind))
  }
  return values.withoutDuplicates()
}

extension String {
  /// The text between quotation marks, fit for an error of one line: cut short where it is long,
  /// its line ends and other control characters spelled out.
  func quoted() -> String {
    let mostCharacters = 60
    var text = ""
    for character in prefix(mostCharacters) {
      let isControl = character.unicodeScalars.contains { scalar in
        [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
      }
      text +=
        isControl
        ? character.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() : String(character)
    }
    return "'\(text)\(count > mostCharacters ? "…" : "")'"
  }
}
