/// How a run was interleaved with another one, trial by trial: the two are one measurement, whose blocks
/// can be paired.
public struct Interleaving: Codable, Hashable, Sendable {
  /// Which of the two builds a run measured.
  public enum Side: String, Codable, CaseIterable, Sendable { case base, head }

  /// The same for both runs.
  public var id: String
  public var side: Side
  public var otherRunID: String

  public init(id: String, side: Side, otherRunID: String) {
    self.id = id
    self.side = side
    self.otherRunID = otherRunID
  }

  enum CodingKeys: String, CodingKey {
    case id, side
    case otherRunID = "other_run_id"
  }
}
