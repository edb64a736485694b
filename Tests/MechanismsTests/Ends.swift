import Glibc
import Trials

@testable import Mechanisms

/// A link whose ends can be had on other threads, as often as a test needs them.
final class HeldLink: Sendable {
  let link: Link

  init(_ link: consuming Link) {
    self.link = link
  }

  /// The end with descriptors of its own.
  func end(of role: Role) throws -> LinkEnd {
    let numbers = role == .producer ? link.producer.numbers : link.consumer.numbers
    let own = numbers.map { fcntl($0, F_DUPFD_CLOEXEC, 0) }
    guard !own.contains(-1), let end = LinkEnd(adopting: own) else {
      throw CallError("fcntl(F_DUPFD_CLOEXEC)", while: "handing out a link's end")
    }
    return end
  }
}

extension Session {
  /// A session with no driver and no phases.
  init(_ role: Role, _ workload: Workload) throws(CallError) {
    try self.init(
      mechanism: "test", role: role, workload: workload,
      memory: TrialMemory(try TrialMemory.create()),
      gate: PhaseGate(open: { nil }, close: { _ in }), channelIsReady: { _ throws(CallError) in })
  }
}
