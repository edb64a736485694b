import Mechanisms
import Trials

/// What a trial's outcome must show for its fault to have been noticed.
public enum Symptom: Hashable, Sendable {
  /// `ok`, and all that was sent has arrived: what a trial without a fault shows.
  case soundness
  /// `invalid`: a message arrived that is not as it was sent.
  case corruption
  /// `invalid`: so many messages are missing.
  case loss(UInt64)
  /// `invalid`: more messages arrived than were sent.
  case repetition
  /// `invalid`: all messages arrived, but not in order.
  case disorder
  /// `invalid`, in words about the clocks that begin so.
  case wrongClock(String)
  /// `ok`, with a longest round trip of at least this, and a median of less.
  case longestRoundTrip(nanoseconds: UInt64)
  /// `ok`, with a time to the consumer's last message of at least this for each.
  case timePerMessage(nanoseconds: UInt64)
  /// The same, and the producer slept through most of it.
  case sleepingProducer(nanosecondsPerMessage: UInt64)
  /// `failed`, in these words.
  case failure(String)
  /// `died`, by this signal and in one of the stages.
  case death(Role, signal: String, [Stage])
  /// `timed-out`, with the worker in one of the stages, and not done with it.
  case timeout(Role, [Stage])
  /// `timed-out`, with a worker that waits for more than its peer has sent.
  case endlessWait(Role)

  public func isShown(by outcome: TrialOutcome) -> Bool {
    guard outcome.status == status else { return false }
    switch self {
    case .soundness: return outcome.isWhole
    case .corruption: return outcome.messagesCorrupt ?? 0 > 0
    case .loss(let count): return outcome.messagesLost == count
    case .repetition:
      guard let sent = outcome.messagesSent, let received = outcome.messagesReceived else {
        return false
      }
      return received > sent
    case .disorder:
      return outcome.messagesSent == outcome.messagesReceived && outcome.messagesCorrupt ?? 0 > 0
    case .wrongClock(let beginning): return outcome.error.hasPrefix(beginning)
    case .longestRoundTrip(let nanoseconds):
      guard let latency = outcome.latency, let median = latency.medianNanoseconds else {
        return false
      }
      let longest = latency.maximumNanoseconds * UInt64(latency.roundTripsPerSample)
      return outcome.isWhole && longest >= nanoseconds && median < nanoseconds
    case .timePerMessage(let nanoseconds):
      return outcome.isWhole && outcome.took(atLeast: nanoseconds)
    case .sleepingProducer(let nanoseconds):
      return outcome.isWhole && outcome.took(atLeast: nanoseconds) && outcome.producerSlept
    case .failure(let words): return outcome.error == words
    case .death(let role, let signal, let stages):
      return outcome.error.hasPrefix("the \(role.rawValue) was killed by \(signal) ")
        && stages.contains { outcome.error.hasSuffix(" while \($0.rawValue)") }
    case .timeout(let role, let stages):
      return stages.contains { outcome.names("\(role.rawValue) \($0.rawValue)") }
    case .endlessWait(let role):
      let peer = role == .producer ? Role.consumer : .producer
      return outcome.names("\(role.rawValue) \(Stage.timing.rawValue)")
        && outcome.names("\(peer.rawValue) done \(Stage.timing.rawValue)")
    }
  }

  private var status: TrialStatus {
    switch self {
    case .soundness, .longestRoundTrip, .timePerMessage, .sleepingProducer: .ok
    case .corruption, .loss, .repetition, .disorder, .wrongClock: .invalid
    case .failure: .failed
    case .death: .died
    case .timeout, .endlessWait: .timedOut
    }
  }
}

extension Symptom: CustomStringConvertible {
  public var description: String {
    "\(status.rawValue), \(detail)"
  }

  private var detail: String {
    switch self {
    case .soundness: "all received"
    case .corruption: "some corrupt"
    case .loss(let count): "\(count) lost"
    case .repetition: "more received than sent"
    case .disorder: "all received, out of order"
    case .wrongClock: "naming the clocks"
    case .longestRoundTrip(let nanoseconds): "longest round trip \(TimeSpan.format(nanoseconds))"
    case .timePerMessage(let nanoseconds): "\(TimeSpan.format(nanoseconds)) a message"
    case .sleepingProducer(let nanoseconds):
      "\(TimeSpan.format(nanoseconds)) a message, producer asleep"
    case .failure: "naming the call"
    case .death(let role, let signal, _): "\(role.rawValue) by \(signal), naming the stage"
    case .timeout(let role, _): "naming the \(role.rawValue)'s stage"
    case .endlessWait(let role): "\(role.rawValue) still waiting"
    }
  }
}

extension TrialOutcome {
  fileprivate var isWhole: Bool {
    messagesSent ?? 0 > 0 && messagesSent == messagesReceived && messagesCorrupt == 0
      && messagesLost == 0
  }

  fileprivate func took(atLeast nanosecondsPerMessage: UInt64) -> Bool {
    guard let elapsedNanoseconds, let messagesReceived else { return false }
    return elapsedNanoseconds >= messagesReceived * nanosecondsPerMessage
  }

  /// It gave its core away, and used it for less than half of the time.
  fileprivate var producerSlept: Bool {
    guard let producer, let elapsedNanoseconds else { return false }
    return producer.voluntarySwitches > 0 && producer.cpuNanoseconds < elapsedNanoseconds / 2
  }

  /// Whether the error has this among the places in parentheses, whole.
  fileprivate func names(_ place: String) -> Bool {
    guard let opening = error.firstIndex(of: "("), let closing = error.lastIndex(of: ")"),
      opening < closing
    else { return false }
    let places = error[error.index(after: opening)..<closing].split(separator: ", ")
    return places.contains { $0 == place }
  }
}

extension LatencyRecord {
  /// As counted, to three significant digits; nil without samples.
  var medianNanoseconds: UInt64? {
    let half = (counts.reduce(0) { $0 + $1.samples } + 1) / 2
    var below: UInt64 = 0
    return counts.first { count in
      below += count.samples
      return below >= half
    }?.nanoseconds
  }
}
