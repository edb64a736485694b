import Results

/// The course that a contest takes over the size of the message, in words.
///
/// `wins from 16 KiB on` means that every measured size from there on is won. Nothing is claimed of what
/// lies between two measured sizes, except that a change is somewhere there.
extension Contest {
  /// As seen from the subject, in ascending order of size: `no winner up to 4 KiB and loses from 16 KiB
  /// on`. Empty if there is nothing to say.
  var course: String {
    let stretches = rounds.map(\.payloadBytes).indices.reduce(into: [[Round]]()) { runs, place in
      if runs.last?.last.map(word) == word(rounds[place]) {
        runs[runs.count - 1].append(rounds[place])
      } else {
        runs.append([rounds[place]])
      }
    }
    guard stretches.count > 1 else { return stretches.first.map(uniform) ?? "" }
    return Phrase.list(
      stretches.enumerated().compactMap { place, stretch in
        guard let first = stretch.first, let last = stretch.last else { return nil }
        let sizes = (Quantity.bytes(first.payloadBytes), Quantity.bytes(last.payloadBytes))
        let isLast = place == stretches.count - 1
        let extent: String =
          if stretch.count == 1 {
            isLast ? "at \(sizes.0), the largest" : "at \(sizes.0)"
          } else if isLast {
            "from \(sizes.0) on"
          } else {
            place == 0 ? "up to \(sizes.1)" : "from \(sizes.0) to \(sizes.1)"
          }
        return "\(word(first)) \(extent)"
      })
  }

  /// The course of one outcome throughout.
  private func uniform(_ stretch: [Round]) -> String {
    let payloads = stretch.map(\.payloadBytes)
    guard let first = stretch.first else { return "" }
    let sizes =
      payloads.count == 1
      ? "at \(Phrase.sizes(payloads)), the only size measured"
      : "at \(first.outcome == .open ? "any" : "every") measured size, \(Phrase.span(payloads))"
    return "\(word(first)) \(sizes)"
  }

  /// What becomes of the subject in a round; where its contenders differ, which of them it is.
  func word(_ round: Round) -> String {
    func names(_ outcome: Outcome) -> [String] {
      round.entries.filter { $0.outcome == outcome }.map(\.contender.mechanism)
    }
    guard subject.contenders.count > 1 else { return round.outcome.word }
    let (winners, losers) = (names(.wins), names(.loses))
    if round.outcome == .loses {
      return round.entries.count > 1
        ? round.outcome.word : "\(losers[0]), the only one measured, loses"
    }
    let isSplit = !winners.isEmpty && winners.count < round.entries.count
    let who = isSplit ? " with \(Phrase.list(winners)) only" : ""
    let others =
      losers.isEmpty ? "" : " (\(Phrase.list(losers)) \(losers.count == 1 ? "loses" : "lose"))"
    return "\(round.outcome.word)\(who)\(others)"
  }

  /// From the least to the most, with intervals: `1.61× (1.59–2.11×; unix-stream, 1 MiB) to …`.
  var margins: String {
    let ascending = rounds.sorted { $0.hardest.speedup.ratio < $1.hardest.speedup.ratio }
    guard let least = ascending.first, let most = ascending.last else { return "" }
    let ends = least.payloadBytes == most.payloadBytes ? [least] : [least, most]
    return ends.map { round in
      let speedup = round.hardest.speedup
      let interval = speedup.interval.map { Phrase.times($0) } ?? "no interval"
      return "\(Phrase.times(speedup.ratio)) (\(interval); \(round.hardest.contender.name), "
        + "\(Quantity.bytes(round.payloadBytes)))"
    }.joined(separator: " to ") + " as fast"
  }
}

extension Outcome {
  /// As a table or a sentence says it of its subject.
  var word: String {
    switch self {
    case .wins: "wins"
    case .loses: "loses"
    case .open: "no winner"
    case .unknown: "too few blocks"
    }
  }
}
