/// Where a trial's two workers run in relation to each other, named by what the cores share.
public enum Placement: String, Codable, CaseIterable, Sendable {
  /// One logical CPU, which both workers take turns on.
  case sameCore = "same-core"
  /// Two logical CPUs of one core.
  case smt
  /// Two cores that share an L2 cache.
  case sameL2 = "same-l2"
  /// Two cores that share an L3 cache, but no L2.
  case sameL3 = "same-l3"
  /// Two cores of one package and one NUMA node with neither an L2 nor an L3 cache in common.
  case samePackage = "same-package"
  /// Two packages (sockets).
  case crossPackage = "cross-package"
  /// Two NUMA nodes, in one package or in two.
  case crossNUMA = "cross-numa"

  /// Whether two logical CPUs of one machine stand in this relation. Their order does not matter.
  ///
  /// More than one placement can hold for a pair: other packages are usually other NUMA nodes too,
  /// and a package that is split into NUMA nodes may keep one L3 cache.
  public func relates(_ first: LogicalCPU, _ second: LogicalCPU) -> Bool {
    let distinctCores = first.core != second.core
    let sharesL2 = first.l2 != nil && first.l2 == second.l2
    let sharesL3 = first.l3 != nil && first.l3 == second.l3
    return switch self {
    case .sameCore: first.id == second.id
    case .smt: first.id != second.id && !distinctCores
    case .sameL2: distinctCores && sharesL2
    case .sameL3: distinctCores && sharesL3 && !sharesL2
    case .samePackage:
      distinctCores && !sharesL2 && !sharesL3 && first.package == second.package
        && first.numaNode == second.numaNode
    case .crossPackage: first.package != second.package
    case .crossNUMA: first.numaNode != second.numaNode
    }
  }
}

/// A processor as Linux numbers and schedules them: a core, or one hardware thread of it.
public struct LogicalCPU: Codable, Hashable, Sendable {
  /// The kernel's number, as in /proc/cpuinfo and `taskset -c`.
  public var id: Int
  /// Counts the cores of the whole machine, not of a package; not the kernel's `core_id`.
  public var core: Int
  /// Tells the machine's L2 caches apart; nil where none is known.
  public var l2: Int?
  /// Tells the machine's L3 caches apart; nil where none is known.
  public var l3: Int?
  /// Counts the packages (sockets) from 0.
  public var package: Int
  /// The kernel's number of the NUMA node whose memory is local to this CPU.
  public var numaNode: Int

  public init(id: Int, core: Int, l2: Int?, l3: Int?, package: Int, numaNode: Int) {
    self.id = id
    self.core = core
    self.l2 = l2
    self.l3 = l3
    self.package = package
    self.numaNode = numaNode
  }
}

/// The logical CPUs of a machine, those of them that this process may use, and its NUMA nodes.
public struct CPUTopology: Codable, Hashable, Sendable {
  /// Every CPU that is online, allowed or not, ascending by number.
  public let cpus: [LogicalCPU]
  /// Numbers of the CPUs that the process may run on (sched_getaffinity(2)), ascending; a subset
  /// of `cpus` and never empty, because the process itself runs somewhere.
  public let allowedCPUs: [Int]
  /// Numbers of all NUMA nodes, ascending: those of `cpus` and any that have memory only.
  public let numaNodes: [Int]

  /// - Parameters:
  ///   - allowedCPUs: What is not among `cpus` is left out; nil allows all of them.
  ///   - memoryOnlyNodes: NUMA nodes without a CPU of their own.
  /// - Precondition: at least one of `cpus` is allowed.
  public init(cpus: [LogicalCPU], allowedCPUs: [Int]? = nil, memoryOnlyNodes: [Int] = []) {
    self.cpus = cpus.sorted { $0.id < $1.id }
    let existing = Set(cpus.map(\.id))
    self.allowedCPUs = existing.intersection(allowedCPUs ?? Array(existing)).sorted()
    self.numaNodes = Set(cpus.map(\.numaNode) + memoryOnlyNodes).sorted()
    precondition(!self.allowedCPUs.isEmpty, "a topology needs a CPU that the process may use")
  }
}

// MARK: - Choosing a pair

extension CPUTopology {
  /// The lowest-numbered pair of allowed CPUs in this relation: lowest producer first, then lowest
  /// consumer. Nil if there is none.
  ///
  /// The pair bears the name that was asked for, also where `relation` would call it by another.
  public func pair(for placement: Placement) -> CorePair? {
    Self.firstPair(of: usable) { placement.relates($0, $1) }
      .map { CorePair(placement: placement, producer: $0.id, consumer: $1.id) }
  }

  /// The same pair as `pair(for:)`, or an error that says whether this machine lacks the placement
  /// or only this process may not use it.
  public func requirePair(for placement: Placement) throws(PlacementError) -> CorePair {
    if let pair = pair(for: placement) { return pair }
    guard let barred = Self.firstPair(of: cpus, where: { placement.relates($0, $1) }) else {
      throw .placementMissing(placement, offered: availablePlacements)
    }
    throw .placementNotAllowed(
      placement, needs: [barred.0.id, barred.1.id], allowedCPUs: allowedCPUs,
      offered: availablePlacements)
  }

  /// An explicit pair, named by its relation.
  public func pair(
    producerCore: Int, consumerCore: Int
  ) throws(PlacementError) -> CorePair {
    let producer = try requireCPU(producerCore)
    let consumer = try requireCPU(consumerCore)
    return CorePair(
      placement: relation(producer, consumer), producer: producer.id, consumer: consumer.id)
  }

  /// Every two of the allowed CPUs, both ways round and named by their relation; ascending by producer,
  /// then consumer. Hardware threads of one core are two CPUs; one CPU is no pair.
  public func everyPair() throws(PlacementError) -> [CorePair] {
    let cpus = usable
    guard cpus.count > 1 else { throw .noPairs(allowedCPUs: allowedCPUs) }
    guard cpus.count <= Self.mostPairedCPUs else {
      throw .tooManyPairs(allowedCPUs: allowedCPUs)
    }
    return cpus.flatMap { producer in
      cpus.filter { $0.id != producer.id }.map { consumer in
        CorePair(
          placement: relation(producer, consumer), producer: producer.id, consumer: consumer.id)
      }
    }
  }

  /// 4032 pairs: some ten minutes for a trial of each, and all that a picture has room for.
  static let mostPairedCPUs = 64

  /// The placements that this process can use here, nearest first.
  public var availablePlacements: [Placement] {
    Placement.allCases.filter { pair(for: $0) != nil }
  }

  /// The pair to measure when none is asked for: the nearest two cores, named by their relation.
  ///
  /// A shared cache counts alike at L2 and at L3, so that the lowest-numbered such pair wins: on
  /// hybrid processors only the small cores share an L2, and a first run is not about them. Then
  /// come one package, another NUMA node of one package, another package. On a single core its
  /// hardware threads are next, for they still run at once; one CPU alone leaves same-core.
  public func nearestDistinctCores() -> CorePair {
    let nearestFirst: [Set<Placement>] = [
      [.sameL2, .sameL3], [.samePackage], [.crossNUMA], [.crossPackage], [.smt], [.sameCore],
    ]
    for wanted in nearestFirst {
      if let (producer, consumer) = Self.firstPair(
        of: usable, where: { wanted.contains(relation($0, $1)) })
      {
        return CorePair(
          placement: relation(producer, consumer), producer: producer.id, consumer: consumer.id)
      }
    }
    preconditionFailure("every CPU is on the same core as itself, and one is always allowed")
  }

  /// The one name of a pair: what it shares most closely or, sharing no core and no cache, the
  /// widest gap between the two. Cross-package wins over cross-numa when both hold.
  public func relation(_ producer: LogicalCPU, _ consumer: LogicalCPU) -> Placement {
    let mostTelling: [Placement] = [.sameCore, .smt, .sameL2, .sameL3, .crossPackage, .crossNUMA]
    return mostTelling.first { $0.relates(producer, consumer) } ?? .samePackage
  }

  /// Refuses a NUMA node that this machine does not have.
  public func requireNUMANode(_ node: Int) throws(PlacementError) {
    guard numaNodes.contains(node) else { throw .nodeMissing(node, existing: numaNodes) }
  }

  private func requireCPU(_ id: Int) throws(PlacementError) -> LogicalCPU {
    guard let cpu = cpus.first(where: { $0.id == id }) else {
      throw .cpuMissing(id, existing: cpus.map(\.id))
    }
    guard allowedCPUs.contains(id) else {
      throw .cpuNotAllowed(id, allowedCPUs: allowedCPUs)
    }
    return cpu
  }

  private var usable: [LogicalCPU] {
    let allowed = Set(allowedCPUs)
    return cpus.filter { allowed.contains($0.id) }
  }

  /// Each unordered pair once, a CPU with itself included, in ascending order.
  private static func firstPair(
    of cpus: [LogicalCPU], where matches: (LogicalCPU, LogicalCPU) -> Bool
  ) -> (LogicalCPU, LogicalCPU)? {
    for (index, producer) in cpus.enumerated() {
      for consumer in cpus[index...] where matches(producer, consumer) {
        return (producer, consumer)
      }
    }
    return nil
  }
}

// MARK: - Refusals

/// A placement, CPU or NUMA node that cannot be had. The description is one line: the input, what
/// is wrong with it, and what can be had instead.
///
/// The command line ends with 69 (not available here) for these.
public enum PlacementError: Error, Hashable, Sendable {
  case placementMissing(Placement, offered: [Placement])
  /// The machine has the placement, on the CPUs that `needs` gives as an example.
  case placementNotAllowed(
    Placement, needs: [Int], allowedCPUs: [Int], offered: [Placement])
  case cpuMissing(Int, existing: [Int])
  /// The CPU exists, but a cpuset or an affinity mask keeps this process off it.
  case cpuNotAllowed(Int, allowedCPUs: [Int])
  case nodeMissing(Int, existing: [Int])
  /// The process may use a single CPU.
  case noPairs(allowedCPUs: [Int])
  case tooManyPairs(allowedCPUs: [Int])
}

extension PlacementError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .placementMissing(let placement, let offered):
      "placement \(placement.rawValue) does not exist on this machine; "
        + "it offers \(Self.list(offered))"
    case .placementNotAllowed(let placement, let needs, let allowed, let offered):
      "placement \(placement.rawValue) needs CPUs such as \(needs.kernelList), but this process "
        + "may only use \(allowed.kernelList) (cpuset or affinity); allow them with taskset -c or "
        + "cpuset.cpus, or choose \(Self.list(offered))"
    case .cpuMissing(let cpu, let existing):
      "CPU \(cpu) does not exist; this machine has CPUs \(existing.kernelList)"
    case .cpuNotAllowed(let cpu, let allowed):
      "CPU \(cpu) exists, but this process may only use \(allowed.kernelList) (cpuset or "
        + "affinity); choose one of those, or allow it with taskset -c or cpuset.cpus"
    case .nodeMissing(let node, let existing):
      "NUMA node \(node) does not exist; this machine has nodes \(existing.kernelList)"
    case .noPairs(let allowed):
      "placement every-pair needs two CPUs, but this process may only use \(allowed.kernelList) "
        + "(cpuset or affinity); allow more with taskset -c, or choose same-core"
    case .tooManyPairs(let allowed):
      "placement every-pair takes \(CPUTopology.mostPairedCPUs) CPUs at most, and this process may use "
        + "\(allowed.count); choose some of them, for example taskset -c \(Self.firstAllowed(allowed))"
    }
  }

  private static func firstAllowed(_ cpus: [Int]) -> String {
    cpus.prefix(CPUTopology.mostPairedCPUs).kernelList
  }

  private static func list(_ placements: [Placement]) -> String {
    placements.map(\.rawValue).joined(separator: ", ")
  }
}

extension Sequence<Int> {
  /// Ascending numbers in the kernel's list format, for example `0-3,8` (cpuset(7)).
  package var kernelList: String {
    var ranges: [ClosedRange<Int>] = []
    for number in self {
      if let last = ranges.last, number == last.upperBound + 1 {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
    }.joined(separator: ",")
  }
}
