import Results
import Trials

/// What a run says about shared memory and message passing on the machine that it ran on.
package enum Answer {
  package enum Detail: Sendable {
    /// What fits on two screens.
    case brief
    /// The same with the tables and charts that it rests on.
    case illustrated
    /// Those, and each setting in words.
    case full

    var hasTables: Bool { self != .brief }
    var hasEachSetting: Bool { self == .full }
  }

  /// The answer, where the time goes, and what the lectures claim. A run without the rows for a part of
  /// it gets a sentence that says so.
  package static func sections(
    _ evidence: Evidence, _ detail: Detail
  ) -> [ReportSection] {
    [
      TradeOff(evidence).section(detail), DecompositionSection(evidence).section(detail),
      ClaimsSection(evidence).section(detail),
    ]
  }
}

/// The question itself: from which size of message on which of the two is faster, by how much, and what
/// that costs in CPU time.
struct TradeOff {
  private let evidence: Evidence
  /// Each way to use shared memory against all that the kernel offers, in each setting that has both.
  private let contests: [Contest]
  private let names: SettingNames

  init(_ evidence: Evidence) {
    self.evidence = evidence
    let rivals = evidence.contenders(of: .messagePassing)
    contests = evidence.settings.flatMap { setting in
      evidence.sharedMemory.map {
        Contest(of: $0, against: rivals, in: setting, evidence)
      }
    }.filter { !$0.rounds.isEmpty }
    names = SettingNames(contests.map(\.setting).withoutDuplicates())
  }

  func section(_ detail: Answer.Detail) -> ReportSection {
    let title = "Shared memory or message passing, on this machine"
    guard !contests.isEmpty else {
      return ReportSection(
        name: "answer", title: title, paragraphs: evidence.run.worlds.sentences + [absence])
    }
    let settings = contests.map(\.setting).withoutDuplicates()
    let details = detail.hasEachSetting ? settings.map(paragraph) : []
    let tables = settings.map { Place($0) }.withoutDuplicates().map {
      Self.table($0, contests, names, evidence)
    }
    return ReportSection(
      name: "answer", title: title,
      paragraphs: (evidence.run.worlds.sentences + [tally, prices, names.preamble] + headlines
        + details + [gaps, method]).filter { !$0.isEmpty },
      tables: detail.hasTables ? tables : [])
  }

  // MARK: - In short

  /// How often each way to use shared memory wins and loses, by way to wait, the factor that decides most.
  private var tally: String {
    let sentences = contests.map(\.subject).withoutDuplicates().map { subject in
      let clauses = byWait(contests.filter { $0.subject == subject }).map { wait, contests in
        let outcomes = contests.flatMap { contest in
          contest.rounds.map { subject.contenders.count > 1 ? contest.finding($0) : $0.outcome }
        }
        func count(_ outcome: Outcome) -> Int { outcomes.filter { $0 == outcome }.count }
        let undecided = outcomes.count - count(.wins) - count(.loses)
        return
          "with wait \(wait.rawValue) it wins \(Phrase.number(count(.wins))) of \(outcomes.count), "
          + "loses \(Phrase.number(count(.loses))) and leaves \(Phrase.number(undecided)) without a "
          + "winner"
      }
      return
        "of all comparisons of \(subject.explainedName) with the best that the kernel offers, over sizes, "
        + "patterns, touches and cores, \(Phrase.list(clauses))."
    }
    let text =
      (["In short: \(sentences.first ?? "")"] + sentences.dropFirst().map(Phrase.capitalised))
      .joined(separator: " ")
    return lossesOfOne.isEmpty ? text : "\(text) \(lossesOfOne)"
  }

  /// What is lost by one implementation is not lost by shared memory; empty where nothing is.
  private var lossesOfOne: String {
    let losers = contests.filter { contest in
      contest.subject.contenders.count == 1 && contest.rounds.contains { $0.outcome == .loses }
    }.map(\.subject.name).withoutDuplicates()
    guard !losers.isEmpty else { return "" }
    let plain =
      losers.contains { !$0.hasSuffix("in place") }
      ? "'ipcbench run --suite tradeoff' measures shm-plain beside it"
      : "there is no other one in place"
    return
      "What \(Phrase.list(losers)) \(losers.count == 1 ? "loses" : "lose") is lost by this ring, and not "
      + "by shared memory: that takes a second implementation which loses as well (\(plain))."
  }

  /// CPU time of shared memory as a multiple of its hardest rival's, from the least to the most.
  private var prices: String {
    let clauses = byWait(contests).compactMap { wait, contests -> String? in
      let ratios = contests.flatMap(\.rounds).compactMap { round in
        Speedup(
          of: evidence.processorTime(round.hardest.configuration),
          over: evidence.processorTime(round.subject))?.ratio
      }
      guard let least = ratios.min(), let most = ratios.max() else { return nil }
      return "with wait \(wait.rawValue) \(Phrase.times(least)) to \(Phrase.times(most))"
    }
    guard !clauses.isEmpty else { return "" }
    return "The price, CPU time of both sides a message, as a multiple of that rival's: "
      + "\(Phrase.list(clauses)). A spinning side burns its core between messages, too."
  }

  private func byWait(_ contests: [Contest]) -> [(WaitPolicy, [Contest])] {
    WaitPolicy.allCases.compactMap { wait in
      let own = contests.filter { $0.setting.wait == wait }
      return own.isEmpty ? nil : (wait, own)
    }
  }

  /// For each pattern and each way to use shared memory, settings with the same course in one clause.
  private var headlines: [String] {
    let patterns = contests.map(\.setting.pattern).withoutDuplicates()
    let subjects = contests.map(\.subject).withoutDuplicates()
    return patterns.flatMap { pattern in
      subjects.flatMap { subject -> [String] in
        let own = contests.filter { $0.subject == subject && $0.setting.pattern == pattern }
        let fields = own.map(\.measuredRivals).withoutDuplicates().sorted { $0.count > $1.count }
        return fields.map { field in
          headline(of: subject, own.filter { $0.measuredRivals == field }, among: own)
        }
      }
    }
  }

  /// - Parameters:
  ///   - contests: of one pattern, with the same rivals.
  ///   - all: of the same subject and pattern, whatever the rivals.
  private func headline(
    of subject: Subject, _ contests: [Contest], among all: [Contest]
  ) -> String {
    let clauses = Contest.byCourse(contests).map { course, members in
      let place = names.summary(
        of: members.map(\.setting), among: all.map(\.setting), namingPattern: false)
      return "\(place): \(course)\(Self.extent(members))"
    }
    let pattern = contests.first?.setting.pattern.plural ?? ""
    let field = Self.field(contests.first?.measuredRivals ?? [])
    return Phrase.capitalised(
      "\(pattern), \(subject.explainedName) against \(field), \(clauses.joined(separator: "; ")).")
  }

  /// How many times as fast, of contests that are won or lost throughout; empty for others.
  private static func extent(_ contests: [Contest]) -> String {
    let rounds = contests.flatMap(\.rounds)
    let outcomes = Set(rounds.map(\.outcome))
    guard outcomes == [.wins] || outcomes == [.loses] else { return "" }
    let ratios = rounds.map(\.hardest.speedup.ratio)
    guard let least = ratios.min(), let most = ratios.max() else { return "" }
    return least == most
      ? " (\(Phrase.times(least)) as fast)"
      : " (\(Phrase.times(least)) to \(Phrase.times(most)) as fast)"
  }

  private static func field(_ rivals: [Contender]) -> String {
    rivals.count == 1
      ? "\(Phrase.list(rivals.map(\.name))), the only rival measured"
      : "the best of \(Phrase.list(rivals.map(\.name)))"
  }

  // MARK: - Setting by setting

  private func paragraph(_ setting: Setting) -> String {
    let own = contests.filter { $0.setting == setting }
    return "\(Phrase.capitalised(names.name(setting))). "
      + own.map(sentences).joined(separator: " ")
  }

  /// Single rivals are told of where they fare in another way than the best.
  private func sentences(_ contest: Contest) -> String {
    let rivals = contest.measuredRivals
    var sentences = [
      "\(contest.subject.name) against \(Self.field(rivals)): \(contest.course); \(contest.margins)."
    ]
    let duels = ["pipe", "unix-stream"].compactMap { mechanism -> String? in
      guard rivals.count > 1, let rival = rivals.first(where: { $0.mechanism == mechanism }) else {
        return nil
      }
      let duel = Contest(
        of: contest.subject.contenders, against: [rival], in: contest.setting, evidence)
      return duel.course == contest.course ? nil : "against \(rival.name) alone: \(duel.course)"
    }
    if !duels.isEmpty {
      sentences.append(Phrase.capitalised("\(duels.joined(separator: "; "))."))
    }
    sentences.append(processorSentence(contest))
    return sentences.filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// At the smallest and at the largest size.
  private func processorSentence(_ contest: Contest) -> String {
    guard let first = contest.rounds.first, let last = contest.rounds.last else { return "" }
    let ends = first.payloadBytes == last.payloadBytes ? [first] : [first, last]
    let costs = ends.compactMap { round -> String? in
      guard let ownMedian = evidence.medianProcessorTime(round.subject),
        let otherMedian = evidence.medianProcessorTime(round.hardest.configuration)
      else { return nil }
      return "\(Phrase.time(ownMedian)) at \(Quantity.bytes(round.payloadBytes)) "
        + "(\(round.hardest.contender.name): \(Phrase.time(otherMedian)))"
    }
    guard !costs.isEmpty else { return "" }
    return "CPU time of both sides, a \(contest.setting.pattern.unit): \(Phrase.list(costs))."
  }

  // MARK: - What is missing

  private var absence: String {
    let families = evidence.run.groups.map(\.configuration)
      .filter { $0.workload.pattern != .paced }.map { Family.of($0.mechanism) }
    let missing: String =
      switch (families.contains(.sharedMemory), families.contains(.messagePassing)) {
      case (false, false): "it has no round trips or streams of shared memory or message passing"
      case (false, true): "it has no round trips or streams of shared memory (shm-ring, shm-plain)"
      case (true, false):
        "it has no round trips or streams of message passing (pipe, unix-stream …)"
      case (true, true):
        "its shared memory and message passing differ in more than that, or have no block in common"
      }
    return "This run cannot tell: \(missing). 'ipcbench run --suite tradeoff' measures both."
  }

  /// What the question wants and the run does not have; empty if it has all.
  private var gaps: String {
    let settings = contests.map(\.setting)
    var missing = [Pattern.pingPong, .stream].filter { pattern in
      !settings.contains { $0.pattern == pattern }
    }.map(\.plural)
    missing += WaitPolicy.allCases.filter { wait in !settings.contains { $0.wait == wait } }
      .map { "wait \($0.rawValue)" }
    missing += [Touch.header, .full].filter { touch in !settings.contains { $0.touch == touch } }
      .map { "touch \($0.rawValue)" }
    let rivals = contests.flatMap(\.measuredRivals)
    missing += ["pipe", "unix-stream"].filter { name in
      !rivals.contains { $0.mechanism == name }
    }
    if !contests.contains(where: { $0.subject.dataPath == .inPlace }) {
      missing.append("shared memory in place")
    }
    var sentences: [String] = []
    if !missing.isEmpty {
      sentences.append(
        "Not measured here: \(Phrase.list(missing)); 'ipcbench run --suite tradeoff' measures all of it."
      )
    }
    if !silent.isEmpty {
      sentences.append(
        "Without a median somewhere, because no trial was ok or too few messages fitted into one: "
          + "\(silent.joined(separator: "; ")).")
    }
    return sentences.joined(separator: " ")
  }

  /// What was tried and has no figure in one setting or another, by pattern and size.
  private var silent: [String] {
    let without = evidence.run.groups.map(\.configuration).filter { configuration in
      configuration.workload.pattern != .paced && Family.of(configuration.mechanism) != .aside
        && evidence.medianTime(configuration) == nil
    }
    return [Pattern.pingPong, .stream].flatMap { pattern -> [String] in
      let own = without.filter { $0.workload.pattern == pattern }
      return Set(own.map(\.workload.payloadBytes)).sorted().map { payload in
        let mechanisms = own.filter { $0.workload.payloadBytes == payload }.map(\.mechanism)
        let names = MechanismStyle.ordered(mechanisms.withoutDuplicates())
        return "\(pattern.plural) of \(Quantity.bytes(payload)) by \(Phrase.list(names))"
      }
    }
  }

  private var meaningOfSharedMemory: String {
    contests.contains { $0.subject.contenders.count > 1 }
      ? " Shared memory wins where one of its implementations does, and loses where all of them do."
      : ""
  }

  private var method: String {
    "Ratios are medians over the blocks of the run, in each of which both sides ran, with exact 95 % "
      + "intervals. There is no winner where an interval contains 1; to win against the best is to win "
      + "against each.\(meaningOfSharedMemory) Where an outcome changes, it does so somewhere between two measured sizes. With "
      + "so many intervals up to one in twenty may miss."
      + (evidence.hasMeans
        ? " Where the samples of a way to wait average different numbers of round trips, these are told by "
          + "their means, for the medians are of different things." : "")
  }
}
