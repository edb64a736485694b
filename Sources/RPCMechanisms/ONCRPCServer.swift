import COncRPC
import Glibc
import Mechanisms
import Synchronization
import Trials

/// The consumer's end: rpcgen's dispatcher on one connection, and the routines that it calls.
///
/// libtirpc calls the routines with no context of ours, so the one server of the process is global.
final class ONCRPCServer {
  fileprivate nonisolated(unsafe) static var current: ONCRPCServer?

  private let descriptor: Int32
  private let flushes = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
  private var inspector = Inspector(next: 0)
  private var inspect: (inout Inspector, UnsafeRawBufferPointer) -> Void = { _, _ in }
  /// Of the phase; see `TrialMemory.end(of:)`.
  private var end: UnsafeMutablePointer<Atomic<UInt64>>?
  /// When the phase's last message had been checked.
  private var lastVerified: UInt64 = 0

  /// Serves all phases of a trial.
  static func run(
    _ end: consuming LinkEnd, _ session: borrowing Session
  ) throws(CallError) {
    let server = ONCRPCServer(end.incoming.number)
    current = server
    guard onc_rpc_serve(server.descriptor, server.flushes) != 0 else {
      throw CallError("svc_fd_create", while: "making an RPC server")
    }
    try session.channelIsReady(nil)
    while let phase = session.gate.open() {
      session.gate.close(try server.serve(phase, session))
    }
    withExtendedLifetime(end) {}
  }

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
    flushes.initialize(to: 0)
  }

  private func serve(
    _ phase: Phase, _ session: borrowing Session
  ) throws(CallError) -> PhaseReport {
    inspect =
      switch phase.touch(session.workload) {
      case .none: { $0.inspect($1, as: NoTouch.self) }
      case .header: { $0.inspect($1, as: HeaderTouch.self) }
      case .full: { $0.inspect($1, as: FullTouch.self) }
      }
    inspector = Inspector(next: inspector.next)
    let end = session.memory.end(of: phase.index)
    self.end = end
    let flushesBefore = flushes.pointee
    let start = Clock.now()
    // Pairs with the release in PhasePlan: the end was stored before the last message was sent. A
    // stream's producer waits for the answer to its flush after that.
    while inspector.next < end.pointee.load(ordering: .acquiring)
      || (session.workload.pattern == .stream && flushes.pointee == flushesBefore)
    {
      guard onc_rpc_serve_next(descriptor) != 0 else {
        throw CallError(
          "svc_getreq_common", code: EPIPE, text: "the client closed the connection",
          while: "serving requests")
      }
    }
    return inspector.report(from: start, to: lastVerified)
  }

  fileprivate func take(_ message: ipcbench_message) {
    inspect(
      &inspector,
      UnsafeRawBufferPointer(
        start: message.ipcbench_message_val, count: Int(message.ipcbench_message_len)))
    // Read once a phase: `serve` comes back only after what the library does behind the last message, and
    // in a stream after the flush. Pairs with the release in PhasePlan.
    if let end, inspector.next >= end.pointee.load(ordering: .acquiring) {
      lastVerified = Clock.now()
    }
  }
}

// MARK: - The routines that rpcgen's dispatcher calls. A false return means that no reply is sent.

@c(ipcbench_echo_1_svc)
public func echoService(
  _ message: ipcbench_message, _ result: UnsafeMutablePointer<ipcbench_message>?,
  _ request: UnsafeMutablePointer<svc_req>?
) -> bool_t {
  ONCRPCServer.current?.take(message)
  // The reply is encoded from the request's memory before that is freed.
  result?.pointee = message
  return 1
}

@c(ipcbench_deliver_1_svc)
public func deliverService(
  _ message: ipcbench_message, _ result: UnsafeMutableRawPointer?,
  _ request: UnsafeMutablePointer<svc_req>?
) -> bool_t {
  ONCRPCServer.current?.take(message)
  return 0
}

@c(ipcbench_add_1_svc)
public func addService(
  _ operands: ipcbench_operands, _ result: UnsafeMutablePointer<quad_t>?,
  _ request: UnsafeMutablePointer<svc_req>?
) -> bool_t {
  result?.pointee = operands.left &+ operands.right
  return 1
}

/// No result owns memory.
@c(ipcbench_program_1_freeresult)
public func freeResult(
  _ transport: UnsafeMutablePointer<SVCXPRT>?, _ encode: xdrproc_t?,
  _ result: UnsafeMutablePointer<CChar>?
) -> Int32 {
  1
}
