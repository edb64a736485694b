import Glibc
import Trials

extension Mechanism {
  /// Why the mechanism cannot be had on this host, and how to get it; nil when it can.
  public func unavailable() -> String? {
    isTried ? obstacle().map { "\($0)" } : nil
  }

  /// The same, found out by making the smallest of its links and letting it go again.
  public func obstacle() -> CallError? {
    let pageBytes = max(Int(sysconf(Int32(_SC_PAGESIZE))), 4096)
    let workload = Workload(pattern: .pingPong, payloadBytes: 64, bufferBytes: pageBytes)
    do throws(CallError) {
      _ = try makeLink(workload)
      return nil
    } catch {
      return error
    }
  }
}
