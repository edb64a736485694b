/// The mechanisms that move nothing, or do nothing but copy: what the hardware and the kernel charge at
/// least for what every mechanism has to do. The hand-off between sleeping sides is none of the least: see
/// ``wake``. Raw values are the mechanisms' names.
public enum FloorName: String, Codable, CaseIterable, Sendable {
  /// The harness's own loop: a message is written and inspected where it lies.
  case null = "floor-null"
  /// One read of the clock.
  case clock = "floor-clock"
  /// One system call that does next to nothing.
  case systemCall = "floor-syscall"
  /// A cache line handed over and back.
  case oneLineBounce = "floor-bounce-1"
  /// A cache line handed over, and another one back.
  case twoLineBounce = "floor-bounce-2"
  /// A message copied on the producer's core.
  case localCopy = "floor-copy-local"
  /// A message copied into shared memory by one core and out again by the other.
  case crossCopy = "floor-copy-cross"
  /// A sleeping peer woken, and woken by it: the plainest hand-off by futex, as a reference. It is no lower
  /// bound; pipes and sockets, which the kernel wakes by other ways, can be faster.
  case wake = "floor-wake"

  /// Whether its cost depends on the size of the message.
  public var dependsOnPayload: Bool { self == .localCopy || self == .crossCopy }
}

extension Configuration {
  /// Whether every byte of a message gets from one side to the other. In place nothing moves that nobody
  /// writes and reads, and a floor without a payload has none to move: bytes a second mean nothing there.
  public var movesPayload: Bool {
    if let floor = FloorName(rawValue: mechanism), !floor.dependsOnPayload { return false }
    return workload.dataPath == .copy || workload.touch == .full
  }
}
