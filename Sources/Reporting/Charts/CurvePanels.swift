import Results
import Trials

/// A curve of a chart: a mechanism, by copy or in place.
struct Curve: Hashable, Sendable {
  let mechanism: String
  /// Messages built and read where the channel keeps them; its marks are hollow.
  let isInPlace: Bool

  init(_ configuration: Configuration) {
    mechanism = configuration.mechanism
    isInPlace = configuration.workload.dataPath == .inPlace
  }

  var name: String { isInPlace ? "\(mechanism) in place" : mechanism }

  /// What every row of a layer says of its curve.
  var members: [JSON.Member] {
    [
      JSON.Member(MechanismEncoding.field, .string(mechanism)), JSON.Member("line", .string(name)),
      JSON.Member("hollow", .boolean(isInPlace)),
    ]
  }

  /// In the order that all charts have mechanisms in, in place after copy.
  static func ordered(_ curves: [Curve]) -> [Curve] {
    MechanismStyle.ordered(curves.map(\.mechanism).withoutDuplicates()).flatMap { mechanism in
      [false, true].flatMap { inPlace in
        curves.filter { $0.mechanism == mechanism && $0.isInPlace == inPlace }.prefix(1)
      }
    }
  }
}

/// What a panel shows: one way to wait, in one setting of one run.
struct PanelContent: Sendable {
  let title: String
  let setting: ChartSetting
  let groups: [Summary.Group]
  let run: ReportRun

  var curves: [Curve] {
    Curve.ordered(groups.map { Curve($0.configuration) }.withoutDuplicates())
  }

  func groups(of curve: Curve) -> [Summary.Group] {
    groups.filter { Curve($0.configuration) == curve }
  }
}

extension [ReportRun] {
  /// A row of panels for each run, a panel for each way to wait, in the run's main setting or in one
  /// that differs from it in a single level.
  ///
  /// - Parameter isUseful: whether the groups of a way to wait are worth a panel.
  func panels(
    _ pattern: Pattern, varying variation: Variation? = nil,
    where isUseful: ([Summary.Group]) -> Bool
  ) -> [[PanelContent]] {
    let rows = compactMap { run -> (ReportRun, ChartSetting, [WaitPolicy: [Summary.Group]])? in
      guard let setting = run.setting(pattern, varying: variation) else { return nil }
      let byWait = Dictionary(grouping: run.groups(pattern, in: setting)) {
        $0.configuration.workload.wait
      }.filter { isUseful($0.value) }
      return byWait.isEmpty ? nil : (run, setting, byWait)
    }
    // A column stands for one way to wait in all rows, also where a run has nothing to show in it.
    let waits = WaitMarks.order.filter { wait in rows.contains { $0.2[wait] != nil } }
    return rows.map { run, setting, byWait in
      waits.map { wait in
        let absence = byWait[wait] == nil ? " (not measured)" : ""
        return PanelContent(
          title: "wait \(wait.rawValue)\(absence)" + (count > 1 ? " — \(run.name)" : ""),
          setting: setting, groups: byWait[wait] ?? [], run: run)
      }
    }
  }

  /// How the settings of these runs differ from the main ones, where that is in one level each.
  func variations(_ pattern: Pattern) -> [Variation] {
    flatMap { run -> [Variation] in
      let settings = run.settings(pattern)
      return settings.dropFirst().compactMap { setting in
        let difference = setting.difference(from: settings[0])
        return difference.count == 1 ? difference[0] : nil
      }
    }.withoutDuplicates()
  }
}

extension ReportRun {
  /// The main setting of a pattern, or the one that differs from it like this and not otherwise; nil if
  /// there is none.
  fileprivate func setting(_ pattern: Pattern, varying variation: Variation?) -> ChartSetting? {
    let settings = settings(pattern)
    guard let main = settings.first, let variation else { return settings.first }
    return settings.first { $0.difference(from: main) == [variation] }
  }
}

extension [[PanelContent]] {
  /// All mechanisms of a chart.
  var mechanisms: [String] {
    joined().flatMap { $0.groups.map(\.configuration.mechanism) }.withoutDuplicates()
  }

  /// What all of its lines have in common, a line for each run that has something else.
  var heldConstant: [String] {
    map { "Held constant: \($0[0].setting.phrase)" }.withoutDuplicates()
  }

  var columns: Int { map(\.count).max() ?? 1 }
}
