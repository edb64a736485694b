import Trials

/// The histograms of a run folder, by trial: those of one log a run, or of a log a trial as older folders
/// have them.
package struct StoredHistograms {
  private let folder: String
  /// nil where there is no such file.
  private let log: IndexedLog?

  /// Opens what there is; a folder may have none.
  ///
  /// - Throws: `.malformed` with the line to blame.
  package init(inRunFolder folder: String) throws(ResultsError) {
    self.folder = folder
    do throws(ResultsError) {
      log = try IndexedLog("\(folder)/\(HistogramLog.fileName)")
    } catch {
      guard error.kind == .missing else { throw error }
      log = nil
    }
  }

  /// The histograms of a trial, or nil where there is none of its latency.
  ///
  /// - Throws: `.malformed` if it holds another number of samples than the row.
  package func read(of record: TrialRecord) throws(ResultsError) -> LatencyHistograms? {
    let path = log?.path ?? "\(folder)/\(HistogramLog.oldFolderName)/\(record.trialID).hlog"
    let found: LatencyHistograms?
    if let log {
      found = try log.read(of: record)
    } else {
      found = try Self.readOldLog(path)
    }
    guard let found else { return nil }
    guard found.latency.samples == record.latencySamples ?? 0 else {
      throw HistogramLog.malformed(
        path,
        "\(found.latency.samples) samples of trial \(record.trialID), but the trial's row says "
          + "\(record.latencySamples ?? 0)")
    }
    return found
  }

  /// A log of one trial, from before there was one a run; nil if there is none.
  private static func readOldLog(_ path: String) throws(ResultsError) -> LatencyHistograms? {
    var histograms = LatencyHistograms()
    var seen: Set<String?> = []
    var knowsVersion = false
    do throws(ResultsError) {
      var file = try CSVFile.open(path)
      while try file.next() {
        if let aside = HistogramLog.aside(file) {
          if aside == .version { knowsVersion = true }
          continue
        }
        let place = "\(path):\(file.line)"
        guard knowsVersion else {
          throw HistogramLog.malformed(place, "no '\(HistogramLog.versionLine)' before this line")
        }
        let interval = try HistogramLog.interval(file, at: place)
        guard seen.insert(interval.tag).inserted else {
          throw HistogramLog.malformed(place, "a second histogram of one kind")
        }
        switch interval.tag {
        case nil: histograms.latency = interval.counts
        case .some(let name):
          guard let tag = LatencyHistograms.Tag(rawValue: name) else {
            throw HistogramLog.malformed(place, "a tag '\(name)' is not known here")
          }
          histograms.tagged[tag] = interval.counts
        }
      }
    } catch {
      guard error.kind == .missing else { throw error }
      return nil
    }
    return histograms
  }
}

/// One log of a whole run, and where each of its lines begins.
///
/// Only the places are kept, 16 bytes a line; a line is read when it is asked for. Trials are usually asked
/// for in the order of the file, and then it is read from front to back.
private final class IndexedLog {
  let path: String
  private var file: CSVFile
  /// By the hash of the tag: the tags themselves would take more memory than all else that is known of a
  /// run. Two of a million tags have the same one with a chance of one in thirty million.
  private var places: [Int: Int] = [:]

  init(_ path: String) throws(ResultsError) {
    self.path = path
    file = try CSVFile.open(path)
    var knowsVersion = false
    var start = 0
    while try file.next() {
      defer { start = file.nextRowOffset }
      if let aside = HistogramLog.aside(file) {
        if aside == .version { knowsVersion = true }
        continue
      }
      // A crash may have torn the last line, whose trial has no row then.
      guard file.hasLineEnd else { continue }
      let place = "\(path):\(file.line)"
      guard knowsVersion else {
        throw HistogramLog.malformed(place, "no '\(HistogramLog.versionLine)' before this line")
      }
      guard let tag = HistogramLog.tag(file) else {
        throw HistogramLog.malformed(place, "no tag, which would name the trial")
      }
      guard places.updateValue(start, forKey: tag.hashValue) == nil else {
        throw HistogramLog.malformed(place, "a second histogram with the tag '\(tag)'")
      }
    }
  }

  func read(of record: TrialRecord) throws(ResultsError) -> LatencyHistograms? {
    guard let latency = try counts(HistogramLog.tag(of: record)) else { return nil }
    var histograms = LatencyHistograms(latency: latency)
    if let service = try counts(HistogramLog.tag(of: record, .service)) {
      histograms.tagged[.service] = service
    }
    return histograms
  }

  /// What the line with this tag says; nil without one.
  private func counts(_ tag: String) throws(ResultsError) -> [LatencyCount]? {
    guard let offset = places[tag.hashValue] else { return nil }
    let place = "\(path): '\(tag)'"
    guard try file.goToRow(at: offset) else {
      throw HistogramLog.malformed(place, "the file became shorter while it was read")
    }
    let interval = try HistogramLog.interval(file, at: place)
    return interval.tag == tag ? interval.counts : nil
  }
}
