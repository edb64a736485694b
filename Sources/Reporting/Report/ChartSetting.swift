import Results
import Trials

/// What a chart holds constant, so that its lines differ in mechanism, data path and wait alone.
struct ChartSetting: Hashable, Sendable {
  /// Only the levels of `factors` mean anything.
  private let held: Configuration

  static let factors: [Factor] = [.placement, .touch, .buffer, .workingSet, .memoryNode]

  init(_ configuration: Configuration) {
    let workload = configuration.workload
    held = Configuration(
      mechanism: "",
      workload: Workload(
        pattern: .pingPong, payloadBytes: 0, touch: workload.touch,
        bufferBytes: workload.bufferBytes, workingSetBytes: workload.workingSetBytes),
      cores: configuration.cores, memoryNode: configuration.memoryNode)
  }

  /// `same-l3 (CPU 0 → 1), touch header, buffer 128 KiB`.
  var phrase: String {
    Self.factors.map { $0.phrase(for: held) }.filter { !$0.isEmpty }.joined(separator: ", ")
  }

  /// Where two settings differ.
  func difference(from other: ChartSetting) -> [Variation] {
    Self.factors.filter { $0.level(of: held) != $0.level(of: other.held) }
      .map { Variation(factor: $0, level: $0.level(of: held)) }
  }

  /// Of settings that are measured equally often, the one that most readers mean comes first: the header
  /// looked at, on two cores.
  var precedence: Int {
    (held.workload.touch == .header ? 0 : 2) + (held.cores.areOne ? 1 : 0)
  }
}

/// What tells a further chart from the main one.
struct Variation: Hashable, Sendable {
  var factor: Factor
  var level: String

  /// `touch full`.
  var phrase: String { factor == .placement ? level : "\(factor.title) \(level)" }

  var slug: String {
    // A placement's name says what it is of; its cores' numbers are this machine's.
    factor == .placement
      ? Self.slug(of: String(level.prefix { $0 != " " }))
      : Self.slug(of: "\(factor.rawValue) \(level)")
  }

  /// Fit for a file's name or an anchor: `touch-full`.
  static func slug(of text: String) -> String {
    text.lowercased().split { character in
      !(character.isASCII && (character.isLetter || character.isNumber))
    }.joined(separator: "-")
  }
}

extension ReportRun {
  /// What the run measured of a pattern, without floors, and of adaptive waiting only the budget that
  /// it has most of.
  func groups(_ pattern: Pattern) -> [Summary.Group] {
    let all = summary.groups.filter {
      $0.configuration.workload.pattern == pattern && !$0.configuration.isFloor
    }
    let budgets = all.compactMap(\.configuration.workload.spinBudgetNanoseconds)
    let usual = mostFrequent(budgets)
    return all.filter {
      $0.configuration.workload.spinBudgetNanoseconds.map { $0 == usual } ?? true
    }
  }

  /// The settings that a pattern was measured in, the main one first: that of most configurations.
  func settings(_ pattern: Pattern) -> [ChartSetting] {
    let counts = Dictionary(
      groups(pattern).map { (ChartSetting($0.configuration), 1) }, uniquingKeysWith: +)
    let inOrder = groups(pattern).map { ChartSetting($0.configuration) }.withoutDuplicates()
    return inOrder.enumerated().sorted { left, right in
      let ranks = [left, right].map { place, setting in
        (-(counts[setting] ?? 0), setting.precedence, place)
      }
      return ranks[0] < ranks[1]
    }.map(\.element)
  }

  func groups(_ pattern: Pattern, in setting: ChartSetting) -> [Summary.Group] {
    groups(pattern).filter { ChartSetting($0.configuration) == setting }
  }
}

/// Of equally frequent values the one that came first; nil of none.
private func mostFrequent<Value: Hashable>(_ values: [Value]) -> Value? {
  let counts = Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)
  let most = counts.values.max()
  return values.first { counts[$0] == most }
}
