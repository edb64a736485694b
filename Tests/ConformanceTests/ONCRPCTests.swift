import Foundation
import Glibc
import Harness
import Mechanisms
import Testing
import Trials

/// What ONC RPC does with a server that does not behave: the tests play the server themselves.
@Suite(.serialized) struct ONCRPCTests {
  /// The words are libtirpc's, rpc_clnt_calls(3) clnt_sperrno.
  @Test(
    arguments: [
      (1, "RPC: Program unavailable"), (3, "RPC: Procedure unavailable"),
      (4, "RPC: Server can't decode arguments"), (5, "RPC: Remote system error"),
    ] as [(UInt32, String)], [Pattern.pingPong, .stream])
  func theLibrarysOwnWordsReachTheOutcome(
    answer: (acceptStatus: UInt32, words: String), pattern: Pattern
  ) throws {
    let outcome = try outcome(of: pattern, answering: answer.acceptStatus)
    #expect(outcome.status == .failed)
    #expect(
      outcome.error.hasPrefix("producer: ADD failed while checking the marshalling: "),
      "\(outcome.error)")
    #expect(outcome.error.contains(answer.words), "\(outcome.error)")
    #expect(!outcome.error.contains("\n"))
  }

  /// The sum is asked for before the first message, and not taken on trust.
  @Test(arguments: [Pattern.pingPong, .stream])
  func aSumThatIsWrongEndsTheTrial(pattern: Pattern) throws {
    let outcome = try outcome(of: pattern, answering: 0, with: [0, 7])
    #expect(outcome.status == .failed)
    #expect(
      outcome.error
        == "producer: ADD failed while checking the marshalling: "
        + "81985529216486895 and -42 came to 7")
  }

  /// Runs a trial whose producer talks to us in place of the consumer.
  ///
  /// - Parameters:
  ///   - acceptStatus: what the server made of the call; 0 is success. RFC 5531, section 9.
  ///   - result: the words of the result that follow.
  private func outcome(
    of pattern: Pattern, answering acceptStatus: UInt32, with result: [UInt32] = []
  ) throws -> TrialOutcome {
    let server = try SocketPair()
    let silence = try SocketPair()
    let answering = Thread { server.answerOneCall(acceptStatus, result) }
    answering.start()
    // Workers know a mechanism by its name; only the link is ours.
    let mechanism = Mechanism("onc-rpc-unix", summary: "", copies: "", work: [:]) { _ in
      Link(
        producer: LinkEnd(incoming: server.theirEnd()),
        consumer: LinkEnd(incoming: silence.theirEnd()))
    }
    let driver = Driver(executable: BuiltProgram.path, mechanisms: [mechanism])
    return try driver.run(
      .of("onc-rpc-unix", Workload(pattern: pattern, payloadBytes: 64), for: .messages(5)))
  }
}

/// Two connected sockets that stay open as long as it lives.
private final class SocketPair: Sendable {
  private let ours: Int32
  private let theirs: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
    (ours, theirs) = (ends[0], ends[1])
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      ours, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    close(ours)
    close(theirs)
  }

  /// The peer's end, for a worker; ours does not see the worker's death as an end.
  func theirEnd() -> OwnedDescriptor {
    OwnedDescriptor(adopting: fcntl(theirs, F_DUPFD_CLOEXEC, 0))
  }

  /// Reads one call, however long, and answers it. Gives up after ten seconds.
  func answerOneCall(_ acceptStatus: UInt32, _ result: [UInt32]) {
    guard let mark = readWord(), let transaction = readWord() else { return }
    // The record's mark has its length; the top bit says that there is no other fragment.
    for _ in 0..<(mark & 0x7FFF_FFFF) / 4 - 1 where readWord() == nil { return }
    let reply: UInt32 = 1
    let accepted: UInt32 = 0
    let noVerifier: [UInt32] = [0, 0]
    let words = [transaction, reply, accepted] + noVerifier + [acceptStatus] + result
    let record = ([0x8000_0000 | UInt32(words.count * 4)] + words).map(\.bigEndian)
    _ = record.withUnsafeBytes { send(ours, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  private func readWord() -> UInt32? {
    var word: UInt32 = 0
    let count = recv(ours, &word, MemoryLayout<UInt32>.size, Int32(MSG_WAITALL))
    return count == MemoryLayout<UInt32>.size ? word.bigEndian : nil
  }
}
