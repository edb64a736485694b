import Foundation
import Testing
import Trials

@testable import Results

/// What a row may say. Every reader gets its rows from the same place.
@Suite struct TrialRulesTests {
  /// A row that is as it should be, as a field a column.
  private static func fields(_ pattern: Pattern = .pingPong) -> [String: String] {
    let pace = pattern == .paced ? Pace(messagesPerSecond: 5000) : nil
    var outcome = measured(
      1, configuration("pipe", pattern, pace: pace), messages: 20_000, fastest: 1000)
    outcome.slowestSample = pattern == .pingPong ? 7 : nil
    let record = TrialRecord(outcome: outcome, runID: "run")
    return Dictionary(
      uniqueKeysWithValues: TrialRecord.columns.map { ($0.name, $0.text(record)) })
  }

  private static func file(_ rows: [[String: String]]) -> String {
    let names = TrialRecord.columns.map(\.name)
    return CSV.line(names) + rows.map { row in CSV.line(names.map { row[$0] ?? "" }) }.joined()
  }

  /// Every reader there is below the commands, on a folder with these rows.
  private func readers(
    of text: String,
    _ body: (_ folder: String, _ read: (String) throws(ResultsError) -> Void) throws
      -> Void
  ) throws {
    try withTemporaryFolder { folder in
      try write(text, to: "\(folder)/trials.csv")
      try body(folder) { path throws(ResultsError) in _ = try StoredRun.read(from: path) }
      try body(folder) { path throws(ResultsError) in _ = try TrialRecord.read(from: path) }
      try body(folder) { path throws(ResultsError) in _ = try Summary.read(from: path) }
    }
  }

  @Test(arguments: Pattern.allCases)
  func whatIsMeasuredIsAllowed(_ pattern: Pattern) throws {
    try readers(of: Self.file([Self.fields(pattern)])) { folder, read in
      #expect(throws: Never.self) { try read(folder) }
    }
  }

  /// Each is a change to a row that is as it should be, and what is said of it.
  @Test(
    arguments: [
      (["messages_corrupt": "77"], "status is ok, but messages_corrupt is 77"),
      (["messages_lost": "1"], "status is ok, but messages_lost is 1"),
      (["messages_received": "1"], "status is ok, but messages_received is 1 of 20000 sent"),
      (["latency_p50_ns": "999"], "latency_p50_ns is 999, less than latency_min_ns, which is 1000"),
      (["latency_p90_ns": "1100"], "latency_p90_ns is 1100, less than latency_p50_ns"),
      (["latency_p99_ns": "1100"], "latency_p99_ns is 1100, less than latency_p90_ns"),
      (["latency_p99_9_ns": "1100"], "latency_p99_9_ns is 1100, less than latency_p99_ns"),
      (["latency_max_ns": "1100"], "latency_max_ns is 1100, less than latency_p99_9_ns"),
      (["latency_mean_ns": "999.9"], "latency_mean_ns is 999.9, less than latency_min_ns"),
      (["latency_mean_ns": "2000.1"], "latency_mean_ns is 2000.1, more than latency_max_ns"),
      (["latency_mean_ns": "-1.0"], "latency_mean_ns is '-1.0'; write a decimal number"),
      (["latency_samples": "20001"], "latency_samples are more than messages_received allows"),
      (["latency_round_trips_per_sample": "2"], "latency_samples are more than"),
      (["latency_slowest_sample": "20000"], "latency_slowest_sample is 20000 of 20000"),
      (["latency_kind": "response"], "latency_kind is response, which pattern ping-pong has not"),
      (["pattern": "stream"], "latency_kind is round-trip, which pattern stream has not"),
      (["offered_rate_per_s": "5"], "pattern ping-pong with offered_rate_per_s"),
      (["throughput_messages_per_s": "5"], "throughput_messages_per_s is 5, but messages_received"),
      (["throughput_messages_per_s": "-5"], "throughput_messages_per_s is '-5'; write"),
      (["throughput_bytes_per_s": "5"], "throughput_bytes_per_s is 5, but the rate of messages"),
      (["throughput_bytes_per_s": "1.797e308"], "throughput_bytes_per_s is '1.797e308'; write"),
      (["elapsed_ns": "0"], "but messages_received over elapsed_ns is no number"),
      (
        ["payload_bytes": "-64"],
        "payload_bytes is '-64'; write a whole number from 1 to 1073741824"
      ),
      (["payload_bytes": "0"], "payload_bytes is '0'"),
      (["producer_core": "-1"], "producer_core is '-1'; write a whole number from 0 to 65535"),
      (["consumer_core": "65536"], "consumer_core is '65536'"),
      (["memory_node": "-1"], "memory_node is '-1'"), (["buffer_bytes": "0x10"], "is '0x10'"),
      (["block": "0"], "block is '0'"), (["position": "-3"], "position is '-3'"),
      (["block": "9007199254740993"], "block is '9007199254740993'"),
      (["messages_sent": "18446744073709551615"], "messages_sent is '18446744073709551615'"),
      (["steal_ns": "9007199254740993"], "steal_ns is '9007199254740993'"),
      (["probe_before_ns": "1e-300"], "probe_before_ns is '1e-300'"),
      (["producer_cpu_ns_per_message": "nan"], "producer_cpu_ns_per_message is 'nan'"),
      (["producer_context_switches": "1"], "producer_context_switches is 1, but the voluntary"),
      (["consumer_voluntary_switches": "1"], "consumer_context_switches is"),
      (["mechanism": ""], "mechanism is empty"), (["schema_version": "99"], "schema_version 99"),
      (["schema_version": "0"], "schema_version 0"),
      (["trial_id": ""], "trial_id '' is no plain name"),
      (["trial_id": "../../outside/x"], "trial_id '../../outside/x' is no plain name"),
      (["trial_id": ".."], "trial_id '..' is no plain name"),
      (["trial_id": "a\u{7}b"], "is no plain name"),
      (["trial_id": String(repeating: "a", count: 256)], "is no plain name"),
    ] as [([String: String], String)])
  func whatCannotBeIsRefusedByEveryReader(_ change: [String: String], _ said: String) throws {
    var other = Self.fields()
    other["trial_id"] = "run-00002"
    let rows = [other, Self.fields().merging(change) { $1 }]
    try readers(of: Self.file(rows)) { folder, read in
      expectError(.malformed, saying: "\(folder)/trials.csv:3: ", said) {
        try read(folder)
      }
    }
  }

  @Test func aRateAsksForAScheduleAndTheOtherWayRound() throws {
    var paced = Self.fields(.paced)
    paced["offered_rate_per_s"] = ""
    var swapped = Self.fields(.paced)
    swapped["service_p50_ns"] = swapped["service_p99_ns"]
    swapped["service_p99_ns"] = "1"
    var nothing = Self.fields(.paced)
    nothing["offered_rate_per_s"] = "0"
    for (row, said) in [
      (paced, "pattern paced without offered_rate_per_s"),
      (swapped, "service_p99_ns is 1, less than service_p50_ns"),
      (nothing, "offered_rate_per_s is '0'; write a decimal number from 0.000001"),
    ] {
      try readers(of: Self.file([row])) { folder, read in
        expectError(.malformed, saying: "\(folder)/trials.csv:2: ", said) { try read(folder) }
      }
    }
  }

  /// Nothing is made from the figures of a trial that is not ok, and what was counted is kept as it was.
  @Test func whatIsNotOKMayHaveLostMessages() throws {
    var row = Self.fields()
    row.merge(["status": "invalid", "messages_received": "1", "messages_corrupt": "9"]) { $1 }
    try readers(of: Self.file([row])) { folder, read in
      #expect(throws: Never.self) { try read(folder) }
    }
  }

  /// Rows that are pasted once more would count as further trials.
  @Test func aTrialCountsOnce() throws {
    let rows = ["r-1", "r-2", "r-10", "r-3", "r-2"].map { id in
      Self.fields().merging(["trial_id": id]) { $1 }
    }
    try readers(of: Self.file(rows)) { folder, read in
      expectError(
        .malformed, saying: "\(folder)/trials.csv:6: trial_id 'r-2' stands in a row before"
      ) {
        try read(folder)
      }
    }
  }

  // MARK: - Names

  /// Against a set of all of them.
  @Test(arguments: [seedOfThisRun])
  func namesAreFoundTwiceExactlyIfTheyAre(seed: UInt64) {
    var numbers = SeededGenerator(seed: seed)
    let alphabet = ["r-", "r-0", "s", "-", "0", "00", "1", "9", "10", "999999999999999999", "é"]
    for _ in 0..<500 {
      var names = TrialNames()
      var seen: Set<String> = []
      for step in 1..<30 {
        let name =
          numbers.next(below: 3) == 0
          ? "run-\(step)"
          : (0...numbers.next(below: 3)).map { _ in alphabet[numbers.next(below: alphabet.count)] }
            .joined()
        let isNew = seen.insert(name).inserted
        let bytes = Array(name.utf8)
        #expect((names.take(bytes.span) == nil) == isNew, "\(name) of \(seen)")
      }
    }
  }

  // MARK: - What was written before

  /// Stays readable whatever the rules are.
  @Test func everyCommittedRunIsAllowed() throws {
    let results = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "results").path
    let folders = try FileManager.default.contentsOfDirectory(atPath: results)
      .map { "\(results)/\($0)" }
      .filter { FileManager.default.fileExists(atPath: "\($0)/trials.csv") }
    #expect(!folders.isEmpty)
    for folder in folders {
      let run = try StoredRun.read(from: folder)
      #expect(run.description != nil)
      #expect(run.shortfall == nil)
    }
  }
}

@Suite struct UnfinishedTests {
  private func shortfall(_ trials: Int, _ change: (inout RunDescription) -> Void) -> String? {
    var description = runDescription()
    description.trials.planned = 16
    change(&description)
    return description.shortfall(of: "R", trials: trials)
  }

  @Test func aRunThatIsNotWholeIsSaid() {
    let now = UTCTime(unixNanoseconds: startedUnixNanoseconds)
    #expect(shortfall(6) { _ in } == "R: 6 of 16 trials, the run was killed or still goes on")
    #expect(
      shortfall(6) {
        $0.finished = now
        $0.interrupted = true
      } == "R: 6 of 16 trials, the run was interrupted")
    for (trials, said) in [
      (16, nil),
      (15, "R: 15 of 16 trials, but the run had finished: rows were removed or added since"),
      (17, "R: 17 of 16 trials, but the run had finished: rows were removed or added since"),
    ] {
      #expect(
        shortfall(trials) {
          $0.finished = now
          $0.interrupted = false
        } == said)
    }
  }
}
