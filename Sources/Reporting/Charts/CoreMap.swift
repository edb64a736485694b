import Results
import Trials

/// What a cache line takes from one core to another and back, for every pair that was measured.
enum CoreMap {
  static let name = "cores"
  static let title = "Core to core: round trip of a cache line"
  /// More of them would make the numbers unreadable; the colours still say which is which.
  private static let mostNumberedCores = 16

  static func offers(_ runs: [ReportRun]) -> [ChartOffer] {
    let maps = runs.map { ($0, cells(of: $0)) }.filter { $0.1.count > 1 }
    guard !maps.isEmpty else {
      return [
        ChartOffer(
          name, title,
          leftOut:
            "no bounces between two pairs of cores; measure them by 'ipcbench run --mechanism "
            + "\(FloorName.oneLineBounce.rawValue) --pattern ping-pong --wait spin --placement every-pair'"
        )
      ]
    }
    let times = maps.flatMap { $0.1.map(\.nanoseconds) }
    let ends = (times.min() ?? 1)...(times.max() ?? 1)
    let panels = maps.map { run, cells in
      panel(runs.count > 1 ? run.name : "all measured pairs", cells, ends)
    }
    let grid = PanelGrid(
      title: title, subtitle: ["median over trials; a row is the producer, a column the consumer"],
      rows: [panels])
    return [
      ChartOffer(
        Chart(
          name: name, title: title,
          caption:
            "Darker is nearer. What two cores share shows as a block along the diagonal: hardware threads "
            + "of one core, an L3 cache, a package. The same core twice cannot bounce a line.",
          specification: grid.specification))
    ]
  }

  private struct Cell {
    var cores: CorePair
    var nanoseconds: Double
  }

  /// Of trials of the bounce where the run has them, or else of the floors measured before it.
  private static func cells(of run: ReportRun) -> [Cell] {
    let bounce = FloorName.oneLineBounce.rawValue
    let measured = run.summary.groups.compactMap { group -> Cell? in
      guard group.configuration.mechanism == bounce, !group.configuration.cores.areOne,
        let estimate = group.estimate(.latencyP50)
      else { return nil }
      return Cell(cores: group.configuration.cores, nanoseconds: estimate.median)
    }
    let floors = run.summary.floors.compactMap { floor -> Cell? in
      guard floor.mechanism == bounce, floor.producerCore != floor.consumerCore,
        let nanoseconds = floor.latencyP50Nanoseconds
      else { return nil }
      let cores = CorePair(
        placement: floor.placement, producer: floor.producerCore, consumer: floor.consumerCore)
      return Cell(cores: cores, nanoseconds: nanoseconds)
    }
    // A pair may bear two names, and be measured under both.
    let known = Set(measured.map(\.cores))
    let all = (measured + floors.filter { !known.contains($0.cores) })
      .filter { $0.nanoseconds > 0 }
    var seen: Set<[Int]> = []
    return all.filter { seen.insert([$0.cores.producer, $0.cores.consumer]).inserted }
  }

  /// In the legend's unit, unless that takes more room than a cell has.
  private static func number(_ nanoseconds: Double) -> String {
    nanoseconds < 10_000
      ? Quantity.significant(nanoseconds) : Quantity.text(nanoseconds, in: Quantity.time)
  }

  private static func panel(
    _ title: String, _ cells: [Cell], _ ends: ClosedRange<Double>
  ) -> Panel {
    let cores = Set(cells.flatMap { [$0.cores.producer, $0.cores.consumer] }).sorted()
    let size = max(14, min(56, 560 / cores.count))
    let middle = (ends.lowerBound * ends.upperBound).squareRoot()
    let rows = cells.map { cell -> [JSON.Member] in
      [
        JSON.Member("producer", .integer(cell.cores.producer)),
        JSON.Member("consumer", .integer(cell.cores.consumer)),
        JSON.Member("placement", .string(cell.cores.placement.rawValue)),
        JSON.Member("bounce_ns", .number(cell.nanoseconds)),
        JSON.Member("number", .string(number(cell.nanoseconds))),
        JSON.Member("text", .string(Quantity.text(cell.nanoseconds, in: Quantity.time))),
        JSON.Member("dark", .boolean(cell.nanoseconds < middle)),
      ]
    }
    let order: JSON = .array(cores.map { .integer($0) })
    func side(_ field: String, _ title: String) -> JSON {
      [
        "field": .string(field), "type": "ordinal", "scale": ["domain": order],
        "axis": ["title": .string(title), "labelAngle": 0, "domain": false, "ticks": false],
      ]
    }
    let x = JSON.Member("x", side("consumer", "consumer (CPU number)"))
    let y = JSON.Member("y", side("producer", "producer (CPU number)"))
    let squares = Layer(
      rows: rows, mark: ["type": "rect"],
      encoding: [
        x, y,
        JSON.Member(
          "color",
          [
            "field": "bounce_ns", "type": "quantitative",
            "scale": [
              "type": "log", "scheme": "viridis",
              "domain": [
                .number(ends.lowerBound), .number(max(ends.upperBound, ends.lowerBound * 1.01)),
              ],
            ],
            "legend": [
              "title": "round trip (ns)", "format": ".3~s", "tickCount": 4, "gradientLength": 120,
            ],
          ]),
        JSON.Member(
          "tooltip",
          Tooltip([
            "producer": "producer", "consumer": "consumer", "placement": "placement",
            "text": "round trip",
          ]).channel),
      ])
    let numbers = Layer(
      rows: rows, mark: ["type": "text", "fontSize": .integer(size >= 40 ? 12 : 9)],
      encoding: [
        x, y, JSON.Member("text", ["field": "number", "type": "nominal"]),
        // On the colours themselves, which are the same on a light and on a dark page.
        JSON.Member(
          "color",
          ["condition": ["test": "datum.dark", "value": "#fefefe"], "value": "#010101"]),
      ])
    return Panel(
      title: title, width: size * cores.count, height: size * cores.count,
      layers: [squares.specification]
        + (cores.count <= mostNumberedCores ? [numbers.specification] : []))
  }
}
