import CLinux
import Mechanisms
import Results

extension Build {
  /// The build that is running.
  static var current: Build {
    let commit = String(cString: linux_build_commit())
    return Build(
      version: IPCBench.version, commit: commit.isEmpty ? nil : commit, mode: mode,
      compiler: String(cString: linux_build_compiler()))
  }

  static var isDebug: Bool { mode == "debug" }

  #if DEBUG
    private static let mode = "debug"
  #else
    private static let mode = "release"
  #endif
}

extension ClockDescription {
  static let measuredName = "CLOCK_MONOTONIC"

  /// The clock that every worker reads, as measured now.
  static func measured() -> ClockDescription {
    ClockDescription(
      name: measuredName, resolutionNanoseconds: Double(Clock.resolutionNanoseconds()),
      readCostNanoseconds: Clock.readCostNanoseconds())
  }
}
