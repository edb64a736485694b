import Glibc
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

  /// A template for mkdtemp(3).
  static func directoryTemplate() -> String {
    "\(temporaryDirectory)/\(prefix)\(getpid())-XXXXXX"
  }

  private static var temporaryDirectory: String {
    environmentVariable("TMPDIR") ?? "/tmp"
  }

  /// Removes what drivers of this user left behind that were killed in that moment: objects whose
  /// name carries the number of a process that is gone.
  public static func sweep() {
    for name in orphans(in: "/dev/shm") { shm_unlink("/" + name) }
    for name in orphans(in: temporaryDirectory) {
      let directory = temporaryDirectory + "/" + name
      unlink(directory + "/forth")
      unlink(directory + "/back")
      // Fails, rightly, if anybody put something of his own there.
      rmdir(directory)
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
    namesOfEntries(in: directory).filter { name in
      guard name.hasPrefix(prefix), let process = processNumber(in: name) else { return false }
      var status = stat()
      guard lstat(directory + "/" + name, &status) == 0, status.st_uid == geteuid() else {
        return false
      }
      return kill(process, 0) != 0 && errno == ESRCH
    }
  }

  private static func processNumber(in name: String) -> pid_t? {
    name.dropFirst(prefix.count).split(separator: "-").first.flatMap { pid_t($0) }
  }
}
