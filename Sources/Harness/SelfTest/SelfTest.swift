import Glibc
import Mechanisms
import Paths
import Trials

/// Does to trials what must not go unseen, and looks whether it was seen.
public struct SelfTest {
  private let driver: Driver
  private let cores: CorePair

  /// - Parameter driver: knows the mechanisms with faults in them; its `onStage` is replaced.
  public init(driver: Driver, cores: CorePair) {
    self.driver = driver
    self.cores = cores
  }

  /// Makes one check: runs its trial, and looks what that showed and what it left behind.
  ///
  /// - Throws: `Interruption` when the user wants to stop.
  public func run(_ check: SelfTestCheck) throws(Interruption) -> SelfTestFinding {
    var leftovers: [String] = []
    var latest: TrialOutcome?
    for timeout in check.timeouts {
      let outcome = try run(check, timeoutNanoseconds: timeout, leaving: &leftovers)
      latest = outcome
      if check.expected.isShown(by: outcome) { break }
    }
    guard let latest else { preconditionFailure("a check has at least one timeout") }
    return SelfTestFinding(check: check, outcome: latest, leftovers: leftovers)
  }

  private func run(
    _ check: SelfTestCheck, timeoutNanoseconds: UInt64, leaving leftovers: inout [String]
  ) throws(Interruption) -> TrialOutcome {
    var driver = driver
    var workers: Set<pid_t> = []
    driver.onStage = { role, stage, process in
      if let signal = check.injection.signal, signal.role == role, signal.stage == stage {
        kill(process, signal.number)
      }
      workers.insert(process)
    }
    // The first trial claims the two cores for as long as the driver lives: that is nothing left behind.
    _ = driver.othersMeasuring(on: [cores.producer, cores.consumer])
    let descriptors = namesOfEntries(in: "/proc/self/fd").count
    let outcome = try driver.run(check.trial(on: cores, timeoutNanoseconds: timeoutNanoseconds))

    // A worker that is reaped has no number any more.
    leftovers += workers.filter { kill($0, 0) == 0 }.sorted().map { "process \($0)" }
    leftovers += Leftovers.ofThisProcess()
    let opened = namesOfEntries(in: "/proc/self/fd").count - descriptors
    if opened > 0 { leftovers.append(counted(opened, "open descriptor")) }
    return outcome
  }
}

/// What came of a check.
public struct SelfTestFinding: Sendable {
  public let check: SelfTestCheck
  public let outcome: TrialOutcome
  /// Processes, names and descriptors that were there after the trial and not before it.
  public let leftovers: [String]

  public init(check: SelfTestCheck, outcome: TrialOutcome, leftovers: [String] = []) {
    self.check = check
    self.outcome = outcome
    self.leftovers = leftovers
  }

  /// Whether the outcome shows what it must, and nothing was left behind.
  public var isAsExpected: Bool {
    check.expected.isShown(by: outcome) && leftovers.isEmpty
  }

  /// What the trial's row would say, in a line.
  public var reported: String {
    let left = leftovers.isEmpty ? "" : "; left behind: \(leftovers.joined(separator: ", "))"
    let text = outcome.status == .ok ? figures : outcome.error
    return "\(outcome.status.rawValue): \(text)\(left)"
  }

  private var figures: String {
    var parts: [String] = []
    if let sent = outcome.messagesSent, let received = outcome.messagesReceived {
      parts.append("\(sent) messages sent, \(received) received")
    }
    if let elapsed = outcome.elapsedNanoseconds { parts.append("in \(milliseconds(elapsed))") }
    if let latency = outcome.latency, let median = latency.medianNanoseconds {
      parts.append(
        "round trips of \(milliseconds(median)) in the median, "
          + "\(milliseconds(latency.maximumNanoseconds)) at most")
    }
    if check.shape != .pingPong, let producer = outcome.producer {
      parts.append(
        "producer on CPU for \(milliseconds(producer.cpuNanoseconds)), "
          + "asleep \(producer.voluntarySwitches) times")
    }
    return parts.joined(separator: ", ")
  }

  private func milliseconds(_ nanoseconds: UInt64) -> String {
    "\((Double(nanoseconds) / 1e4).rounded() / 100) ms"
  }
}
