import Glibc
import Testing
import Trials

@testable import Harness

/// Anonymous memory that nobody has touched yet.
private struct FreshMemory: ~Copyable {
  let bytes: UnsafeMutableRawBufferPointer

  init(pages: Int) throws {
    let size = pages * sysconf(Int32(_SC_PAGESIZE))
    let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    bytes = UnsafeMutableRawBufferPointer(
      start: try #require(address == MAP_FAILED ? nil : address), count: size)
  }

  deinit {
    munmap(bytes.baseAddress, bytes.count)
  }

  /// Writes to the first pages, so that the kernel has to place them.
  func touch(pages: Int) {
    for page in 0..<pages { bytes[page * sysconf(Int32(_SC_PAGESIZE))] = 1 }
  }
}

// A policy belongs to a thread, and a synchronous test keeps its thread: no test sees another's.
@Suite(.enabled(if: (try? NUMAMemory.nodes()) != nil, "this host forbids memory policies"))
struct NUMAMemoryTests {
  @Test func boundMemoryIsFoundOnItsNode() throws {
    let node = try #require(try NUMAMemory.nodes().first)
    try NUMAMemory.bind(toNode: node)
    defer { #expect(throws: Never.self) { try NUMAMemory.unbind() } }
    let memory = try FreshMemory(pages: 16)
    memory.touch(pages: 16)
    try NUMAMemory.verify(node: node, range: UnsafeRawBufferPointer(memory.bytes))
  }

  @Test func pagesThatWereNeverTouchedAreCounted() throws {
    let node = try #require(try NUMAMemory.nodes().first)
    try NUMAMemory.bind(toNode: node)
    defer { #expect(throws: Never.self) { try NUMAMemory.unbind() } }
    let memory = try FreshMemory(pages: 16)
    memory.touch(pages: 10)
    let error = #expect(throws: NUMAError.self) {
      try NUMAMemory.verify(node: node, range: UnsafeRawBufferPointer(memory.bytes))
    }
    #expect(
      error?.description
        == "memory is not all on NUMA node \(node): of the pages checked, 10 on node \(node), "
        + "6 not touched yet; bind to the node before the memory is first touched")
  }

  @Test func memoryElsewhereIsReportedWithWhereItIs() throws {
    let node = try #require(try NUMAMemory.nodes().first)
    try NUMAMemory.bind(toNode: node)
    defer { #expect(throws: Never.self) { try NUMAMemory.unbind() } }
    let memory = try FreshMemory(pages: 1)
    memory.touch(pages: 1)
    #expect(throws: NUMAError.misplaced(wanted: 1000, PagePlacement([Int32(node)]))) {
      try NUMAMemory.verify(node: 1000, range: UnsafeRawBufferPointer(memory.bytes))
    }
  }

  @Test(arguments: [1000, 1_000_000, -1])
  func aNodeThatDoesNotExistIsRefused(node: Int) throws {
    let error = #expect(throws: NUMAError.self) { try NUMAMemory.bind(toNode: node) }
    let text = try #require(error?.description)
    #expect(text.hasPrefix("NUMA node \(node) does not exist; this machine has nodes 0"))
  }

  @Test func nothingIsMisplacedInAnEmptyRange() throws {
    try NUMAMemory.verify(node: 0, range: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  @Test(arguments: [
    // offset into a page, bytes, pages
    (0, 4096, 1), (1, 4096, 2), (4095, 1, 1), (4095, 2, 2), (0, 4096 * 4096, 4096),
    (0, 4096 * 100_000, 4096),
  ])
  func pagesAreSampledFromTheFirstToTheLast(offset: Int, bytes: Int, pages: Int) {
    let start = 0x10_0000 + offset
    let range = UnsafeRawBufferPointer(
      start: UnsafeRawPointer(bitPattern: start), count: bytes)
    let sampled = NUMAMemory.sampledPages(of: range, pageBytes: 4096)
      .map { Int(bitPattern: $0) }
    #expect(sampled.count == pages)
    #expect(sampled.first == 0x10_0000)
    #expect(sampled.last == (start + bytes - 1) / 4096 * 4096)
    #expect(Set(sampled).count == pages)
  }

  @Test func everyKindOfPageIsNamed() {
    let placed = PagePlacement([0, 0, 1, -ENOENT, -EFAULT, -EBUSY])
    #expect(
      placed.description
        == "2 on node 0, 1 on node 1, 2 not touched yet, 1 unknown (Device or resource busy)")
  }
}
