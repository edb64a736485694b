/// The `trial_id`s of a file's rows: each plain, and each once.
///
/// A run numbers its trials in the order of its rows, so that of a million names only the first and the last
/// number are kept; of rows in another order, a number each.
struct TrialNames {
  /// What is wrong with a name.
  enum Fault {
    case notPlain
    case twice
  }

  /// The numbers of the names that begin alike.
  private struct Numbers {
    /// All of these stood there, one after the other.
    var consecutive: Range<UInt64>
    var others: Set<UInt64> = []

    init(first: UInt64) { consecutive = first..<first + 1 }

    /// False if it stood there before.
    mutating func insert(_ number: UInt64) -> Bool {
      if number == consecutive.upperBound, !others.contains(number) {
        consecutive = consecutive.lowerBound..<number + 1
        return true
      }
      return !consecutive.contains(number) && others.insert(number).inserted
    }
  }

  /// A file's name has no more.
  private static let mostBytes = 255

  /// By what stands before the number.
  private var numbers: [[UInt8]: Numbers] = [:]
  /// The beginning of the last name, which is that of the next as a rule, and its numbers, which are not in
  /// `numbers` meanwhile.
  private var beginning: [UInt8] = []
  private var current: Numbers?

  /// Takes the next row's name; nil if nothing is wrong with it.
  mutating func take(_ name: Span<UInt8>) -> Fault? {
    guard Self.isPlain(name) else { return .notPlain }
    let end = Self.endOfBeginning(name)
    // Without digits it is 0, which no number is that begins with another digit.
    let number = name.extracting(end..<name.count).shortWholeNumber ?? 0
    if current == nil || !Self.areEqual(beginning, name.extracting(0..<end)) {
      goOn(to: name.extracting(0..<end))
    }
    guard current != nil else {
      current = Numbers(first: number)
      return nil
    }
    return current?.insert(number) == true ? nil : .twice
  }

  private mutating func goOn(to next: Span<UInt8>) {
    numbers[beginning] = current
    beginning = next.withUnsafeBufferPointer { Array($0) }
    current = numbers.removeValue(forKey: beginning)
  }

  /// Where the number begins that a name ends in: at most 18 digits, the first of them not 0.
  private static func endOfBeginning(_ name: Span<UInt8>) -> Int {
    var end = name.count
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    while end > 0, name.count - end < 18, digits.contains(name[end - 1]) { end -= 1 }
    while end < name.count, name[end] == UInt8(ascii: "0") { end += 1 }
    return end
  }

  private static func areEqual(_ left: [UInt8], _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for place in left.indices where left[place] != right[place] { return false }
    return true
  }

  /// Whether a name can be a file's, and of no file elsewhere. Older folders have files that are called so.
  private static func isPlain(_ name: Span<UInt8>) -> Bool {
    guard (1...mostBytes).contains(name.count), name[0] != UInt8(ascii: ".") else { return false }
    for place in 0..<name.count {
      let byte = name[place]
      if byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "/") { return false }
    }
    return true
  }

  /// The same of a text.
  static func isPlain(_ name: String) -> Bool { isPlain(Array(name.utf8).span) }
}
