import FoundationEssentials
import Glibc
import Trials

/// Where an interleaved run will leave its two run folders. The end of its life takes the folder away
/// again unless something has been put there.
public struct InterleavedPlace: ~Copyable {
  public let path: String
  /// For what is needed only while the run goes on. Beside the results and not in /tmp, so that a run
  /// that is killed leaves nothing elsewhere, and a disk that is full is noticed as the results' own.
  public let scratch: String

  /// Makes the folder, and those above it.
  ///
  /// - Parameter id: Names a folder that is new where no path is given.
  /// - Throws: `.cannotCreate` where anything is at `path`, an empty folder included.
  public static func claim(
    _ path: String?, orNamed id: String = "versus"
  ) throws(ResultsError) -> InterleavedPlace {
    let path = try claimFolder(path, orNew: RunFolder.defaultPath(forRun: id))
    let scratch = "\(path)/scratch"
    guard mkdir(scratch, 0o777) == 0 else {
      let error = ResultsError.creating(scratch, errno)
      rmdir(path)
      throw error
    }
    return InterleavedPlace(path: path, scratch: scratch)
  }

  private init(path: String, scratch: String) {
    self.path = path
    self.scratch = scratch
  }

  deinit { tidyUp() }

  /// What the end of its life does, for a program that ends at once.
  public var tidyUp: @Sendable () -> Void {
    let (path, scratch) = (path, scratch)
    return {
      try? FileManager.default.removeItem(atPath: scratch)
      // Refused, rightly, once there are results.
      rmdir(path)
    }
  }

  package func folder(of side: RunSide) -> String { "\(path)/\(side.rawValue)" }
}

/// The two run folders of an interleaved run. Pairs of trials are safe in them as they end.
public struct InterleavedFolder: ~Copyable {
  private var base: RunFolder
  private var head: RunFolder

  /// Makes both folders; if the second cannot be, the first is not left behind.
  public static func create(
    in place: borrowing InterleavedPlace, describing runs: BothSides<RunDescription>
  ) throws(ResultsError) -> InterleavedFolder {
    let base = try RunFolder.create(at: place.folder(of: .base), describing: runs.base)
    do throws(ResultsError) {
      return InterleavedFolder(
        base: base, head: try RunFolder.create(at: place.folder(of: .head), describing: runs.head))
    } catch {
      RunFolder.removeEmpty(place.folder(of: .base))
      throw error
    }
  }

  private init(base: consuming RunFolder, head: consuming RunFolder) {
    self.base = base
    self.head = head
  }

  /// What hardware and kernel charge, as the floors say, does not depend on the build.
  public mutating func keep(_ floors: [Floor]) throws(ResultsError) {
    try base.keep(floors)
    try head.keep(floors)
  }

  /// What the links' buffers hold, each side's by its own account.
  public mutating func keep(_ buffers: BothSides<[BufferFit]>) throws(ResultsError) {
    try base.keep(buffers.base)
    try head.keep(buffers.head)
  }

  /// Keeps a pair, when both of its trials have ended.
  public mutating func append(
    _ records: BothSides<TrialRecord>, _ histograms: BothSides<LatencyHistograms>
  ) throws(ResultsError) {
    try base.append(records.base, histograms.base)
    try head.append(records.head, histograms.head)
  }

  /// Takes note of pairs beyond those planned at first.
  public mutating func plan(morePairs count: Int) {
    base.plan(moreTrials: count)
    head.plan(moreTrials: count)
  }

  /// Finishes both, as `RunFolder.finish` does one.
  public mutating func finish(
    _ summaries: inout BothSides<Summary>, at finished: UTCTime,
    precision: BothSides<PrecisionReport?>, interrupted: Bool
  ) throws(ResultsError) {
    try base.finish(
      &summaries.base, at: finished, precision: precision.base, interrupted: interrupted)
    try head.finish(
      &summaries.head, at: finished, precision: precision.head, interrupted: interrupted)
  }
}
