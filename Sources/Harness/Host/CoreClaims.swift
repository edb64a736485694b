import Glibc
import Synchronization

/// Tells every other ipcbench on this machine on which CPUs this one measures, and hears the same from them.
///
/// A claim is a Unix socket whose abstract name holds the CPU (unix(7)): the kernel lists the names in
/// /proc/net/unix and takes them away with their process, however that ends, and no file is left anywhere.
/// Names are seen within one network namespace, so that runs in two containers do not see each other; that
/// they were in each other's way shows in the CPU time of the sides that spin.
final class CoreClaims: Sendable {
  private struct Claims {
    /// Descriptors of the sockets by CPU; negative where the kernel refused one.
    var sockets: [Int: Int32] = [:]
  }

  private let claims = Mutex(Claims())
  private let files: SystemFiles
  /// Tells this process's claims from those of one with its number in another PID namespace.
  private let token = "\(pidNamespace()).\(String(UInt64.random(in: .min ... .max), radix: 36))"

  private static let prefix = "ipcbench-cpu-"

  init(root: String = "/") {
    files = SystemFiles(root: root)
  }

  deinit {
    claims.withLock { for socket in $0.sockets.values where socket >= 0 { close(socket) } }
  }

  /// Claims the CPUs until the end of this object's life, and says who else measures on one of them.
  ///
  /// - Returns: process numbers, ascending, as their own namespace counts them; empty where /proc does not
  ///   tell.
  func claim(_ cpus: [Int]) -> [Int] {
    claims.withLock { claims in
      for cpu in cpus where claims.sockets[cpu] == nil {
        claims.sockets[cpu] = Self.socket(named: "\(Self.prefix)\(cpu)-\(getpid())-\(token)")
      }
    }
    guard let text = files.text("/proc/net/unix") else { return [] }
    // A run that compares two builds starts one of them at a time, and measures nothing meanwhile.
    return Self.others(inList: text, on: Set(cpus), besides: token, orProcess: Int(getppid()))
  }

  /// Who else claims one of the CPUs, in the text of /proc/net/unix.
  static func others(
    inList text: String, on cpus: Set<Int>, besides token: String, orProcess parent: Int
  ) -> [Int] {
    // Num RefCount Protocol Flags Type St Inode Path, where @ stands for the zero byte.
    let found = text.split(separator: "\n").compactMap { line -> Int? in
      guard let name = line.split(separator: " ").last, name.hasPrefix("@\(prefix)") else {
        return nil
      }
      let parts = name.dropFirst(1 + prefix.count).split(separator: "-")
      guard parts.count == 3, let cpu = Int(parts[0]), let process = Int(parts[1]),
        cpus.contains(cpu), parts[2] != token,
        process != parent || isElsewhere(String(parts[2]), than: token)
      else { return nil }
      return process
    }
    return Set(found).sorted()
  }

  /// Whether two tokens are of different PID namespaces, where a number is somebody else's. Builds from
  /// before that was in a token do not say.
  private static func isElsewhere(_ token: String, than other: String) -> Bool {
    let namespaces = [token, other].map { $0.split(separator: ".") }.filter { $0.count == 2 }
      .map { $0[0] }
    return namespaces.count == 2 && namespaces[0] != namespaces[1]
  }

  /// A socket that nobody talks to, under an abstract name; negative if there is none to be had.
  private static func socket(named name: String) -> Int32 {
    let descriptor = Glibc.socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return -1 }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = [0] + Array(name.utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes.prefix($0.count)) }
    // An abstract name is as long as the address says, and ends in no zero.
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length)
      }
    }
    guard result == 0 else {
      close(descriptor)
      return -1
    }
    return descriptor
  }
}

/// The number of this process's PID namespace; 0 where /proc does not tell. pid_namespaces(7).
private func pidNamespace() -> UInt64 {
  var status = stat()
  return stat("/proc/self/ns/pid", &status) == 0 ? UInt64(status.st_ino) : 0
}
