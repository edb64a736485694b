import Foundation
import Testing
import Trials

@testable import Results

@Suite struct HistogramLogTests {
  private let record = TrialRecord(
    outcome: measured(7, configuration("pipe"), fastest: 1000), runID: fixtureRunID)

  private func counts(_ samples: KeyValuePairs<UInt64, UInt64>) -> [LatencyCount] {
    samples.map { LatencyCount(nanoseconds: $0.key, samples: $0.value) }
  }

  private var histograms: LatencyHistograms {
    LatencyHistograms(
      latency: counts([1000: 400, 5003: 600]), tagged: [.service: counts([900: 1000])])
  }

  @Test func aLogSaysWhatAndWhenInTheToolsFormat() throws {
    let lines = HistogramLog.text(of: record, histograms)
      .split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines.prefix(4) == [
        "#ipcbench 20261121T031500Z-quick-00007: latency in ns",
        "#[Histogram log format version 1.3]",
        "#[StartTime: 1795230907.123 (seconds since epoch), 2026-11-21T03:15:07.123456Z]",
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"",
      ])
    // Began with the trial, lasted 1.5 ms, at most 5003 ns.
    #expect(lines[4].hasPrefix("1795230907.123,0.001500,0.005003,HISTF"))
    #expect(lines[5].hasPrefix("Tag=service,1795230907.123,0.001500,0.000900,HISTF"))
    #expect(lines.dropFirst(6) == [""])
  }

  @Test func aLogReadsBack() throws {
    let cases = [
      histograms, LatencyHistograms(latency: counts([1000: 1])), LatencyHistograms(),
      LatencyHistograms(tagged: [.service: counts([(1 << 40) - 1: 3])]),
    ]
    try withTemporaryFolder { folder in
      for histograms in cases {
        try write(HistogramLog.text(of: record, histograms), to: "\(folder)/log")
        #expect(try HistogramLog.read("\(folder)/log") == histograms)
      }
    }
  }

  @Test func samplesAreThoseOfPingPong() {
    let pingPong = measured(1, configuration("pipe"), fastest: 1000)
    #expect(LatencyHistograms(outcome: pingPong).latency == pingPong.latency?.counts)
    var stream = measured(1, configuration("pipe", .stream), fastest: 1000)
    stream.latency = pingPong.latency
    #expect(LatencyHistograms(outcome: stream).isEmpty)
  }

  @Test func whatIsWrongWithALogIsSaidWithItsPlace() throws {
    let text = HistogramLog.text(of: record, histograms)
    let good = text.split(separator: "\n").map { String($0) }
    func log(_ lines: String...) -> String {
      (good.prefix(4) + lines).joined(separator: "\n") + "\n"
    }
    let damaged = good[4].dropLast(8) + "AAAAAAA="
    let cases = [
      (good[4] + "\n", "log:1: ", "no '#[Histogram log format version 1.3]'"),
      ("#[Histogram log format version 2.0]\n" + good[4], "log:2: ", "no '#[Histogram log"),
      (log("1,2,3"), "log:5: ", "not an interval"),
      (log("now,2,3,HISTFAAA"), "log:5: ", "not an interval"),
      (log("1,2,3,not base64"), "log:5: ", "not an interval"),
      (log("1,2,3,HISTFAAA"), "log:5: ", "the histogram is not as long as it says"),
      (log("1,2,3,"), "log:5: ", "the histogram is not as long as it says"),
      (log(good[4], good[4]), "log:6: ", "a second histogram of one kind"),
      (log(good[5], good[5]), "log:6: ", "a second histogram of one kind"),
      (log(String(damaged)), "log:5: ", "the zlib stream is damaged"),
      (log("Tag=else," + good[4]), "log:5: ", "tag 'else' is not known here"),
      (log("", good[4]), "log:5: ", "not an interval"),
    ]
    try withTemporaryFolder { folder in
      for (text, place, what) in cases {
        try write(text, to: "\(folder)/log")
        expectError(.malformed, saying: folder, place, what, "remove it") {
          _ = try HistogramLog.read("\(folder)/log")
        }
      }
      expectError(.missing, saying: "\(folder)/none") {
        _ = try HistogramLog.read("\(folder)/none")
      }
    }
  }
}
