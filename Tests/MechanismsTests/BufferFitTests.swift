import Glibc
import Testing
import Trials

@testable import Mechanisms

/// What real links hold.
@Suite(.serialized) struct BufferFitTests {
  private static let sizes = [64, 4 << 10, 64 << 10, 1 << 20]
  /// A Unix socket takes large messages in pieces of some 36 KB, and no number makes them fit better.
  private static let largestEvenPayload = 64 << 10

  private func workload(_ payloadBytes: Int, bufferBytes: Int = 128 << 10) -> Workload {
    Workload(pattern: .stream, payloadBytes: payloadBytes, bufferBytes: bufferBytes)
  }

  /// Where the kernel's limits are those of a stock one and nobody may pass them, small messages fit in
  /// less.
  private func isLimited(_ fit: BufferFit) -> Bool { fit.limit != nil }

  @Test(arguments: [Mechanism.pipe, .fifo, .unixStream, .tcp], sizes)
  func aTrialsLinkHoldsWhatWasFoundAndThatIsWhatWasAskedFor(
    mechanism: Mechanism, payloadBytes: Int
  ) throws {
    let workload = workload(payloadBytes)
    let fit = try #require(try mechanism.fitBuffer(for: workload))
    #expect(fit.bufferBytes == 128 << 10)
    #expect(fit.settingBytes != nil)
    let isUneven = payloadBytes > Self.largestEvenPayload && !fit.isFarOff(byMoreThan: 1.25)
    #expect(!fit.isFarOff || isLimited(fit) || isUneven, "\(fit)")

    let link = try mechanism.makeLink(workload, fit)
    let held = try holds(link, payloadBytes)
    // When TCP stops depends on when each side looks at the other.
    let most = mechanism.name == "tcp" ? 1.4 : 1.05
    #expect(BufferFit.distance(held, from: fit.capacityBytes) <= most, "\(held) \(fit)")
  }

  /// The same number for everybody is what is not fair: the reason for all this.
  @Test func theNominalSizeHoldsSomethingElseOnASocket() throws {
    func nominal(_ payloadBytes: Int) throws -> BufferFit {
      let fit = try Mechanism.unixStream.fitBuffer(for: workload(payloadBytes), setting: 128 << 10)
      return try #require(fit)
    }
    let (small, large) = (try nominal(64), try nominal(64 << 10))
    #expect(small.settingBytes == 128 << 10)
    #expect(small.capacityBytes * 2 < 128 << 10, "\(small)")
    #expect(large.capacityBytes > small.capacityBytes * 4, "\(large)")
  }

  /// A page takes one message of 3000 bytes; of larger ones, the part behind whole pages shares one.
  @Test func aPipeKeepsPages() throws {
    let fit = try #require(try Mechanism.pipe.fitBuffer(for: workload(3000)))
    #expect(fit.settingBytes == 128 << 10)
    #expect(fit.capacityBytes == 32 * 3000)
    #expect(fit.isFarOff)
    #expect(fit.limit == nil)
    let whole = try #require(try Mechanism.pipe.fitBuffer(for: workload(1 << 20)))
    #expect(whole.capacityBytes == 128 << 10, "a part of a message counts")
  }

  @Test func aBufferThatNoPipeHasBecomesTheNearest() throws {
    let fit = try #require(try Mechanism.fifo.fitBuffer(for: workload(64, bufferBytes: 5000)))
    #expect(fit.settingBytes == 4096)
    #expect(fit.capacityBytes == 4096)
  }

  @Test(arguments: [Mechanism.unixStream, .tcp])
  func aSizeThatTheKernelRefusesNamesTheLimit(mechanism: Mechanism) throws {
    let error = #expect(throws: CallError.self) {
      _ = try mechanism.fitBuffer(for: workload(64, bufferBytes: 1 << 30))
    }
    #expect(error?.text.contains("sysctl -w net.core.wmem_max=1073741824") == true)
  }

  /// Once full, a ring has room for nothing more until something is taken out of it.
  @Test(
    arguments: [1, 8, 56, 64, 1000, 4096, 16 << 10, 40_000, 64 << 10],
    [RingLayout.smallestBufferBytes, 64 << 10, 128 << 10])
  func aRingTakesWhatItsLayoutSays(payloadBytes: Int, bufferBytes: Int) async throws {
    let workload = workload(payloadBytes, bufferBytes: bufferBytes)
    let fit = try #require(try Mechanism.sharedMemoryRing.fitBuffer(for: workload))
    #expect(fit.settingBytes == nil)
    let messages = fit.capacityBytes / payloadBytes
    let link = HeldLink(try Mechanism.sharedMemoryRing.makeLink(workload, fit))
    let (isFull, isThrough) = (Flag(), Flag())
    let sender = OwnThread("the sender") {
      var ring = try SharedMemoryRing<Blocking>.adopt(
        link.end(of: .producer), for: try Session(.producer, workload))
      for sequence in 0...UInt64(messages) {
        if sequence == messages { isFull.raise() }
        try ring.send(written(sequence, payloadBytes: payloadBytes).span.bytes)
      }
      isThrough.raise()
    }
    try await onOwnThread("the receiver") {
      try isFull.wait()
      usleep(5000)
      #expect(!isThrough.isRaised, "one more than fits has been taken")
      var ring = try SharedMemoryRing<Blocking>.adopt(
        link.end(of: .consumer), for: try Session(.consumer, workload))
      for sequence in 0...UInt64(messages) {
        let message = UnsafeMutableRawBufferPointer.allocate(byteCount: payloadBytes, alignment: 8)
        defer { message.deallocate() }
        var span = message.mutableBytes
        try ring.receive(into: &span)
        try expect(sequence, in: UnsafeRawBufferPointer(message))
      }
    }
    try await sender.result()
  }

  /// Fills with poll(2), as no code of ours does.
  private func holds(_ link: borrowing Link, _ payloadBytes: Int) throws -> Int {
    let descriptor = try #require(link.producer.numbers.last)
    try #require(fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0)
    let message = [UInt8](repeating: 7, count: payloadBytes)
    var held = 0
    var idle = 0
    while idle < 20 {
      let offset = held % payloadBytes
      let count = message.withUnsafeBytes {
        write(descriptor, $0.baseAddress.unsafelyUnwrapped + offset, payloadBytes - offset)
      }
      if count > 0 {
        held += count
        idle = 0
      } else {
        try #require(errno == EAGAIN)
        idle += 1
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, 1)
      }
    }
    return held
  }
}
