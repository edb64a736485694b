import Testing
import Trials

@Suite struct SampleBatchTests {
  private func configuration(
    _ mechanism: String = "shm-ring", wait: WaitPolicy = .spin, payload: Int = 64,
    dataPath: DataPath = .copy, touch: Touch = .header, pattern: Pattern = .pingPong
  ) -> Configuration {
    Configuration(
      mechanism: mechanism,
      workload: Workload(
        pattern: pattern, payloadBytes: payload, wait: wait, dataPath: dataPath, touch: touch),
      cores: CorePair(placement: .sameL3, producer: 0, consumer: 1))
  }

  /// A read of the clock is a tenth of a sample at most.
  @Test(arguments: [
    (100.0, 10.0, 1), (99, 10, 2), (230, 23, 1), (120, 23, 2), (100, 23, 4), (60, 9.5, 2),
    (2, 9.5, 64), (1, 30, 512), (0, 30, 1024),
  ])
  func aReadIsATenthOfASampleAtMost(roundTrip: Double, read: Double, batch: Int) {
    #expect(
      SampleBatch.needed(roundTripNanoseconds: roundTrip, clockReadNanoseconds: read) == batch)
  }

  @Test(arguments: [(1, 1), (2, 2), (3, 2), (4, 4), (1000, 512), (5000, 1024)] as [(UInt64, Int)])
  func aBatchFitsIntoATrial(messages: UInt64, batch: Int) {
    #expect(
      SampleBatch.needed(roundTripNanoseconds: 0, clockReadNanoseconds: 30, atMost: messages)
        == batch)
  }

  @Test func itIsWrittenAsAutoOrAPowerOfTwo() throws {
    #expect(try SampleBatch.parse("auto") == .automatic)
    #expect(try SampleBatch.parse("1") == .roundTrips(1))
    #expect(try SampleBatch.parse("1024") == .roundTrips(1024))
    for text in ["", "0", "3", "2048", "-1", "1.5", "AUTO"] {
      #expect(throws: UnknownName.self) { try SampleBatch.parse(text) }
    }
  }

  @Test func aSuiteMayGiveItAndTheCommandLineTakesItsPlace() throws {
    let text = "name: a\nbatch: 8\nmatrix: [{mechanism: pipe}]\n"
    let suite = try Suite.parse(text, path: "a.yaml", mechanisms: ["pipe"], metrics: [])
    #expect(suite.batch == .roundTrips(8))
    #expect(suite.applying(SuiteOverrides()).batch == .roundTrips(8))
    #expect(suite.applying(SuiteOverrides(batch: .automatic)).batch == .automatic)
  }

  /// Who sleeps, or moves much, takes longer than ten reads of any clock.
  @Test func onlyWhatMayBeShortIsTried() {
    #expect(configuration().mayNeedBatch)
    #expect(configuration(wait: .adaptive).mayNeedBatch)
    #expect(configuration("floor-null", wait: .block).mayNeedBatch)
    #expect(configuration(payload: 1 << 20, dataPath: .inPlace).mayNeedBatch)
    #expect(!configuration(payload: 1 << 20, dataPath: .inPlace, touch: .full).mayNeedBatch)
    #expect(!configuration(payload: 1 << 20).mayNeedBatch)
    #expect(!configuration(wait: .block).mayNeedBatch)
    #expect(!configuration(pattern: .stream).mayNeedBatch)
  }

  @Test func whatIsComparedIsSampledAlike() {
    let ring = configuration()
    for other in [
      configuration("pipe"), configuration(dataPath: .inPlace), configuration(touch: .full),
    ] {
      #expect(other.sampledAlike == ring.sampledAlike)
    }
    for other in [
      configuration(wait: .block), configuration(payload: 128), configuration("floor-bounce-1"),
    ] {
      #expect(other.sampledAlike != ring.sampledAlike)
    }
  }
}
