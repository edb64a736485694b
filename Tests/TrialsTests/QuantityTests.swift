import Testing

@testable import Trials

@Suite struct ByteSizeTests {
  static let readable: [(String, Int)] = [
    ("64", 64), ("64B", 64), ("64b", 64), ("1", 1), ("007", 7), (" 4KiB ", 4096), ("4 KiB", 4096),
    ("4K", 4096), ("4k", 4096), ("4kib", 4096), ("1M", 1 << 20), ("1m", 1 << 20),
    ("1MiB", 1 << 20), ("1G", 1 << 30), ("1g", 1 << 30), ("1GiB", 1 << 30), ("2.0K", 2048),
    ("9223372036854775807", Int.max), ("8589934591GiB", Int.max - (1 << 30) + 1),
  ]

  @Test(arguments: readable)
  func readsSizes(text: String, sizeBytes: Int) throws {
    #expect(try ByteSize.parse(text) == sizeBytes)
  }

  static let readableLists: [(String, [Int])] = [
    ("64,4KiB", [64, 4096]),
    ("4KiB, 64", [4096, 64]),
    ("64,64B,1..4", [64, 1, 4]),
    ("64..1MiB", [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576]),
    ("64..100", [64]),
    ("64..64", [64]),
    ("64..1KiB*2", [64, 128, 256, 512, 1024]),
    ("1 .. 1000 * 10", [1, 10, 100, 1000]),
    ("64..100,100", [64, 100]),
    ("2305843009213693952..9223372036854775807", [1 << 61]),
  ]

  @Test(arguments: readableLists)
  func readsListsAndRanges(text: String, sizesBytes: [Int]) throws {
    #expect(try ByteSize.parseList(text) == sizesBytes)
  }

  static let refused: [(String, String)] = [
    ("", "'' is not a usable size: it is empty; write for example 4KiB"),
    ("  ", "'  ' is not a usable size: it is empty; write for example 4KiB"),
    ("big", "'big' is not a usable size: it does not start with a number; write for example 4KiB"),
    ("-", "'-' is not a usable size: it does not start with a number; write for example 4KiB"),
    ("+4", "'+4' is not a usable size: it does not start with a number; write for example 4KiB"),
    ("٤", "'٤' is not a usable size: it does not start with a number; write for example 4KiB"),
    ("4.", "'4.' is not a usable size: it does not start with a number; write for example 4KiB"),
    ("-4K", "'-4K' is not a usable size: it is negative; write for example 4KiB"),
    ("0", "'0' is not a usable size: it is zero; write for example 4KiB"),
    ("0KiB", "'0KiB' is not a usable size: it is zero; write for example 4KiB"),
    ("1.5K", "'1.5K' is not a usable size: it is not a whole number; write for example 4KiB"),
    (
      "4KB",
      "'4KB' is not a usable size: unknown unit 'KB' (units are B, K, KiB, M, MiB, G, GiB); "
        + "write for example 4KiB"
    ),
    (
      "9223372036854775808",
      "'9223372036854775808' is not a usable size: it is more than 1GiB; write for example 1GiB"
    ),
    (
      "8589934592GiB",
      "'8589934592GiB' is not a usable size: it is more than 1GiB; write for example 1GiB"
    ),
    ("2GiB", "'2GiB' is not a usable size: it is more than 1GiB; write for example 1GiB"),
  ]

  @Test(arguments: refused)
  func refusesSizes(text: String, message: String) {
    let error = #expect(throws: QuantityError.self) {
      try ByteSize.parse(text, limit: Workload.largestPayloadBytes)
    }
    #expect(error?.description == message)
  }

  static let refusedLists: [(String, String)] = [
    ("64,,128", "'' is not a usable size: it is empty; write for example 4KiB"),
    ("64,", "'' is not a usable size: it is empty; write for example 4KiB"),
    ("64,0", "'0' is not a usable size: it is zero; write for example 4KiB"),
    (
      "1MiB..64",
      "'1MiB..64' is not a usable size: the range ends below its start; write for example 64..1MiB"
    ),
    (
      "64..",
      "'64..' is not a usable size: a range has one start and one end; write for example 64..1MiB"
    ),
    (
      "..64",
      "'..64' is not a usable size: a range has one start and one end; write for example 64..1MiB"
    ),
    (
      "1..2..3",
      "'1..2..3' is not a usable size: a range has one start and one end; "
        + "write for example 64..1MiB"
    ),
    (
      "1..8*1",
      "'1..8*1' is not a usable size: the step '1' is not a whole number of at least 2; "
        + "write for example 64..1MiB*2"
    ),
    (
      "1..8*",
      "'1..8*' is not a usable size: the step '' is not a whole number of at least 2; "
        + "write for example 64..1MiB*2"
    ),
    ("0..64", "'0' is not a usable size: it is zero; write for example 4KiB"),
    ("1..2GiB", "'2GiB' is not a usable size: it is more than 1GiB; write for example 1GiB"),
  ]

  @Test(arguments: refusedLists)
  func refusesListsAndRanges(text: String, message: String) {
    let error = #expect(throws: QuantityError.self) {
      try ByteSize.parseList(text, limit: Workload.largestPayloadBytes)
    }
    #expect(error?.description == message)
  }

  static let written: [(Int, String)] = [
    (1, "1B"), (64, "64B"), (1000, "1000B"), (1024, "1KiB"), (4097, "4097B"), (128 << 10, "128KiB"),
    (1 << 20, "1MiB"), (3 << 30, "3GiB"), (0, "0B"), (Int.max, "9223372036854775807B"),
  ]

  @Test(arguments: written)
  func writesSizes(sizeBytes: Int, text: String) {
    #expect(ByteSize.format(sizeBytes) == text)
  }
}

@Suite struct TimeSpanTests {
  static let readable: [(String, UInt64)] = [
    ("100ns", 100), ("10us", 10_000), ("500ms", 500_000_000), ("5s", 5_000_000_000),
    ("20\u{B5}s", 20_000), ("20\u{3BC}s", 20_000), ("1.5\u{B5}s", 1500),
    ("1.5s", 1_500_000_000), ("0.1us", 100), ("1.0ns", 1), ("0.000000001s", 1),
    (" 2 ms ", 2_000_000),
    ("18446744073709551615ns", UInt64.max), ("18446744073.709551615s", UInt64.max),
  ]

  @Test(arguments: readable)
  func readsDurations(text: String, nanoseconds: UInt64) throws {
    #expect(try TimeSpan.parse(text) == nanoseconds)
  }

  static let refused: [(String, String)] = [
    ("", "it is empty"), ("soon", "it does not start with a number"),
    (".5s", "it does not start with a number"), ("-1s", "it is negative"), ("0ms", "it is zero"),
    ("0.0s", "it is zero"), ("5", "it has no unit (ns, us or µs, ms, s)"),
    ("5min", "unknown unit 'min' (units are ns, us or µs, ms, s)"),
    ("5MS", "unknown unit 'MS' (units are ns, us or µs, ms, s)"),
    ("1.5s2", "unknown unit 's2' (units are ns, us or µs, ms, s)"),
    ("1.5ns", "it is finer than a nanosecond"), ("0.0001us", "it is finer than a nanosecond"),
  ]

  @Test(arguments: refused)
  func refusesDurations(text: String, complaint: String) {
    let error = #expect(throws: QuantityError.self) { try TimeSpan.parse(text) }
    #expect(
      error?.description
        == "'\(text)' is not a usable duration: \(complaint); write for example 500ms")
  }

  @Test(arguments: ["18446744073709551616ns", "18446744073.709551616s", "99999999999999999999s"])
  func refusesDurationsBeyondTheCounter(text: String) {
    let error = #expect(throws: QuantityError.self) { try TimeSpan.parse(text) }
    #expect(error?.problem == .tooLarge(limit: "18446744073709551615ns"))
  }

  @Test func acceptsZeroOnlyWhereItMeansSomething() throws {
    #expect(try TimeSpan.parse("0s", allowingZero: true) == 0)
    #expect(throws: QuantityError.self) { try TimeSpan.parse("0s") }
  }

  static let written: [(UInt64, String)] = [
    (1, "1ns"), (1500, "1500ns"), (2000, "2us"), (50_000_000, "50ms"), (1_500_000_000, "1500ms"),
    (30_000_000_000, "30s"), (0, "0s"),
  ]

  @Test(arguments: written)
  func writesDurations(nanoseconds: UInt64, text: String) {
    #expect(TimeSpan.format(nanoseconds) == text)
  }
}

@Suite struct CountTests {
  @Test func readsCounts() throws {
    #expect(try Count.parse("10") == 10)
    #expect(try Count.parse(" 18446744073709551615 ") == UInt64.max)
    #expect(try Count.parse("0", in: 0...3) == 0)
  }

  static let refused: [(String, String, String)] = [
    ("", "it is empty", "10"), ("ten", "it does not start with a number", "10"),
    ("-1", "it is negative", "10"), ("0", "it is zero", "10"),
    ("1.5", "it is not a whole number", "10"),
    ("5x", "'x' follows the number and a count has no unit", "10"),
    ("1", "it is less than 2", "2"), ("101", "it is more than 100", "100"),
    ("18446744073709551616", "it is more than 100", "100"),
  ]

  @Test(arguments: refused)
  func refusesCounts(text: String, complaint: String, example: String) {
    let error = #expect(throws: QuantityError.self) { try Count.parse(text, in: 2...100) }
    #expect(
      error?.description
        == "'\(text)' is not a usable count: \(complaint); write for example \(example)")
  }
}

@Suite struct QuantityRoundTripTests {
  /// Numbers of every length, half of them multiples of a unit, as the ones people write are.
  private func samples(seed: UInt64) -> [UInt64] {
    var generator = SeededGenerator(seed: seed)
    return (0..<2000).map { index in
      let number = generator.next() >> UInt64(generator.next(below: 64))
      let unit: UInt64 = [1, 1000, 1_000_000, 1 << 10, 1 << 20, 1 << 30][generator.next(below: 6)]
      return index.isMultiple(of: 2) ? number : number / unit * unit
    }
  }

  @Test(arguments: [UInt64.random(in: 0...UInt64.max)])
  func whatIsWrittenReadsBackTheSame(seed: UInt64) throws {
    for number in samples(seed: seed) {
      #expect(
        try TimeSpan.parse(TimeSpan.format(number), allowingZero: true) == number, "seed \(seed)")
      #expect(try Count.parse("\(number)", in: 0...UInt64.max) == number, "seed \(seed)")
      let sizeBytes = max(1, Int(number >> 1))
      #expect(try ByteSize.parse(ByteSize.format(sizeBytes)) == sizeBytes, "seed \(seed)")
    }
  }

  /// No text may trap, whatever it holds.
  @Test(arguments: [UInt64.random(in: 0...UInt64.max)])
  func anyTextIsReadOrRefused(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let letters = Array("0123456789.-*,KkMGiBnsmu é\u{0}")
    for _ in 0..<5000 {
      let length = generator.next(below: 24)
      let text = String((0..<length).map { _ in letters[generator.next(below: letters.count)] })
      if let sizes = try? ByteSize.parseList(text) {
        #expect(sizes.allSatisfy { $0 > 0 }, "'\(text)', seed \(seed)")
      }
      _ = try? TimeSpan.parse(text)
      _ = try? Count.parse(text)
    }
  }
}

@Suite struct PercentageTests {
  @Test(arguments: [("2%", 0.02), ("0.5 %", 0.005), ("100%", 1), (" 12.50% ", 0.125)])
  func readsPartsOfAWhole(text: String, part: Double) throws {
    #expect(abs(try Percentage.parse(text) - part) < 1e-12)
  }

  @Test(arguments: [
    ("2", "'2' is not a usable percentage: it has no unit (%); write for example 2%"),
    ("", "'' is not a usable percentage: it is empty; write for example 2%"),
    ("0%", "'0%' is not a usable percentage: it is zero; write for example 2%"),
    ("-1%", "'-1%' is not a usable percentage: it is negative; write for example 2%"),
    ("101%", "'101%' is not a usable percentage: it is more than 100%; write for example 100%"),
    (
      "2ms",
      "'2ms' is not a usable percentage: unknown unit 'ms' (units are %); write for example 2%"
    ),
  ])
  func refusesWithAnExample(text: String, message: String) {
    let error = #expect(throws: QuantityError.self) { try Percentage.parse(text) }
    #expect(error?.description == message)
  }
}
