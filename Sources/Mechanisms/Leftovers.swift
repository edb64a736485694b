import Glibc
import Paths
import Synchronization

/// The names that a link has for a moment, between the call that makes an object and the one that
/// takes its name away, and how to find those that a killed driver left in that moment.
public enum Leftovers {
  private static let prefix = "ipcbench-"
  private static let made = Atomic<Int>(0)

  /// A name for shm_open(3) that no other run uses: it carries this process's number.
  static func nextSharedMemoryName() -> String {
    "/\(prefix)\(getpid())-\(made.add(1, ordering: .relaxed).newValue)"
  }

  /// A name for a directory of FIFOs that nobody can foresee.
  static func nextDirectoryName() -> String {
    "\(prefix)\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 36))"
  }

  /// Where FIFOs are made.
  static var temporaryDirectory: String { environmentVariable("TMPDIR") ?? "/tmp" }

  /// Removes what drivers of this user left behind that were killed in that moment: objects whose
  /// name carries the number of a process that is gone.
  public static func sweep() {
    for name in orphans(in: "/dev/shm") { "/\(name)".withSystemBytes { _ = shm_unlink($0) } }
    guard let place = Folder.open(temporaryDirectory, followingLink: true) else { return }
    for name in orphans(in: temporaryDirectory) {
      // Everybody may write to /tmp: a link there leads to wherever its maker likes.
      guard let directory = place.folder(name), directory.status()?.st_uid == geteuid() else {
        continue
      }
      for fifo in ["forth", "back"] where directory.holdsFIFO(fifo) { directory.remove(fifo) }
      // Fails, rightly, if anybody put something of his own there.
      place.removeFolder(name)
    }
  }

  /// Paths of what carries this process's own number: between trials there must be none.
  public static func ofThisProcess() -> [String] {
    ["/dev/shm", temporaryDirectory].flatMap { directory in
      namesOfEntries(in: directory).filter { $0.hasPrefix("\(prefix)\(getpid())-") }
        .map { "\(directory)/\($0)" }
    }
  }

  private static func orphans(in directory: String) -> [String] {
    guard let folder = Folder.open(directory, followingLink: true) else { return [] }
    return (folder.names() ?? []).filter { name in
      guard name.hasPrefix(prefix), let process = processNumber(in: name),
        folder.status(of: name)?.st_uid == geteuid()
      else { return false }
      return kill(process, 0) != 0 && errno == ESRCH
    }
  }

  private static func processNumber(in name: String) -> pid_t? {
    name.dropFirst(prefix.count).split(separator: "-").first.flatMap { pid_t($0) }
  }
}

extension Folder {
  fileprivate func holdsFIFO(_ name: String) -> Bool {
    (status(of: name)?.st_mode ?? 0) & S_IFMT == S_IFIFO
  }
}
