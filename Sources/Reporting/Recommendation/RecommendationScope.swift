import Results
import Trials

/// The one setting within which mechanisms, ways to wait and data paths are choices: all else must be the
/// same, or the choice would be between apples and pears.
struct RecommendationScope: Sendable {
  let touch: Touch
  let cores: CorePair
  let bufferBytes: Int
  let workingSetBytes: Int
  let memoryNode: Int?
  /// Levels of these factors that the run has as well.
  let alternatives: [String]

  init(
    for request: RecommendationRequest, in evidence: Evidence
  ) throws(RecommendationError) {
    let all = evidence.run.groups.map(\.configuration)
      .filter { Family.of($0.mechanism) != .aside }
    guard !all.isEmpty else {
      throw RecommendationError(
        description: "the run has no trials of a mechanism; give one that measured some")
    }
    let touches = Touch.allCases.filter { touch in all.contains { $0.workload.touch == touch } }
    let touch = try Self.required(
      request.touch, option: "--touch", among: touches,
      preferred: [.header, .full, .none].first(where: touches.contains))
    let touched = all.filter { $0.workload.touch == touch }
    let placements = touched.map(\.cores.placement).withoutDuplicates()
    let cores = Self.mostFrequent(touched.map(\.cores).filter { !$0.areOne })
    let placement = try Self.required(
      request.placement, option: "--placement",
      among: Placement.allCases.filter(placements.contains),
      preferred: cores?.placement ?? placements.first)
    let placed = touched.filter { $0.cores.placement == placement }
    let buffers = placed.map(\.workload.bufferBytes)
    let buffer =
      buffers.contains(Workload.defaultBufferBytes)
      ? Workload.defaultBufferBytes : Self.mostFrequent(buffers) ?? Workload.defaultBufferBytes
    let inBuffer = placed.filter { $0.workload.bufferBytes == buffer }
    let workingSets = inBuffer.map(\.workload.workingSetBytes)
    let workingSet = workingSets.contains(0) ? 0 : Self.mostFrequent(workingSets) ?? 0
    let buffered = inBuffer.filter { $0.workload.workingSetBytes == workingSet }
    self.touch = touch
    self.cores =
      Self.mostFrequent(buffered.map(\.cores))
      ?? CorePair(placement: placement, producer: 0, consumer: 0)
    bufferBytes = buffer
    workingSetBytes = workingSet
    memoryNode = Self.mostFrequent(buffered.map(\.memoryNode)) ?? nil
    alternatives =
      touches.filter { $0 != touch }.map { "--touch \($0.rawValue)" }
      + Placement.allCases.filter { placements.contains($0) && $0 != placement }
      .map { "--placement \($0.rawValue)" }
  }

  func contains(_ configuration: Configuration) -> Bool {
    Family.of(configuration.mechanism) != .aside && configuration.workload.touch == touch
      && configuration.cores == cores && configuration.workload.bufferBytes == bufferBytes
      && configuration.workload.workingSetBytes == workingSetBytes
      && configuration.memoryNode == memoryNode
  }

  private static func required<Level: RawRepresentable<String> & Equatable>(
    _ asked: Level?, option: String, among offered: [Level], preferred: Level?
  ) throws(RecommendationError) -> Level {
    if let asked, offered.contains(asked) { return asked }
    let names = Phrase.list(offered.map(\.rawValue))
    if asked == nil, let preferred { return preferred }
    let level = asked?.rawValue ?? "…"
    throw RecommendationError(
      description:
        "\(option) \(level) was not measured in this run, which has \(names); ask for one of "
        + "these, or measure it by 'ipcbench run \(option) \(level)'")
  }

  /// The first of those that come most often.
  private static func mostFrequent<Level: Hashable>(_ levels: [Level]) -> Level? {
    let counts = levels.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    let most = counts.values.max()
    return levels.first { counts[$0] == most }
  }
}
