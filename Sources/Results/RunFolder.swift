import Glibc
import Paths
import Trials

/// The folder that a run leaves behind. Its trials are safe in it one by one, as they end.
public struct RunFolder: ~Copyable {
  /// Held open: what the run writes goes there, whatever is at its path by then.
  private let folder: Folder
  /// Counts of the trials appended so far are kept in it.
  private var run: RunDescription
  private var trials: AppendOnlyFile
  private var histogramLog: AppendOnlyFile
  private var probes = RunProbes()

  /// Where a run goes without `--output`, below the current folder: by the run's ID, or by what several runs
  /// have in common.
  public static func defaultPath(forRun runID: String) -> String { "results/\(runID)" }

  /// Makes the folder at `path`; without one, a new folder below the current one, whose name is the run's ID.
  /// The run gets another if a run that began in the same second has it.
  ///
  /// - Throws: `.cannotCreate` where anything is at `path`, an empty folder included.
  public static func create(
    at path: String?, describing run: inout RunDescription
  ) throws(ResultsError) -> RunFolder {
    let folder = try claimFolder(path, orNew: defaultPath(forRun: run.runID))
    if path == nil { run.runID = folder.path.pathParts.last ?? run.runID }
    return try fill(folder, describing: run) { Glibc.write($0, $1, $2) }
  }

  /// Makes the folder, and those above it, with all that can be said before the first trial: a run
  /// that is killed still has its header row, `run.json` and `datapackage.json`.
  ///
  /// - Throws: `.cannotCreate` where anything is at `path`, an empty folder included.
  public static func create(
    at path: String, describing run: RunDescription
  ) throws(ResultsError) -> RunFolder {
    try create(at: path, describing: run) { Glibc.write($0, $1, $2) }
  }

  /// The same in a folder that is there.
  static func create(
    _ name: String, in parent: borrowing Folder, describing run: RunDescription
  ) throws(ResultsError) -> RunFolder {
    try fill(claimFolder(name, in: parent), describing: run) { Glibc.write($0, $1, $2) }
  }

  /// - Parameter writing: how rows and histograms get into their files.
  static func create(
    at path: String, describing run: RunDescription, writing: @escaping AppendOnlyFile.Write
  ) throws(ResultsError) -> RunFolder {
    try fill(claimFolder(path), describing: run, writing: writing)
  }

  private static func fill(
    _ folder: consuming Folder, describing run: RunDescription,
    writing: @escaping AppendOnlyFile.Write
  ) throws(ResultsError) -> RunFolder {
    do throws(ResultsError) {
      var run = run
      run.histograms = .all
      var histogramLog = try AppendOnlyFile.create(
        HistogramLog.fileName, in: folder, write: writing)
      try histogramLog.append(HistogramLog.header(of: run))
      var trials = try AppendOnlyFile.create(TrialRecord.fileName, in: folder, write: writing)
      try trials.append(CSV.header(TrialRecord.columns))
      try write(run, to: folder, hasSummary: false)
      return RunFolder(folder: folder, run: run, trials: trials, histogramLog: histogramLog)
    } catch {
      removeEmpty(folder)
      throw error.startingRun(in: folder.path)
    }
  }

  /// Takes away what `create` makes: nothing was measured yet, so nothing is worth keeping.
  private static func removeEmpty(_ folder: borrowing Folder) {
    for name in [
      TrialRecord.fileName, RunDescription.fileName, DataPackage.fileName, HistogramLog.fileName,
    ] {
      folder.remove(name)
    }
    // By its path, but only a folder, and only an empty one.
    folder.path.withSystemBytes { _ = rmdir($0) }
  }

  /// Takes it away again, as long as nothing was measured.
  consuming func discard() { Self.removeEmpty(folder) }

  private init(
    folder: consuming Folder, run: RunDescription, trials: consuming AppendOnlyFile,
    histogramLog: consuming AppendOnlyFile
  ) {
    self.folder = folder
    self.run = run
    self.trials = trials
    self.histogramLog = histogramLog
  }

  public var path: String { folder.path }

  /// Writes the floors, as far as they are measured, into `run.json`, where they are safe.
  public mutating func keep(_ floors: [Floor]) throws(ResultsError) {
    run.floors = floors
    try writeAgain(hasSummary: false)
  }

  /// Writes what the links' buffers hold into `run.json`.
  public mutating func keep(_ buffers: [BufferFit]) throws(ResultsError) {
    run.buffers = buffers
    try writeAgain(hasSummary: false)
  }

  /// Puts `run.json` and `datapackage.json` in the place of the ones before. A full disk leaves those, and
  /// the rows.
  private func writeAgain(hasSummary: Bool) throws(ResultsError) {
    do throws(ResultsError) {
      try Self.write(run, to: folder, hasSummary: hasSummary)
    } catch {
      throw error.keepingRows
    }
  }

  /// Returns once the kernel has the whole row, and before it the trial's lines of the histogram log, if
  /// it has samples: where a row is, its histogram is. A crash of ipcbench does not lose them any more.
  ///
  /// - Throws: `.inputOutput` if the disk is full. The rows before are kept whole, with their
  ///   histograms.
  public mutating func append(
    _ record: TrialRecord, _ histograms: LatencyHistograms
  ) throws(ResultsError) {
    let lengthBefore = histogramLog.wholeBytes
    do throws(ResultsError) {
      if !histograms.isEmpty {
        try histogramLog.append(HistogramLog.lines(of: record, histograms))
      }
      try trials.append(CSV.line(record, TrialRecord.columns))
    } catch {
      histogramLog.cut(to: lengthBefore)
      throw error.keepingRows
    }
    run.trials.count(record)
    probes.add(record)
  }

  /// Takes note of trials beyond those planned at first.
  public mutating func plan(moreTrials count: Int) {
    run.trials.planned += count
  }

  /// Taints the trials whose probes are unusual in this run, here and in the summary, which is made anew if
  /// the run had several worlds; then writes the summary, and the final `run.json` and `datapackage.json`.
  ///
  /// - Parameters:
  ///   - precision: how it came out, if one was asked for.
  ///   - interrupted: whether trials that were planned are missing because of a signal.
  public mutating func finish(
    _ summary: inout Summary, at finished: UTCTime, precision: PrecisionReport? = nil,
    interrupted: Bool
  ) throws(ResultsError) {
    let worlds = probes.worlds
    if probes.hasUnusual(in: worlds) {
      // Counted apart, because nothing is marked if the file cannot be written.
      var (marked, counts) = (summary, run.trials)
      try folder.markUnusualProbes(among: worlds) { record in
        marked.count(.probeUnusual, of: record)
        if !record.tainted { counts.countTaint() }
      }
      (summary, run.trials) = (marked, counts)
    }
    if worlds.areSeveral {
      // Only now can anybody tell which trials the medians are of.
      let floors = summary.floors
      summary = try Summary.read(from: folder.pathForReading)
      summary.floors = floors
      run.probeWorlds = WorldsOfCores.all(worlds)
    }
    run.precision = precision
    run.finished = finished
    run.interrupted = interrupted
    do throws(ResultsError) {
      try folder.replaceFile(SummaryRow.fileName) { file throws(ResultsError) in
        try summary.forEachPart { lines throws(ResultsError) in try file.append(lines) }
      }
    } catch {
      throw error.keepingRows
    }
    try writeAgain(hasSummary: true)
  }

  private static func write(
    _ run: RunDescription, to folder: borrowing Folder, hasSummary: Bool
  ) throws(ResultsError) {
    try folder.replaceFile(RunDescription.fileName, with: run.json())
    let package = DataPackage(describing: run, hasSummary: hasSummary)
    try folder.replaceFile(DataPackage.fileName, with: prettyJSON(package))
  }
}
