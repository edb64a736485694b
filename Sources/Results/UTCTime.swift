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
    self.init(utf8: Array(text.utf8).span)
  }

  /// The same of a text's bytes.
  init?(utf8: Span<UInt8>) {
    let shape = "dddd-dd-ddTdd:dd:dd.ddddddZ"
    guard utf8.count == shape.utf8.count else { return nil }
    var position = 0
    for expected in shape.utf8 {
      guard expected == UInt8(ascii: "d") || utf8[position] == expected else { return nil }
      position += 1
    }
    guard let year = utf8.extracting(0..<4).shortWholeNumber,
      let month = utf8.extracting(5..<7).shortWholeNumber, (1...12).contains(month),
      let day = utf8.extracting(8..<10).shortWholeNumber, day > 0,
      day <= Self.days(inMonth: month, ofYear: year),
      let hour = utf8.extracting(11..<13).shortWholeNumber, hour < 24,
      let minute = utf8.extracting(14..<16).shortWholeNumber, minute < 60,
      let second = utf8.extracting(17..<19).shortWholeNumber, second < 60,
      let microsecond = utf8.extracting(20..<26).shortWholeNumber, year >= 1970
    else { return nil }
    let days = Self.daysSince1970(toYear: year, month, day)
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    self.init(unixMicroseconds: seconds * 1_000_000 + microsecond)
  }

  private static func days(inMonth month: UInt64, ofYear year: UInt64) -> UInt64 {
    let isLeapYear =
      year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    return switch month {
    case 2: isLeapYear ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// By counting years from the first of March, so that the day of the leap year comes last (the
  /// days_from_civil of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  private static func daysSince1970(
    toYear year: UInt64, _ month: UInt64, _ day: UInt64
  ) -> UInt64 {
    let marchYear = month > 2 ? year : year - 1
    let marchMonth = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
    // From the first of March of the year 0 to the first of January of 1970.
    let daysBefore1970: UInt64 = 719_468
    return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear
      - daysBefore1970
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
