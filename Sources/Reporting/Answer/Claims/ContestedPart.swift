import Results
import Trials

/// A part of a claim that says who is faster: contests, each in one setting, and the outcome that the claim
/// predicts for each of their rounds.
struct ContestedPart {
  var name: String
  var contests: [Contest]
  /// What the claim predicts of the contests' subjects.
  var prediction: Outcome
  /// What a run lacks that has no such contest.
  var absence: String

  func part(_ evidence: Evidence) -> Claim.Part {
    let held = contests.filter { !$0.rounds.isEmpty }
    guard !held.isEmpty else {
      return Claim.Part(name: name, ruling: .notAnswerable, brief: absence)
    }
    let names = SettingNames(held.map(\.setting).withoutDuplicates())
    return Claim.Part(
      name: name, ruling: Ruling.of(held.map(ruling)), brief: brief(held),
      details: details(held, names),
      table: table(held, names, evidence))
  }

  /// Where all sizes are open there is nothing to decide by. Where some agree with the claim, and others
  /// are open or against it, it holds in part.
  private func ruling(_ contest: Contest) -> Ruling {
    let agreeing = contest.payloads(finding: prediction).count
    let opposing = contest.payloads(finding: opposite).count
    if agreeing == contest.rounds.count { return .holds }
    guard agreeing == 0 else { return .holdsInPart }
    return opposing == 0 ? .notAnswerable : .doesNotHold
  }

  private var opposite: Outcome { prediction == .wins ? .loses : .wins }

  /// In how many settings it holds at the smallest and at the largest size.
  private func brief(_ contests: [Contest]) -> String {
    let subjects = contests.map(\.subject).withoutDuplicates()
    return subjects.map { subject in
      let own = contests.filter { $0.subject == subject }
      let payloads = Set(own.flatMap(\.rounds).map(\.payloadBytes)).sorted()
      let ends = [payloads.first, payloads.last].compactMap { $0 }.withoutDuplicates()
      let counts = ends.map { payload in
        let rounds = own.flatMap { contest in
          contest.rounds.filter { $0.payloadBytes == payload }
            .map { (outcome: $0.outcome, finding: contest.finding($0)) }
        }
        let agreeing = rounds.filter { $0.finding == prediction }.count
        let opposing = rounds.filter { $0.finding == opposite }.count
        let lostByOne = rounds.filter { $0.outcome == .loses && $0.finding != .loses }.count
        return
          "at \(Quantity.bytes(payload)) in \(Phrase.part(agreeing, of: rounds.count)), the opposite "
          + "in \(Phrase.number(opposing))"
          + (lostByOne == 0
            ? "" : " (it loses in \(lostByOne), with nothing beside it to confirm that)")
      }
      return "with \(subject.name) it holds \(counts.joined(separator: "; "))"
    }.joined(separator: "; ")
  }

  /// A clause a subject and ruling; where it holds in part, the courses.
  private func details(_ contests: [Contest], _ names: SettingNames) -> [String] {
    let subjects = contests.map(\.subject).withoutDuplicates()
    return subjects.flatMap { subject in
      Ruling.allCases.compactMap { ruling -> String? in
        let own = contests.filter { $0.subject == subject }
        let chosen = own.filter { self.ruling($0) == ruling }
        guard !chosen.isEmpty else { return nil }
        let settings = own.map(\.setting)
        func place(_ contests: [Contest]) -> String {
          names.summary(of: contests.map(\.setting), among: settings)
        }
        let rivals = Phrase.list(
          chosen.flatMap(\.measuredRivals).withoutDuplicates().map(\.name), "or")
        let places =
          ruling == .holdsInPart
          ? Contest.byCourse(chosen).map { "\(place($0.contests)): \($0.course)" }
            .joined(separator: "; ")
          : place(chosen)
        return "\(subject.name) against \(rivals), \(Self.heading(ruling)): \(places)"
      }
    }
  }

  private static func heading(_ ruling: Ruling) -> String {
    switch ruling {
    case .holds: "holds"
    case .holdsInPart: "holds in part"
    case .doesNotHold: "does not hold"
    case .notAnswerable: "undecided"
    }
  }

  private func table(
    _ contests: [Contest], _ names: SettingNames, _ evidence: Evidence
  ) -> TextTable {
    func time(_ configuration: Configuration) -> String {
      evidence.medianTime(configuration).map { Phrase.time($0) } ?? "—"
    }
    return TextTable(
      title: Phrase.capitalised(name),
      columns: [
        .init("where"), .init("payload", alignsRight: true), .init("subject"),
        .init("its time", alignsRight: true), .init("rival"),
        .init("its time", alignsRight: true), .init("times", "as fast", alignsRight: true),
        .init("", "95 % interval", alignsRight: true), .init("outcome"), .init("claim"),
      ],
      rows: contests.flatMap { contest in
        contest.rounds.map { round in
          [
            names.name(contest.setting), Quantity.bytes(round.payloadBytes),
            round.best.contender.name,
            time(round.subject), round.hardest.contender.name, time(round.hardest.configuration),
            Phrase.times(round.hardest.speedup.ratio),
            Phrase.times(round.hardest.speedup.interval), round.outcome.word,
            says(contest.finding(round)),
          ]
        }
      })
  }

  private func says(_ outcome: Outcome) -> String {
    if outcome == prediction { return "holds" }
    return outcome == opposite ? "does not" : "undecided"
  }
}
