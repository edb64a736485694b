import Glibc
import Results
import Trials

/// "Shared memory is faster for large data, because nothing is copied": two claims in one. That it is faster
/// can be seen; for the reason, the same memory is used with a copy in and a copy out, and without.
struct LargeDataClaim {
  /// Beyond the caches of a core that are fast for nothing, and half of the default buffer.
  private static let smallestLargePayloadBytes = 64 << 10

  private let evidence: Evidence
  private let rivals: [Contender]

  init(_ evidence: Evidence) {
    self.evidence = evidence
    rivals = evidence.contenders(of: .messagePassing)
  }

  var claim: Claim {
    Claim(
      statement: "Shared memory is faster for large data, because nothing is copied",
      parts: [faster.part(evidence), because])
  }

  // MARK: - Faster

  private var faster: ContestedPart {
    ContestedPart(
      name: "faster from 64 KiB on",
      contests: contests(evidence.sharedMemory), prediction: .wins,
      absence:
        "the run has no messages of 64 KiB or more over both shared memory and message passing")
  }

  /// - Parameter subjects: each the implementations that stand for one way to use shared memory.
  private func contests(_ subjects: [[Contender]]) -> [Contest] {
    subjects.flatMap { implementations in
      evidence.settings.map { setting in
        Contest(of: implementations, against: rivals, in: setting, evidence)
          .limited { $0 >= Self.smallestLargePayloadBytes }
      }
    }
  }

  // MARK: - Because nothing is copied

  /// What not copying contributes at one size, where shared memory in place is ahead.
  private struct Reason {
    let setting: Setting
    let round: Contest.Round
    let byCopy: Configuration
    /// Of the logarithm of the advantage over the best rival, the part that is gone once the same memory is
    /// used by copy: median over the blocks.
    let share: Double
    let interval: ClosedRange<Double>?

    /// Most of the advantage, by the whole interval, is what makes a reason.
    var ruling: Ruling {
      guard let interval else { return .notAnswerable }
      if interval.lowerBound > 0.5 { return .holds }
      return interval.upperBound < 0.5 ? .doesNotHold : .notAnswerable
    }
  }

  private var because: Claim.Part {
    let name = "because nothing is copied"
    let inPlace = evidence.contenders(of: .sharedMemory).filter { $0.dataPath == .inPlace }
    let contests = contests(inPlace.map { [$0] })
    let reasons = contests.flatMap { contest in
      contest.rounds.filter { $0.outcome == .wins }.compactMap { reason($0, contest) }
    }
    guard !reasons.isEmpty else {
      let hasRounds = contests.contains { !$0.rounds.isEmpty }
      let cause =
        hasRounds
        ? "from 64 KiB on shared memory in place is nowhere ahead of both message passing and chance, so "
          + "there is no advantage to explain"
        : "the run has no messages of 64 KiB or more over shared memory in place, by copy, and message "
          + "passing"
      return Claim.Part(name: name, ruling: .notAnswerable, brief: cause)
    }
    return Claim.Part(
      name: name, ruling: Ruling.of(reasons.map(\.ruling)), brief: clauses(reasons),
      table: table(reasons))
  }

  private func reason(_ round: Contest.Round, _ contest: Contest) -> Reason? {
    let copying = Contender(mechanism: round.best.contender.mechanism)
    let byCopy = contest.setting.configuration(copying, round.payloadBytes)
    let own = evidence.time(round.subject)
    let copied = evidence.time(byCopy)
    let rival = evidence.time(round.hardest.configuration)
    let shares = own.compactMap { block, time -> Double? in
      // Where in place is not ahead in a block, that block has no advantage to share out.
      guard let copied = copied[block], let rival = rival[block], rival > time else { return nil }
      return log(copied / time) / log(rival / time)
    }
    return Statistics.median(shares).map {
      Reason(
        setting: contest.setting, round: round, byCopy: byCopy, share: $0,
        interval: Statistics.medianInterval(shares))
    }
  }

  private func clauses(_ reasons: [Reason]) -> String {
    let settings = reasons.map(\.setting).withoutDuplicates()
    let names = SettingNames(settings)
    let clauses = [
      (Ruling.holds, "most of the advantage is gone once the ring copies"),
      (.doesNotHold, "most of it stays although the ring copies"),
      (.holdsInPart, "it depends on the size"),
      (.notAnswerable, "the intervals do not tell"),
    ].compactMap { ruling, words -> String? in
      let chosen = settings.filter { setting in
        Ruling.of(reasons.filter { $0.setting == setting }.map(\.ruling)) == ruling
      }
      return chosen.isEmpty ? nil : "\(words): \(names.summary(of: chosen, among: settings))"
    }
    return clauses.joined(separator: "; ")
  }

  private func table(_ reasons: [Reason]) -> TextTable {
    let names = SettingNames(reasons.map(\.setting).withoutDuplicates())
    func time(_ configuration: Configuration) -> String {
      evidence.medianTime(configuration).map { Phrase.time($0) } ?? "—"
    }
    return TextTable(
      title:
        "How much of the advantage is there because nothing is copied (on a logarithmic scale)",
      columns: [
        .init("where"), .init("payload", alignsRight: true),
        .init("in place", alignsRight: true), .init("by copy", alignsRight: true),
        .init("hardest", "rival"), .init("its time", alignsRight: true),
        .init("due to", "not copying", alignsRight: true),
        .init("", "95 % interval", alignsRight: true), .init("claim"),
      ],
      rows: reasons.map { reason in
        [
          names.name(reason.setting), Quantity.bytes(reason.round.payloadBytes),
          time(reason.round.subject), time(reason.byCopy), reason.round.hardest.contender.name,
          time(reason.round.hardest.configuration), Phrase.percent(reason.share),
          reason.interval.map {
            "\(Phrase.percent($0.lowerBound)) to \(Phrase.percent($0.upperBound))"
          } ?? "—",
          reason.ruling.words,
        ]
      })
  }
}
