import Foundation
import Testing
import Trials

@testable import Results

@Suite struct BenchmarkNameTests {
  @Test func aNameIsTheSameInEveryRun() {
    #expect(
      configuration("pipe").benchmarkName
        == "pattern=ping-pong/mechanism=pipe/wait=block/placement=same-l3/cpus=0+1/payload=64")
  }

  @Test func whatIsNotAsUsualIsNamed() {
    var unusual = configuration("shm-ring", .paced, wait: .adaptive, memoryNode: 1)
    unusual.workload.spinBudgetNanoseconds = 20_000
    unusual.workload.dataPath = .inPlace
    unusual.workload.touch = .full
    unusual.workload.bufferBytes = 1 << 20
    unusual.workload.workingSetBytes = 4096
    unusual.workload.pace = Pace(messagesPerSecond: 2500.5, arrivals: .fixed)
    #expect(
      unusual.benchmarkName
        == "pattern=paced/mechanism=shm-ring/wait=adaptive/spin-budget=20us/data-path=in-place/"
        + "touch=full/buffer=1048576/working-set=4096/rate=2500.5/arrivals=fixed/"
        + "placement=same-l3/cpus=0+1/memory-node=1/payload=64")
  }

  /// One name twice would be one benchmark for those who read it.
  @Test func configurationsThatDifferHaveDifferentNames() throws {
    var configurations: [Configuration] = []
    for pattern in Pattern.allCases {
      for wait in WaitPolicy.allCases {
        for touch in Touch.allCases {
          for cores in [
            CorePair(placement: .sameL3, producer: 0, consumer: 1),
            .init(placement: .sameL3, producer: 2, consumer: 3),
          ] {
            var one = configuration("pipe", pattern, wait: wait)
            one.workload.touch = touch
            one.cores = cores
            configurations.append(one)
          }
        }
      }
    }
    #expect(Set(configurations.map(\.benchmarkName)).count == configurations.count)
    #expect(configurations.allSatisfy { !$0.benchmarkName.contains(" ") })
  }
}

@Suite struct RunExportTests {
  private func stored(_ records: [TrialRecord]) -> StoredRun {
    var run = StoredRun(path: "run")
    for record in records { run.add(record) }
    return run
  }

  // MARK: - Go

  @Test func aTrialIsALineOfGosBenchmarks() throws {
    let records = recordsOfEveryKind()
    var benchmark = GoBenchmark(runDescription())
    let lines = records.map { benchmark.line($0) }
    let first = try #require(lines[0])
    #expect(
      first.hasPrefix(
        "BenchmarkIpcbench/\(records[0].configuration.benchmarkName)-2\t1000\t"), "\(first)")
    let median = try #require(records[0].latencyP50Nanoseconds)
    #expect(first.contains("\t\(median) ns/op\t"))
    #expect(first.contains(" producer-cpu-ns/op\t"))
    #expect(first.hasSuffix(" consumer-cpu-ns/op\n"))
    // A stream has a rate, and the time a message.
    let place = try #require(records.firstIndex { $0.configuration.workload.pattern == .stream })
    let stream = try #require(lines[place])
    #expect(stream.contains(" MB/s\t"))
    #expect(!stream.contains("p99"))
    let rate = try #require(records[place].throughputMessagesPerSecond)
    #expect(stream.contains("\t\(PlainNumber.text(1e9 / rate)) ns/op\t"))
  }

  @Test func trialsThatFailedAreCountedAndLeftOut() {
    let records = recordsOfEveryKind()
    var benchmark = GoBenchmark(nil)
    let lines = records.compactMap { benchmark.line($0) }
    let failed = records.count { $0.status != .ok }
    #expect(failed == 3)
    #expect(lines.count == records.count - failed)
    #expect(benchmark.footer == "# left out: 3 trials that failed\n")
  }

  @Test func keysAreOnlyWhatMakesRunsIncomparable() {
    let run = runDescription()
    let header = GoBenchmark(run).header(run).split(separator: "\n")
    #expect(header.first?.hasPrefix("# run \(run.runID), ipcbench 1.0.0, commit abc1234") == true)
    #expect(
      header.filter { !$0.hasPrefix("#") && !$0.hasPrefix("Unit ") } == [
        "goos: linux", "goarch: amd64", "kernel: 6.12.0", "cpu: Some CPU", "pkg: ipcbench",
      ])
    #expect(header.contains("Unit ns/op better=lower"))
    #expect(header.contains("Unit MB/s better=higher"))
  }

  @Test func aLineEndInAFactDoesNotEndItsLine() {
    var run = runDescription()
    run.host.cpuModel = "Some\nBenchmarkX 1 1 ns/op"
    let header = GoBenchmark(run).header(run).split(separator: "\n")
    #expect(!header.contains { $0.hasPrefix("Benchmark") })
  }

  // MARK: - JSON

  @Test func bencherGetsMediansWithTheirIntervals() throws {
    let records = recordsOfEveryKind()
    let run = stored(records)
    let text = BencherMetrics.json(run).text
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8))
        as? [String: [String: [String: Double]]])
    let group = try #require(run.group(configuration("pipe")))
    let estimate = try #require(run.estimate(.latencyP50, group.configuration))
    let latency = try #require(object[group.configuration.benchmarkName]?["latency"])
    #expect(latency["value"] == estimate.median)
    #expect(latency["lower_value"] == estimate.interval?.lowerBound)
    #expect(latency["upper_value"] == estimate.interval?.upperBound)
    // One trial has no interval; what failed every time has nothing to say.
    let alone = try #require(object[configuration("fifo").benchmarkName]?["producer-cpu"])
    #expect(alone.keys.sorted() == ["value"])
    #expect(object[configuration("fault-error").benchmarkName] == nil)
    let stream = configuration("pipe", .stream, payloadBytes: 4096).benchmarkName
    #expect(object[stream]?.keys.sorted() == ["consumer-cpu", "producer-cpu", "throughput"])
  }

  @Test func githubActionBenchmarkGetsTimesAlone() throws {
    let run = stored(recordsOfEveryKind())
    let text = GitHubActionBenchmark.json(run).text
    let entries = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    let stream = configuration("pipe", .stream, payloadBytes: 4096)
    let entry = try #require(
      entries.first { $0["name"] as? String == stream.benchmarkName })
    let rate = try #require(run.estimate(.messageThroughput, stream)?.median)
    let value = try #require(entry["value"] as? Double)
    #expect(abs(value * rate / 1e9 - 1) < 1e-12)
    #expect(entry["unit"] as? String == "ns/message")
    #expect((entry["range"] as? String)?.hasPrefix("± ") == true)
    #expect(entry["extra"] as? String == "7 trials, 0 tainted")
  }

  @Test func anEstimateIsThatOfTheSummary() {
    let outcomes = outcomesOfEveryKind()
    let summary = Summary(runID: fixtureRunID, outcomes)
    let run = stored(recordsOfEveryKind())
    for group in summary.groups {
      for metric in Metric.allCases where !metric.isOfAllTrials {
        #expect(run.estimate(metric, group.configuration) == group.estimate(metric))
      }
    }
  }
}
