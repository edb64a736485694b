import Results

/// Every chart that there is, in the order in which a report shows them.
package enum ChartCatalogue {
  /// A part of the report with the charts that belong together.
  package struct Chapter: Sendable {
    package var name: String
    package var title: String
    package var offers: [ChartOffer]
  }

  /// What these runs allow, and what they do not and why.
  package static func chapters(of runs: [ReportRun]) -> [Chapter] {
    [
      Chapter(
        name: "latency-charts", title: "Latency",
        offers: PayloadCurves.latency.offers(runs) + PercentileSpectrum.roundTrips.offers(runs)),
      Chapter(
        name: "throughput-charts", title: "Throughput",
        offers: PayloadCurves.throughput.offers(runs)),
      Chapter(
        name: "speed-up-charts", title: "Against pipe",
        offers: SpeedAgainstPipe.roundTrips.offers(runs) + SpeedAgainstPipe.streams.offers(runs)),
      Chapter(
        name: "load-charts", title: "Under load",
        offers: LoadCurve.offers(runs) + PercentileSpectrum.responses.offers(runs)),
      Chapter(
        name: "cost-charts", title: "What it costs",
        offers: PriceOfSpinning.offers(runs) + FloorMultiples.offers(runs)),
      Chapter(
        name: "host-charts", title: "The host during the run",
        offers: TrialOrder.offers(runs) + CoreMap.offers(runs)),
    ]
  }
}
