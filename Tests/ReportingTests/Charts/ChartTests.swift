import Foundation
import Results
import Testing
import Trials

@testable import Reporting

@Suite struct ChartTests {
  private static let allNames = [
    "latency", "latency-touch-full", "latency-same-core", "percentiles", "throughput",
    "throughput-touch-full", "speed-up", "speed-up-stream", "load", "percentiles-paced", "cpu",
    "floor", "trials", "cores",
  ]

  private static func charts(of runs: [ReportRun]) -> [Chart] { Report(runs).charts }

  private static func chart(_ name: String, of runs: [ReportRun]) throws -> Chart {
    try #require(charts(of: runs).first { $0.name == name })
  }

  @Test func aRunWithEverythingGetsEveryChart() throws {
    let run = try DrawnRun.read()
    let report = Report([run])
    #expect(report.charts.map(\.name) == Self.allNames)
    #expect(report.leftOut.isEmpty)
  }

  @Test func everyChartSaysWhatItShowsAndWhoseItIs() throws {
    let run = try DrawnRun.read()
    for chart in Self.charts(of: [run]) {
      #expect(!chart.title.isEmpty && chart.caption.count > 40, "\(chart.name)")
      let page = chart.page(footer: [run.footer]).text
      #expect(page.contains("host grade B"), "\(chart.name)")
      #expect(page.contains("ipcbench 1.0.0 (abc1234)"), "\(chart.name)")
      #expect(page.contains(JSON.quoted(chart.title)), "\(chart.name)")
      #expect(chart.name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
    }
  }

  /// Every axis with numbers has ticks with a unit, or one in its title; the first of a row has a title.
  @Test func everyAxisHasItsUnit() throws {
    let run = try DrawnRun.read()
    let units = ["ns", "'×'", " B'", "B/s", "/s'", "' min'"]
    for chart in Self.charts(of: [run]) {
      let positions = try SpecificationReader(chart.specification).positions
      #expect(!positions.isEmpty)
      #expect(
        positions.contains {
          (($0.encoding["axis"] as? [String: Any])?["title"] as? String) != nil
        },
        "\(chart.name)")
      for (channel, encoding) in positions where encoding["type"] as? String == "quantitative" {
        let axis = try #require(encoding["axis"] as? [String: Any], "\(chart.name) \(channel)")
        let expression = axis["labelExpr"] as? String ?? ""
        let title = axis["title"] as? String ?? ""
        #expect(
          units.contains { expression.contains($0) } || title.contains("(%)")
            || (axis["title"] is NSNull && expression.contains("100 / datum.value")),
          "\(chart.name) \(channel): \(axis)")
      }
    }
  }

  @Test func panelsOfOneChartShareTheirAxes() throws {
    let run = try DrawnRun.read()
    for name in ["latency", "throughput", "speed-up", "percentiles", "cpu"] {
      let reader = try SpecificationReader(Self.chart(name, of: [run]).specification)
      for channel in ["x", "y"] {
        let domains = reader.positions.filter { $0.channel == channel }
          .compactMap { ($0.encoding["scale"] as? [String: Any])?["domain"] as? [Double] }
        #expect(Set(domains).count == 1, "\(name) \(channel): \(domains)")
      }
    }
  }

  // MARK: - What is drawn is what was summarised

  @Test func latencyAndThroughputAreTheSummarys() throws {
    let run = try DrawnRun.read()
    for (name, pattern, metric) in [
      ("latency", Pattern.pingPong, Metric.latencyP50),
      ("throughput", .stream, .byteThroughput),
    ] {
      let rows = try SpecificationReader(Self.chart(name, of: [run]).specification)
        .rows(with: "n").filter { $0["payload_bytes"] != nil }
      let drawn = Set(
        rows.compactMap { row -> [Double]? in
          guard let median = row["median"] as? Double, let low = row["low"] as? Double,
            let high = row["high"] as? Double, let payload = row["payload_bytes"] as? Int
          else { return nil }
          return [Double(payload), median, low, high]
        })
      let expected = Set(
        run.summary.groups.filter { group in
          let workload = group.configuration.workload
          return workload.pattern == pattern && workload.touch == .header
            && !group.configuration.cores.areOne
        }.compactMap { group -> [Double]? in
          guard let estimate = group.estimate(metric), let interval = estimate.interval else {
            return nil
          }
          return [
            Double(group.payloadBytes), estimate.median, interval.lowerBound, interval.upperBound,
          ]
        })
      // Streams spin as fast as they block.
      #expect(expected.count >= 9)
      #expect(drawn == expected, "\(name)")
    }
  }

  @Test func speedsAreRatiosBlockByBlock() throws {
    let run = try DrawnRun.read()
    let rows = try SpecificationReader(Self.chart("speed-up", of: [run]).specification)
      .rows(with: "ratio").filter { $0["line"] as? String == "unix-stream" && $0["wins"] == nil }
    let ratios = rows.compactMap { row -> (Int, Double)? in
      guard let payload = row["payload_bytes"] as? Int, let ratio = row["ratio"] as? Double else {
        return nil
      }
      return (payload, ratio)
    }
    // (1000 + 16) / (3000 + 8) while spinning: the block's own factor falls out.
    let atSmallest = ratios.filter { $0.0 == 64 }.map(\.1)
    #expect(atSmallest.contains { abs($0 - 1016.0 / 3008) < 0.01 }, "\(atSmallest)")
  }

  @Test func aCrossoverIsMarkedWhereItIsMeasured() throws {
    let run = try DrawnRun.read()
    let reader = try SpecificationReader(Self.chart("speed-up", of: [run]).specification)
    let wins = reader.rows(with: "wins").filter { $0["line"] as? String == "unix-stream" }
    #expect(wins.map { $0["payload_bytes"] as? Int }.allSatisfy { $0 == 65_536 })
    #expect(wins.allSatisfy { $0["wins"] as? Bool == true })
    let labels = reader.rows(with: "label").compactMap { $0["label"] as? String }
    #expect(labels.contains("unix-stream, faster ≥ 64 KiB"), "\(labels)")
  }

  @Test func theKneeIsTheLastRateReached() throws {
    let run = try DrawnRun.read()
    let reader = try SpecificationReader(Self.chart("load", of: [run]).specification)
    let labels = Set(reader.rows(with: "label").compactMap { $0["label"] as? String })
    #expect(labels == ["pipe, knee 10.0 k/s", "shm-ring"])
    let lost = reader.rows(with: "top")
    #expect(!lost.isEmpty)
    #expect(
      lost.allSatisfy {
        $0["offered_per_s"] as? Double == 100_000 && $0["line"] as? String == "pipe"
          && $0["trials_text"] as? String == "0 of \(DrawnRun.blocks)"
      })
  }

  @Test func everyTaintedTrialIsMarked() throws {
    let run = try DrawnRun.read()
    let chart = try Self.chart("trials", of: [run])
    let reader = try SpecificationReader(chart.specification)
    let crosses = reader.layers.filter {
      ($0["mark"] as? [String: Any])?["shape"] as? String == CrossMark.path
    }.compactMap { ($0["data"] as? [String: Any])?["values"] as? [[String: Any]] }
    let tainted = run.trials.count { $0.isTainted && $0.value != nil }
    #expect(tainted > 0)
    #expect(crosses.first?.count == tainted)
  }

  @Test func bothWaysRoundAreOnTheMap() throws {
    let run = try DrawnRun.read()
    let rows = try SpecificationReader(Self.chart("cores", of: [run]).specification)
      .rows(with: "bounce_ns")
    let cells = Set(rows.map { [$0["producer"] as? Int, $0["consumer"] as? Int] })
    #expect(cells == [[0, 1], [1, 0]])
  }

  // MARK: - Fewer and more

  @Test func severalRunsStandBesideEachOther() throws {
    let run = try DrawnRun.read()
    let two = [run, run]
    #expect(Self.charts(of: two).map(\.name) == Self.allNames)
    let reader = try SpecificationReader(Self.chart("latency", of: two).specification)
    #expect(reader.titles.count == 4)
    #expect(reader.titles.allSatisfy { $0.contains("wait ") && $0.contains(run.name) })
    let single = try SpecificationReader(Self.chart("latency", of: [run]).specification)
    #expect(single.titles == ["wait block", "wait spin"])
  }

  @Test func rowsAloneGiveChartsOfAnUnknownHost() throws {
    try withTemporaryFolder { folder in
      try DrawnRun.write(to: "\(folder)/run")
      let run = try ReportRun.read(from: "\(folder)/run/trials.csv")
      #expect(run.footer.hasPrefix("host unknown · host grade unknown"))
      let report = Report([run])
      #expect(report.charts.map(\.name).contains("latency"))
      // Without run.json there are no floors, without logs no spectra.
      #expect(report.leftOut.map(\.name) == ["percentiles", "percentiles-paced", "floor"])
      for offer in report.leftOut {
        guard case .leftOut(let reason) = offer.answer else { continue }
        #expect(reason.count > 20)
      }
    }
  }

  @Test func aReportKeepsOnlyTheChartsAskedFor() throws {
    let run = try DrawnRun.read()
    var report = Report([run])
    report.keepCharts(["cpu"])
    #expect(report.charts.map(\.name) == ["cpu"])
    #expect(report.sections.contains { $0.name == "method" })
    #expect(!report.sections.contains { $0.name == "latency-charts" })
  }

  @Test func whatIsSaidInWordsStandsBeforeTheCharts() throws {
    let run = try DrawnRun.read()
    let answer = ReportSection(name: "answer", title: "The answer", paragraphs: ["It depends."])
    let names = Report([run], answers: [answer]).sections.map(\.name)
    #expect(names.prefix(3) == ["runs", "answer", "latency-charts"])
  }

  /// Names are anchors and files.
  @Test func noTwoSectionsAndNoTwoChartsHaveOneName() throws {
    let run = try DrawnRun.read()
    let chart = Chart(name: "cpu", title: "Other", caption: "Other.", specification: [:])
    let answer = ReportSection(name: "answer", title: "The answer", charts: [chart])
    let report = Report([run], answers: [answer, answer])
    #expect(report.sections.map(\.name).prefix(3) == ["runs", "answer", "answer-2"])
    let charts = report.charts.map(\.name)
    #expect(charts.prefix(2) == ["cpu", "cpu-2"])
    #expect(Set(charts).count == charts.count)
  }
}
