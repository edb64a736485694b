import Trials

extension BufferFits {
  /// One line about all links that hold more than a tenth more or less than was asked for; nil if none
  /// does.
  var deviations: String? {
    let far = all.filter(\.isFarOff)
    guard !far.isEmpty else { return nil }
    let groups = far.map { Group(mechanism: $0.mechanism, bufferBytes: $0.bufferBytes) }
      .withoutDuplicates()
    let mostNamed = 8
    var named = groups.prefix(mostNamed).map { $0.text(far) }
    if groups.count > mostNamed { named.append("and \(groups.count - mostNamed) more") }
    // Of remedies that differ in a number, one with the largest serves for all.
    let limits = Dictionary(
      grouping: far.compactMap(\.limit), by: { $0.prefix { $0 != "," } }
    ).compactMap { $1.max { ($0.count, $0) < ($1.count, $1) } }.sorted()
    let remedy = limits.isEmpty ? "" : "; the limit is \(limits.joined(separator: "; and "))"
    return "more than 10 % off --buffer: \(named.joined(separator: ", ")); "
      + "see capacity_bytes\(remedy)"
  }

  private struct Group: Hashable {
    let mechanism: String
    let bufferBytes: Int

    /// `unix-stream 36KiB to 80KiB for 128KiB`.
    func text(_ fits: [BufferFit]) -> String {
      let capacities = fits.filter { $0.mechanism == mechanism && $0.bufferBytes == bufferBytes }
        .map(\.capacityBytes)
      let (least, most) = (capacities.min() ?? 0, capacities.max() ?? 0)
      let range = [least, most].withoutDuplicates().map { ByteSize.rounded($0) }
      return "\(mechanism) \(range.joined(separator: " to ")) for \(ByteSize.format(bufferBytes))"
    }
  }
}

extension ByteSize {
  /// A size to be read, not to be read back: `94KiB` for 96,000 bytes.
  static func rounded(_ sizeBytes: Int) -> String {
    guard sizeBytes >= 10 << 10 else { return format(sizeBytes) }
    let isLarge = sizeBytes >= 10 << 20
    let unitBytes = isLarge ? 1 << 20 : 1 << 10
    return "\((sizeBytes + unitBytes / 2) / unitBytes)\(isLarge ? "MiB" : "KiB")"
  }
}
