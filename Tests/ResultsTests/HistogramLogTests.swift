import Foundation
import Testing
import Trials

@testable import Results

private func counts(_ samples: KeyValuePairs<UInt64, UInt64>) -> [LatencyCount] {
  samples.map { LatencyCount(nanoseconds: $0.key, samples: $0.value) }
}

/// A record that has as many samples as these histograms say.
private func record(_ number: Int, _ histograms: LatencyHistograms) -> TrialRecord {
  var record = TrialRecord(
    outcome: measured(number, configuration("pipe"), fastest: 1000), runID: fixtureRunID)
  record.latencySamples = histograms.latency.samples
  return record
}

private let histograms = LatencyHistograms(
  latency: counts([1000: 400, 5003: 600]), tagged: [.service: counts([900: 1000])])

@Suite struct HistogramLogTests {
  private let seventh = record(7, histograms)

  @Test func aLogSaysWhatAndWhenInTheToolsFormat() throws {
    let text =
      HistogramLog.header(of: runDescription()) + HistogramLog.lines(of: seventh, histograms)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines.prefix(4) == [
        "#ipcbench 20261121T031500Z-quick: latency in ns, tagged with the trial_id",
        "#[Histogram log format version 1.3]",
        "#[StartTime: 1795230900.123 (seconds since epoch), 2026-11-21T03:15:00.123456Z]",
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"",
      ])
    // Began with the trial, lasted 1.5 ms, at most 5003 ns.
    #expect(
      lines[4].hasPrefix(
        "Tag=20261121T031500Z-quick-00007,1795230907.123,0.001500,0.005003,HISTF"))
    #expect(
      lines[5].hasPrefix(
        "Tag=20261121T031500Z-quick-00007/service,1795230907.123,0.001500,0.000900,HISTF"))
    #expect(lines.dropFirst(6) == [""])
    #expect(HistogramLog.lines(of: seventh, LatencyHistograms()) == "")
  }

  @Test func samplesAreThoseOfPingPong() {
    let pingPong = measured(1, configuration("pipe"), fastest: 1000)
    #expect(LatencyHistograms(outcome: pingPong).latency == pingPong.latency?.counts)
    var stream = measured(1, configuration("pipe", .stream), fastest: 1000)
    stream.latency = pingPong.latency
    #expect(LatencyHistograms(outcome: stream).isEmpty)
  }
}

/// The one log of a run.
@Suite struct StoredHistogramsTests {
  private let first = record(1, LatencyHistograms(latency: counts([1000: 1])))
  private let second = record(2, histograms)

  private func withLog(_ lines: String, _ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try write(HistogramLog.header(of: runDescription()) + lines, to: "\(folder)/histograms.hlog")
      try body(folder)
    }
  }

  private var good: String {
    HistogramLog.lines(of: first, LatencyHistograms(latency: counts([1000: 1])))
      + HistogramLog.lines(of: second, histograms)
  }

  @Test func eachTrialHasItsOwn() throws {
    try withLog(good) { folder in
      let stored = try StoredHistograms(inRunFolder: folder)
      #expect(try stored.read(of: second) == histograms)
      #expect(try stored.read(of: first)?.latency == counts([1000: 1]))
      #expect(try stored.read(of: first)?.tagged == [:])
      #expect(try stored.read(of: record(3, histograms)) == nil)
    }
    try withTemporaryFolder { folder in
      let stored = try StoredHistograms(inRunFolder: folder)
      #expect(try stored.read(of: first) == nil)
    }
  }

  /// A driver that was killed may have left a part of a line, whose trial has no row.
  @Test func aTornLastLineIsNotThere() throws {
    let torn = HistogramLog.lines(of: record(3, histograms), histograms)
    for length in [1, 5, 40, 90, torn.utf8.count / 2 + 1] {
      try withLog(good + torn.prefix(length)) { folder in
        let stored = try StoredHistograms(inRunFolder: folder)
        #expect(try stored.read(of: second) == histograms)
      }
    }
    try withLog(good + torn.dropLast()) { folder in
      let stored = try StoredHistograms(inRunFolder: folder)
      #expect(try stored.read(of: record(3, histograms))?.tagged == [:])
    }
  }

  /// More than is held of a file at a time, in several orders.
  @Test(arguments: [seedOfThisRun])
  func trialsMayBeAskedForInAnyOrder(seed: UInt64) throws {
    var numbers = SeededGenerator(seed: seed)
    let held = (1...4000).map { number in
      let samples = counts([1000: UInt64(number), UInt64(2000 + number): 7])
      return LatencyHistograms(latency: samples)
    }
    let records = held.enumerated().map { record($0.offset + 1, $0.element) }
    let lines = zip(records, held).map { HistogramLog.lines(of: $0, $1) }.joined()
    #expect(lines.utf8.count > 400 << 10)
    try withLog(lines) { folder in
      let stored = try StoredHistograms(inRunFolder: folder)
      for place in records.indices {
        let expected = held[place].latency.samples
        #expect(try stored.read(of: records[place])?.latency.samples == expected)
      }
      for _ in 0..<200 {
        let place = numbers.next(below: records.count)
        let expected = held[place].latency.samples
        #expect(try stored.read(of: records[place])?.latency.samples == expected)
      }
    }
  }

  @Test func whatIsWrongWithALogIsSaidWithItsPlace() throws {
    let line = String(HistogramLog.lines(of: first, LatencyHistograms(latency: counts([1000: 1]))))
    let long = HistogramLog.line(of: first, tag: first.trialID, histograms.latency)
    let tag = "Tag=\(first.trialID)"
    let cases = [
      (line + line, "hlog:6: ", "a second histogram with the tag '\(first.trialID)'"),
      (String(line.dropFirst(tag.count + 1)), "hlog:5: ", "no tag, which would name the trial"),
      ("\n" + line, "hlog:5: ", "no tag"),
      ("\(tag),1,2,3\n", "hlog: '\(first.trialID)': ", "not an interval"),
      ("\(tag),now,2,3,HISTFAAA\n", "hlog: '\(first.trialID)': ", "not an interval"),
      ("\(tag),1,2,3,not base64\n", "hlog: '\(first.trialID)': ", "not an interval"),
      ("\(tag),1,2,3,HISTFAAA\n", "hlog: '", "the histogram is not as long as it says"),
      (long.dropLast(9) + "AAAAAAA=\n", "hlog: '", "the zlib stream is damaged"),
      (
        HistogramLog.lines(of: first, histograms), "hlog: ",
        "1000 samples of trial \(first.trialID), but the trial's row says 1"
      ),
    ]
    for (lines, place, what) in cases {
      try withLog(lines) { folder in
        expectError(.malformed, saying: folder, place, what, "remove it") {
          _ = try StoredHistograms(inRunFolder: folder).read(of: first)
        }
      }
    }
    try withTemporaryFolder { folder in
      try write(line, to: "\(folder)/histograms.hlog")
      expectError(
        .malformed, saying: "hlog:1: ", "no '#[Histogram log format version 1.3]'", "remove it"
      ) {
        _ = try StoredHistograms(inRunFolder: folder)
      }
    }
  }
}

/// Folders from before there was one log a run: a log a trial, whose latencies have no tag.
@Suite struct OldHistogramLogTests {
  private let seventh = record(7, histograms)

  private var good: [String] {
    [
      "#ipcbench", HistogramLog.versionLine,
      "#[StartTime: 1795230907.123 (seconds since epoch), x]",
    ]
      + [HistogramLog.legend.map { "\"\($0)\"" }.joined(separator: ",")]
      + [
        HistogramLog.line(of: seventh, tag: nil, histograms.latency),
        HistogramLog.line(of: seventh, tag: "service", histograms.tagged[.service] ?? []),
      ].map { String($0.dropLast()) }
  }

  private func read(_ text: String, _ body: (StoredHistograms) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/histograms", withIntermediateDirectories: false)
      try write(text, to: "\(folder)/histograms/\(seventh.trialID).hlog")
      try body(try StoredHistograms(inRunFolder: folder))
    }
  }

  @Test func theyReadAsBefore() throws {
    try read(good.joined(separator: "\n") + "\n") { stored in
      let (found, another) = (
        try stored.read(of: seventh), try stored.read(of: record(8, histograms))
      )
      #expect(found == histograms)
      #expect(another == nil)
    }
  }

  @Test func whatIsWrongWithALogIsSaidWithItsPlace() throws {
    func log(_ lines: String...) -> String {
      (good.prefix(4) + lines).joined(separator: "\n") + "\n"
    }
    let damaged = good[4].dropLast(8) + "AAAAAAA="
    let cases = [
      (good[4] + "\n", "hlog:1: ", "no '#[Histogram log format version 1.3]'"),
      ("#[Histogram log format version 2.0]\n" + good[4], "hlog:2: ", "no '#[Histogram log"),
      (log("1,2,3"), "hlog:5: ", "not an interval"),
      (log("now,2,3,HISTFAAA"), "hlog:5: ", "not an interval"),
      (log("1,2,3,not base64"), "hlog:5: ", "not an interval"),
      (log("1,2,3,HISTFAAA"), "hlog:5: ", "the histogram is not as long as it says"),
      (log("1,2,3,"), "hlog:5: ", "the histogram is not as long as it says"),
      (log(good[4], good[4]), "hlog:6: ", "a second histogram of one kind"),
      (log(good[5], good[5]), "hlog:6: ", "a second histogram of one kind"),
      (log(String(damaged)), "hlog:5: ", "the zlib stream is damaged"),
      (log("Tag=else," + good[4]), "hlog:5: ", "tag 'else' is not known here"),
      (log("", good[4]), "hlog:5: ", "not an interval"),
      (log(good[5]), "hlog: ", "0 samples of trial"),
    ]
    for (text, place, what) in cases {
      try read(text) { stored in
        expectError(.malformed, saying: place, what, "remove it") {
          _ = try stored.read(of: seventh)
        }
      }
    }
  }
}
