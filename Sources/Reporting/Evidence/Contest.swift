import Results
import Trials

/// One contender against others in one setting, size by size.
struct Contest: Sendable {
  /// The two sides of a comparison at one size.
  struct Rival: Sendable {
    let contender: Contender
    let configuration: Configuration
    /// Of the subject over this rival.
    let speedup: Speedup
  }

  struct Round: Sendable {
    let payloadBytes: Int
    let subject: Configuration
    /// At least one; the one that decides the outcome comes first, and the harder to beat before others.
    let rivals: [Rival]

    var hardest: Rival { rivals[0] }

    /// To win is to win against each of them, so that no rival has to be picked by its own numbers; to
    /// lose against one is to lose.
    var outcome: Outcome { hardest.speedup.outcome }
  }

  let subject: Contender
  let rivals: [Contender]
  let setting: Setting
  /// Ascending by size; those at which the subject and a rival have a median.
  let rounds: [Round]

  init(
    of subject: Contender, against rivals: [Contender], in setting: Setting, _ evidence: Evidence
  ) {
    self.setting = setting
    self.subject = subject
    self.rivals = rivals
    rounds = evidence.payloads(in: setting).compactMap { payload in
      let configuration = setting.configuration(subject, payload)
      let time = evidence.time(configuration)
      let measured = rivals.compactMap { contender -> Rival? in
        let other = setting.configuration(contender, payload)
        return Speedup(of: time, over: evidence.time(other)).map {
          Rival(contender: contender, configuration: other, speedup: $0)
        }
      }
      guard !measured.isEmpty else { return nil }
      return Round(
        payloadBytes: payload, subject: configuration,
        rivals: measured.sorted { left, right in
          let weights = (left.speedup.outcome.weight, right.speedup.outcome.weight)
          return weights.0 == weights.1
            ? left.speedup.ratio < right.speedup.ratio : weights.0 < weights.1
        })
    }
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
    rivals.filter { rival in rounds.contains { $0.rivals.contains { $0.contender == rival } } }
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

  func payloads(_ outcome: Outcome) -> [Int] {
    rounds.filter { $0.outcome == outcome }.map(\.payloadBytes)
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
