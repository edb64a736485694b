import Results
import Trials

extension TradeOff {
  /// Settings that share a table: they differ in touch alone.
  struct Place: Hashable {
    let setting: Setting

    init(_ setting: Setting) { self.setting = setting.touching(.header) }
  }

  static func table(
    _ place: Place, _ contests: [Contest], _ names: SettingNames, _ evidence: Evidence
  ) -> TextTable {
    let setting = place.setting
    let title = [
      setting.pattern.plural, "wait \(setting.wait.rawValue)", names.surroundings(setting),
    ].filter { !$0.isEmpty }.joined(separator: ", ")
    let measure = setting.pattern == .pingPong ? "round trip" : "time a message"
    return TextTable(
      title: "\(Phrase.capitalised(title)); CPU time is of both sides, a \(setting.pattern.unit)",
      columns: [
        .init("touch"), .init("shared", "memory"), .init("payload", alignsRight: true),
        .init(measure, alignsRight: true), .init("hardest", "rival"),
        .init("", "its time", alignsRight: true), .init("times", "as fast", alignsRight: true),
        .init("", "95 % interval", alignsRight: true), .init("vs pipe", alignsRight: true),
        .init("vs", "unix-stream", alignsRight: true), .init("CPU", "time", alignsRight: true),
        .init("rival's", "CPU time", alignsRight: true), .init("outcome"),
      ],
      rows: contests.filter { Place($0.setting) == place }.flatMap { contest in
        contest.rounds.flatMap { round in
          round.entries.map { row($0, round.payloadBytes, of: contest, evidence) }
        }
      })
  }

  private static func row(
    _ entry: Contest.Entry, _ payloadBytes: Int, of contest: Contest, _ evidence: Evidence
  ) -> [String] {
    func time(_ value: Double?) -> String { value.map { Phrase.time($0) } ?? "—" }
    func processorTime(_ configuration: Configuration) -> String {
      time(evidence.medianProcessorTime(configuration))
    }
    func versus(_ mechanism: String) -> String {
      entry.rivals.first { $0.contender.mechanism == mechanism }
        .map { Phrase.times($0.speedup) } ?? "—"
    }
    let hardest = entry.hardest
    return [
      contest.setting.touch.rawValue, entry.contender.name, Quantity.bytes(payloadBytes),
      time(evidence.medianTime(entry.configuration)), hardest.contender.name,
      time(evidence.medianTime(hardest.configuration)), Phrase.times(hardest.speedup.ratio),
      Phrase.times(hardest.speedup.interval), versus("pipe"), versus("unix-stream"),
      processorTime(entry.configuration), processorTime(hardest.configuration), entry.outcome.word,
    ]
  }
}
