import FoundationEssentials
import Trials

/// A trial's histograms in the log format of the HdrHistogram tools, version 1.3: one interval a
/// histogram, beginning when the trial did and as long as its timed part.
///
/// The histogram that the row's `latency_…` columns sum up has no tag, because the tools look only
/// at intervals without one unless told to. Sources: `HistogramLogWriter`, `HistogramLogReader` and
/// `HistogramLogProcessor` of http://hdrhistogram.org.
package enum HistogramLog {
  /// In a run folder.
  static let folderName = "histograms"

  private static let versionLine = "#[Histogram log format version 1.3]"
  /// The tools' own writers stamp 1.2 where they know of no tags.
  private static let knownVersionLines = ["#[Histogram log format version 1.2]", versionLine]
  private static let legend = [
    "StartTimestamp", "Interval_Length", "Interval_Max", "Interval_Compressed_Histogram",
  ]
  private static let tagPrefix = "Tag="

  /// Where a run folder keeps the log of a trial.
  package static func path(of record: TrialRecord, inRunFolder folder: String) -> String {
    "\(folder)/\(folderName)/\(record.trialID).hlog"
  }

  static func text(of record: TrialRecord, _ histograms: LatencyHistograms) -> String {
    let start = record.started.unixMicroseconds / 1000
    let seconds = "\(start / 1000).\(padded(start % 1000, to: 3))"
    let length = millionths(record.elapsedNanoseconds ?? 0, per: 1_000_000_000)
    func interval(_ tag: String, _ counts: [LatencyCount]) -> String {
      // By convention the greatest value goes into the line in milliseconds.
      let greatest = LatencyHistogram.index(of: counts.last?.nanoseconds ?? 0)
      let maximum = millionths(LatencyHistogram.highestEquivalent(at: greatest), per: 1_000_000)
      let payload = Data(HistogramEncoding.compressed(counts)).base64EncodedString()
      return "\(tag)\(seconds),\(length),\(maximum),\(payload)\n"
    }
    var text = """
      #ipcbench \(record.trialID): latency in ns
      \(versionLine)
      #[StartTime: \(seconds) (seconds since epoch), \(record.started.text)]
      \(legend.map { "\"\($0)\"" }.joined(separator: ","))

      """
    if !histograms.latency.isEmpty { text += interval("", histograms.latency) }
    for (tag, counts) in histograms.tagged.sorted(by: { $0.key.rawValue < $1.key.rawValue })
    where !counts.isEmpty {
      text += interval("\(tagPrefix)\(tag.rawValue),", counts)
    }
    return text
  }

  /// What `text(of:_:)` wrote. Ours hold no quotes but the legend's, and so the lines are rows of
  /// CSV.
  ///
  /// - Throws: `.missing` where there is no such file, `.malformed` with the line to blame.
  static func read(_ path: String) throws(ResultsError) -> LatencyHistograms {
    var file = try CSVFile.open(path)
    var histograms = LatencyHistograms()
    var seen: Set<LatencyHistograms.Tag?> = []
    var knowsVersion = false
    while try file.next() {
      let (line, texts) = (file.line, file.texts)
      func malformed(_ what: String) -> ResultsError {
        ResultsError(
          .malformed, "\(path):\(line): \(what); restore the file, or remove it to do without")
      }
      if texts.count == 1 && knownVersionLines.contains(texts[0]) { knowsVersion = true }
      if texts[0].hasPrefix("#") || texts == legend { continue }
      guard knowsVersion else { throw malformed("no '\(versionLine)' before this line") }
      var fields = texts[...]
      var tag: LatencyHistograms.Tag?
      if fields[0].hasPrefix(tagPrefix) {
        let name = fields.removeFirst().dropFirst(tagPrefix.count)
        tag = LatencyHistograms.Tag(rawValue: String(name))
        if tag == nil { throw malformed("a tag '\(name)' is not known here") }
      }
      guard fields.count == legend.count, fields.dropLast().allSatisfy({ Double($0) != nil }),
        let payload = fields.last.flatMap({ Data(base64Encoded: $0) })
      else { throw malformed("not an interval: \(legend.joined(separator: ", "))") }
      guard seen.insert(tag).inserted else { throw malformed("a second histogram of one kind") }
      do throws(HistogramEncoding.Malformed) {
        let counts = try HistogramEncoding.counts(fromCompressed: Array(payload))
        if let tag { histograms.tagged[tag] = counts } else { histograms.latency = counts }
      } catch {
        throw malformed(error.what)
      }
    }
    return histograms
  }

  /// The log of a trial in a run folder, or nil where it has none.
  ///
  /// - Throws: `.malformed` if it holds another number of samples than the row.
  package static func read(
    of record: TrialRecord, inRunFolder folder: String
  ) throws(ResultsError) -> LatencyHistograms? {
    let path = path(of: record, inRunFolder: folder)
    let histograms: LatencyHistograms
    do throws(ResultsError) {
      histograms = try read(path)
    } catch {
      guard error.kind == .missing else { throw error }
      return nil
    }
    guard histograms.latency.samples == record.latencySamples ?? 0 else {
      throw ResultsError(
        .malformed,
        "\(path): \(histograms.latency.samples) samples, but the trial's row says "
          + "\(record.latencySamples ?? 0); restore the file, or remove it to do without")
    }
    return histograms
  }

  /// `value / unit` with six decimal places.
  private static func millionths(_ value: UInt64, per unit: UInt64) -> String {
    "\(value / unit).\(padded(value % unit / (unit / 1_000_000), to: 6))"
  }
}
