import Foundation
import Results
import Testing
import Trials

@testable import Reporting

@Suite struct LinearFitTests {
  private func point(_ payload: Int, _ value: Double, by part: Double = 0.02) -> LinearFit.Point {
    LinearFit.Point(
      payloadBytes: payload, value: value, interval: (value * (1 - part))...(value * (1 + part)))
  }

  @Test func aLineIsFound() throws {
    let fit = try #require(LinearFit([0, 1000, 4000].map { point($0, 100 + Double($0) / 10) }))
    #expect(abs(fit.intercept - 100) < 1e-6)
    #expect(abs(fit.slope - 0.1) < 1e-9)
    #expect(fit.holds)
    #expect(abs(fit.value(at: 2000) - 300) < 1e-6)
  }

  @Test func aBendDoesNotHold() throws {
    let fit = try #require(LinearFit([point(0, 100), point(1000, 100), point(2000, 200)]))
    #expect(!fit.holds)
  }

  /// Within all the intervals, and yet 20 % from a median.
  @Test func wideIntervalsDoNotMakeALine() throws {
    let points = [
      point(0, 100, by: 0.001), point(1000, 100, by: 0.9), point(2000, 140, by: 0.001),
    ]
    #expect(try #require(LinearFit(points)).holds == false)
  }

  @Test func twoPointsProveNothing() {
    #expect(LinearFit([point(0, 1), point(1, 2)]) == nil)
    #expect(LinearFit([point(1, 1), point(1, 2), point(1, 3)]) == nil)
  }
}

@Suite struct SizeCurveTests {
  private func curve(_ values: [Int: Double], trials: Int = 8) -> SizeCurve {
    SizeCurve(values.mapValues { Array(around($0).prefix(trials)) })
  }

  @Test func whatWasMeasuredIsRead() throws {
    let reading = try curve([64: 100, 128: 900]).reading(at: 128)
    #expect(reading == Reading(value: 900, interval: 882...918, between: nil))
  }

  @Test func betweenSizesOnALine() throws {
    let reading = try curve([1024: 200, 2048: 300, 8192: 900]).reading(at: 4096)
    #expect(abs(reading.value - 500) < 1e-6)
    #expect(reading.between == 2048...8192)
    #expect(reading.interval?.contains(500) == true)
  }

  /// The line breaks at 8 KiB, beyond the gap.
  @Test func aRegimeEndsWhereTheLineBreaks() throws {
    let values = [1024: 200.0, 2048: 300, 4096: 500, 8192: 5000, 16384: 6000]
    #expect(abs(try curve(values).reading(at: 3072).value - 400) < 1e-6)
    #expect(throws: NoReading.notLinear(nearest: 4096)) { try curve(values).reading(at: 5000) }
  }

  @Test func refusalsSayWhatIsThere() {
    #expect(throws: NoReading.notMeasured) { try curve([:]).reading(at: 64) }
    let two = curve([64: 100, 1024: 200])
    #expect(throws: NoReading.outside(measured: 64...1024)) { try two.reading(at: 2048) }
    #expect(throws: NoReading.outside(measured: 64...1024)) { try two.reading(at: 1) }
    #expect(throws: NoReading.untestable(nearest: 64)) { try two.reading(at: 100) }
    let few = curve([64: 100, 1024: 200, 2048: 300], trials: 5)
    #expect(throws: NoReading.untestable(nearest: 1024)) { try few.reading(at: 1000) }
    #expect(
      NoReading.outside(measured: 64...4096).reason == "measured from 64 B to 4 KiB only")
  }
}

@Suite struct RecommendationTests {
  private func recommend(
    _ request: RecommendationRequest, _ run: MadeUpRun
  ) throws -> Recommendation {
    try Recommendation(for: request, from: run.evidence)
  }

  private func names(_ recommendation: Recommendation) -> [String] {
    recommendation.choices.map { "\($0.rank) \($0.candidate.name)" }
  }

  private func reason(_ name: String, _ recommendation: Recommendation) throws -> String {
    try #require(recommendation.excluded.first { $0.candidate.name == name }?.reason)
  }

  /// Round trips and streams of a spinning ring, a sleeping pipe and a sleeping tcp at 64 B.
  private var threeWays: MadeUpRun {
    var run = MadeUpRun()
    run.add("shm-ring", taking: around(100))
    run.add("shm-ring", .stream, taking: around(10))
    run.add("pipe", wait: .block, cpu: 10_000, taking: around(40_000))
    run.add("pipe", .stream, wait: .block, cpu: 300, taking: around(250))
    run.add("tcp", wait: .block, cpu: 20_000, taking: around(60_000))
    run.add("tcp", .stream, wait: .block, cpu: 4000, taking: around(5000))
    return run
  }

  @Test(
    arguments: [
      (.latency, ["1 shm-ring, spin", "2 pipe, block", "3 tcp, block"]),
      (.throughput, ["1 shm-ring, spin", "2 pipe, block", "3 tcp, block"]),
      (.cpu, ["1 shm-ring, spin", "2 pipe, block", "3 tcp, block"]),
    ] as [(RecommendationRequest.Goal, [String])])
  func ranksByTheGoal(goal: RecommendationRequest.Goal, order: [String]) throws {
    #expect(try names(recommend(.init(payloadBytes: 64, goal: goal), threeWays)) == order)
  }

  /// A spinning side burns a core; at a rate the sleepers burn less.
  @Test func atARateSpinningCostsACore() throws {
    let request = RecommendationRequest(payloadBytes: 64, goal: .cpu, messagesPerSecond: 1000)
    let recommendation = try recommend(request, threeWays)
    #expect(names(recommendation) == ["1 pipe, block", "2 tcp, block", "3 shm-ring, spin"])
    let loads = recommendation.choices.map { $0.candidate.load(at: 1000) }
    #expect(loads.compactMap { $0?.producer } == [0.01, 0.02, 1])
    #expect(
      recommendation.choices[2].reason.hasSuffix("both sides burn a core each, whatever the rate"))
  }

  @Test func aBudgetRulesOut() throws {
    let request = RecommendationRequest(
      payloadBytes: 64, messagesPerSecond: 20_000, processorBudget: 0.2)
    let recommendation = try recommend(request, threeWays)
    #expect(names(recommendation) == ["1 pipe, block"])
    #expect(try reason("shm-ring, spin", recommendation).contains("burns 100 % of its core"))
    #expect(
      try reason("tcp, block", recommendation)
        == "its producer takes 40 % of a core at 20.0 k/s, more than the budget of 20 %")
  }

  /// 200 k/s is what tcp streams; 70 % of it is what it may be asked for.
  @Test func aRateNeedsHeadroom() throws {
    let tooMuch = try recommend(.init(payloadBytes: 64, messagesPerSecond: 150_000), threeWays)
    #expect(
      try reason("tcp, block", tooMuch)
        == "150 k/s is 75 % of its largest rate, 200 k/s; beyond 70 % queues grow long")
    #expect(
      try reason("pipe, block", tooMuch) == "150 k/s would take 150 % of a core on one side")
    #expect(names(tooMuch) == ["1 shm-ring, spin"])
  }

  @Test func whatWasPacedDecidesOnRates() throws {
    var run = MadeUpRun()
    run.add("pipe", wait: .block, cpu: 1000, taking: around(40_000))
    run.add("pipe", .stream, wait: .block, taking: around(250))
    run.add("pipe", .paced, wait: .block, pace: 5000, taking: around(20_000))
    run.add("pipe", .paced, wait: .block, pace: 20_000, taking: around(30_000))
    run.add("pipe", .paced, wait: .block, pace: 40_000, status: .invalid, taking: around(30_000))
    let reached = try recommend(.init(payloadBytes: 64, messagesPerSecond: 10_000), run)
    let choice = try #require(reached.choices.first)
    #expect(choice.candidate.largestPacedRate == 20_000)
    #expect(choice.candidate.pacing(at: 10_000)?.response?.value == 30_000)
    #expect(!reached.ranksByResponse)
    let missed = try recommend(.init(payloadBytes: 64, messagesPerSecond: 50_000), run)
    #expect(try reason("pipe, block", missed) == "it did not keep up with 40.0 k/s when paced")
    // Between what was reached and what was not, the stream's peak decides.
    let between = try recommend(.init(payloadBytes: 64, messagesPerSecond: 30_000), run)
    #expect(names(between) == ["1 pipe, block"])
  }

  @Test func aRunOfPacedRowsIsRankedByResponse() throws {
    var run = MadeUpRun()
    run.add("pipe", .paced, wait: .block, pace: 5000, taking: around(20_000))
    run.add("tcp", .paced, wait: .block, pace: 5000, taking: around(10_000))
    run.add("fifo", .paced, wait: .block, pace: 500, taking: around(10))
    let recommendation = try recommend(.init(payloadBytes: 64, messagesPerSecond: 1000), run)
    #expect(recommendation.ranksByResponse)
    #expect(names(recommendation) == ["1 tcp, block", "2 pipe, block"])
    #expect(try reason("fifo, block", recommendation).contains("no paced rate"))
  }

  @Test func overlappingIntervalsShareARankAndCPUTimeOrdersThem() throws {
    var run = MadeUpRun()
    run.add("pipe", cpu: 900, taking: around(1000))
    run.add("fifo", cpu: 500, taking: around(1010))
    run.add("tcp", taking: around(5000))
    let recommendation = try recommend(.init(payloadBytes: 64), run)
    #expect(names(recommendation) == ["1 fifo, spin", "1 pipe, spin", "3 tcp, spin"])
    let reasons = recommendation.choices.map(\.reason)
    #expect(
      reasons[0].contains("of another one that it cannot be told apart from none has a lower CPU"))
    #expect(
      reasons[1].hasPrefix("it has the lowest median round trip, not to be told apart from fifo"))
    #expect(reasons[2].hasPrefix("5.00× the lowest median round trip"))
  }

  /// An adaptive side may spin for its 50 µs at each message.
  @Test func anAdaptiveSideIsChargedForItsSpinning() throws {
    var run = MadeUpRun()
    run.add("pipe", wait: .adaptive, cpu: 1000, taking: around(1000))
    let recommendation = try recommend(.init(payloadBytes: 64), run)
    let candidate = try #require(recommendation.choices.first?.candidate)
    let slow = try #require(candidate.load(at: 1000))
    #expect(abs(slow.producer - 0.051) < 1e-9)
    #expect(candidate.load(at: 100_000)?.consumer == 1)
    #expect(try #require(candidate.load(at: 2_000_000)).consumer > 1)
  }

  /// Ping-pong keeps it awake; messages further apart than it spins for do not.
  @Test func anAdaptiveSideSleepsAtALowRate() throws {
    var run = MadeUpRun()
    run.add("pipe", wait: .adaptive, taking: around(1000))
    run.add("pipe", .stream, wait: .adaptive, taking: around(300))
    run.add("pipe", .paced, wait: .adaptive, pace: 10_000, taking: around(22_000))
    let slow = try recommend(.init(payloadBytes: 64, messagesPerSecond: 5000), run)
    #expect(
      try reason("pipe, adaptive", slow)
        == "a message every 200 µs finds it asleep, after the 50.0 µs that it spins for, and its round "
        + "trips were measured awake: look at wait block; paced at 10.0 k/s its median response was 22.0 µs"
    )
    let fast = try recommend(.init(payloadBytes: 64, messagesPerSecond: 50_000), run)
    #expect(names(fast) == ["1 pipe, adaptive"])
    let stream = try recommend(
      .init(payloadBytes: 64, goal: .throughput, messagesPerSecond: 5000), run)
    #expect(names(stream) == ["1 pipe, adaptive"])
  }

  @Test func aSizeBetweenMeasuredOnesIsMarked() throws {
    var run = MadeUpRun()
    for (payload, time) in [(1024, 200.0), (2048, 300), (8192, 900)] {
      run.add("pipe", payload: payload, taking: around(time))
      run.add("tcp", payload: payload, taking: around(payload == 2048 ? 5000 : time))
    }
    let recommendation = try recommend(.init(payloadBytes: 4096), run)
    #expect(names(recommendation) == ["1 pipe, spin"])
    #expect(
      try reason("tcp, spin", recommendation)
        == "its round trip is not measured at this size, and no straight line fits the sizes around it; "
        + "the nearest measured one is 2 KiB")
    let text = recommendation.text(as: .table)
    #expect(text.contains("~500 ns"))
    #expect(text.contains("~: interpolated"))
  }

  @Test(
    arguments: [
      (RecommendationRequest(payloadBytes: 1 << 20), "--payload 1MiB", "64 B to 64 B"),
      (RecommendationRequest(payloadBytes: 64, touch: .full), "--touch full", "has header"),
      (
        RecommendationRequest(payloadBytes: 64, placement: .smt), "--placement smt", "has same-l3"
      ),
    ])
  func whatTheRunDoesNotHaveIsRefused(
    request: RecommendationRequest, asked: String, there: String
  ) throws {
    let error = #expect(throws: RecommendationError.self) { try recommend(request, threeWays) }
    let message = try #require(error?.description)
    #expect(message.hasPrefix(asked), "\(message)")
    #expect(message.contains(there), "\(message)")
    #expect(message.contains("ipcbench run"), "\(message)")
  }

  @Test func aRunWithoutMechanismsIsRefused() throws {
    var run = MadeUpRun()
    run.add("floor-wake", wait: .block, taking: around(100))
    let error = #expect(throws: RecommendationError.self) {
      try recommend(.init(payloadBytes: 64), run)
    }
    #expect(error?.description.contains("no trials of a mechanism") == true)
  }

  @Test func otherSettingsAreNamedAndNotMixedIn() throws {
    var run = threeWays
    run.add("fifo", touch: .full, taking: around(1))
    run.add("fifo", cores: MadeUpRun.oneCore, taking: around(1))
    let recommendation = try recommend(.init(payloadBytes: 64), run)
    #expect(recommendation.choices.count == 3)
    #expect(
      recommendation.text(as: .table).contains(
        "also in this run: --touch full, --placement same-core"))
    let full = try recommend(.init(payloadBytes: 64, touch: .full), run)
    #expect(names(full) == ["1 fifo, spin"])
  }

  @Test func nothingThatFitsIsSaid() throws {
    let request = RecommendationRequest(payloadBytes: 64, messagesPerSecond: 1e9)
    let text = try recommend(request, threeWays).text(as: .table)
    #expect(text.contains("Nothing that this run measured does that."))
    #expect(text.contains("Left out:"))
  }

  @Test func asJSON() throws {
    let request = RecommendationRequest(
      payloadBytes: 64, messagesPerSecond: 1000, processorBudget: 0.5)
    let text = try recommend(request, threeWays).text(as: .json)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(json["ranked_by"] as? String == "round-trip")
    #expect(json["rate_per_s"] as? Int == 1000)
    let choices = try #require(json["choices"] as? [[String: Any]])
    #expect(choices.map { $0["mechanism"] as? String } == ["pipe", "tcp"])
    let roundTrip = try #require(choices[0]["round_trip_p50_ns"] as? [String: Any])
    #expect(roundTrip["value"] as? Int == 40_000)
    #expect(roundTrip["interval_low"] as? Int == 39_200)
    #expect(roundTrip["interpolated_from_bytes"] is NSNull)
    #expect(choices[0]["producer_load"] as? Double == 0.01)
    let excluded = try #require(json["excluded"] as? [[String: Any]])
    #expect(excluded.map { $0["wait"] as? String } == ["spin"])
  }

  @Test func asMarkdown() throws {
    let text = try recommend(.init(payloadBytes: 64), threeWays).text(as: .markdown)
    #expect(text.contains("| rank | mechanism | wait |"))
    #expect(text.contains("| 1 | shm-ring | spin | 100 ns |"))
  }
}
