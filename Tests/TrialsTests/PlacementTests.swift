import Testing
import Trials

/// Two packages of two NUMA nodes; a node has two cores with two threads each, one L3, and on the
/// first package one L2 for both cores of a node.
private let machine = CPUTopology(
  cpus: (0..<16).map { id in
    let core = id / 2
    let node = id / 4
    let package = id / 8
    return LogicalCPU(
      id: id, core: core, l2: package == 0 ? node : 10 + core, l3: node, package: package,
      numaNode: node)
  })

/// The same machine, seen from a process that may only use some of it.
private func machine(allowing cpus: [Int]) -> CPUTopology {
  CPUTopology(cpus: machine.cpus, allowedCPUs: cpus)
}

@Suite struct PlacementTests {
  @Test(arguments: [
    (0, 0, Placement.sameCore), (0, 1, .smt), (0, 2, .sameL2), (8, 10, .sameL3), (0, 4, .crossNUMA),
    (0, 8, .crossPackage), (3, 15, .crossPackage),
  ])
  func aPairIsNamedByWhatItShares(producer: Int, consumer: Int, name: Placement) throws {
    let forward = try machine.pair(producerCore: producer, consumerCore: consumer)
    #expect(forward == CorePair(placement: name, producer: producer, consumer: consumer))
    let backward = try machine.pair(producerCore: consumer, consumerCore: producer)
    #expect(backward == CorePair(placement: name, producer: consumer, consumer: producer))
  }

  @Test func everyPairHasANameThatHoldsBothWays() {
    for producer in machine.cpus {
      for consumer in machine.cpus {
        let name = machine.relation(producer, consumer)
        #expect(name.relates(producer, consumer))
        #expect(name.relates(consumer, producer))
      }
    }
  }

  @Test func otherPackagesAreOtherNodesToo() {
    let (near, far) = (machine.cpus[0], machine.cpus[8])
    #expect(Placement.crossNUMA.relates(near, far))
    #expect(Placement.crossPackage.relates(near, far))
    #expect(machine.relation(near, far) == .crossPackage)
  }

  @Test func anUnknownCacheIsNotShared() {
    let cores = CPUTopology(
      cpus: (0...1).map {
        LogicalCPU(id: $0, core: $0, l2: nil, l3: nil, package: 0, numaNode: 0)
      })
    #expect(cores.availablePlacements == [.sameCore, .samePackage])
    #expect(
      cores.nearestDistinctCores()
        == CorePair(placement: .samePackage, producer: 0, consumer: 1))
  }

  @Test func theLowestNumberedPairIsChosen() {
    #expect(
      machine.pair(for: .sameL3) == CorePair(placement: .sameL3, producer: 8, consumer: 10))
    #expect(
      machine.pair(for: .crossNUMA) == CorePair(placement: .crossNUMA, producer: 0, consumer: 4))
    #expect(machine.pair(for: .samePackage) == nil)
    #expect(
      machine.availablePlacements == [
        .sameCore, .smt, .sameL2, .sameL3, .crossPackage, .crossNUMA,
      ])
  }

  @Test func onlyAllowedCPUsAreChosen() {
    let part = machine(allowing: [15, 3, 1, 99])
    #expect(part.allowedCPUs == [1, 3, 15])
    #expect(part.pair(for: .sameCore) == CorePair(placement: .sameCore, producer: 1, consumer: 1))
    #expect(part.pair(for: .sameL2) == CorePair(placement: .sameL2, producer: 1, consumer: 3))
    #expect(part.pair(for: .smt) == nil)
  }
}

@Suite struct EveryPairTests {
  @Test func everyTwoCPUsBothWaysRoundNamedByWhatTheyShare() throws {
    let pairs = try machine(allowing: [0, 1, 2, 8]).everyPair()
    #expect(pairs.count == 12)
    #expect(Set(pairs).count == 12)
    #expect(
      pairs.prefix(3) == [
        CorePair(placement: .smt, producer: 0, consumer: 1),
        CorePair(placement: .sameL2, producer: 0, consumer: 2),
        CorePair(placement: .crossPackage, producer: 0, consumer: 8),
      ])
    for pair in pairs {
      #expect(pair.producer != pair.consumer)
      #expect(pairs.contains { $0.producer == pair.consumer && $0.consumer == pair.producer })
    }
  }

  @Test func allOfAMachine() throws {
    #expect(try machine.everyPair().count == 16 * 15)
  }

  @Test func oneCPUIsNoPair() {
    let error = #expect(throws: PlacementError.self) { try machine(allowing: [3]).everyPair() }
    #expect(error == .noPairs(allowedCPUs: [3]))
    #expect(error?.description.contains("may only use 3 (cpuset or affinity)") == true)
  }

  @Test func aLargeMachineIsAskedForAChoice() throws {
    func cores(_ count: Int) -> CPUTopology {
      CPUTopology(
        cpus: (0..<count).map {
          LogicalCPU(id: $0, core: $0, l2: nil, l3: 0, package: 0, numaNode: 0)
        })
    }
    #expect(try cores(64).everyPair().count == 64 * 63)
    let error = #expect(throws: PlacementError.self) { try cores(65).everyPair() }
    #expect(error?.description.contains("64 CPUs at most") == true)
    #expect(error?.description.contains("taskset -c 0-63") == true)
  }
}

@Suite struct DefaultPairTests {
  /// Which CPUs are allowed, and the pair that is then measured by default.
  @Test(arguments: [
    (Array(0..<16), CorePair(placement: .sameL2, producer: 0, consumer: 2)),
    ([0, 8, 10], CorePair(placement: .sameL3, producer: 8, consumer: 10)),
    ([0, 8, 12], CorePair(placement: .crossNUMA, producer: 8, consumer: 12)),
    ([0, 8], CorePair(placement: .crossPackage, producer: 0, consumer: 8)),
    ([0, 1], CorePair(placement: .smt, producer: 0, consumer: 1)),
    ([5], CorePair(placement: .sameCore, producer: 5, consumer: 5)),
  ])
  func theNearestTwoCores(allowed: [Int], expected: CorePair) {
    #expect(machine(allowing: allowed).nearestDistinctCores() == expected)
  }

  @Test func smallCoresOfAHybridProcessorAreNotPreferredForTheirSharedL2() {
    let hybrid = CPUTopology(
      cpus: (0..<6).map { id in
        LogicalCPU(id: id, core: id, l2: min(id, 2), l3: 0, package: 0, numaNode: 0)
      })
    #expect(
      hybrid.nearestDistinctCores() == CorePair(placement: .sameL3, producer: 0, consumer: 1))
  }
}

@Suite struct PlacementErrorTests {
  @Test func aPlacementTheMachineLacksIsRefusedWithTheOnesItHas() {
    let error = #expect(throws: PlacementError.self) {
      try machine.requirePair(for: .samePackage)
    }
    #expect(
      error?.description
        == "placement same-package does not exist on this machine; it offers same-core, smt, "
        + "same-l2, same-l3, cross-package, cross-numa")
  }

  @Test func aPlacementOnDisallowedCPUsIsRefusedWithAWayToAllowThem() {
    let error = #expect(throws: PlacementError.self) {
      try machine(allowing: [0]).requirePair(for: .sameL3)
    }
    #expect(
      error?.description
        == "placement same-l3 needs CPUs such as 8,10, but this process may only use 0 (cpuset or "
        + "affinity); allow them with taskset -c or cpuset.cpus, or choose same-core")
  }

  @Test func anOfferedPlacementIsNotRefused() throws {
    #expect(try machine.requirePair(for: .smt) == machine.pair(for: .smt))
  }

  @Test(arguments: [16, -1])
  func aCPUThatDoesNotExistIsNamedWithThoseThatDo(cpu: Int) {
    let error = #expect(throws: PlacementError.self) {
      try machine.pair(producerCore: 0, consumerCore: cpu)
    }
    #expect(error?.description == "CPU \(cpu) does not exist; this machine has CPUs 0-15")
  }

  @Test func aDisallowedCPUIsToldFromAMissingOne() {
    let error = #expect(throws: PlacementError.self) {
      try machine(allowing: [0, 1, 2, 3, 8]).pair(producerCore: 9, consumerCore: 0)
    }
    #expect(
      error?.description
        == "CPU 9 exists, but this process may only use 0-3,8 (cpuset or affinity); choose one of "
        + "those, or allow it with taskset -c or cpuset.cpus")
  }

  @Test func aNodeThatDoesNotExistIsNamedWithThoseThatDo() throws {
    let expanded = CPUTopology(cpus: machine.cpus, memoryOnlyNodes: [6])
    try expanded.requireNUMANode(6)
    let error = #expect(throws: PlacementError.self) { try expanded.requireNUMANode(4) }
    #expect(error?.description == "NUMA node 4 does not exist; this machine has nodes 0-3,6")
  }
}
