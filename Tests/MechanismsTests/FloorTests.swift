import Synchronization
import Testing
import Trials

@testable import Mechanisms

/// What a floor claims to do it does, and what it would not do would be seen.
@Suite struct FloorTests {
  private final class Buffers {
    let outgoing = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 64)
    let incoming = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 64)

    init() {
      for index in 0..<1000 { outgoing[index] = UInt8(truncatingIfNeeded: index &* 7) }
      incoming.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
      outgoing.deallocate()
      incoming.deallocate()
    }
  }

  @Test func aLocalCopyCopiesAndShowsTheCopy() {
    let buffers = Buffers()
    let shown = CopyWork.perform(buffers.outgoing, buffers.incoming)
    #expect(shown.baseAddress == buffers.incoming.baseAddress)
    #expect(shown.elementsEqual(buffers.outgoing))
  }

  @Test func theOthersMoveNothing() {
    let buffers = Buffers()
    for shown in [
      NullWork.perform(buffers.outgoing, buffers.incoming),
      ClockWork.perform(buffers.outgoing, buffers.incoming),
      SystemCallWork.perform(buffers.outgoing, buffers.incoming),
    ] {
      #expect(shown.baseAddress == buffers.outgoing.baseAddress)
    }
    #expect(buffers.incoming.allSatisfy { $0 == 0 })
  }

  // MARK: - A copy that is left out

  /// What `floor-copy-local` would be if the compiler took its copy away.
  private enum NoCopyWork: SoloWork {
    static func perform(
      _ outgoing: UnsafeMutableRawBufferPointer, _ incoming: UnsafeMutableRawBufferPointer
    ) -> UnsafeMutableRawBufferPointer { incoming }
  }

  /// The producer's account of one verifying phase.
  private func verify<Work: SoloWork>(
    _: Work.Type, _ pattern: Pattern
  ) throws -> PhaseReport {
    var reports: [PhaseReport] = []
    let workload = Workload(pattern: pattern, payloadBytes: 100)
    let mechanism = Mechanism(
      "test", summary: "", copies: "",
      work: [Way(.block): Mechanism.loops(over: Alone<Work>.self)]
    ) { workload throws(CallError) in try Mechanism.pipe.makeLink(workload) }
    let link = HeldLink(try mechanism.makeLink(workload))
    let session = try Session(
      mechanism: "test", role: .producer, workload: workload,
      memory: TrialMemory(try TrialMemory.create()),
      gate: PhaseGate(
        open: {
          reports.isEmpty ? Phase(kind: .verify, index: 0, length: .messages(3)) : nil
        },
        close: { report in reports.append(report) }),
      channelIsReady: { _ throws(CallError) in })
    try mechanism.run(try link.end(of: .producer), session)
    return try #require(reports.first)
  }

  @Test(arguments: [Pattern.pingPong, .stream])
  func aCopyThatIsLeftOutIsNoticed(pattern: Pattern) throws {
    let good = try verify(CopyWork.self, pattern)
    #expect(good.messages == 3)
    #expect(good.corrupt == 0)
    #expect(good.elapsedNanoseconds == good.endNanoseconds - good.startNanoseconds)
    #expect(try verify(NoCopyWork.self, pattern).corrupt == 3)
  }

  // MARK: - Windows

  @Test(arguments: [
    // pattern, payload, buffer: pieces, their size, the stride, pieces a hand-over
    (Pattern.pingPong, 48, 131_072, 512, 48, 64, 1),
    (.pingPong, 57, 131_072, 256, 57, 128, 1),
    (.pingPong, 1023, 4096, 30, 1023, 1088, 1),
    (.pingPong, 4096, 131_072, 32, 4096, 4096, 1),
    (.pingPong, 10_000, 131_072, 16, 8192, 8192, 1),
    (.pingPong, 1 << 20, 131_072, 8, 16_384, 16_384, 1),
    (.pingPong, 20_000, 4096, 2, 4096, 4096, 1),
    (.stream, 48, 131_072, 2730, 48, 48, 1365),
    (.stream, 100, 131_072, 1024, 100, 128, 512),
    (.stream, 1 << 20, 131_072, 2, 65_536, 65_536, 1),
    (.stream, 20_000, 1, 2, 1, 64, 1),
  ])
  func aWindowIsLaidOut(
    pattern: Pattern, payload: Int, buffer: Int, pieces: Int, pieceBytes: Int, stride: Int,
    perHandOver: Int
  ) {
    let layout = CopyWindowLayout(
      Workload(pattern: pattern, payloadBytes: payload, bufferBytes: buffer))
    #expect(layout.piecesInFlight == pieces)
    #expect(layout.pieceCount >= pieces)
    #expect(layout.pieceBytes == pieceBytes)
    #expect(layout.strideBytes == stride)
    #expect(layout.piecesPerHandOver == perHandOver)
    #expect(layout.handedOffset >= CopyWindowLayout.takenOffset + 128)
    #expect(layout.piecesOffset >= layout.handedOffset + 8)
    #expect(layout.byteCount >= layout.piecesOffset + (layout.pieceCount - 1) * stride + pieceBytes)
  }

  /// A payload that fits lies in the line of the word that announces it.
  @Test func aSmallMessageTravelsInOneLine() {
    for payload in [1, 48, 56] {
      let layout = CopyWindowLayout(Workload(pattern: .pingPong, payloadBytes: payload))
      #expect((layout.piecesOffset + payload - 1) / 64 == layout.handedOffset / 64)
      #expect(layout.handedStrideBytes == layout.strideBytes && layout.strideBytes == 64)
    }
  }

  @Test(
    arguments: [Pattern.pingPong, .stream], [1, 56, 57, 1000, 5000, 40_000])
  func everyByteGetsThroughAWindow(pattern: Pattern, payload: Int) async throws {
    let layout = CopyWindowLayout(
      Workload(pattern: pattern, payloadBytes: payload, bufferBytes: 8192))
    let memory = try SharedMapping.prefaulted(byteCount: layout.byteCount)
    nonisolated(unsafe) let start = try #require(memory.bytes.baseAddress)
    // Several laps of the smallest messages.
    let count: UInt64 = payload < 100 ? 2000 : 40
    let (_, corrupt) = try await concurrently {
      let message = try SharedMapping.prefaulted(byteCount: payload)
      var sender = CopyWindow(layout, at: start)
      for sequence in 0..<count {
        FullTouch.write(sequence, to: message.bytes)
        sender.put(message.bytes)
      }
      sender.flush()
    } _: {
      let message = try SharedMapping.prefaulted(byteCount: payload)
      var receiver = CopyWindow(layout, at: start)
      var inspector = Inspector(next: 0)
      while inspector.next < count {
        receiver.take(into: message.bytes)
        inspector.inspect(UnsafeRawBufferPointer(message.bytes), as: FullTouch.self)
      }
      return inspector.corrupt
    }
    #expect(corrupt == 0)
    #expect(memory.bytes.count == layout.byteCount)
  }

  // MARK: - Bounces

  @Test(arguments: [false, true])
  func aBounceComesBackAsOftenAsItIsAsked(overTwoLines: Bool) async throws {
    let memory = try SharedMapping.prefaulted(byteCount: 4096)
    nonisolated(unsafe) let start = try #require(memory.bytes.baseAddress)
    let request = start.assumingMemoryBound(to: Atomic<UInt32>.self)
    let reply = (start + 256).assumingMemoryBound(to: Atomic<UInt32>.self)
    nonisolated(unsafe) let lines = (request, overTwoLines ? reply : nil)
    _ = try await concurrently {
      var bounce = CacheLineBounce(lines.0, reply: lines.1)
      for _ in 0..<20 { bounce.ask() }
    } _: {
      var bounce = CacheLineBounce(lines.0, reply: lines.1)
      for _ in 0..<20 { bounce.answerOnce() }
    }
    #expect(request.pointee.load(ordering: .acquiring) == (overTwoLines ? 39 : 40))
    #expect(reply.pointee.load(ordering: .acquiring) == (overTwoLines ? 40 : 0))
    #expect(memory.bytes.count == 4096)
  }
}
