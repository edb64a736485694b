import Testing

@testable import Trials

@Suite struct OfferedRateTests {
  @Test(
    arguments: [
      ("500", [.perSecond(500)]), ("500/s", [.perSecond(500)]), ("1k", [.perSecond(1000)]),
      ("20K/s", [.perSecond(20_000)]), ("1.5M", [.perSecond(1_500_000)]),
      ("0.25", [.perSecond(0.25)]), (" 1 k ", [.perSecond(1000)]), ("1G", [.perSecond(1e9)]),
      ("50%", [.ofPeak(percent: 50)]), ("200 %", [.ofPeak(percent: 200)]),
      ("1k,1000,2k", [.perSecond(1000), .perSecond(2000)]),
      ("1k..100k", [1e3, 4e3, 16e3, 64e3].map { .perSecond($0) }),
      ("1k..1M*10", [1e3, 1e4, 1e5, 1e6].map { .perSecond($0) }),
      ("3..3", [.perSecond(3)]),
      ("10%..90%", [10, 20, 30, 40, 50, 60, 70, 80, 90].map { .ofPeak(percent: $0) }),
      ("5%..26%", [5, 15, 25].map { .ofPeak(percent: $0) }),
      ("10%..100%*2", [10, 20, 40, 80].map { .ofPeak(percent: $0) }),
      ("1k,10%", [.perSecond(1000), .ofPeak(percent: 10)]),
    ] as [(String, [OfferedRate])])
  func readsRatesSharesAndRanges(text: String, rates: [OfferedRate]) throws {
    #expect(try OfferedRate.parseList(text) == rates)
  }

  @Test(
    arguments: [
      ("", "'' is not a usable rate: it is empty; write for example 10k"),
      ("1k,", "'' is not a usable rate: it is empty; write for example 10k"),
      ("fast", "'fast' is not a usable rate: it does not start with a number"),
      ("-1k", "'-1k' is not a usable rate: it is negative"),
      ("0", "'0' is not a usable rate: it is zero"),
      ("0%", "'0%' is not a usable rate: it is zero"),
      ("0.0001", "'0.0001' is not a usable rate: it is less than 0.001"),
      ("2G", "'2G' is not a usable rate: it is more than 1G; write for example 1G"),
      ("201%", "'201%' is not a usable rate: it is more than 200%; write for example 200%"),
      ("1.5%", "'1.5%' is not a usable rate: it is not a whole number"),
      (
        "5Hz",
        "'5Hz' is not a usable rate: unknown unit 'Hz' "
          + "(units are k, M, G, each with or without /s, and %); write for example 10k"
      ),
      ("1M..1k", "'1M..1k' is not a usable rate: the range ends below its start"),
      ("90%..10%", "'90%..10%' is not a usable rate: the range ends below its start"),
      ("1k..", "'1k..' is not a usable rate: a range has one start and one end"),
      ("1k..1M*1", "'1k..1M*1' is not a usable rate: the step '1' is not a whole number of at"),
      (
        "10%..1k",
        "'10%..1k' is not a usable rate: a range is of rates or of percentages, "
          + "not of both; write for example 10%..90%"
      ),
    ])
  func refusesWhatIsNoRate(text: String, message: String) {
    let error = #expect(throws: QuantityError.self) { try OfferedRate.parseList(text) }
    #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
  }

  @Test(
    arguments: [
      (500, "500"), (1000, "1k"), (1500, "1.5k"), (1_234_567, "1234.567k"), (1e6, "1M"),
      (1.1e6, "1.1M"), (1e9, "1G"), (0.25, "0.25"), (1234.5, "1234.5"), (999.001, "999.001"),
    ] as [(Double, String)])
  func writesARateThatReadsBack(rate: Double, text: String) throws {
    #expect(OfferedRate.format(rate) == text)
    #expect(try OfferedRate.parseList(text) == [.perSecond(rate)])
  }

  @Test(
    arguments: [
      (123_456, 123_000), (999.6, 1000), (99.96, 100), (1.2345, 1.23), (0.0314, 0.031),
      (5, 5), (1_234_567_890, 1_230_000_000),
    ] as [(Double, Double)])
  func keepsThreeDigitsOfWhatWasMeasured(rate: Double, rounded: Double) {
    #expect(OfferedRate.rounded(rate) == rounded)
  }

  @Test func aShareOfAPeakIsOneRate() {
    let stream = Configuration(
      mechanism: "pipe", workload: Workload(pattern: .stream, payloadBytes: 64),
      cores: CorePair(placement: .sameL3, producer: 0, consumer: 1))
    let peak = PeakRate(of: stream, messagesPerSecond: 1_234_567)
    #expect(peak.share(percent: 10) == 123_000)
    #expect(peak.share(percent: 100) == 1_230_000)
    #expect(PeakRate(of: stream, messagesPerSecond: nil).share(percent: 10) == nil)
  }

  @Test func aConstantRateIsNoShare() throws {
    #expect(try OfferedRate.parseConstant("20k/s") == 20_000)
    #expect(try OfferedRate.parseConstant("20k") == 20_000)
    let error = #expect(throws: QuantityError.self) { try OfferedRate.parseConstant("50%") }
    #expect(error?.problem == .shareOfPeak)
    #expect(error?.description.contains("write for example 10k") == true)
  }
}
