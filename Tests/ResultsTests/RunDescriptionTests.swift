import Foundation
import Testing

@testable import Results

@Suite struct RunDescriptionTests {
  @Test func aDescriptionReadsBackAsItIs() throws {
    try withTemporaryFolder { folder in
      try write(runDescription().json(), to: "\(folder)/run.json")
      #expect(try RunDescription.read(fromRunFolder: folder) == runDescription())
    }
  }

  /// Results that are published stay readable.
  @Test func aDescriptionFromBeforeIdlePolicyAndDoctorIsRead() throws {
    try withTemporaryFolder { folder in
      let data = Data(try runDescription().json().utf8)
      var older = try #require(
        try JSONSerialization.jsonObject(with: data) as? [String: Any])
      for key in ["idle_policy", "doctor"] { #expect(older.removeValue(forKey: key) != nil) }
      let text = try JSONSerialization.data(withJSONObject: older)
      try write(String(decoding: text, as: UTF8.self), to: "\(folder)/run.json")
      let run = try RunDescription.read(fromRunFolder: folder)
      #expect(run.idlePolicy == nil)
      #expect(run.condition == nil)
      #expect(run.host == runDescription().host)
    }
  }

  @Test func thresholdsAreKeptByTheNamesOfMetrics() throws {
    try withTemporaryFolder { folder in
      var run = runDescription()
      run.thresholds = ["latency_p50_ns": 0.05, "throughput_messages_per_s": 0.1]
      let text = try run.json()
      #expect(text.contains(#""latency_p50_ns" : 0.05"#))
      try write(text, to: "\(folder)/run.json")
      #expect(try RunDescription.read(fromRunFolder: folder).thresholds == run.thresholds)
    }
  }

  @Test func keysAreSnakeCaseAndTheSeedIsText() throws {
    let text = try runDescription().json()
    for line in [
      #""allowed_cpus" : ["#, #""logical_cpus" : 2"#, #""read_cost_ns" : 29.5"#,
      #""seed" : "18446744073709551615""#, #""started_utc" : "2026-11-21T03:15:00.123456Z""#,
      #""timed_out" : 0"#, #""net.core.wmem_max" : "212992""#, #""oneTwo" : "3""#,
      #""schema_version" : 1"#, #""idle_policy" : "default""#,
      #""grade" : "B""#, #""id" : "tcp-congestion-control""#, #""severity" : "warning""#,
    ] where !text.contains(line) {
      Issue.record("no \(line) in \(text)")
    }
  }

  @Test func whatIsWrongWithADescriptionIsSaid() throws {
    try withTemporaryFolder { folder in
      expectError(.missing, saying: "\(folder)/run.json") {
        _ = try RunDescription.read(fromRunFolder: folder)
      }
      let good = try runDescription().json()
      let cases = [
        ("{", "not JSON"),
        (good.replacing(#""cpu_model""#, with: #""model""#), "'host.cpu_model' is missing"),
        (good.replacing(#""seed" : ""#, with: #""seed" : "x"#), "'seed': seed 'x18446"),
        (good.replacing(#""planned" : 39"#, with: #""planned" : "39""#), "'trials.planned' has"),
      ]
      for (text, what) in cases {
        try write(text, to: "\(folder)/run.json")
        expectError(.malformed, saying: "\(folder)/run.json: ", what, "run folder") {
          _ = try RunDescription.read(fromRunFolder: folder)
        }
      }
    }
  }

  /// A file of another version, and numbers that nothing can be.
  @Test(arguments: [
    (#""schema_version" : 1"#, #""schema_version" : 99"#, "schema_version 99 is not known here"),
    (#""schema_version" : 1"#, #""schema_version" : 0"#, "schema_version 0 is not known here"),
    (#""planned" : 39"#, #""planned" : -39"#, "'trials.planned' is -39"),
    (#""logical_cpus" : 2"#, #""logical_cpus" : 99999"#, "'host.logical_cpus' is 99999"),
    (#""read_cost_ns" : 29.5"#, #""read_cost_ns" : -1"#, "'clock.read_cost_ns' is -1"),
    (#""read_cost_ns" : 29.5"#, #""read_cost_ns" : 1e300"#, "'clock.read_cost_ns' is 1e+300"),
    (#""minimum" : 50"#, #""minimum" : 1e-300"#, "'floors.minimum' is 1e-300"),
    (#""minimum" : 50"#, #""minimum" : -5"#, "'floors.minimum' is -5"),
    (#""n" : 3"#, #""n" : -3"#, "'floors.n' is -3"),
    (#""producer" : 0"#, #""producer" : -7"#, "'placements.producer_core' is -7"),
    (#""latency_p50_ns" : 0.05"#, #""latency_p50_ns" : -1"#, "'thresholds.latency_p50_ns' is -1"),
    (#""run_id" : "2"#, #""run_id" : "../2"#, "'run_id' is no plain name"),
  ])
  func whatCannotBeIsRefused(_ good: String, _ bad: String, _ said: String) throws {
    try withTemporaryFolder { folder in
      var run = runDescription()
      run.thresholds = ["latency_p50_ns": 0.05]
      var record = TrialRecord(
        outcome: measured(1, configuration("floor-wake"), messages: 100, fastest: 50),
        runID: "run")
      record.latencyP50Nanoseconds = 50
      var floor = try #require(Floor([record]))
      floor.trials = 3
      run.floors = [floor]
      let text = try run.json()
      #expect(text.contains(good), "\(text)")
      try write(text.replacing(good, with: bad), to: "\(folder)/run.json")
      expectError(.malformed, saying: "\(folder)/run.json: ", said) {
        _ = try RunDescription.read(fromRunFolder: folder)
      }
      expectError(.malformed, saying: "\(folder)/run.json: ", said) {
        _ = try RunDescription.readIfThere(folder)
      }
    }
  }
}
