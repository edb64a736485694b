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
}
