/// What people write on a command line, made into what the argument parser takes for the same.
///
/// The parser takes a word that begins with a dash for an option, whatever stands before it: of
/// `--trials -1` it says that a value is missing, and what is wrong is the value.
enum WrittenArguments {
  /// - Returns: the same words, with a negative number joined to the option before it, and `-V` written out.
  static func parserReady(_ words: [String]) -> [String] {
    var ready: [String] = []
    for (place, word) in words.enumerated() {
      if word == "--" { return ready + words[place...] }
      if word == "-V" {
        ready.append("--version")
      } else if isNegativeNumber(word), let option = ready.last, isOpenOption(option) {
        ready[ready.count - 1] = "\(option)=\(word)"
      } else {
        ready.append(word)
      }
    }
    return ready
  }

  /// What to write where a value begins with a dash and is no number; nil where the parser found something
  /// else to be wrong.
  ///
  /// - Parameter complaint: what it says.
  static func remedy(for complaint: String, in words: [String]) -> String? {
    guard let place = words.firstIndex(where: { complaint.contains("issing value for '\($0) ") }),
      place + 1 < words.count, words[place + 1].hasPrefix("-"), words[place + 1].count > 1,
      !words[place + 1].hasPrefix("--")
    else { return nil }
    return "a value that begins with a dash is written \(words[place])=\(words[place + 1])"
  }

  /// `-1`, `-0.5%`, `-64..128`: no option is called that.
  private static func isNegativeNumber(_ word: String) -> Bool {
    guard word.first == "-" else { return false }
    return word.dropFirst().first.map { "0123456789.".contains($0) } ?? false
  }

  private static func isOpenOption(_ word: String) -> Bool {
    word.hasPrefix("--") && word.count > 2 && !word.contains("=")
  }
}
