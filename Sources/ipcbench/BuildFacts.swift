import CLinux
import Mechanisms
import Results

extension Build {
  /// With a mark in a build that is slower on purpose, as semantic versioning marks builds (semver.org,
  /// item 10).
  static let versionText: String = {
    let percent = linux_injected_slowdown_percent()
    return percent == 0 ? IPCBench.version : "\(IPCBench.version)+slowed-by-\(percent)-percent"
  }()

  /// The build that is running.
  static var current: Build {
    let commit = String(cString: linux_build_commit())
    return Build(
      version: versionText, commit: commit.isEmpty ? nil : commit, mode: mode,
      compiler: String(cString: linux_build_compiler()),
      packages: DependencyVersions.packages, libraries: libraries)
  }

  /// The C library has no entry in pkg-config.
  private static var libraries: [String: String] {
    var versions = DependencyVersions.libraries
    versions["glibc"] = String(cString: linux_build_libc_version())
    return versions
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
      readCostNanoseconds: Clock.readCostNanoseconds(), samples: .measured())
  }
}

extension SampleClockDescription {
  /// What every worker stamps round trips with, as measured now.
  static func measured() -> SampleClockDescription {
    SampleClockDescription(
      name: SampleClock.readsCounter ? "time-stamp counter" : ClockDescription.measuredName,
      readCostNanoseconds: SampleClock.readCostNanoseconds(),
      addedNanoseconds: SampleClock.addedNanoseconds())
  }
}
