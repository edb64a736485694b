import Glibc
import Trials

extension Mechanism {
  /// Two single-producer single-consumer rings in POSIX shared memory, with futex wake-ups.
  /// shm_overview(7), futex(2).
  public static let sharedMemoryRing = Mechanism(
    "shm-ring", summary: "two rings in POSIX shared memory, laid out for the payload",
    copies: "copied into shared memory and out again; in place: not at all; "
      + "slots have the payload's size, which no other mechanism is told, and where a side spins "
      + "streams go through four times the L2 cache, of which --buffer may be full",
    lendingBlock: SharedMemoryRing<Blocking>.self, spin: SharedMemoryRing<Spinning>.self,
    adaptive: SharedMemoryRing<Adaptive>.self,
    buffer: .ownLayout { RingLayout($0).capacityBytes(payloadBytes: $0.payloadBytes) },
    sharedMemoryBytes: { 2 * RingLayout($0).byteCount },
    makeLink: { workload throws(CallError) in
      guard workload.bufferBytes >= RingLayout.smallestBufferBytes else {
        throw CallError(
          "shm-ring", code: 0,
          text: "the smallest ring has \(RingLayout.smallestBufferBytes) bytes",
          while: "making a ring of \(workload.bufferBytes) bytes")
      }
      guard workload.dataPath == .copy || workload.payloadBytes <= workload.bufferBytes / 2 else {
        throw CallError(
          "shm-ring", code: 0,
          text: "a message in place lies whole in the ring, which holds two or more",
          while: "making a ring of \(workload.bufferBytes) bytes for messages of "
            + "\(workload.payloadBytes)")
      }
      return try sharedMemoryLink(byteCount: 2 * RingLayout(workload).byteCount)
    })
}

/// Two ends that are the same fresh shared memory, all of it zero.
func sharedMemoryLink(byteCount: Int) throws(CallError) -> Link {
  let memory = try withShortage(of: byteCount) { () throws(CallError) in
    try sharedMemoryObject(byteCount: byteCount)
  }
  return Link(
    producer: LinkEnd(incoming: try memory.duplicate()), consumer: LinkEnd(incoming: memory))
}

/// A POSIX shared-memory object of this size whose name is gone again: the descriptor is all that is
/// left of it, so nothing can stay behind. shm_open(3), shm_unlink(3).
private func sharedMemoryObject(byteCount: Int) throws(CallError) -> OwnedDescriptor {
  // Another program may own a name; a fresh one is tried rather than somebody's memory taken.
  for _ in 0..<16 {
    let name = Leftovers.nextSharedMemoryName()
    let number = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if number < 0 {
      if errno == EEXIST || errno == EINTR { continue }
      throw CallError("shm_open", while: "making \(name)", for: .sharingMemory)
    }
    shm_unlink(name)
    let object = OwnedDescriptor(adopting: number)
    try reserve(object, byteCount: byteCount, while: "making \(byteCount) bytes of shared memory")
    return object
  }
  throw CallError(
    "shm_open", code: EEXIST, text: "sixteen names in a row are taken; remove /dev/shm/ipcbench-*",
    while: "making shared memory")
}

/// Puts what is needed and what is free into the place of the kernel's words where room is short.
private func withShortage(
  of byteCount: Int, _ body: () throws(CallError) -> OwnedDescriptor
) throws(CallError) -> OwnedDescriptor {
  do throws(CallError) { return try body() } catch {
    guard error.code == ENOSPC else { throw error }
    var error = error
    error.text = SharedMemoryRoom.shortage(of: byteCount, in: .now())
    throw error
  }
}

extension OwnedDescriptor {
  /// A second descriptor of the same object. fcntl(2) F_DUPFD_CLOEXEC.
  fileprivate func duplicate() throws(CallError) -> OwnedDescriptor {
    OwnedDescriptor(
      adopting: try retrying("fcntl(F_DUPFD_CLOEXEC)", while: "sharing memory with both workers") {
        fcntl(number, F_DUPFD_CLOEXEC, 0)
      })
  }
}
