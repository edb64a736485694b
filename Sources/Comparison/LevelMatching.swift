import Results
import Trials

/// Which configurations of one run differ in a single factor, one of them at its base level.
struct LevelMatching {
  /// In the order of the base's configurations.
  private(set) var pairs: [RowMaker.Pair] = []
  let baseLevel: String
  /// The levels that are held against the base's.
  let headLevels: [String]
  /// At the base's level, with no partner.
  private(set) var onlyInBase: [Configuration] = []
  /// At one of the other levels, with no partner.
  private(set) var onlyInHead: [Configuration] = []

  /// - Parameters:
  ///   - base: A level, as a table or the command line writes it; nil for `pipe` among mechanisms, otherwise
  ///     the one that ran first.
  ///   - head: nil for all other levels.
  init(
    _ run: StoredRun, by factor: Factor, base: String?, head: String?
  ) throws(LevelError) {
    let groups = run.groups.filter { factor.applies(to: $0.configuration) }
    let levels = groups.map { factor.level(of: $0.configuration) }.withoutDuplicates()
    guard levels.count > 1 else {
      throw LevelError(problem: .nothingVaries(levels.first), factor: factor, levels: levels)
    }
    func find(_ name: String) throws(LevelError) -> String {
      try factor.level(named: name, among: levels)
    }
    let usual = factor == .mechanism && levels.contains("pipe") ? "pipe" : levels[0]
    let baseLevel = if let base { try find(base) } else { usual }
    let others = levels.filter { $0 != baseLevel }
    let headLevels = if let head { [try find(head)] } else { others }
    guard headLevels != [baseLevel] else {
      throw LevelError(problem: .sameLevel(baseLevel), factor: factor, levels: others)
    }
    self.baseLevel = baseLevel
    self.headLevels = headLevels
    match(groups, by: factor)
  }

  /// All configurations that are alike but for the factor stand in one bucket.
  private mutating func match(_ groups: [StoredRun.Group], by factor: Factor) {
    guard let anyLevel = groups.first?.configuration else { return }
    let heads = Set(headLevels)
    var buckets: [Configuration: [StoredRun.Group]] = [:]
    var order: [(key: Configuration, group: StoredRun.Group)] = []
    for group in groups {
      let level = factor.level(of: group.configuration)
      guard level == baseLevel || heads.contains(level) else { continue }
      let key = factor.level(of: anyLevel, appliedTo: group.configuration)
      order.append((key, group))
      if heads.contains(level) { buckets[key, default: []].append(group) }
    }
    var keysOfBase: Set<Configuration> = []
    for (key, group) in order where factor.level(of: group.configuration) == baseLevel {
      keysOfBase.insert(key)
      let partners = buckets[key] ?? []
      if partners.isEmpty { onlyInBase.append(group.configuration) }
      for level in headLevels {
        pairs += partners.filter { factor.level(of: $0.configuration) == level }
          .map { RowMaker.Pair(base: group, head: $0) }
      }
    }
    onlyInHead = order.filter { key, group in
      heads.contains(factor.level(of: group.configuration)) && !keysOfBase.contains(key)
    }.map(\.group.configuration)
  }
}

/// A level that cannot be compared; a usage error.
public struct LevelError: Error, Hashable, Sendable, CustomStringConvertible {
  enum Problem: Hashable, Sendable {
    /// All trials that can have a level have this one; nil if there are none.
    case nothingVaries(String?)
    case unknown(String)
    case ambiguous(String)
    case sameLevel(String)
  }

  let problem: Problem
  let factor: Factor
  /// Those to choose from.
  let levels: [String]

  public var description: String {
    let name = factor.rawValue
    let choice = levels.joined(separator: ", ")
    return switch problem {
    case .nothingVaries(.none):
      "the run has no trials with a \(name) to compare by; give another --by, or two runs"
    case .nothingVaries(.some(let level)):
      "every trial of the run has \(name) \(level); compare by a factor that varies, or give two "
        + "runs"
    case .unknown(let level): "\(UnknownName(kind: name, name: level, validNames: levels))"
    case .ambiguous(let level):
      "\(name) '\(level)' stands for several levels; give one of \(choice)"
    case .sameLevel(let level):
      "\(name) \(level) is on both sides; give another --head, one of \(choice)"
    }
  }
}

extension Factor {
  /// The level that somebody means: as tables write it, with or without its spaces, or as options take it.
  fileprivate func level(
    named name: String, among levels: [String]
  ) throws(LevelError) -> String {
    let wanted = [name, canonical(name)].map(Self.folded)
    if let exact = levels.first(where: { wanted.contains(Self.folded($0)) }) { return exact }
    // A placement alone, where it stands for one pair of cores.
    let beginnings = levels.filter { Self.folded(String($0.prefix { $0 != " " })) == wanted[0] }
    guard self == .placement, let first = beginnings.first else {
      throw LevelError(problem: .unknown(name), factor: self, levels: levels)
    }
    guard beginnings.count == 1 else {
      throw LevelError(problem: .ambiguous(name), factor: self, levels: beginnings)
    }
    return first
  }

  private static func folded(_ text: String) -> String {
    text.lowercased().filter { $0 != " " }
  }

  /// `4096` as the 4 KiB of a table, `10k` as its 10.0 k/s; other texts as they are.
  private func canonical(_ name: String) -> String {
    switch self {
    case .payload, .buffer: return (try? ByteSize.parse(name)).map(Quantity.bytes) ?? name
    case .workingSet:
      if name == "0" { return "hot" }
      return (try? ByteSize.parse(name)).map(Quantity.bytes) ?? name
    case .spinBudget:
      return (try? TimeSpan.parse(name)).map { Quantity.text(Double($0), in: Quantity.time) }
        ?? name
    case .rate:
      guard case .perSecond(let rate)? = (try? OfferedRate.parseList(name))?.first else {
        return name
      }
      return Quantity.text(rate, in: Quantity.messageRate)
    default: return name
    }
  }
}
