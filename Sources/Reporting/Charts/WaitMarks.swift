import Results
import Trials

/// How marks tell the ways to wait apart: the more a side keeps its core busy, the fuller.
enum WaitMarks {
  static let reading = "hollow: block, half filled: adaptive, filled: spin"

  /// From the one that leaves most to others to the one that leaves nothing.
  static let order: [WaitPolicy] = [.block, .adaptive, .spin]

  static func members(_ wait: WaitPolicy) -> [JSON.Member] {
    [JSON.Member("wait", .string(wait.rawValue))]
  }

  /// What keeps lines behind a mark from showing through it.
  static func backing(_ rows: [[JSON.Member]], at place: [JSON.Member], shape: JSON) -> JSON {
    Layer(
      rows: rows,
      mark: [
        "type": "point", "filled": true, "size": 62, "opacity": 1,
        "color": .string(ChartTheme.paper),
      ],
      encoding: place + [JSON.Member("shape", shape)]
    ).specification
  }

  /// The opacity of a mark's inside.
  static let fillOpacity: JSON = [
    "field": "wait", "type": "ordinal", "legend": .null,
    "scale": ["domain": ["block", "adaptive", "spin"], "range": [0, 0.45, 1]],
  ]
}

extension [ReportRun] {
  /// At most three sizes that stand for all: the smallest, the middle one, and the largest, of those that
  /// all runs have, if there are any.
  func typicalPayloads(_ patterns: [Pattern]) -> [Int] {
    let ofEach = map { run in
      Set(
        patterns.flatMap { pattern -> [Int] in
          guard let main = run.settings(pattern).first else { return [] }
          return run.groups(pattern, in: main).map(\.payloadBytes)
        })
    }
    let all = ofEach.reduce(Set()) { $0.union($1) }
    let common = ofEach.reduce(all) { $0.intersection($1) }
    let sizes = (common.isEmpty ? all : common).sorted()
    guard sizes.count > 3 else { return sizes }
    return [sizes[0], sizes[sizes.count / 2], sizes[sizes.count - 1]]
  }
}
