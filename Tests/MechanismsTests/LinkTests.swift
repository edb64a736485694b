import Glibc
import Testing
import Trials

@testable import Mechanisms

extension Mechanism: CustomTestStringConvertible {
  public var testDescription: String { name }
}

private func workload(bufferBytes: Int = Workload.defaultBufferBytes) -> Workload {
  Workload(pattern: .pingPong, payloadBytes: 64, bufferBytes: bufferBytes)
}

/// Why the mechanism makes no link with such a buffer; nil if it does.
private func refusal(by mechanism: Mechanism, bufferBytes: Int) -> CallError? {
  do throws(CallError) {
    _ = try mechanism.makeLink(workload(bufferBytes: bufferBytes))
    return nil
  } catch {
    return error
  }
}

/// The kernel's limit, as the file under /proc/sys has it.
private func systemLimit(_ path: String) throws -> Int {
  let number = open("/proc/sys/\(path)", O_RDONLY | O_CLOEXEC)
  try #require(number >= 0)
  defer { close(number) }
  var text = [UInt8](repeating: 0, count: 32)
  let count = read(number, &text, text.count)
  return try #require(Int(String(decoding: text.prefix(max(count - 1, 0)), as: UTF8.self)))
}

/// Names of this process in a directory.
private func ownNames(in directory: String) throws -> Set<String> {
  let stream = try #require(opendir(directory))
  defer { closedir(stream) }
  var names: Set<String> = []
  while let entry = readdir(stream) {
    // In place: a copy of the whole field would read beyond the record.
    let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
      String(cString: UnsafeRawPointer(field).assumingMemoryBound(to: CChar.self))
    }
    if name.hasPrefix("ipcbench-\(getpid())-") { names.insert("\(directory)/\(name)") }
  }
  return names
}

/// One after the other, because some ask which names there are.
@Suite(.serialized) struct LinkTests {
  /// Both directions carry bytes, or, in a ring, both ends are one object.
  @Test(arguments: Mechanism.core)
  func theEndsAreConnected(mechanism: Mechanism) throws {
    let link = try mechanism.makeLink(workload())
    let producer = link.producer.numbers
    let consumer = link.consumer.numbers
    #expect(Set(producer + consumer).count == producer.count + consumer.count)
    for number in producer + consumer {
      #expect(fcntl(number, F_GETFD, 0) == FD_CLOEXEC, "a worker of another trial would inherit it")
    }
    if mechanism.name.hasPrefix("shm-") {
      var one = stat()
      var other = stat()
      #expect(fstat(producer[0], &one) == 0 && fstat(consumer[0], &other) == 0)
      #expect(one.st_ino == other.st_ino)
      let bufferBytes = Workload.defaultBufferBytes
      let ringBytes =
        mechanism.name == "shm-ring"
        ? RingLayout(payloadBytes: 64, bufferBytes: bufferBytes).byteCount
        : PlainRingLayout(payloadBytes: 64, bufferBytes: bufferBytes).byteCount
      #expect(one.st_size == 2 * ringBytes)
    } else {
      let ways = [
        (try #require(producer.last), consumer[0]), (try #require(consumer.last), producer[0]),
      ]
      for (writing, reading) in ways {
        var sent: [UInt8] = [1, 2, 3]
        #expect(write(writing, &sent, 3) == 3)
        var ready = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        try #require(poll(&ready, 1, 10_000) == 1)
        var received: [UInt8] = [0, 0, 0, 0]
        #expect(read(reading, &received, 4) == 3)
        #expect(received == [1, 2, 3, 0])
      }
    }
  }

  @Test(arguments: Mechanism.core)
  func nothingOfALinkHasAName(mechanism: Mechanism) async throws {
    let link = try mechanism.makeLink(workload())
    var names = try ownNames(in: "/dev/shm").union(ownNames(in: temporaryDirectory))
    // Another test may just be making a link: its names are gone in a moment, a leftover never is.
    let deadline = ContinuousClock.now + .seconds(10)
    while !names.isEmpty && ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(1))
      names = names.filter { access($0, F_OK) == 0 }
    }
    #expect(names.isEmpty)
    _ = link.producer.numbers
  }

  /// A descriptor that stayed open somewhere would keep end of file from the reader.
  @Test(arguments: [Mechanism.pipe, .fifo, .unixStream, .tcp])
  func aLinkClosesAllThatItOpened(mechanism: Mechanism) throws {
    func keepingOneEnd() throws -> OwnedDescriptor {
      let link = try mechanism.makeLink(workload())
      return OwnedDescriptor(adopting: fcntl(link.consumer.numbers[0], F_DUPFD_CLOEXEC, 0))
    }
    let reading = try keepingOneEnd()
    var ready = pollfd(fd: reading.number, events: Int16(POLLIN), revents: 0)
    try #require(poll(&ready, 1, 10_000) == 1)
    var byte: UInt8 = 0
    #expect(read(reading.number, &byte, 1) == 0)
  }

  @Test(arguments: Mechanism.core)
  func everyBufferSizeThatIsGrantedIsTheOneThatWasAskedFor(mechanism: Mechanism) throws {
    for bufferBytes in [4096, 64 << 10, Workload.defaultBufferBytes] {
      let link = try mechanism.makeLink(workload(bufferBytes: bufferBytes))
      _ = link.producer.numbers
    }
  }

  @Test(arguments: [Mechanism.pipe, .fifo])
  func aPipeSaysWhatTheKernelWouldMakeOfItsSize(mechanism: Mechanism) throws {
    let error = try #require(refusal(by: mechanism, bufferBytes: 5000))
    #expect(error.call == "fcntl(F_SETPIPE_SZ)")
    #expect(error.text.contains("8192"))
    #expect(error.text.contains("power of two"))
    #expect(error.attempt.contains("5000"))
  }

  /// Root may pass fs.pipe-max-size, but nobody gets 2 GiB.
  @Test(arguments: [Mechanism.pipe, .fifo], [1 << 31, 1 << 40])
  func aPipeBeyondTheLimitNamesTheLimit(mechanism: Mechanism, bufferBytes: Int) throws {
    let error = try #require(refusal(by: mechanism, bufferBytes: bufferBytes))
    #expect(error.text.contains("sysctl -w fs.pipe-max-size="))
    #expect(error.attempt.contains("\(bufferBytes)"))
  }

  @Test(arguments: [Mechanism.unixStream, .tcp])
  func aSocketBufferBeyondTheLimitNamesTheLimit(mechanism: Mechanism) throws {
    let limit = try systemLimit("net/core/wmem_max")
    // Whoever may pass the limit (CAP_NET_ADMIN) gets more than that.
    if let error = refusal(by: mechanism, bufferBytes: 2 * limit) {
      #expect(error.call == "setsockopt(SO_SNDBUF)")
      #expect(error.text.contains("granted only \(limit);"))
      #expect(error.text.contains("sysctl -w net.core.wmem_max=\(2 * limit)"))
    } else {
      #expect(getuid() == 0, "the limit holds for everybody else")
    }
    // The kernel keeps twice the number in an int.
    let error = try #require(refusal(by: mechanism, bufferBytes: 1 << 30))
    #expect(error.text.contains("sysctl -w net.core.wmem_max=\(1 << 30)"))
  }

  @Test(arguments: [Mechanism.unixStream, .tcp])
  func aSocketBufferThatIsTooSmallNamesTheSmallest(mechanism: Mechanism) throws {
    let error = try #require(refusal(by: mechanism, bufferBytes: 1))
    #expect(error.call == "setsockopt(SO_SNDBUF)")
    #expect(error.text.contains("the kernel's smallest is "))
  }

  @Test(arguments: [
    (Mechanism.sharedMemoryRing, RingLayout.smallestBufferBytes),
    (.sharedMemoryPlain, PlainRingLayout.smallestBufferBytes),
  ])
  func aRingThatIsTooSmallNamesTheSmallest(mechanism: Mechanism, smallest: Int) throws {
    let error = try #require(refusal(by: mechanism, bufferBytes: smallest - 1))
    #expect(error.call == mechanism.name)
    #expect(error.text == "the smallest ring has \(smallest) bytes")
    _ = try mechanism.makeLink(workload(bufferBytes: smallest))
  }

  @Test func aNameThatIsTakenIsLeftToItsOwner() throws {
    let name = Leftovers.nextSharedMemoryName()
    let last = try #require(name.split(separator: "-").last.flatMap { Int($0) })
    let prefix = name.dropLast("\(last)".count)
    let taken = (last + 1...last + 8).map { "\(prefix)\($0)" }
    defer { for name in taken { shm_unlink(name) } }
    for name in taken {
      let number = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      // Another test has just had it.
      if number < 0 { continue }
      defer { close(number) }
      #expect(ftruncate(number, 12_345) == 0)
    }

    let link = try Mechanism.sharedMemoryRing.makeLink(workload())
    var own = stat()
    #expect(fstat(link.producer.numbers[0], &own) == 0)
    for name in taken {
      var status = stat()
      try #require(stat("/dev/shm\(name)", &status) == 0, "\(name) is gone")
      #expect(status.st_ino != own.st_ino)
      #expect(status.st_size == 12_345)
    }
  }
}
