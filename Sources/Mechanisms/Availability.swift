import Glibc
import Trials

extension Mechanism {
  /// Why a mechanism cannot be had on this host, found out by making the smallest of its links and
  /// letting it go again; nil where that works.
  public static func obstacle(to makeLink: MakeLink) -> CallError? {
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
