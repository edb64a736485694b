import CLinux
import Glibc
import Mechanisms
import Trials

/// The driver's talk with a trial's two workers. It waits for both control sockets, both processes'
/// ends, the user's interrupt and the deadline at once, and always knows how far each worker is.
struct WorkerTalk: ~Copyable {
  private var producer: WorkerProcess
  private var consumer: WorkerProcess
  private let interrupts: Int32?
  private let onStage: ((Role, Stage, pid_t) -> Void)?
  private var stages: [Role: Stage] = [:]
  private var waitingFor = Set(Role.allCases)

  /// How long the peer of a worker that has failed is given to show that it is the one to blame.
  private static let blamePatienceMilliseconds: Int32 = 100

  init(
    producer: consuming WorkerProcess, consumer: consuming WorkerProcess, interrupts: Int32?,
    onStage: ((Role, Stage, pid_t) -> Void)?
  ) {
    self.producer = producer
    self.consumer = consumer
    self.interrupts = interrupts
    self.onStage = onStage
    for role in Role.allCases { enter(.starting, role) }
  }

  /// Sends a worker its assignment; the answer is `ready` or a failure.
  mutating func assign(
    _ configuration: Configuration, _ role: Role, link: [Int32], memory: Int32
  ) {
    let assignment = Assignment(
      mechanism: configuration.mechanism, role: role, workload: configuration.workload,
      cores: configuration.cores, memoryNode: configuration.memoryNode, link: link, memory: memory)
    tell(.assignment(assignment), role)
    enter(.preparing, role)
  }

  /// Opens a phase for both workers, the consumer first, so that it is waiting when the producer's
  /// first message comes.
  mutating func begin(_ phase: Phase) {
    tellBoth(.begin(phase), entering: phase.kind.stage)
  }

  /// Lets both workers probe their cores.
  mutating func probe() {
    tellBoth(.probe, entering: .probing)
  }

  /// Lets both workers compare their clocks.
  mutating func compareClocks() {
    tellBoth(.compareClocks, entering: .probing)
  }

  private mutating func tellBoth(_ message: DriverMessage, entering stage: Stage) {
    waitingFor = Set(Role.allCases)
    for role in [Role.consumer, .producer] {
      enter(stage, role)
      tell(message, role)
    }
  }

  /// Waits until both workers have said what is due: that they are ready, or the phase's report.
  mutating func awaitBoth(
    until deadline: UInt64, _ take: (WorkerMessage, Role) -> Void = { _, _ in }
  ) throws {
    while !waitingFor.isEmpty {
      for role in try eventfulRoles(until: deadline) {
        guard let message = try hear(role) else { throw death(of: role) }
        if case .failed(let error) = message { throw try failure(of: role, error) }
        if case .ready = message { enter(.ready, role) }
        waitingFor.remove(role)
        take(message, role)
      }
    }
  }

  // MARK: - Waiting

  /// Which workers have said something or ended, in the order producer, consumer. poll(2).
  private func eventfulRoles(until deadline: UInt64) throws -> [Role] {
    while true {
      var watched = [
        watch(producer.control.descriptor.number), watch(producer.endedNumber),
        watch(consumer.control.descriptor.number), watch(consumer.endedNumber),
        // poll(2) ignores a negative descriptor.
        watch(interrupts ?? -1),
      ]
      let now = Clock.now()
      let left = deadline > now ? (deadline - now) / 1_000_000 + 1 : 0
      let count = poll(&watched, nfds_t(watched.count), Int32(clamping: left))
      if count < 0 && errno != EINTR { throw CallError("poll", while: "waiting for the workers") }
      if let interrupts, watched[4].revents != 0 {
        let signal = linux_read_interrupt(interrupts)
        if signal != 0 { throw TrialError.interrupted(signal: signal) }
      }
      var roles: [Role] = []
      if watched[0].revents != 0 || watched[1].revents != 0 { roles.append(.producer) }
      if watched[2].revents != 0 || watched[3].revents != 0 { roles.append(.consumer) }
      if !roles.isEmpty { return roles }
      if Clock.now() >= deadline { throw timeOut() }
    }
  }

  private func watch(_ descriptor: Int32) -> pollfd {
    pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
  }

  private func timeOut() -> TrialError {
    let places = Role.allCases.map { role in
      let stage = stages[role] ?? .starting
      // One that is ready is done with what came before; of any other stage, the peer that is done
      // tells what the other one waits for.
      let isDone = !waitingFor.contains(role) && stage != .ready
      return "\(role.rawValue) \(isDone ? "done " : "")\(stage.rawValue)"
    }
    return .timedOut(
      "no end before the deadline (\(places.joined(separator: ", "))); "
        + "a longer one is set by --timeout")
  }

  // MARK: - Blame

  /// A worker has ended without a word. Its peer notices as well, but this one is the cause.
  private func death(of role: Role) -> TrialError {
    let place = (stages[role] ?? .starting).rawValue
    let fate = role == .producer ? producer.fate() : consumer.fate()
    let remedy = fate.contains("SIGXCPU") ? "; raise the limit by ulimit -t" : ""
    return .died("the \(role.rawValue) \(fate) while \(place)\(remedy)")
  }

  /// A worker has reported a failure. If that is only how it saw its peer's end, the peer's own
  /// failure or death is the cause.
  private func failure(of role: Role, _ error: CallError) throws -> any Error {
    let peer: Role = role == .producer ? .consumer : .producer
    let peerEnded = peer == .producer ? producer.endedNumber : consumer.endedNumber
    var watched = [watch(peerEnded)]
    if error.blamesPeer && poll(&watched, 1, Self.blamePatienceMilliseconds) > 0 {
      while let message = try hear(peer) {
        if case .failed(let cause) = message { return WorkerFailure(role: peer, error: cause) }
      }
      return death(of: peer)
    }
    return WorkerFailure(role: role, error: error)
  }

  // MARK: - Talking

  private func hear(_ role: Role) throws(CallError) -> WorkerMessage? {
    switch role {
    case .producer: try producer.control.receive(WorkerMessage.self)
    case .consumer: try consumer.control.receive(WorkerMessage.self)
    }
  }

  /// A worker that cannot be told is dead, and the next wait finds out how.
  private func tell(_ message: DriverMessage, _ role: Role) {
    switch role {
    case .producer: try? producer.control.send(message)
    case .consumer: try? consumer.control.send(message)
    }
  }

  private mutating func enter(_ stage: Stage, _ role: Role) {
    stages[role] = stage
    onStage?(role, stage, role == .producer ? producer.process : consumer.process)
  }
}

/// What a worker says has gone wrong.
private struct WorkerFailure: Error, CustomStringConvertible {
  let role: Role
  let error: CallError
  var description: String { "\(role.rawValue): \(error)" }
}
