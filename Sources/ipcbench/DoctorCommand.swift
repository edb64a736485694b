import ArgumentParser
import FoundationEssentials
import Harness
import Paths
import Results
import Trials

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Shows what this host will do to results, and the commands that help.",
    discussion: """
      Looks at topology, clock, frequency, idling, limits and neighbours, and grades the host. \
      It changes nothing: remedies are printed to be copied. A run records the same findings in \
      its run.json.
      """)

  enum Format: String, CaseIterable { case table, json }

  @Option(
    help: ArgumentHelp("How to print them: table or json.", valueName: "name"),
    transform: { try parseName($0, kind: "format") })
  var format: Format = .table

  func run() throws {
    let topology = try orFailure(69) { () throws(TopologyError) in try CPUTopology.thisMachine() }
    let examination = Examination.ofThisMachine(topology)
    switch format {
    case .table: try say(DoctorTable.text(examination))
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let report = DoctorReport(examination)
      let text = String(decoding: try encoder.encode(report), as: UTF8.self)
      try say(text.jsonWithoutControls + "\n", isExact: true)
    }
  }
}

extension Examination {
  /// The machine as it is now, its clock measured now.
  static func ofThisMachine(
    _ topology: CPUTopology, idlePolicy: IdlePolicy = .standard
  ) -> Examination {
    let clock = ClockDescription.measured()
    return Examination(
      host: .current(topology: topology), topology: topology, vitals: .current(topology: topology),
      clockReadCostNanoseconds: clock.readCostNanoseconds,
      clockResolutionNanoseconds: clock.resolutionNanoseconds, idlePolicy: idlePolicy)
  }

  var clock: ClockDescription {
    ClockDescription(
      name: ClockDescription.measuredName, resolutionNanoseconds: clockResolutionNanoseconds,
      readCostNanoseconds: clockReadCostNanoseconds, samples: .measured())
  }
}

extension CPUTopology {
  /// Every placement with its cores here, or with the reason why it has none.
  var placements: [(placement: Placement, cores: Result<CorePair, PlacementError>)] {
    Placement.allCases.map { placement in
      (placement, Result { () throws(PlacementError) in try requirePair(for: placement) })
    }
  }
}

extension PlacementError {
  /// In a list of what there is, shorter than the description, which stands alone.
  var reason: String {
    switch self {
    case .placementNotAllowed(_, let needs, let allowed, _):
      "needs CPUs such as \(needs.kernelList); this process may only use \(allowed.kernelList)"
    case .placementMissing: "not on this machine"
    default: description
    }
  }
}

/// All that the table shows, for programs.
private struct DoctorReport: Encodable {
  struct Topology: Encodable {
    let packages: Int
    let cores: Int
    let logicalCPUs: Int
    let allowedCPUs: [Int]
    let l2Caches: Int
    let l3Caches: Int
    let numaNodes: [Int]
    let placements: [CorePair]
    let defaultPlacement: CorePair
    let notOffered: [Absence]

    enum CodingKeys: String, CodingKey {
      case packages, cores, placements
      case logicalCPUs = "logical_cpus"
      case allowedCPUs = "allowed_cpus"
      case l2Caches = "l2_caches"
      case l3Caches = "l3_caches"
      case numaNodes = "numa_nodes"
      case defaultPlacement = "default_placement"
      case notOffered = "not_offered"
    }
  }

  struct Absence: Encodable {
    let placement: Placement
    let reason: String
  }

  let host: String
  let topology: Topology
  let clock: ClockDescription
  let grade: Grade
  /// By grade.
  let rules: [String: String]
  let findings: [Finding]

  init(_ examination: Examination) {
    let topology = examination.topology
    host = examination.host.hostName
    clock = examination.clock
    grade = examination.condition.grade
    rules = Dictionary(uniqueKeysWithValues: Grade.allCases.map { ($0.rawValue, $0.rule) })
    findings = examination.condition.findings
    self.topology = Topology(
      packages: examination.host.packages, cores: Set(topology.cpus.map(\.core)).count,
      logicalCPUs: topology.cpus.count, allowedCPUs: topology.allowedCPUs,
      l2Caches: Set(topology.cpus.compactMap(\.l2)).count,
      l3Caches: Set(topology.cpus.compactMap(\.l3)).count, numaNodes: topology.numaNodes,
      placements: topology.placements.compactMap { try? $0.cores.get() },
      defaultPlacement: topology.nearestDistinctCores(),
      notOffered: topology.placements.compactMap { entry in
        guard case .failure(let error) = entry.cores else { return nil }
        return Absence(placement: entry.placement, reason: error.reason)
      })
  }
}
