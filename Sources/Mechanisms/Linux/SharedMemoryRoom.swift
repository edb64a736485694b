import Glibc
import Paths
import Trials

/// How much room there is for POSIX shared memory. shm_overview(7), statvfs(3).
///
/// A page that finds no room when it is first written to ends the process by SIGBUS, so room is made
/// sure of before anything is mapped: looked at when a run is planned, and taken when an object is made.
public struct SharedMemoryRoom: Hashable, Sendable {
  public static let folder = "/dev/shm"

  public var freeBytes: Int
  public var totalBytes: Int

  public init(freeBytes: Int, totalBytes: Int) {
    self.freeBytes = freeBytes
    self.totalBytes = totalBytes
  }

  /// What there is now; nil where the system does not tell.
  public static func now() -> SharedMemoryRoom? {
    var status = statvfs()
    guard folder.withSystemBytes({ statvfs($0, &status) }) == 0 else { return nil }
    // Zero blocks in all is how a tmpfs says that nothing limits it.
    guard status.f_blocks > 0 else { return nil }
    let block = Int(clamping: status.f_frsize)
    func bytes(_ blocks: fsblkcnt_t) -> Int {
      let (bytes, overflow) = Int(clamping: blocks).multipliedReportingOverflow(by: block)
      return overflow ? .max : bytes
    }
    return SharedMemoryRoom(freeBytes: bytes(status.f_bavail), totalBytes: bytes(status.f_blocks))
  }

  /// Why so many bytes cannot be had, and what to do; nil where they fit.
  public func shortage(of neededBytes: Int) -> String? {
    guard neededBytes > freeBytes else { return nil }
    return Self.shortage(of: neededBytes, in: self)
  }

  /// - Parameter room: nil where the system does not tell.
  static func shortage(of neededBytes: Int, in room: SharedMemoryRoom?) -> String {
    let free = room.map { ByteSize.format($0.freeBytes) + " of \(ByteSize.format($0.totalBytes))" }
    return
      "\(folder) has \(free ?? "too little") free and \(ByteSize.format(neededBytes)) are needed; "
      + "lower --buffer, or make it larger: \(enlargement(for: neededBytes)) "
      + "(containers: --shm-size)"
  }

  /// The command that makes the folder larger, with as much to spare.
  public static func enlargement(for neededBytes: Int) -> String {
    let mebibyte = 1 << 20
    let (twice, overflow) = neededBytes.multipliedReportingOverflow(by: 2)
    let wanted = max((overflow ? Int.max / 2 : twice) / mebibyte + 1, 256)
    return "sudo mount -o remount,size=\(wanted)m \(folder)"
  }
}

/// Gives a fresh memory object its size and sees to it that there is room for every page of it.
///
/// Where memory has several nodes the pages are let go again: each is to come from the node of the worker
/// that touches it first. ftruncate(2), posix_fallocate(3).
func reserve(
  _ object: borrowing OwnedDescriptor, byteCount: Int, while attempt: String,
  keepingPages: Bool = !hasSeveralMemoryNodes
) throws(CallError) {
  try setSize(of: object, to: byteCount, while: attempt)
  // The call gives its error back, and stops wherever a signal comes.
  var code = EINTR
  while code == EINTR { code = posix_fallocate(object.number, 0, off_t(byteCount)) }
  // A sandbox that does not know the call may have room all the same; a worker that finds none says so.
  guard ![EPERM, ENOSYS, EOPNOTSUPP, EINVAL].contains(code) else { return }
  guard code == 0 else { throw CallError("posix_fallocate", while: attempt, errno: code) }
  guard !keepingPages else { return }
  try setSize(of: object, to: 0, while: attempt)
  try setSize(of: object, to: byteCount, while: attempt)
}

private func setSize(
  of object: borrowing OwnedDescriptor, to byteCount: Int, while attempt: String
) throws(CallError) {
  guard ftruncate(object.number, off_t(byteCount)) == 0 else {
    throw CallError("ftruncate", while: attempt)
  }
}

/// Whether memory may come from one of several places. Documentation/ABI/stable/sysfs-devices-node.
private let hasSeveralMemoryNodes =
  namesOfEntries(in: "/sys/devices/system/node").count {
    $0.hasPrefix("node") && Int($0.dropFirst(4)) != nil
  } > 1
