import Foundation
import Glibc
import Testing

/// Every test of the suite must leave this process as it was: no child, no name in /dev/shm or the
/// temporary directory, no descriptor. Counts on `--no-parallel`, as other tests start children, too.
package struct LeavesNothing: SuiteTrait, TestTrait, TestScoping {
  package var isRecursive: Bool { true }

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: () async throws -> Void
  ) async throws {
    forbidCoreFiles()
    let before = openDescriptors()
    try await function()
    #expect(!hasChildren(), "a child process is left")
    #expect(remainingNames(of: getpid()) == [])
    let leaked = openDescriptors().filter { !before.contains($0) }
    #expect(leaked == [], "descriptors are left open")
  }

  /// Number and target of each descriptor, so that a number that was closed and opened again shows.
  private func openDescriptors() -> [String] {
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return numbers.compactMap { number in
      // The descriptor of the listing itself is gone by now, and has no target.
      let target = try? FileManager.default.destinationOfSymbolicLink(
        atPath: "/proc/self/fd/\(number)")
      return target.map { "\(number) \($0)" }
    }
  }

  /// waitid(2) with WNOWAIT, so that a child that is there stays for whoever waits for it.
  private func hasChildren() -> Bool {
    var info = siginfo_t()
    return !(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD)
  }

  /// The tests crash workers on purpose, on hosts that keep core files, too.
  private func forbidCoreFiles() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
    guard getrlimit(resource, &none) == 0 else { return }
    none.rlim_cur = 0
    setrlimit(resource, &none)
  }
}

extension Trait where Self == LeavesNothing {
  package static var leavesNothing: Self { LeavesNothing() }
}

/// Shared-memory objects and private directories that carry a driver's process number.
package func remainingNames(of process: pid_t) -> [String] {
  let temporary = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
  return ["/dev/shm", temporary].flatMap { directory in
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
      .filter { $0.hasPrefix("ipcbench-\(process)-") }
      .map { "\(directory)/\($0)" }
  }
}
