import Comparison
import Foundation
import Results
import Testing
import Trials

/// A comparison as people and scripts get it.
///
/// After an intended change: `IPCBENCH_REGENERATE_GOLDEN=1 swift test --filter ComparisonOutputTests` writes
/// the golden files anew and still fails; read the difference, then commit it.
@Suite struct ComparisonOutputTests {
  // MARK: - A comparison with every kind of row

  /// Faster, slower, the same and inconclusive; a failure, unmatched ones, and a difference of either kind.
  private var comparison: Comparison {
    let spin = configuration("shm-ring", wait: .spin)
    let large = configuration("pipe", payloadBytes: 4096)
    let stream = configuration("unix-stream", .stream, payloadBytes: 65_536)
    var base = run(
      [
        configuration("pipe"): ascending(from: 40_000), spin: ascending(from: 200),
        large: [30_000, 61_000, 35_000, 52_000, 41_000, 70_000, 33_000],
        stream: ascending(from: 180_000), configuration("fifo"): ascending(from: 41_000),
        configuration("onc-rpc-tcp"): ascending(from: 50_000),
      ],
      description { base in
        base.finished = base.started
        base.interrupted = false
        base.trials.planned = 58
      }, path: "results/before")
    var head = run(
      [
        configuration("pipe"): ascending(from: 44_000), spin: ascending(from: 100),
        large: [31_000, 60_000, 36_000, 50_000, 44_000, 71_000, 32_000],
        stream: ascending(from: 181_000), configuration("tcp"): ascending(from: 60_000),
      ],
      description { other in
        // One of the two was interrupted.
        other.finished = other.started
        other.trials.planned = 80
        other.build.commit = "def5678"
        other.host.loadAverage = "1.50 0.00 0.00 1/100 1234"
      }, path: "results/after")
    for block in 1...10 {
      head.add(failedTrial(configuration("onc-rpc-tcp"), block: block, "bind: Address | in use"))
    }
    base.add(trial(spin, block: 11, 205, tainted: true))
    return Comparison(base, head)
  }

  @Test func theTable() throws {
    try expectGolden("table.txt", comparison.text(as: .table))
  }

  @Test func theMarkdown() throws {
    try expectGolden("table.md", comparison.text(as: .markdown))
  }

  @Test func theRowsAsCSV() throws {
    try expectGolden("rows.csv", comparison.text(as: .csv))
  }

  @Test func levelsOfAFactor() throws {
    let run = run([
      configuration("pipe"): ascending(from: 40_000, 8),
      configuration("shm-ring"): ascending(from: 10_000, 8),
      configuration("tcp"): ascending(from: 80_000, 8),
    ])
    try expectGolden(
      "levels.txt", Comparison(within: run, by: .mechanism).text(as: .table))
  }

  @Test func patternsAreNamedWhereTheyAreCompared() throws {
    let comparison = try Comparison(
      within: run([
        configuration("pipe", .stream): ascending(from: 1000),
        configuration("pipe", .paced, messagesPerSecond: 500): ascending(from: 1000),
      ]), by: .pattern)
    #expect(
      comparison.rows.map(\.metric) == [.messageThroughput, .producerCPU, .consumerCPU])
    #expect(comparison.text(as: .table).contains("stream → paced  pipe "))
  }

  @Test func budgetsAreNamedWhereOnlyTheHeadHasThem() throws {
    let budgets: [UInt64] = [10_000, 50_000]
    var waits = run([configuration("pipe"): ascending(from: 1000)])
    for budget in budgets {
      for block in 1...8 {
        waits.add(
          trial(
            configuration("pipe", wait: .adaptive, spinBudgetNanoseconds: budget), block: block,
            500))
      }
    }
    let text = try Comparison(within: waits, by: .wait).text(as: .table)
    #expect(text.contains("block → adaptive"))
    #expect(text.contains("— → 10.0 µs"))
    #expect(text.contains("— → 50.0 µs"))
  }

  @Test func aMetricThatNobodyMeasuredIsSaidToBeMissing() {
    let values = run([configuration("pipe", .stream): ascending(from: 1000)])
    let comparison = Comparison(
      values, values, ComparisonRules(metrics: .named([.latencyP50])))
    #expect(comparison.rows.isEmpty)
    #expect(comparison.text(as: .table).contains("--metric all"))
  }

  @Test func noLineEndsInSpaces() {
    for format in [ComparisonFormat.table, .markdown, .csv] {
      let lines = comparison.text(as: format).split(separator: "\n")
      #expect(lines.allSatisfy { !$0.hasSuffix(" ") }, "\(format)")
    }
  }

  // MARK: - What is left out

  @Test func rowsThatAreTheSameCanBeHidden() {
    let comparison = comparison
    let same = comparison.rows.count { $0.verdict == .same }
    #expect(same > 0)
    let all = comparison.text(as: .csv).split(separator: "\n")
    let changed = comparison.text(as: .csv, only: .changed).split(separator: "\n")
    #expect(changed.count == all.count - same)
    #expect(!changed.contains { $0.contains(",same,") })
    let table = comparison.text(as: .table, only: .changed)
    #expect(table.contains("\(same) rows that are the same are not shown."))
    // What is said of all rows stays.
    let means = "geometric means of the ratios"
    func tail(_ text: String) -> String? {
      text.range(of: means).map { String(text[$0.lowerBound...].prefix(400)) }
    }
    #expect(tail(table) == tail(comparison.text(as: .table)))
  }

  @Test func aLongListIsCutShortInTextAndWholeInJSON() throws {
    var head = StoredRun()
    for payload in 1...30 {
      head.add(trial(configuration("tcp", payloadBytes: payload), block: 1, 9))
    }
    let comparison = Comparison(run([configuration("pipe"): [1]]), head)
    #expect(comparison.text(as: .table).contains("Only in head (30):"))
    #expect(comparison.text(as: .table).contains("… and 10 more; --format json has them all"))
    let json = try object(comparison)
    #expect((json["only_in_head"] as? [Any])?.count == 30)
  }

  // MARK: - JSON

  private func object(_ comparison: Comparison) throws -> [String: Any] {
    let data = Data(comparison.text(as: .json).utf8)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func theJSONHasWhatTheCSVHas() throws {
    let json = try object(comparison)
    let rows = try #require(json["rows"] as? [[String: Any]])
    let lines = comparison.text(as: .csv).split(separator: "\n")
    let names = lines[0].split(separator: ",").map { String($0) }
    #expect(rows.count == lines.count - 1)
    for row in rows {
      let configuration = try #require(row["configuration"] as? [String: Any])
      for name in names where !["factor", "head_level"].contains(name) {
        #expect(row[name] != nil || configuration[name] != nil, "\(name)")
      }
    }
    let slower = try #require(rows.first)
    #expect(slower["verdict"] as? String == "slower")
    #expect(slower["base_estimate"] as? Double == 40_004.5)
    #expect(slower["head_n"] as? Int == 10)
    #expect(slower["pairs"] is NSNull)
    #expect(slower["test"] as? String == "rank sums")
    let failed = try #require(rows.first { $0["head_estimate"] is NSNull })
    #expect(failed["ratio"] is NSNull)
    #expect(
      failed["reason"] as? String == "all 10 trials of the head failed: bind: Address | in use")
  }

  @Test func theJSONNamesTheCircumstances() throws {
    let json = try object(comparison)
    #expect(json["paired"] as? Bool == false)
    #expect(json["seed"] as? String == "1")
    #expect(json["margin"] as? Double == 0.02)
    #expect((json["head"] as? [String: Any])?["build_commit"] as? String == "def5678")
    let differences = try #require(json["differences"] as? [[String: Any]])
    #expect(
      differences.map { $0["name"] as? String } == ["build_commit", "interrupted", "load_average"])
    #expect(differences.allSatisfy { $0["decisive"] as? Bool == false })
    let means = try #require(json["geometric_means"] as? [[String: Any]])
    #expect(means.contains { $0["mechanism"] is NSNull && $0["rows"] as? Int == 3 })
  }

  @Test func infiniteRatiosAreNullInJSONAndASignInTables() throws {
    func stored(_ switches: UInt64) -> StoredRun {
      var run = StoredRun()
      for block in 1...8 {
        run.add(trialOfSwitches(configuration("pipe"), block: block, switches))
      }
      return run
    }
    let rules = ComparisonRules(metrics: .named([.producerContextSwitches]))
    let comparison = Comparison(stored(0), stored(1000), rules)
    let rows = try #require(try object(comparison)["rows"] as? [[String: Any]])
    #expect(rows.first?["ratio"] is NSNull)
    #expect(rows.first?["verdict"] as? String == "slower")
    #expect(comparison.text(as: .table).contains("∞"))
  }
}
