import Glibc
import Paths
import Trials

/// Where an interleaved run will leave its two run folders. The end of its life takes the folder away
/// again unless something has been put there.
public struct InterleavedPlace: ~Copyable {
  private let held: Held
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
    let folder = try claimFolder(path, orNew: RunFolder.defaultPath(forRun: id))
    guard folder.makeFolder(Held.scratchName) else {
      let error = ResultsError.creating(folder.path(of: Held.scratchName), errno)
      folder.path.withSystemBytes { _ = rmdir($0) }
      throw error
    }
    return InterleavedPlace(folder: folder)
  }

  private init(folder: consuming Folder) {
    scratch = folder.path(of: Held.scratchName)
    held = Held(folder)
  }

  deinit { held.tidyUp() }

  public var path: String { held.folder.path }

  /// What the end of its life does, for a program that ends at once.
  public var tidyUp: @Sendable () -> Void { { [held] in held.tidyUp() } }

  /// The folder, for whoever takes it away.
  private final class Held: Sendable {
    static let scratchName = "scratch"
    let folder: Folder

    init(_ folder: consuming Folder) { self.folder = folder }

    func tidyUp() {
      folder.removeAll(Self.scratchName)
      // Refused, rightly, once there are results.
      folder.path.withSystemBytes { _ = rmdir($0) }
    }
  }

  func makeRun(
    of side: RunSide, describing run: RunDescription
  ) throws(ResultsError) -> RunFolder {
    try RunFolder.create(side.rawValue, in: held.folder, describing: run)
  }
}

/// The two run folders of an interleaved run. Pairs of trials are safe in them as they end.
public struct InterleavedFolder: ~Copyable {
  private var base: RunFolder
  private var head: RunFolder

  /// Makes both folders; if the second cannot be, the first is not left behind.
  public static func create(
    in place: borrowing InterleavedPlace, describing runs: BothSides<RunDescription>
  ) throws(ResultsError) -> InterleavedFolder {
    let base = try place.makeRun(of: .base, describing: runs.base)
    let head: RunFolder
    do throws(ResultsError) {
      head = try place.makeRun(of: .head, describing: runs.head)
    } catch {
      base.discard()
      throw error
    }
    return InterleavedFolder(base: base, head: head)
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
