import Results
import Testing
import Trials

@testable import Comparison

@Suite struct RunMatchingTests {
  private let values = ascending(from: 1000)

  private func stored(_ configurations: [Configuration]) -> StoredRun {
    var run = StoredRun()
    for configuration in configurations {
      for (place, value) in values.enumerated() {
        run.add(trial(configuration, block: place + 1, value))
      }
    }
    return run
  }

  @Test func whatIsOnOneSideOnlyIsListed() {
    let (both, onlyBase, onlyHead) = (
      configuration("pipe"), configuration("fifo"), configuration("tcp")
    )
    let comparison = Comparison(
      stored([onlyBase, both]), stored([both, onlyHead]), ComparisonRules())
    #expect(Set(comparison.rows.map(\.configuration)) == [both])
    #expect(comparison.onlyInBase == [onlyBase])
    #expect(comparison.onlyInHead == [onlyHead])
    #expect(
      comparison.factorDifferences == [
        Comparison.FactorDifference(
          factor: .mechanism, onlyInBase: ["fifo"], onlyInHead: ["tcp"])
      ])
  }

  @Test func rowsComeInTheOrderOfTheBase() {
    let configurations = [
      configuration("pipe", payloadBytes: 4096), configuration("fifo"), configuration("pipe"),
    ]
    let rows = Comparison(
      stored(configurations), stored(configurations.reversed()),
      ComparisonRules(metrics: .named([.latencyP50]))
    ).rows
    #expect(rows.map(\.configuration) == configurations)
    #expect(rows.map(\.headConfiguration) == configurations)
  }

  @Test func theFactorThatKeepsRunsApartIsNamed() {
    let comparison = Comparison(
      stored([configuration("pipe", touch: .header)]),
      stored([configuration("pipe", touch: .full)]),
      ComparisonRules())
    #expect(comparison.rows.isEmpty)
    #expect(
      comparison.factorDifferences == [
        Comparison.FactorDifference(factor: .touch, onlyInBase: ["header"], onlyInHead: ["full"])
      ])
    #expect(comparison.notes.contains { $0.contains("nothing to compare") })
  }

  // MARK: - Rates that were measured

  private func paced(_ rate: Double, _ mechanism: String = "pipe") -> Configuration {
    configuration(mechanism, .paced, messagesPerSecond: rate)
  }

  @Test func nearlyEqualRatesMatchTheirNeighbours() {
    let base = [paced(1000), paced(2000), paced(4000)]
    let head = [paced(4100), paced(1090), paced(1900)]
    let comparison = Comparison(
      stored(base), stored(head), ComparisonRules(metrics: .named([.latencyP50])))
    #expect(comparison.rows.map(\.configuration) == base)
    #expect(comparison.rows.map(\.headConfiguration) == [head[1], head[2], head[0]])
    #expect(comparison.onlyInBase == [])
    #expect(comparison.onlyInHead == [])
    #expect(comparison.notes.contains { $0.hasPrefix("3 paced configurations") })
  }

  @Test func ratesMoreThanATenthApartDoNotMatch() {
    let comparison = Comparison(stored([paced(1000)]), stored([paced(1101)]), ComparisonRules())
    #expect(comparison.rows.isEmpty)
    #expect(comparison.onlyInBase == [paced(1000)])
    #expect(comparison.onlyInHead == [paced(1101)])
    #expect(Comparison(stored([paced(1000)]), stored([paced(1100)])).rows.count == 3)
  }

  @Test func ratesMatchOnlyWhereNothingElseDiffers() {
    let comparison = Comparison(
      stored([paced(1000)]), stored([paced(1010, "fifo")]), ComparisonRules())
    #expect(comparison.rows.isEmpty)
  }

  @Test func anEqualRateIsNotTakenForItsNeighbour() {
    let comparison = Comparison(
      stored([paced(1000), paced(1050)]), stored([paced(1050), paced(1110)]),
      ComparisonRules(metrics: .named([.latencyP50])))
    #expect(comparison.rows.map(\.headConfiguration) == [paced(1050)])
    #expect(comparison.onlyInBase == [paced(1000)])
    #expect(comparison.onlyInHead == [paced(1110)])
  }

  // MARK: - Metrics

  @Test func theStandardMetricsAreThoseOfThePattern() {
    let rules = ComparisonRules()
    #expect(
      rules.metrics(base: .pingPong, head: .pingPong)
        == [.latencyP50, .latencyP99, .producerCPU, .consumerCPU])
    #expect(
      rules.metrics(base: .stream, head: .stream)
        == [.messageThroughput, .producerCPU, .consumerCPU])
    #expect(
      rules.metrics(base: .stream, head: .pingPong)
        == [.messageThroughput, .producerCPU, .consumerCPU])
  }

  @Test func allMetricsAreThoseOfSingleTrials() {
    let rules = ComparisonRules(metrics: .all)
    #expect(!rules.metrics(base: .stream, head: .stream).contains(.latencyP50))
    #expect(rules.metrics(base: .paced, head: .paced).contains(.serviceP99))
    #expect(!rules.metrics(base: .paced, head: .paced).contains(.mergedP99))
  }
}
