import Trials

extension Mechanism {
  /// The bounded buffer of the lectures in POSIX shared memory, one a direction: two indexes and slots.
  /// shm_overview(7), futex(2).
  ///
  /// It is here to hold `shm-ring` against: what both lose is lost by shared memory, what only one
  /// of them loses says something about its code.
  public static let sharedMemoryPlain = Mechanism(
    "shm-plain", summary: "two plain bounded buffers in POSIX shared memory",
    copies: "copied into shared memory and out again",
    block: PlainRingChannel<Blocking>.self, spin: PlainRingChannel<Spinning>.self,
    adaptive: PlainRingChannel<Adaptive>.self,
    buffer: .ownLayout { PlainRingLayout($0).capacityBytes },
    sharedMemoryBytes: { 2 * PlainRingLayout($0).byteCount },
    makeLink: { workload throws(CallError) in
      guard workload.bufferBytes >= PlainRingLayout.smallestBufferBytes else {
        throw CallError(
          "shm-plain", code: 0,
          text: "the smallest ring has \(PlainRingLayout.smallestBufferBytes) bytes",
          while: "making a ring of \(workload.bufferBytes) bytes")
      }
      return try sharedMemoryLink(byteCount: 2 * PlainRingLayout(workload).byteCount)
    })
}
