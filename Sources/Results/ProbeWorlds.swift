import Glibc
import Trials

/// What a cache line took from one of a trial's cores to the other and back, just before and just after
/// it, in nanoseconds. Single precision holds all that is written down of them.
public struct ProbePair: Hashable, Sendable {
  public var before: Float
  public var after: Float

  public init(before: Float, after: Float) {
    self.before = before
    self.after = after
  }

  /// nil of probes that are no times.
  package init?(_ record: TrialRecord) {
    guard let before = record.probeBeforeNanoseconds, let after = record.probeAfterNanoseconds,
      before > 0, after > 0
    else { return nil }
    self.init(before: Float(before), after: Float(after))
  }

  /// Whether nothing has moved in between, as far as the two can tell.
  fileprivate var agree: Bool { !ProbeTolerance.isExceeded(by: Double(before), Double(after)) }

  /// Between the two, by ratio.
  fileprivate var middle: Double { (Double(before) * Double(after)).squareRoot() }

  fileprivate func isNear(_ nanoseconds: Double) -> Bool {
    ![before, after].contains { ProbeTolerance.isExceeded(by: Double($0), nanoseconds) }
  }
}

/// The worlds that the trials between two cores ran in, told apart by their probes.
///
/// A hypervisor may put two virtual CPUs on one physical core for a while, where a cache line has nowhere
/// to travel, and on two at other times: the same program is several times as fast in one such world as in
/// the other, and nothing but the probes tells.
///
/// Worlds are groups of trials with a valley between them: of the trials whose own two probes agree, sorted
/// by their probes, hardly any lies in a stretch over which the probe doubles, while on either side of it
/// there are several. How far the probes of one world spread does not matter as long as there is no valley;
/// a few trials far away from all others are no world, but what they are today: unusual.
public struct ProbeWorlds: Hashable, Sendable {
  public struct World: Hashable, Sendable {
    /// The typical probe, in nanoseconds.
    public var nanoseconds: Double
    /// Of any outcome, both of whose probes are near the typical one.
    public var trials: Int
  }

  /// The one that most trials belong to first; none where nothing was probed.
  public let worlds: [World]
  /// All that were probed, those among them that belong to no world.
  public let trials: Int

  /// How many times as long a probe takes beyond a valley as before it. Ordinary probes of two cores are
  /// within some tens of per cent of each other, those of two worlds five times apart or more.
  private static let valleyFactor = 2.0
  /// A world has three trials at least, and a fiftieth of all.
  private static let fewestTrials = 3
  private static let leastShare = 0.02
  /// What may lie in a valley, as a part of the smaller side: probes that the world changed during.
  private static let mostInValley = 0.1

  /// - Parameters:
  ///   - probes: Of all the trials between one pair of cores.
  ///   - areOne: Whether that pair is one core, where nothing can travel: there is one world then.
  public init(_ probes: [ProbePair], onOneCore areOne: Bool = false) {
    trials = probes.count
    let steady = probes.filter(\.agree).map(\.middle).sorted()
    let fewest = max(Self.fewestTrials, Int((Self.leastShare * Double(steady.count)).rounded(.up)))
    let centres = areOne ? [] : Self.groups(steady[...], ofAtLeast: fewest).map(Self.median)
    let found = centres.map { centre in
      World(nanoseconds: centre, trials: probes.count { Self.nearest($0, in: centres) == centre })
    }.filter { $0.trials >= fewest }
    if found.count > 1 {
      worlds = found.sorted { ($1.trials, $0.nanoseconds) < ($0.trials, $1.nanoseconds) }
    } else {
      let all = probes.flatMap { [Double($0.before), Double($0.after)] }
      worlds =
        Statistics.median(all).map { centre in
          [World(nanoseconds: centre, trials: probes.count { $0.isNear(centre) })]
        } ?? []
    }
  }

  public var areSeveral: Bool { worlds.count > 1 }

  /// The number of the world that a trial ran in, 0 for the one that most trials ran in; nil for one that
  /// belongs to none of several. Where there is but one, everything ran in it, the unusual as well.
  public func world(of probes: ProbePair?) -> Int? {
    guard areSeveral else { return 0 }
    guard let probes, let centre = Self.nearest(probes, in: worlds.map(\.nanoseconds)) else {
      return nil
    }
    return worlds.firstIndex { $0.nanoseconds == centre }
  }

  /// Whether a trial's probes are far from those of each world.
  func isUnusual(_ probes: ProbePair) -> Bool {
    !worlds.isEmpty && !worlds.contains { probes.isNear($0.nanoseconds) }
  }

  /// The centre that both probes are near to; nil if there is none.
  private static func nearest(_ probes: ProbePair, in centres: [Double]) -> Double? {
    centres.filter { probes.isNear($0) }.min {
      abs(log($0 / probes.middle)) < abs(log($1 / probes.middle))
    }
  }

  // MARK: - Valleys

  /// The ascending values cut at each valley that leaves so many on either side.
  private static func groups(
    _ values: ArraySlice<Double>, ofAtLeast fewest: Int
  ) -> [ArraySlice<Double>] {
    guard let valley = valley(in: values, withSidesOfAtLeast: fewest) else { return [values] }
    return groups(values[...valley.last], ofAtLeast: fewest)
      + groups(values[valley.next...], ofAtLeast: fewest)
  }

  /// The emptiest valley, of equals the widest: the places of the last value before it and of the next
  /// beyond it.
  private static func valley(
    in values: ArraySlice<Double>, withSidesOfAtLeast fewest: Int
  ) -> (last: Int, next: Int)? {
    var best: (last: Int, next: Int)?
    var next = values.startIndex
    for last in values.indices {
      while next < values.endIndex, values[next] < valleyFactor * values[last] { next += 1 }
      guard next < values.endIndex else { break }
      let smaller = min(last + 1 - values.startIndex, values.endIndex - next)
      let within = next - last - 1
      guard smaller >= fewest, Double(within) <= mostInValley * Double(smaller) else { continue }
      guard let known = best else {
        best = (last, next)
        continue
      }
      let widths = (values[next] / values[last], values[known.next] / values[known.last])
      if (within, widths.1) < (known.next - known.last - 1, widths.0) { best = (last, next) }
    }
    return best
  }

  /// Of ascending values.
  private static func median(_ values: ArraySlice<Double>) -> Double {
    Statistics.medianOfSorted(Array(values)) ?? 0
  }
}

/// The worlds of a run, by the cores of its trials.
public struct RunWorlds: Sendable {
  /// By first appearance.
  private let order: [CorePair]
  private let byCores: [CorePair: ProbeWorlds]

  /// Of a run that nothing is known of.
  public init() {
    order = []
    byCores = [:]
  }

  init(_ probes: [(cores: CorePair, probes: [ProbePair])]) {
    order = probes.map(\.cores)
    byCores = Dictionary(
      probes.map { ($0.cores, ProbeWorlds($0.probes, onOneCore: $0.cores.areOne)) },
      uniquingKeysWith: { first, _ in first })
  }

  public func between(_ cores: CorePair) -> ProbeWorlds { byCores[cores] ?? Self.unknown }

  private static let unknown = ProbeWorlds([])

  /// Whether any of its pairs of cores had several.
  public var areSeveral: Bool { byCores.values.contains(where: \.areSeveral) }

  /// The pairs of cores that had several, with these.
  package var several: [(cores: CorePair, worlds: ProbeWorlds)] {
    order.compactMap { cores in
      byCores[cores].flatMap { $0.areSeveral ? (cores: cores, worlds: $0) : nil }
    }
  }

  /// For each pair of cores that had several, a line on what they were and which of them figures are of;
  /// empty for most runs.
  public var sentences: [String] {
    several.map { cores, worlds in
      let parts = worlds.worlds.map { world in
        "\(Quantity.text(world.nanoseconds, in: Quantity.time)) in \(world.trials)"
      }
      let first = worlds.worlds[0].trials
      return "\(worlds.worlds.count == 2 ? "Two" : "Several") worlds (CPU \(cores.producer) → "
        + "\(cores.consumer)): probes near \(parts.joined(separator: " trials, near ")); "
        + "medians are of the first \(first) of \(worlds.trials)."
    }
  }
}

/// What `run.json` says of the worlds of a pair of cores. A trial belongs to the one that both of its
/// probes are within 1.5 times of; `summary.csv` is of those in the first.
public struct WorldsOfCores: Codable, Hashable, Sendable {
  public struct World: Codable, Hashable, Sendable {
    /// The typical probe, in nanoseconds.
    public var nanoseconds: Double
    public var trials: Int

    enum CodingKeys: String, CodingKey {
      case nanoseconds = "probe_ns"
      case trials
    }
  }

  public var producerCore: Int
  public var consumerCore: Int
  /// The one of most trials first.
  public var worlds: [World]

  static func all(_ run: RunWorlds) -> [WorldsOfCores] {
    run.several.map { cores, worlds in
      WorldsOfCores(
        producerCore: cores.producer, consumerCore: cores.consumer,
        worlds: worlds.worlds.map {
          World(nanoseconds: rounded($0.nanoseconds, places: 1), trials: $0.trials)
        })
    }
  }

  enum CodingKeys: String, CodingKey {
    case producerCore = "producer_core"
    case consumerCore = "consumer_core"
    case worlds
  }
}

/// The probes of a run's trials. Only when it is over can one be told from the others of its cores.
struct RunProbes: Sendable {
  private var order: [CorePair] = []
  private var byCores: [CorePair: [ProbePair]] = [:]

  /// A trial that was probed but once is in no world.
  mutating func add(_ record: TrialRecord) {
    if let probes = ProbePair(record) { add([probes], of: record.configuration.cores) }
  }

  mutating func add(_ probes: [ProbePair], of cores: CorePair) {
    guard !probes.isEmpty else { return }
    if byCores[cores] == nil { order.append(cores) }
    byCores[cores, default: []] += probes
  }

  var worlds: RunWorlds { RunWorlds(order.map { ($0, byCores[$0] ?? []) }) }

  /// Whether any trial belongs to no world.
  func hasUnusual(in worlds: RunWorlds) -> Bool {
    byCores.contains { cores, probes in
      let worlds = worlds.between(cores)
      return probes.contains(where: worlds.isUnusual)
    }
  }
}

extension RunWorlds {
  /// Those of a stored run.
  ///
  /// - Parameter path: a run folder, or a `trials.csv` by any name.
  static func read(from path: String) throws(ResultsError) -> RunWorlds {
    var probes = RunProbes()
    var reader = try TrialReader.open(
      path, storing: ["probe_before_ns", "probe_after_ns"])
    while let trial = try reader.next() { probes.add(trial.row) }
    return probes.worlds
  }

  /// The number of the world that a trial ran in; see `ProbeWorlds.world(of:)`.
  package func world(of record: TrialRecord) -> Int? {
    between(record.configuration.cores).world(of: ProbePair(record))
  }
}
