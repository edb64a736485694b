import Glibc

/// A moment in UTC, to the microsecond: the resolution that every file of a run keeps.
public struct UTCTime: Hashable, Comparable, Sendable {
  /// Since 1970-01-01T00:00:00Z, without leap seconds.
  public let unixMicroseconds: UInt64

  /// CLOCK_REALTIME as it is.
  public static var now: UTCTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UTCTime(
      unixNanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }

  public init(unixNanoseconds: UInt64) {
    unixMicroseconds = unixNanoseconds / 1000
  }

  init(unixMicroseconds: UInt64) {
    self.unixMicroseconds = unixMicroseconds
  }

  public static func < (left: UTCTime, right: UTCTime) -> Bool {
    left.unixMicroseconds < right.unixMicroseconds
  }

  /// `2026-11-21T03:15:00.123456Z` (RFC 3339).
  public var text: String {
    let (date, clock) = fields
    return "\(date[0])-\(date[1])-\(date[2])T\(clock[0]):\(clock[1]):\(clock[2])"
      + ".\(padded(unixMicroseconds % 1_000_000, to: 6))Z"
  }

  /// `20261121T031500Z`, which sorts by time and is a file name everywhere.
  var compactText: String {
    let (date, clock) = fields
    return "\(date.joined())T\(clock.joined())Z"
  }

  /// Reads what `text` writes, and nothing else; nil for anything that is not such a moment.
  init?(text: String) {
    // strptime would let spaces and short numbers pass: the shape is compared first.
    let shape = "dddd-dd-ddTdd:dd:dd.ddddddZ"
    guard text.utf8.count == shape.utf8.count else { return nil }
    for (byte, expected) in zip(text.utf8, shape.utf8) {
      let fits =
        expected == UInt8(ascii: "d")
        ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == expected
      guard fits else { return nil }
    }
    let numbers = text.split { !$0.isNumber }.compactMap { Int32($0) }
    guard numbers.count == 7 else { return nil }
    var moment = tm()
    moment.tm_year = numbers[0] - 1900
    moment.tm_mon = numbers[1] - 1
    moment.tm_mday = numbers[2]
    moment.tm_hour = numbers[3]
    moment.tm_min = numbers[4]
    moment.tm_sec = numbers[5]
    let seconds = timegm(&moment)
    guard seconds >= 0 else { return nil }
    self.init(unixMicroseconds: UInt64(seconds) * 1_000_000 + UInt64(numbers[6]))
    // timegm carries the 31st of June over to July; such a text is refused instead.
    guard self.text == text else { return nil }
  }

  /// Year, month, day and hour, minute, second, padded with zeros (gmtime_r).
  private var fields: (date: [String], clock: [String]) {
    var seconds = time_t(unixMicroseconds / 1_000_000)
    var moment = tm()
    gmtime_r(&seconds, &moment)
    return (
      [
        padded(UInt64(moment.tm_year + 1900), to: 4), padded(UInt64(moment.tm_mon + 1), to: 2),
        padded(UInt64(moment.tm_mday), to: 2),
      ],
      [moment.tm_hour, moment.tm_min, moment.tm_sec].map { padded(UInt64($0), to: 2) }
    )
  }
}

extension UTCTime: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let moment = UTCTime(text: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is not like 2026-11-21T03:15:00.123456Z")
    }
    self = moment
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// The number in decimal, with zeros before it up to `width` digits.
package func padded(_ number: UInt64, to width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
