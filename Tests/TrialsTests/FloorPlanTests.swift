import Testing

@testable import Trials

@Suite struct FloorPlanTests {
  private let twoCores = CorePair(placement: .sameL3, producer: 0, consumer: 1)
  private let oneCore = CorePair(placement: .sameCore, producer: 1, consumer: 1)

  private func configuration(_ payloadBytes: Int, on cores: CorePair) -> Configuration {
    Configuration(
      mechanism: "pipe", workload: Workload(pattern: .stream, payloadBytes: payloadBytes),
      cores: cores)
  }

  private func text(_ floor: Configuration) -> String {
    "\(floor.mechanism) \(floor.workload.pattern.rawValue) \(floor.workload.payloadBytes)"
  }

  @Test func everyPairHasEveryFloorAndEveryCopyEverySize() {
    let floors = Configuration.floors(of: [
      configuration(4096, on: twoCores), configuration(48, on: twoCores),
      configuration(4096, on: twoCores),
    ])
    #expect(
      floors.map(text) == [
        "floor-null ping-pong 64", "floor-clock ping-pong 64", "floor-syscall ping-pong 64",
        "floor-bounce-1 ping-pong 64", "floor-bounce-2 ping-pong 64",
        "floor-copy-local stream 48", "floor-copy-local stream 4096",
        "floor-copy-cross ping-pong 48", "floor-copy-cross ping-pong 4096",
        "floor-copy-cross stream 48", "floor-copy-cross stream 4096", "floor-wake ping-pong 64",
      ])
    #expect(floors.allSatisfy { $0.cores == twoCores && $0.memoryNode == nil && $0.isFloor })
    #expect(floors.allSatisfy { $0.workload.touch == .none || $0.mechanism == "floor-null" })
  }

  @Test func onOneCoreNobodySpins() {
    let floors = Configuration.floors(of: [configuration(64, on: oneCore)])
    #expect(
      floors.map(text) == [
        "floor-null ping-pong 64", "floor-clock ping-pong 64", "floor-syscall ping-pong 64",
        "floor-copy-local stream 64", "floor-wake ping-pong 64",
      ])
    #expect(floors.allSatisfy { $0.workload.wait == .block })
  }

  @Test func eachPairHasTheSizesThatGoBetweenIt() {
    let floors = Configuration.floors(of: [
      configuration(64, on: twoCores), configuration(128, on: oneCore),
    ])
    let copies = floors.filter { $0.mechanism == "floor-copy-local" }
    #expect(copies.map(\.workload.payloadBytes) == [64, 128])
    #expect(copies.map(\.cores) == [twoCores, oneCore])
    #expect(Configuration.floors(of: []).isEmpty)
  }

  @Test func aFloorHasNone() {
    var bounce = configuration(64, on: twoCores)
    bounce.mechanism = FloorName.oneLineBounce.rawValue
    #expect(Configuration.floors(of: [bounce]).isEmpty)
  }
}
