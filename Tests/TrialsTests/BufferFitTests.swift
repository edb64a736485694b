import Testing

@testable import Trials

@Suite struct BufferFitTests {
  private func configuration(
    _ mechanism: String, payload: Int = 64, wait: WaitPolicy = .block, pattern: Pattern = .pingPong,
    dataPath: DataPath = .copy, buffer: Int = 128 << 10
  ) -> Configuration {
    Configuration(
      mechanism: mechanism,
      workload: Workload(
        pattern: pattern, payloadBytes: payload, wait: wait, dataPath: dataPath,
        bufferBytes: buffer),
      cores: CorePair(placement: .sameL3, producer: 0, consumer: 1))
  }

  private func fit(_ configuration: Configuration, _ capacityBytes: Int) -> BufferFit {
    BufferFit(
      mechanism: configuration.mechanism, workload: configuration.workload, settingBytes: 1,
      capacityBytes: capacityBytes)
  }

  @Test(arguments: [
    (100, false), (91, false), (90, true), (110, false), (111, true), (0, true),
  ])
  func aTenthIsTheLimit(capacity: Int, isFar: Bool) {
    #expect(fit(configuration("pipe", buffer: 100), capacity).isFarOff == isFar)
  }

  @Test func whatALinkHoldsDoesNotDependOnWhoWaitsHow() {
    let configurations = [
      configuration("pipe"), configuration("pipe", wait: .spin),
      configuration("pipe", pattern: .stream), configuration("pipe", payload: 65),
      configuration("fifo"), configuration("pipe", dataPath: .inPlace),
      configuration("pipe", buffer: 1), configuration("fifo"),
    ]
    #expect(BufferFits.distinct(configurations) == [0, 3, 4, 5, 6].map { configurations[$0] })

    var fits = BufferFits()
    fits.add(fit(configurations[0], 10))
    fits.add(fit(configurations[0], 20))
    #expect(fits[configurations[1]]?.capacityBytes == 10, "what is known stays")
    #expect(fits[configurations[2]]?.capacityBytes == 10)
    #expect(fits.all.count == 1)
    for other in configurations[3...6] { #expect(fits[other] == nil) }
  }
}

@Suite struct WorkingSetTests {
  @Test(
    arguments: [
      ("0", [0]), ("0,64KiB", [0, 65536]), ("64KiB, 0 ,64KiB", [65536, 0]),
      ("1MiB..16MiB", [1 << 20, 4 << 20, 16 << 20]),
    ] as [(String, [Int])])
  func sizesAreReadAndSoIsNone(text: String, sizes: [Int]) throws {
    #expect(try WorkingSet.parseList(text) == sizes)
  }

  @Test(arguments: ["", "hot", "2GiB", "-1", "0B"])
  func whatIsNoSizeIsRefused(text: String) {
    #expect(throws: QuantityError.self) { _ = try WorkingSet.parseList(text) }
  }
}
