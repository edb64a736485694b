import CLinux
import Glibc
import Mechanisms

extension Driver {
  /// How many descriptors a run has open at once beside those at its start.
  private static let descriptorsOfATrial = 16

  /// What keeps any trial from being run here, whatever its mechanism, found out by trying; nil where
  /// nothing does.
  ///
  /// What a sandbox refuses or a limit forbids is said once, before anything starts, and not by each trial.
  public static func obstacle() -> CallError? {
    do throws(CallError) {
      _ = try TrialMemory.create()
      _ = try ControlSocket.pair()
      let watched = linux_pidfd_open(getpid())
      guard watched >= 0 else {
        throw CallError("pidfd_open", while: "watching a process", for: .connecting)
      }
      close(watched)
      guard linux_check_pinning() == 0 else {
        throw CallError(
          "sched_setaffinity", while: "pinning a process to its CPUs", for: .examining)
      }
      guard access("/proc/self/exe", X_OK) == 0 else {
        throw CallError("access", while: "looking for /proc/self/exe", for: .examining)
      }
      try openDescriptors()
      return nil
    } catch {
      return error
    }
  }

  private static func openDescriptors() throws(CallError) {
    var numbers: [Int32] = []
    defer { for number in numbers { close(number) } }
    for _ in 0..<descriptorsOfATrial {
      let number = open("/", O_RDONLY | O_CLOEXEC)
      guard number >= 0 else {
        throw CallError(
          "open", while: "opening as many files as a trial has open", for: .connecting)
      }
      numbers.append(number)
    }
  }
}
