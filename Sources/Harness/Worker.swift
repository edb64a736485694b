import CLinux
import Glibc
import Mechanisms
import Trials

/// The life of a worker process: pin, bind memory, adopt an end of the link, run the phases, report.
public enum Worker {
  /// The hidden first argument that makes the program a worker.
  public static let commandName = "worker"

  /// What a worker says that touches a page which is not to be had.
  static let lackOfMemory = CallError(
    "mmap", code: ENOSPC,
    text: "a page found no room (SIGBUS); free memory and \(SharedMemoryRoom.folder)",
    while: "touching shared memory")

  /// Runs a worker with the arguments that `WorkerProcess` gives it, and ends the process.
  ///
  /// Whatever goes wrong is told to the driver; a worker whose driver is gone has nobody left to
  /// tell and just ends.
  public static func main(_ arguments: [String], mechanisms: [Mechanism]) -> Never {
    guard arguments.count == 2, let control = Int32(arguments[0]), let parent = pid_t(arguments[1])
    else {
      let text = "ipcbench: 'worker' is started by ipcbench itself; see ipcbench --help\n"
      write(STDERR_FILENO, text, text.utf8.count)
      exit(EX_USAGE)
    }
    // A peer's death must show as EPIPE in the channel, where it can be reported; a limit as EFBIG.
    linux_ignore_signals()
    linux_die_with_parent()
    // The parent may have died before the line above; then the signal will never come.
    guard getppid() == parent else { _exit(0) }

    let driver = DriverConversation(
      ControlSocket(adopting: OwnedDescriptor(adopting: control)))
    do {
      try carryOut(try driver.receiveAssignment(), mechanisms, driver)
    } catch {
      driver.tell(.failed(error))
    }
    // No destructor has anything to do that the end of the process does not do faster.
    _exit(0)
  }

  private static func carryOut(
    _ assignment: Assignment, _ mechanisms: [Mechanism], _ driver: DriverConversation
  ) throws(CallError) {
    // Pinned first, so that every page touched from here on lies near the core that uses it.
    let cores = assignment.cores
    let core = assignment.role == .producer ? cores.producer : cores.consumer
    driver.prepareForLackOfMemory()
    guard linux_pin_to_cpu(Int32(core)) == 0 else {
      throw CallError("sched_setaffinity", while: "pinning to CPU \(core)")
    }
    let node = assignment.memoryNode
    try onNode(node) { node in try NUMAMemory.bind(toNode: node) }
    guard let mechanism = mechanisms.first(where: { $0.name == assignment.mechanism }),
      let end = LinkEnd(adopting: assignment.link)
    else {
      throw CallError(
        assignment.mechanism, code: 0, text: "this program does not know it",
        while: "starting a worker")
    }
    let memory = try TrialMemory(OwnedDescriptor(adopting: assignment.memory))
    memory.prefault(for: assignment.role)
    driver.rendezvous = Rendezvous(memory, assignment.role, on: cores)
    driver.probe = Probe(memory, assignment.role, on: cores)
    driver.clockComparison = ClockComparison(memory, assignment.role, on: cores)

    let session = try Session(
      mechanism: assignment.mechanism, role: assignment.role, workload: assignment.workload,
      memory: memory, gate: PhaseGate(open: driver.openPhase, close: driver.closePhase)
    ) { sharedMemory throws(CallError) in
      guard let sharedMemory else { return }
      try onNode(node) { node in try NUMAMemory.verify(node: node, range: sharedMemory) }
    }
    for memory in session.allMessageMemory {
      try onNode(node) { node in try NUMAMemory.verify(node: node, range: memory) }
    }
    try mechanism.run(end, session)
  }

  /// Does something about the node that memory is bound to, if it is bound to one.
  private static func onNode(
    _ node: Int?, _ body: (Int) throws -> Void
  ) throws(CallError) {
    guard let node else { return }
    do { try body(node) } catch {
      throw CallError("libnuma", code: 0, text: "\(error)", while: "binding memory to node \(node)")
    }
  }
}

/// The worker's side of its talk with the driver: says that it is ready, waits for each phase, and
/// reports what the phase yielded and cost.
private final class DriverConversation {
  private let socket: ControlSocket
  private var saidReady = false
  private var migrationsWhenReady: UInt64?
  private var usageBefore = ThreadUsage()
  /// These work on the trial's shared memory, which lives as long as the worker.
  var rendezvous: Rendezvous?
  var probe: Probe?
  var clockComparison: ClockComparison?

  init(_ socket: consuming ControlSocket) {
    self.socket = socket
  }

  func receiveAssignment() throws(CallError) -> Assignment {
    guard case .assignment(let assignment) = try socket.receive(DriverMessage.self) else {
      _exit(0)
    }
    return assignment
  }

  /// From here on a page that finds no room when it is first touched is reported like any other failure.
  ///
  /// Room is made sure of before, but a file in memory may still be cut, or, where its pages were let go
  /// again to come from the right node, somebody else may have been faster.
  func prepareForLackOfMemory() {
    guard let message = try? ControlSocket.packet(WorkerMessage.failed(Worker.lackOfMemory)) else {
      return
    }
    // Kept to the end of the process: there is no telling when it is needed.
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: message.count)
    _ = bytes.initialize(from: message)
    linux_report_bus_error(socket.descriptor.number, bytes.baseAddress, bytes.count)
  }

  /// A driver that cannot be told is gone, and its worker with it.
  func tell(_ message: WorkerMessage) {
    do { try socket.send(message) } catch { _exit(0) }
  }

  func openPhase() -> Phase? {
    if !saidReady {
      saidReady = true
      migrationsWhenReady = Migrations.ofCallingThread()
      tell(.ready)
    }
    while let message = try? socket.receive(DriverMessage.self) {
      switch message {
      case .assignment: return nil
      case .probe: tell(.probed(probe?.run()))
      case .compareClocks: tell(.comparedClocks(clockComparison?.run()))
      case .begin(let phase):
        // The orders are read one after the other, and a wake-up can lie between them.
        rendezvous?.meet(forPhase: phase.index)
        // Nothing slower than this may stand between here and the loop: the peer starts now, too.
        usageBefore = ThreadUsage.now()
        return phase
      }
    }
    return nil
  }

  func closePhase(_ report: PhaseReport) {
    var usage = ThreadUsage.now().since(usageBefore)
    usage.waits = report.waits
    usage.wakes = report.wakes
    usage.frequencyHertz = SystemFiles().frequencyHertz(ofCPU: usage.core)
    if let before = migrationsWhenReady, let after = Migrations.ofCallingThread() {
      usage.migrations = after - before
    }
    tell(.phaseEnded(report, usage))
  }
}
