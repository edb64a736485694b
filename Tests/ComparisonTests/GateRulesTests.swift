import Comparison
import Results
import Testing

@Suite struct GateRulesTests {
  @Test func thresholdIsAtLeastThreeTimesTheNoise() {
    let rules = GateRules(
      thresholds: [.latencyP50: 0.05, .latencyP99: 0.2], noise: [.latencyP50: 0.03])
    #expect(rules.threshold(.latencyP50) == 3 * 0.03)
    #expect(rules.threshold(.latencyP99) == 0.2)
    #expect(rules.threshold(.messageThroughput) == nil)
  }
}
