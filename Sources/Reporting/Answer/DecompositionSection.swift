import Results
import Trials

/// Where the time of a round trip goes, mechanism by mechanism, and what the difference between shared
/// memory and the fastest way through the kernel consists of.
struct DecompositionSection {
  private let all: [Decomposition]
  private let gaps: [Gap]
  private let names: SettingNames
  private let hasFloors: Bool

  init(_ evidence: Evidence) {
    let dissection = Dissection(evidence: evidence)
    let settings = Self.settings(evidence)
    let contenders = [Family.messagePassing, .remoteCall, .sharedMemory].flatMap {
      evidence.contenders(of: $0)
    }
    all = settings.flatMap { setting in
      contenders.flatMap { contender in
        Self.payloads(evidence, setting).compactMap {
          dissection.decomposition(of: contender, in: setting, payloadBytes: $0)
        }
      }
    }
    names = SettingNames(settings)
    hasFloors = !(evidence.run.description?.floors ?? []).isEmpty
    gaps = Gap.all(of: all)
  }

  /// Sleeping and spinning; an adaptive side does either, and is told of where nobody spins.
  private static func settings(_ evidence: Evidence) -> [Setting] {
    let roundTrips = evidence.settings.filter { $0.pattern == .pingPong && $0.touch != .none }
    let hasSpin = roundTrips.contains { $0.wait == .spin }
    return roundTrips.filter { !hasSpin || $0.wait != .adaptive }
      .map { $0.touching(.header) }.withoutDuplicates()
  }

  private static func payloads(_ evidence: Evidence, _ setting: Setting) -> [Int] {
    Set([Touch.header, .full].flatMap { evidence.payloads(in: setting.touching($0)) }).sorted()
  }

  func section(_ detail: Answer.Detail) -> ReportSection {
    let title = "Where the time of a round trip goes"
    guard !all.isEmpty else {
      return ReportSection(
        name: "decomposition", title: title,
        paragraphs: [
          "This run has no round trips with touch header or full, so there is nothing to take apart."
        ])
    }
    let charts = places.map { setting in
      DecompositionChart.chart(
        of: all.filter { $0.setting.touching(.header) == setting }, titled: name(setting),
        number: places.count == 1 ? nil : (places.firstIndex(of: setting) ?? 0) + 1)
    }
    return ReportSection(
      name: "decomposition", title: title,
      paragraphs: [names.preamble].filter { !$0.isEmpty } + sentences + [definitions, caveat],
      tables: detail.hasTables ? places.flatMap { [table($0)] + gapTable($0) } : [],
      charts: detail.hasTables ? charts : [])
  }

  /// The settings that are told of, without their touch.
  private var places: [Setting] { all.map { $0.setting.touching(.header) }.withoutDuplicates() }

  private func name(_ setting: Setting) -> String {
    ["wait \(setting.wait.rawValue)", names.surroundings(setting)].filter { !$0.isEmpty }
      .joined(separator: ", ")
  }

  // MARK: - Sentences

  /// Of each place the smallest and the largest size: shared memory and the kernel's fastest.
  private var sentences: [String] {
    places.map { setting in
      let here = gaps.filter {
        $0.setting.touching(.header) == setting && $0.shared.contender.dataPath == .copy
      }
      let payloads = Set(here.map(\.payloadBytes)).sorted()
      // Of several that share memory, the faster one.
      let ends = [payloads.first, payloads.last].compactMap { $0 }.withoutDuplicates()
        .flatMap { payload -> [Gap] in
          let touches = here.filter { $0.payloadBytes == payload }
          return touches.map(\.setting).withoutDuplicates().compactMap { setting in
            touches.filter { $0.setting == setting }
              .min { $0.shared.roundTripNanoseconds < $1.shared.roundTripNanoseconds }
          }
        }
      guard !ends.isEmpty else {
        return
          "\(Phrase.capitalised(name(setting))): shared memory and message passing do not meet here."
      }
      return "\(Phrase.capitalised(name(setting))). " + ends.map(\.sentence).joined(separator: " ")
    }
  }

  private var definitions: String {
    "Waking: until the other side notices, there and back; of spinning sides a cache line's round trip "
      + "(the probes around the same trials), of sleeping ones floor-wake. System calls: the four that a "
      + "round trip through the kernel needs at least; sleeping sides have theirs in floor-wake. Copying: "
      + "what the ring takes longer by copy than in place, with spin and touch header; where that was not "
      + "measured, floor-copy-cross without its bounce, or on one core four times floor-copy-local. "
      + "Touching: touch full minus touch header. RPC: the call minus its socket. The column 'copying by' "
      + "says which was used."
  }

  private var caveat: String {
    let missing =
      hasFloors
      ? "" : " This run has no floors, so that what they stand for is among the unexplained."
    return
      "The parts need not add up: two sides that copy at the same time overlap, floors were measured "
      + "between the trials, in other moods of the host, and a part is what something costs alone. What "
      + "is left is shown as 'not explained', below zero where the parts come to more than the whole. It "
      + "holds what a mechanism adds of its own, too: locks, buffers and protocols in the kernel. "
      + "A ~ marks a difference whose 95 % interval contains 0.\(missing)"
  }

  // MARK: - Tables

  private func table(_ setting: Setting) -> TextTable {
    let parts = Part.allCases.filter { part in
      all.contains { $0.nanoseconds(part) != nil }
    }
    let rows = all.filter { $0.setting.touching(.header) == setting }.map { decomposition in
      [
        decomposition.contender.name, Quantity.bytes(decomposition.payloadBytes),
        decomposition.setting.touch.rawValue, Phrase.time(decomposition.roundTripNanoseconds),
      ] + parts.map { cell($0, decomposition) }
        + [decomposition.terms.first { $0.part == .copying }?.source ?? "—"]
    }
    return TextTable(
      title: "Parts of a round trip, \(name(setting))",
      columns: [
        .init("mechanism"), .init("payload", alignsRight: true), .init("touch"),
        .init("round trip", "median", alignsRight: true),
      ] + parts.map { .init($0.rawValue, alignsRight: true) } + [.init("copying by")],
      rows: rows)
  }

  private func cell(_ part: Part, _ decomposition: Decomposition) -> String {
    guard let term = decomposition.terms.first(where: { $0.part == part }) else { return "—" }
    return (term.mayBeNothing ? "~" : "") + Phrase.time(term.nanoseconds)
  }

  /// None where there is no gap to speak of.
  private func gapTable(_ setting: Setting) -> [TextTable] {
    let here = gaps.filter { $0.setting.touching(.header) == setting }
    guard !here.isEmpty else { return [] }
    let parts = Part.allCases.filter { part in here.contains { $0.parts[part] != nil } }
    return [
      TextTable(
        title: "What the kernel's fastest takes longer than shared memory, \(name(setting))",
        columns: [
          .init("payload", alignsRight: true), .init("touch"), .init("shared", "memory"),
          .init("kernel's", "fastest"), .init("gap", alignsRight: true),
        ] + parts.map { .init("of it", $0.rawValue, alignsRight: true) },
        rows: here.map { gap in
          [
            Quantity.bytes(gap.payloadBytes), gap.setting.touch.rawValue,
            gap.shared.contender.name, gap.kernel.contender.name, Phrase.time(gap.nanoseconds),
          ] + parts.map { gap.parts[$0].map { Phrase.time($0) } ?? "—" }
        })
    ]
  }
}

/// What the round trip of the fastest mechanism of the kernel's takes longer than that of shared memory,
/// part by part; negative where it takes less.
struct Gap: Sendable {
  let shared: Decomposition
  let kernel: Decomposition

  var setting: Setting { shared.setting }
  var payloadBytes: Int { shared.payloadBytes }
  var nanoseconds: Double { kernel.roundTripNanoseconds - shared.roundTripNanoseconds }

  /// They add up to the whole.
  var parts: [Part: Double] {
    Part.allCases.reduce(into: [:]) { parts, part in
      let both = (kernel.nanoseconds(part), shared.nanoseconds(part))
      guard both.0 != nil || both.1 != nil else { return }
      parts[part] = (both.0 ?? 0) - (both.1 ?? 0)
    }
  }

  /// One a contender for shared memory, setting and size.
  static func all(of decompositions: [Decomposition]) -> [Gap] {
    decompositions.filter { Family.of($0.contender.mechanism) == .sharedMemory }.compactMap { own in
      let rivals = decompositions.filter {
        Family.of($0.contender.mechanism) == .messagePassing && $0.setting == own.setting
          && $0.payloadBytes == own.payloadBytes
      }
      return rivals.min { $0.roundTripNanoseconds < $1.roundTripNanoseconds }
        .map { Gap(shared: own, kernel: $0) }
    }
  }

  var sentence: String {
    let comparison = nanoseconds < 0 ? "shorter" : "longer"
    let whole = abs(nanoseconds)
    // What rounds to nothing beside the gap is left to the table.
    let shares = Part.allCases.compactMap { part -> String? in
      guard let value = parts[part], abs(value) >= whole / 100 else { return nil }
      return "\(part.rawValue) \(Phrase.time(value))"
    }
    return "At \(Quantity.bytes(payloadBytes)), touch \(setting.touch.rawValue), "
      + "\(shared.contender.name) takes \(shared.sentence) The kernel's fastest, "
      + "\(kernel.contender.name), takes \(kernel.sentence) The \(Phrase.time(whole)) by which that is "
      + "\(comparison): \(Phrase.list(shares))."
  }
}

extension Decomposition {
  /// `899 ns: waking 6 % and not explained 94 %.`
  fileprivate var sentence: String {
    let shares = terms.compactMap { term -> String? in
      let share = term.nanoseconds / roundTripNanoseconds
      guard abs(share) >= 0.005 else { return nil }
      return "\(term.part.rawValue) \(term.mayBeNothing ? "~" : "")\(Phrase.percent(share))"
    }
    return "\(Phrase.time(roundTripNanoseconds)): \(Phrase.list(shares))."
  }
}
