import Results
import Trials

/// One contender, or several that are the same kind of thing, against others in one setting, size by size.
struct Contest: Sendable {
  /// The two sides of a comparison at one size.
  struct Rival: Sendable {
    let contender: Contender
    let configuration: Configuration
    /// Of the subject's entry over this rival.
    let speedup: Speedup
  }

  /// One of the subject's contenders at one size.
  struct Entry: Sendable {
    let contender: Contender
    let configuration: Configuration
    /// At least one; the one that decides the outcome comes first, and the harder to beat before others.
    let rivals: [Rival]

    var hardest: Rival { rivals[0] }

    /// To win is to win against each of them, so that no rival has to be picked by its own numbers; to
    /// lose against one is to lose.
    var outcome: Outcome { hardest.speedup.outcome }
  }

  struct Round: Sendable {
    let payloadBytes: Int
    /// Those of the subject that were measured, at least one; the one with the best outcome first.
    let entries: [Entry]

    /// Stands for the subject.
    var best: Entry { entries[0] }
    var subject: Configuration { best.configuration }
    var rivals: [Rival] { best.rivals }
    var hardest: Rival { best.hardest }
    var outcome: Outcome { best.outcome }
  }

  /// In the order of legends: those of the contenders that have a round.
  let subject: Subject
  let rivals: [Contender]
  let setting: Setting
  /// Ascending by size; those at which the subject and a rival have a median.
  let rounds: [Round]

  init(
    of subject: Contender, against rivals: [Contender], in setting: Setting, _ evidence: Evidence
  ) {
    self.init(of: [subject], against: rivals, in: setting, evidence)
  }

  /// - Parameter contenders: They stand for one thing together: who of them does best stands for it.
  init(
    of contenders: [Contender], against rivals: [Contender], in setting: Setting,
    _ evidence: Evidence
  ) {
    self.setting = setting
    self.rivals = rivals
    rounds = evidence.payloads(in: setting).compactMap { payload in
      let entries = contenders.compactMap {
        Self.entry($0, payload, against: rivals, in: setting, evidence)
      }
      guard !entries.isEmpty else { return nil }
      return Round(payloadBytes: payload, entries: entries.sorted { Self.isBetter($0, $1) })
    }
    subject = Subject(contenders, in: rounds)
  }

  private static func entry(
    _ contender: Contender, _ payload: Int, against rivals: [Contender], in setting: Setting,
    _ evidence: Evidence
  ) -> Entry? {
    let configuration = setting.configuration(contender, payload)
    let time = evidence.time(configuration)
    let measured = rivals.compactMap { rival -> Rival? in
      let other = setting.configuration(rival, payload)
      return Speedup(of: time, over: evidence.time(other)).map {
        Rival(contender: rival, configuration: other, speedup: $0)
      }
    }
    guard !measured.isEmpty else { return nil }
    return Entry(
      contender: contender, configuration: configuration,
      rivals: measured.sorted { left, right in
        let weights = (left.speedup.outcome.weight, right.speedup.outcome.weight)
        return weights.0 == weights.1
          ? left.speedup.ratio < right.speedup.ratio : weights.0 < weights.1
      })
  }

  private static func isBetter(_ left: Entry, _ right: Entry) -> Bool {
    let weights = (left.outcome.weight, right.outcome.weight)
    return weights.0 == weights.1
      ? left.hardest.speedup.ratio > right.hardest.speedup.ratio : weights.0 > weights.1
  }

  private init(_ contest: Contest, rounds: [Round]) {
    subject = contest.subject
    rivals = contest.rivals
    setting = contest.setting
    self.rounds = rounds
  }

  /// The part of it that is about these sizes.
  func limited(to includes: (Int) -> Bool) -> Contest {
    Contest(self, rounds: rounds.filter { includes($0.payloadBytes) })
  }

  /// Those of the rivals that it has figures of.
  var measuredRivals: [Contender] {
    let entries = rounds.flatMap(\.entries)
    return rivals.filter { rival in
      entries.contains { $0.rivals.contains { $0.contender == rival } }
    }
  }

  /// Those with the same course together, the largest group first.
  static func byCourse(_ contests: [Contest]) -> [(course: String, contests: [Contest])] {
    let groups = contests.map(\.course).withoutDuplicates().map { course in
      (course: course, contests: contests.filter { $0.course == course })
    }
    return groups.enumerated().sorted { left, right in
      let sizes = (left.element.contests.count, right.element.contests.count)
      return sizes.0 == sizes.1 ? left.offset < right.offset : sizes.0 > sizes.1
    }.map(\.element)
  }

  /// What a round says of the kind of thing that the subject is an example of.
  ///
  /// What is lost by one implementation alone, because no other was measured, may be lost by that
  /// implementation: it says nothing of shared memory.
  func finding(_ round: Round) -> Outcome {
    round.outcome == .loses && Family.of(round.best.contender.mechanism) == .sharedMemory
      && round.entries.count == 1 ? .unknown : round.outcome
  }

  func payloads(finding outcome: Outcome) -> [Int] {
    rounds.filter { finding($0) == outcome }.map(\.payloadBytes)
  }
}

/// Who a contest is about.
struct Subject: Hashable, Sendable {
  /// At least one, unless the contest has no rounds.
  let contenders: [Contender]

  init(_ contenders: [Contender], in rounds: [Contest.Round]) {
    self.contenders = contenders.filter { contender in
      rounds.contains { $0.entries.contains { $0.contender == contender } }
    }
  }

  /// What the contenders have in common.
  var dataPath: DataPath { contenders.first?.dataPath ?? .copy }

  /// A single contender goes by its own name, so that nothing is said of a kind by one example.
  var name: String {
    if contenders.count == 1 { return contenders[0].name }
    return dataPath == .inPlace ? "shared memory in place" : "shared memory"
  }

  /// The same with what stands for it.
  var explainedName: String {
    guard contenders.count > 1 else { return name }
    let which = contenders.count == 2 ? "the better" : "the best"
    return "\(name) (\(which) of \(Phrase.list(contenders.map(\.mechanism))))"
  }
}

extension Evidence {
  /// The ways to use shared memory, each with all implementations of it that were measured.
  var sharedMemory: [[Contender]] {
    let all = contenders(of: .sharedMemory)
    return DataPath.allCases.map { path in all.filter { $0.dataPath == path } }
      .filter { !$0.isEmpty }
  }
}

extension Outcome {
  /// Which of a round's outcomes is that of the round: the smallest.
  fileprivate var weight: Int {
    switch self {
    case .loses: 0
    case .unknown: 1
    case .open: 2
    case .wins: 3
    }
  }
}
