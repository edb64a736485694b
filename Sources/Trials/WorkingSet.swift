/// How much memory a side takes its messages from in turn, as people write it: a size, or 0 for one buffer
/// that is used again and again.
public enum WorkingSet {
  /// Both sides have so much for each direction, before the first message.
  public static let largestBytes = 1 << 30

  /// Parses sizes and ranges between commas, as `ByteSize.parseList` does, and `0`.
  ///
  /// - Returns: The sizes in bytes, in the order written, without repetitions.
  public static func parseList(_ text: String) throws(QuantityError) -> [Int] {
    var sizes: [Int] = []
    for item in text.commaSeparated() {
      sizes += item == "0" ? [0] : try ByteSize.parseList(String(item), limit: largestBytes)
    }
    return sizes.withoutDuplicates()
  }
}
