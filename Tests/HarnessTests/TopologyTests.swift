import Harness
import Testing
import Trials

/// A made-up machine and the pair that each placement chooses on it; what is not listed it lacks.
private struct Machine: CustomTestStringConvertible, Sendable {
  let description: String
  let logicalCPUs: Int
  let pairs: [Placement: [Int]]
  let nearest: Placement

  var testDescription: String { description }
}

private let machines = [
  Machine(
    description: "pack:2 numa:2 l3:2 core:4 pu:2", logicalCPUs: 64,
    pairs: [
      .sameCore: [0, 0], .smt: [0, 1], .sameL3: [0, 2], .samePackage: [0, 8], .crossNUMA: [0, 16],
      .crossPackage: [0, 32],
    ],
    nearest: .sameL3),
  Machine(
    description: "pack:1 l3:1 l2:4 core:1 pu:2", logicalCPUs: 8,
    pairs: [.sameCore: [0, 0], .smt: [0, 1], .sameL3: [0, 2]], nearest: .sameL3),
  Machine(
    description: "pack:1 l3:2 l2:2 core:2 pu:1", logicalCPUs: 8,
    pairs: [.sameCore: [0, 0], .sameL2: [0, 1], .sameL3: [0, 2], .samePackage: [0, 4]],
    nearest: .sameL2),
  Machine(
    description: "numa:4 pack:1 l3:1 core:2 pu:1", logicalCPUs: 8,
    pairs: [.sameCore: [0, 0], .sameL3: [0, 1], .crossNUMA: [0, 2], .crossPackage: [0, 2]],
    nearest: .sameL3),
  Machine(
    description: "pack:1 numa:4 core:1 pu:1", logicalCPUs: 4,
    pairs: [.sameCore: [0, 0], .crossNUMA: [0, 1]], nearest: .crossNUMA),
  Machine(
    description: "pack:1 l3:1 numa:2 core:2 pu:1", logicalCPUs: 4,
    pairs: [.sameCore: [0, 0], .sameL3: [0, 1], .crossNUMA: [0, 2]], nearest: .sameL3),
  Machine(
    description: "pack:2 core:1 pu:1", logicalCPUs: 2,
    pairs: [.sameCore: [0, 0], .crossPackage: [0, 1]], nearest: .crossPackage),
  Machine(
    description: "pack:1 core:4 pu:2", logicalCPUs: 8,
    pairs: [.sameCore: [0, 0], .smt: [0, 1], .samePackage: [0, 2]], nearest: .samePackage),
  Machine(
    description: "pack:1 l3:1 core:1 pu:2", logicalCPUs: 2,
    pairs: [.sameCore: [0, 0], .smt: [0, 1]], nearest: .smt),
  Machine(
    description: "pack:1 core:1 pu:1", logicalCPUs: 1,
    pairs: [.sameCore: [0, 0]], nearest: .sameCore),
]

@Suite struct SyntheticTopologyTests {
  @Test(arguments: machines)
  fileprivate func eachPlacementChoosesItsLowestNumberedPair(machine: Machine) throws {
    let topology = try CPUTopology.synthetic(description: machine.description)
    #expect(topology.cpus.map(\.id) == Array(0..<machine.logicalCPUs))
    for placement in Placement.allCases {
      let pair = topology.pair(for: placement)
      #expect(pair.map { [$0.producer, $0.consumer] } == machine.pairs[placement])
      guard let pair else { continue }
      #expect(pair.placement == placement)
      #expect(placement.relates(topology.cpus[pair.producer], topology.cpus[pair.consumer]))
    }
    #expect(Set(topology.availablePlacements) == Set(machine.pairs.keys))
  }

  @Test(arguments: machines)
  fileprivate func theDefaultIsTheNearestPair(machine: Machine) throws {
    let topology = try CPUTopology.synthetic(description: machine.description)
    #expect(topology.nearestDistinctCores().placement == machine.nearest)
    #expect(topology.nearestDistinctCores() == topology.pair(for: machine.nearest))
  }

  @Test func nodesAreNumberedAsTheKernelNumbersThem() throws {
    let topology = try CPUTopology.synthetic(description: "pack:2 [numa(indexes=4,7)] core:2 pu:1")
    #expect(topology.cpus.map(\.numaNode) == [4, 4, 7, 7])
    #expect(topology.numaNodes == [4, 7])
  }

  @Test func memoryOfTheWholeMachineIsNobodysLocalNode() throws {
    let topology = try CPUTopology.synthetic(
      description: "[numa(indexes=1,2,3,4,0)] pack:2 [numa] [numa] core:1 pu:1")
    #expect(topology.cpus.map(\.numaNode) == [1, 3])
    #expect(topology.numaNodes == [0, 1, 2, 3, 4])
  }

  @Test func whatTheProcessMayNotUseStillExists() throws {
    let topology = try CPUTopology.synthetic(
      description: "pack:2 core:2 pu:1", allowedCPUs: [2, 3])
    #expect(topology.cpus.count == 4)
    #expect(topology.availablePlacements == [.sameCore, .samePackage])
    #expect(throws: PlacementError.cpuNotAllowed(1, allowedCPUs: [2, 3])) {
      try topology.pair(producerCore: 1, consumerCore: 2)
    }
    #expect(throws: PlacementError.cpuMissing(4, existing: [0, 1, 2, 3])) {
      try topology.pair(producerCore: 4, consumerCore: 2)
    }
  }

  @Test func everyPairOfAMachineHasItsOwnName() throws {
    let topology = try CPUTopology.synthetic(description: "pack:2 l3:1 core:2 pu:2")
    let pairs = try topology.everyPair()
    #expect(pairs.count == 8 * 7)
    let counts = Dictionary(pairs.map { ($0.placement, 1) }, uniquingKeysWith: +)
    #expect(counts == [.smt: 8, .sameL3: 16, .crossPackage: 32])
  }

  @Test func aDescriptionThatMakesNoSenseIsRefused() {
    #expect(throws: TopologyError.malformedDescription("two cores")) {
      try CPUTopology.synthetic(description: "two cores")
    }
  }

  @Test func aProcessWithoutAUsableCPUIsRefused() {
    #expect(throws: TopologyError.noUsableCPU) {
      try CPUTopology.synthetic(description: "pack:1 core:2 pu:1", allowedCPUs: [7])
    }
  }
}

@Suite struct ThisMachineTests {
  @Test func theProcessRunsOnACPUThatTheTopologyKnows() throws {
    let topology = try CPUTopology.thisMachine()
    #expect(!topology.allowedCPUs.isEmpty)
    #expect(Set(topology.allowedCPUs).isSubset(of: topology.cpus.map(\.id)))
    #expect(topology.availablePlacements.contains(.sameCore))
    #expect(topology.numaNodes.contains(topology.cpus[0].numaNode))
  }
}
