/// Sizes in bytes as people write them: `64`, `64B`, `4K`, `4KiB`, `1M`, `1MiB`, `1G`, `1GiB`.
///
/// All units are binary (IEC 80000-13), as payloads and buffers are; `KB` is refused because it
/// means 1000 to some readers and 1024 to others. Case does not matter, and a size is at least 1 B.
public enum ByteSize {
  /// - Parameter limit: The largest size accepted, in bytes.
  /// - Returns: The size in bytes, 1 or more.
  public static func parse(_ text: String, limit: Int = Int.max) throws(QuantityError) -> Int {
    func refuse(_ problem: QuantityProblem) -> QuantityError {
      QuantityError(input: text, kind: .size, problem: problem)
    }
    let scanned = try ScannedQuantity(text, .size)
    guard let unitBytes = bytes(inUnit: scanned.unit) else {
      throw refuse(.unknownUnit(String(scanned.unit)))
    }
    guard scanned.fraction.isEmpty else { throw refuse(.fraction) }
    guard let number = Int(scanned.whole) else { throw refuse(.tooLarge(limit: format(limit))) }
    let (size, overflow) = number.multipliedReportingOverflow(by: unitBytes)
    guard !overflow, size <= limit else { throw refuse(.tooLarge(limit: format(limit))) }
    guard size > 0 else { throw refuse(.zero) }
    return size
  }

  /// Parses sizes and ranges between commas: `64,4KiB,64KiB..1MiB`.
  ///
  /// A range `a..b` holds a, 4a, 16a … as far as they are not above b; `a..b*2` steps by two, and
  /// so on. b itself belongs to it only where a step lands on it, so that the steps of a curve stay
  /// even: `64..100` is 64 alone. Whoever wants b as well writes `64..100,100`.
  ///
  /// - Parameter limit: The largest size accepted, in bytes.
  /// - Returns: The sizes in bytes, in the order written, without repetitions.
  public static func parseList(
    _ text: String, limit: Int = Int.max
  ) throws(QuantityError) -> [Int] {
    var sizes: [Int] = []
    for item in text.commaSeparated() {
      sizes += try parseItem(String(item), limit: limit)
    }
    return sizes.withoutDuplicates()
  }

  /// The shortest exact way to write a size: `format(4096)` is `4KiB`, `format(4097)` is `4097B`.
  /// `parse` reads it back to the same number.
  public static func format(_ sizeBytes: Int) -> String {
    for (name, unitBytes) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    where sizeBytes != 0 && sizeBytes % unitBytes == 0 {
      return "\(sizeBytes / unitBytes)\(name)"
    }
    return "\(sizeBytes)B"
  }

  private static func bytes(inUnit unit: Substring) -> Int? {
    switch unit.lowercased() {
    case "", "b": 1
    case "k", "kib": 1 << 10
    case "m", "mib": 1 << 20
    case "g", "gib": 1 << 30
    default: nil
    }
  }

  private static func parseItem(_ item: String, limit: Int) throws(QuantityError) -> [Int] {
    guard let range = try WrittenRange(item, .size) else { return [try parse(item, limit: limit)] }
    let step = range.step ?? 4
    let first = try parse(range.first, limit: limit)
    let last = try parse(range.last, limit: limit)
    guard first <= last else { throw range.refuse(.reversedRange) }

    var sizes = [first]
    var size = first
    // Dividing the end instead of multiplying the size cannot overflow.
    while size <= last / step {
      size *= step
      sizes.append(size)
    }
    return sizes
  }
}
