import CLinux
import Glibc
import Synchronization
import Testing
import Trials

@testable import Mechanisms

/// Two ends of a byte stream with the smallest buffers that there are.
private enum Medium: CaseIterable, Sendable {
  case pipe
  case unixStream

  func makeLink() throws -> Link {
    switch self {
    case .pipe:
      return PipeEnds.link(
        forth: try PipeEnds.open(bufferBytes: 4096), back: try PipeEnds.open(bufferBytes: 4096))
    case .unixStream:
      // The kernel's smallest is 4608 by its own count, of which it says that half is ours.
      return try unixStreamLink(bufferBytes: 2304)
    }
  }
}

private func workload(payloadBytes: Int, wait: WaitPolicy = .block) -> Workload {
  Workload(pattern: .pingPong, payloadBytes: payloadBytes, wait: wait, touch: .full)
}

/// One end of a link under a channel, and the buffers that belong to it.
private struct Party<Policy: Waiting>: ~Copyable {
  let session: Session
  var channel: DescriptorChannel<Policy>

  init(_ role: Role, _ end: consuming LinkEnd, payloadBytes: Int) throws {
    // Whatever throws comes before the first field: a noncopyable value cannot be half made.
    let session = try Session(role, workload(payloadBytes: payloadBytes))
    let channel = try DescriptorChannel<Policy>.adopt(end, for: session)
    self.session = session
    self.channel = channel
  }

  mutating func send(_ sequence: UInt64) throws {
    FullTouch.write(sequence, to: session.outgoing)
    try channel.send(session.outgoing.bytes)
  }

  mutating func receive(_ sequence: UInt64) throws {
    var message = session.incoming.mutableBytes
    try channel.receive(into: &message)
    try expect(sequence, in: UnsafeRawBufferPointer(session.incoming))
  }
}

/// Both parties in threads of their own, each message sent there and back.
private func exchange<Policy: Waiting>(
  _ messageCount: UInt64, payloadBytes: Int, over link: consuming Link, _: Policy.Type
) async throws -> (producer: WaitCounts, consumer: WaitCounts) {
  let link = HeldLink(link)
  return try await concurrently(
    {
      var party = try Party<Policy>(
        .producer, link.end(of: .producer), payloadBytes: payloadBytes)
      for sequence in 0..<messageCount {
        try party.send(sequence)
        try party.receive(sequence)
      }
      return party.channel.waitCounts
    },
    {
      var party = try Party<Policy>(
        .consumer, link.end(of: .consumer), payloadBytes: payloadBytes)
      for sequence in 0..<messageCount {
        try party.receive(sequence)
        try party.send(sequence)
      }
      return party.channel.waitCounts
    })
}

extension Medium {
  /// The peer is the only one to hold its end, so that closing it is noticed.
  fileprivate func ends(channelReads: Bool) throws -> (channel: Int32, peer: Int32) {
    switch self {
    case .pipe:
      var reading: Int32 = -1
      var writing: Int32 = -1
      try #require(linux_pipe(&reading, &writing) == 0)
      try #require(linux_set_pipe_capacity(writing, 4096) == 4096)
      return channelReads ? (reading, writing) : (writing, reading)
    case .unixStream:
      var numbers: [Int32] = [-1, -1]
      let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
      try #require(socketpair(AF_UNIX, kind, 0, &numbers) == 0)
      return (numbers[0], numbers[1])
    }
  }
}

/// Writing to a peer that is gone must be an error and not the end of the whole test run.
private let sigpipeIsIgnored: Bool = {
  signal(SIGPIPE, SIG_IGN)
  return true
}()

private let interruptions = Atomic<Int>(0)

extension TwoSides {
  @Suite struct DescriptorChannelTests {
    init() {
      #expect(sigpipeIsIgnored)
    }

    @Test(arguments: Medium.allCases)
    fileprivate func aLargeMessageArrivesWholeThroughASmallBuffer(medium: Medium) async throws {
      for payloadBytes in [1 << 20, 4097, 1] {
        let blocking = try await exchange(
          3, payloadBytes: payloadBytes, over: medium.makeLink(), Blocking.self)
        // The kernel waits and wakes unseen.
        #expect(blocking.producer.waits == nil)
        #expect(blocking.producer.wakes == nil)
        _ = try await exchange(
          3, payloadBytes: payloadBytes, over: medium.makeLink(), Spinning.self)
      }
    }

    @Test func aLargeMessageArrivesWholeOverTCP() async throws {
      let link = try tcpLink(bufferBytes: 16 << 10)
      _ = try await exchange(3, payloadBytes: 1 << 20, over: link, Blocking.self)
    }

    /// On neither side, ever, to have come too early is beyond chance.
    @Test(arguments: Medium.allCases)
    fileprivate func aSpinningChannelCountsWhereItHadToWait(medium: Medium) async throws {
      let link = try medium.makeLink()
      let counts = try await exchange(300, payloadBytes: 64, over: link, Spinning.self)
      let producer = try #require(counts.producer.waits)
      let consumer = try #require(counts.consumer.waits)
      #expect(producer + consumer > 0)
      // Each message waits once in a send and once in a receive at most, however long that takes.
      #expect(producer <= 600)
      #expect(consumer <= 600)
      #expect(counts.producer.wakes == nil)
    }

    @Test(arguments: Medium.allCases)
    fileprivate func interruptionsLoseNothing(medium: Medium) async throws {
      var action = sigaction()
      // Without SA_RESTART, so that a sleeping call comes back with EINTR.
      action.__sigaction_handler.sa_handler = { _ in
        interruptions.add(1, ordering: .relaxed)
      }
      var previous = sigaction()
      try #require(sigaction(SIGUSR1, &action, &previous) == 0)

      let link = HeldLink(try medium.makeLink())
      let targets = [Target(), Target()]
      let before = interruptions.load(ordering: .relaxed)
      let bombardment = OwnThread("the bombardment") {
        while try targets.filter({ try $0.interrupt() }).count > 0 { usleep(50) }
      }
      _ = try await concurrently(
        {
          try targets[0].whileInterrupted {
            var party = try Party<Blocking>(
              .producer, link.end(of: .producer), payloadBytes: 100_000)
            // The consumer is asleep in read(2) by now, and is being interrupted there.
            try waitUntil("fifty interruptions have come") {
              interruptions.load(ordering: .relaxed) > before + 50
            }
            for sequence in 0..<UInt64(50) {
              try party.send(sequence)
              try party.receive(sequence)
            }
          }
        },
        {
          try targets[1].whileInterrupted {
            var party = try Party<Blocking>(
              .consumer, link.end(of: .consumer), payloadBytes: 100_000)
            for sequence in 0..<UInt64(50) {
              try party.receive(sequence)
              try party.send(sequence)
            }
          }
        })
      try await bombardment.result()
      // Not after a failure: a signal without its handler would end the whole test run.
      sigaction(SIGUSR1, &previous, nil)
    }

    @Test(arguments: Medium.allCases, [0, 1, 500])
    fileprivate func aPeerThatClosesInTheMiddleOfAMessageIsBlamed(
      medium: Medium, bytesSent: Int
    ) async throws {
      let (number, peer) = try medium.ends(channelReads: true)
      let error = try await onOwnThread {
        let end = LinkEnd(incoming: OwnedDescriptor(adopting: number))
        var party = try Party<Blocking>(.consumer, end, payloadBytes: 1000)
        let bytes = [UInt8](repeating: 1, count: bytesSent)
        #expect(write(peer, bytes, bytesSent) == bytesSent)
        close(peer)
        return #expect(throws: CallError.self) { try party.receive(0) }
      }
      #expect(error?.blamesPeer == true)
      #expect(error?.call == "read")
      #expect(error?.text == "the peer closed its end after \(bytesSent) of 1000 bytes")
      #expect(error?.attempt == "receiving a message")
    }

    @Test(arguments: Medium.allCases)
    fileprivate func aSenderWhosePeerIsGoneBlamesIt(medium: Medium) async throws {
      let (number, peer) = try medium.ends(channelReads: false)
      close(peer)
      let error = try await onOwnThread {
        let end = LinkEnd(incoming: OwnedDescriptor(adopting: number))
        var party = try Party<Blocking>(.producer, end, payloadBytes: 1000)
        return #expect(throws: CallError.self) { try party.send(0) }
      }
      #expect(error?.blamesPeer == true)
      #expect(error?.code == EPIPE)
      #expect(error?.call == "write")
    }

    @Test(arguments: Medium.allCases)
    fileprivate func aSenderInTheMiddleOfAMessageBlamesAPeerThatCloses(
      medium: Medium
    ) async throws {
      func check<Policy: Waiting>(_: Policy.Type) async throws {
        let (number, peer) = try medium.ends(channelReads: false)
        let (error, _) = try await concurrently(
          {
            let end = LinkEnd(incoming: OwnedDescriptor(adopting: number))
            var party = try Party<Policy>(.producer, end, payloadBytes: 4 << 20)
            return #expect(throws: CallError.self) { try party.send(0) }
          },
          {
            var bytes = [UInt8](repeating: 0, count: 100)
            #expect(read(peer, &bytes, bytes.count) > 0)
            close(peer)
          })
        #expect(error?.blamesPeer == true)
      }
      try await check(Blocking.self)
      try await check(Spinning.self)
    }
  }
}

/// A thread that can be interrupted from another, for as long as it allows.
private final class Target: Sendable {
  private enum State {
    case notYet
    case running(pthread_t)
    case over
  }

  private let state = Mutex(State.notYet)

  func whileInterrupted(_ body: () throws -> Void) rethrows {
    // Dispatch's threads block all signals, and what they start inherits that.
    var wanted = sigset_t()
    sigemptyset(&wanted)
    sigaddset(&wanted, SIGUSR1)
    pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    state.withLock { $0 = .running(pthread_self()) }
    // Under the lock: no signal is sent to a thread that may have ended.
    defer { state.withLock { $0 = .over } }
    try body()
  }

  /// Sends SIGUSR1 if the thread runs; false once it no longer wants any.
  func interrupt() throws -> Bool {
    state.withLock { state in
      switch state {
      case .notYet: return true
      case .running(let thread):
        pthread_kill(thread, SIGUSR1)
        return true
      case .over: return false
      }
    }
  }
}
