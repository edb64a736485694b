import Results
import Testing
import Trials

@testable import Reporting

/// A run during which the host moved the two cores: what is said of it, and what its figures are of.
@Suite struct WorldTests {
  /// Sixteen blocks, six of them in a world in which the ring takes five times as long, so that it loses there.
  private func run() -> MadeUpRun {
    let probes = (0..<16).map { $0 % 8 < 3 ? 340.0 : 60 }
    func times(_ near: Double, _ far: Double) -> [Double] {
      probes.enumerated().map { ($1 > 100 ? far : near) + Double($0) / 10 }
    }
    var run = MadeUpRun()
    run.add("shm-ring", probes: probes, taking: times(100, 500))
    run.add("pipe", probes: probes, taking: times(300, 310))
    return run
  }

  private let sentence =
    "Two worlds (CPU 0 → 1): probes near 60.0 ns in 20 trials, near 340 ns in 12; medians are of the "
    + "first 20 of 32."

  @Test func theAnswerSaysItFirst() throws {
    let section = try #require(
      Answer.sections(run().evidence, .brief).first { $0.name == "answer" })
    #expect(section.paragraphs.first == sentence)
  }

  @Test func aRunOfOneWorldIsAnsweredWithoutAWord() throws {
    var run = MadeUpRun()
    run.add("shm-ring", taking: around(100))
    run.add("pipe", taking: around(300))
    let sections = Answer.sections(run.evidence, .full)
    #expect(!sections.flatMap(\.paragraphs).contains { $0.contains("worlds") })
  }

  @Test func mediansAreOfOneWorldAndRatiosOfBlocksWithinOne() throws {
    let evidence = run().evidence
    let ring = configuration("shm-ring")
    #expect(evidence.medianTime(ring).map { $0 < 110 } == true)
    #expect(evidence.probe(ring) == 60)
    #expect(evidence.time(ring).count == 16)
    let speedup = try #require(evidence.speedup(of: ring, over: configuration("pipe")))
    #expect(speedup.blocks == 16)
  }

  /// Whoever asks for a way to wait does not know its batch.
  @Test func worldsAreToldApartWhateverTheBatch() throws {
    let probes = (0..<16).map { $0 % 8 < 3 ? 340.0 : 60 }
    var run = MadeUpRun()
    run.add("shm-ring", batch: 4, probes: probes, taking: probes.map { $0 * 2 })
    run.add("pipe", batch: 1, probes: probes, taking: probes.map { $0 * 4 })
    let (ring, pipe) = (configuration("shm-ring"), configuration("pipe"))
    #expect(run.evidence.metric(of: ring) == .latencyMean)
    #expect(run.evidence.probe(ring) == 60)
    #expect(run.evidence.medianTime(ring) == 120)
    #expect(run.evidence.speedup(of: ring, over: pipe)?.blocks == 16)
    let recommendation = try Recommendation(
      for: RecommendationRequest(payloadBytes: 64), from: run.evidence)
    #expect(recommendation.choices.map(\.score.value) == [120, 240])
  }

  @Test func aBlockOfTwoWorldsGivesNoRatio() throws {
    var run = MadeUpRun()
    let probes = (0..<16).map { $0 < 8 ? 60.0 : 340 }
    run.add("shm-ring", probes: probes, taking: probes.map { $0 * 2 })
    // The last four pairs of trials ran in different worlds.
    run.add(
      "pipe", probes: probes.enumerated().map { $0 < 12 ? $1 : 60 },
      taking: probes.map { $0 * 4 })
    let speedup = try #require(
      run.evidence.speedup(of: configuration("shm-ring"), over: configuration("pipe")))
    #expect(speedup.blocks == 12)
    #expect(speedup.ratio == 2)
  }

  @Test func theRecommendationIsMadeWithinOneWorldAndSaysSo() throws {
    let request = RecommendationRequest(payloadBytes: 64)
    let recommendation = try Recommendation(for: request, from: run().evidence)
    #expect(recommendation.text(as: .table).contains(sentence))
    #expect(recommendation.text(as: .json).contains("Two worlds"))
    let best = try #require(recommendation.choices.first)
    #expect(best.candidate.contender.mechanism == "shm-ring")
    #expect(best.score.value < 110)
  }

  private func configuration(_ mechanism: String) -> Configuration {
    Configuration(
      mechanism: mechanism,
      workload: Workload(pattern: .pingPong, payloadBytes: 64, wait: .spin, touch: .header),
      cores: MadeUpRun.twoCores)
  }
}
