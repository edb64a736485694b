import Glibc
import Testing
import Trials

@testable import Mechanisms

/// One after the other, because a channel notes what it sees in one place.
@Suite(.serialized) struct MessageMemoryTests {
  private func workload(_ payloadBytes: Int, _ workingSetBytes: Int) -> Workload {
    Workload(
      pattern: .stream, payloadBytes: payloadBytes, touch: .full, workingSetBytes: workingSetBytes)
  }

  /// Payload, working set; from one buffer to the next, and how many there are.
  @Test(
    arguments: [
      (64, 0, 64, 1), (1, 0, 64, 1), (64, 64, 64, 1), (64, 128, 64, 2), (65, 1024, 128, 8),
      (100, 1000, 128, 7), (4095, 64 << 10, 4096, 16), (4096, 64 << 10, 4096, 16),
      (4097, 64 << 10, 8192, 8), (1 << 20, 64 << 10, 1 << 20, 1), (1, 1 << 20, 64, 1 << 14),
    ])
  func asManyMessagesAsFitLieApart(
    payloadBytes: Int, workingSetBytes: Int, strideBytes: Int, count: Int
  ) {
    let layout = MessageMemoryLayout(workload(payloadBytes, workingSetBytes))
    #expect(layout.strideBytes == strideBytes)
    #expect(layout.count == count)
    #expect(layout.byteCount <= max(workingSetBytes, strideBytes))
    #expect(layout.strideBytes >= payloadBytes)
  }

  @Test(arguments: [(64, 0), (64, 64), (64, 640), (100, 4096), (5000, 100_000)])
  func buffersComeInTurnAndBeginAgain(payloadBytes: Int, workingSetBytes: Int) throws {
    let layout = MessageMemoryLayout(workload(payloadBytes, workingSetBytes))
    let mapping = try SharedMapping.prefaulted(byteCount: layout.byteCount)
    let start = try #require(mapping.bytes.baseAddress)
    var memory = MessageMemory(layout, in: mapping.bytes)
    for turn in 0..<3 * layout.count {
      let buffer = memory.next()
      #expect(buffer.baseAddress == start + turn % layout.count * layout.strideBytes)
      #expect(buffer.count == payloadBytes)
      #expect(memory.current.baseAddress == buffer.baseAddress, "until the next is asked for")
    }
  }

  @Test func allOfItIsThereBeforeTheFirstMessage() throws {
    let session = try Session(.producer, workload(64, 1 << 20))
    #expect(session.allMessageMemory.map(\.count) == [1 << 20, 1 << 20])
    for memory in session.allMessageMemory {
      var present = [UInt8](repeating: 0, count: memory.count / 4096)
      let start = UnsafeMutableRawPointer(mutating: memory.baseAddress)
      try #require(mincore(start, memory.count, &present) == 0)
      #expect(present.allSatisfy { $0 & 1 == 1 })
    }
    #expect(session.outgoing.count == 64 && session.incoming.count == 64)
    var outgoing = session.outgoingMemory
    #expect(outgoing.next().baseAddress == session.outgoing.baseAddress)
  }

  /// What the loops drive, over a channel that notes where the messages lay.
  @Test(arguments: [0, 256, 64 << 10])
  func bothSidesTakeTheirMessagesInTurn(workingSetBytes: Int) throws {
    let workload = workload(64, workingSetBytes)
    let session = try Session(.producer, workload)
    let link = HeldLink(try sharedMemoryLink(byteCount: 4096))
    var carrier = try Copying<NotingChannel>.adopt(link.end(of: .producer), for: session)
    let count = MessageMemoryLayout(workload).count
    var inspector = Inspector(next: 0)
    NotingChannel.sent = []
    NotingChannel.received = []
    for sequence in 0..<UInt64(count) {
      try carrier.exchange(sequence, &inspector, FullTouch.self)
    }
    for sequence in UInt64(count)..<UInt64(2 * count) {
      try carrier.send(sequence, FullTouch.self)
      try carrier.receive(&inspector, FullTouch.self)
    }
    #expect(inspector.corrupt == 0)
    for places in [NotingChannel.sent, NotingChannel.received] {
      #expect(places.count == 2 * count)
      #expect(Set(places).count == count)
      #expect(Array(places.prefix(count)) == Array(places.suffix(count)))
    }
    #expect(Set(NotingChannel.sent).isDisjoint(with: NotingChannel.received))
    // A reply is the request itself, where it lies.
    try carrier.send(UInt64(2 * count), FullTouch.self)
    try carrier.answer(&inspector, FullTouch.self)
    #expect(NotingChannel.sent.last == NotingChannel.received.last)
  }
}

/// Hands a sent message back to whoever receives next.
private struct NotingChannel: ~Copyable, Channel {
  nonisolated(unsafe) static var sent: [UInt] = []
  nonisolated(unsafe) static var received: [UInt] = []
  private var message: [UInt8] = []

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> NotingChannel {
    NotingChannel()
  }

  mutating func send(_ message: RawSpan) throws(CallError) {
    self.message = message.withUnsafeBytes { bytes in
      Self.sent.append(UInt(bitPattern: bytes.baseAddress))
      return [UInt8](bytes)
    }
  }

  mutating func receive(into message: inout MutableRawSpan) throws(CallError) {
    let waiting = self.message
    message.withUnsafeMutableBytes { bytes in
      Self.received.append(UInt(bitPattern: bytes.baseAddress))
      bytes.copyBytes(from: waiting)
    }
  }
}
