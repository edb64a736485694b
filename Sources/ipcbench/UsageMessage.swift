/// What the argument parser says of a command line, in the words of all other messages.
enum UsageMessage {
  /// One line, without what it says twice: `The value '0' is invalid for '--payload <sizes>': '0'
  /// is …` becomes `--payload: '0' is …`.
  static func text(_ parserMessage: String) -> String {
    let line = parserMessage.split(separator: "\n").map { $0.drop { $0 == " " } }
      .joined(separator: "; ")
    guard line.hasPrefix("The value '"), let option = line.firstRange(of: "' is invalid for '--"),
      let reason = line[option.upperBound...].firstRange(of: ">': "),
      let name = line[option.upperBound...].split(separator: " ").first
    else { return line.prefix(1).lowercased() + line.dropFirst() }
    return "--\(name): \(line[reason.upperBound...])"
  }
}
