import CLinux
import Glibc

/// A range of mapped memory with one owner; the end of its life unmaps it. mmap(2).
public struct SharedMapping: ~Copyable, @unchecked Sendable {
  /// Page aligned. Valid as long as the mapping lives.
  public let bytes: UnsafeMutableRawBufferPointer

  private init(_ bytes: UnsafeMutableRawBufferPointer) {
    self.bytes = bytes
  }

  deinit {
    munmap(bytes.baseAddress, bytes.count)
  }

  /// Maps the first `byteCount` bytes of a memory object for reading and writing, shared with
  /// every other process that maps it. No page is touched yet.
  public static func shared(
    _ object: borrowing OwnedDescriptor, byteCount: Int
  ) throws(CallError) -> SharedMapping {
    try map(byteCount, flags: MAP_SHARED, descriptor: object.number)
  }

  /// Private zeroed memory, every page of it present before this returns.
  public static func prefaulted(byteCount: Int) throws(CallError) -> SharedMapping {
    try map(byteCount, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, descriptor: -1)
  }

  /// Private zeroed memory of which no page is there before it is touched.
  static func untouched(byteCount: Int) throws(CallError) -> SharedMapping {
    try map(byteCount, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, descriptor: -1)
  }

  private static func map(
    _ byteCount: Int, flags: Int32, descriptor: Int32
  ) throws(CallError) -> SharedMapping {
    let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, descriptor, 0)
    guard let address, address != MAP_FAILED else {
      throw CallError("mmap", while: "mapping \(byteCount) bytes")
    }
    return SharedMapping(UnsafeMutableRawBufferPointer(start: address, count: byteCount))
  }

  /// Writes to one byte of every page in the range, so that no fault is left for later and the
  /// pages come to lie where the calling thread's memory policy wants them.
  func prefault(from offset: Int, byteCount: Int) {
    let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))
    var position = offset
    while position < offset + byteCount {
      // Rewriting the byte that is there leaves a peer's work in the page as it was; nobody
      // writes to the range before its owner is ready.
      let byte = bytes.load(fromByteOffset: position, as: UInt8.self)
      // Or the compiler sees that the byte stays what it was, and leaves the store out.
      linux_compiler_barrier()
      bytes.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
      position += pageBytes
    }
  }
}
