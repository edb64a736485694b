import FoundationEssentials
import Trials

/// A run's histograms in the log format of the HdrHistogram tools, version 1.3: one interval a
/// histogram, beginning when its trial did and as long as its timed part.
///
/// Each has a tag, the trial's ID, so that one file holds those of the whole run and grows by lines as its
/// trials end. Sources: `HistogramLogWriter`, `HistogramLogReader` and `HistogramLogProcessor` of
/// http://hdrhistogram.org.
package enum HistogramLog {
  /// In a run folder.
  static let fileName = "histograms.hlog"
  /// What a run folder had before there was one log a run: a log a trial, called `<trial_id>.hlog`. In it
  /// the latencies have no tag, and service times the tag `service`.
  static let oldFolderName = "histograms"

  static let versionLine = "#[Histogram log format version 1.3]"
  /// The tools' own writers stamp 1.2 where they know of no tags.
  private static let knownVersionLines = ["#[Histogram log format version 1.2]", versionLine]
  static let legend = [
    "StartTimestamp", "Interval_Length", "Interval_Max", "Interval_Compressed_Histogram",
  ]
  private static let tagPrefix = "Tag="

  /// What stands in the file before the first trial has ended.
  static func header(of run: RunDescription) -> String {
    """
    #ipcbench \(run.runID): latency in ns, tagged with the trial_id
    \(versionLine)
    #[StartTime: \(seconds(of: run.started)) (seconds since epoch), \(run.started.text)]
    \(legend.map { "\"\($0)\"" }.joined(separator: ","))

    """
  }

  /// A line for each histogram of a trial that holds samples.
  static func lines(of record: TrialRecord, _ histograms: LatencyHistograms) -> String {
    var text = ""
    if !histograms.latency.isEmpty {
      text += line(of: record, tag: tag(of: record), histograms.latency)
    }
    for (kind, counts) in histograms.tagged.sorted(by: { $0.key.rawValue < $1.key.rawValue })
    where !counts.isEmpty {
      text += line(of: record, tag: tag(of: record, kind), counts)
    }
    return text
  }

  /// A trial's ID has no slash.
  static func tag(of record: TrialRecord, _ kind: LatencyHistograms.Tag? = nil) -> String {
    kind.map { "\(record.trialID)/\($0.rawValue)" } ?? record.trialID
  }

  /// - Parameter tag: nil only in a log of the old shape.
  static func line(of record: TrialRecord, tag: String?, _ counts: [LatencyCount]) -> String {
    let length = millionths(record.elapsedNanoseconds ?? 0, per: 1_000_000_000)
    // By convention the greatest value goes into the line in milliseconds.
    let greatest = LatencyHistogram.index(of: counts.last?.nanoseconds ?? 0)
    let maximum = millionths(LatencyHistogram.highestEquivalent(at: greatest), per: 1_000_000)
    let payload = Data(HistogramEncoding.compressed(counts)).base64EncodedString()
    let prefix = tag.map { "\(tagPrefix)\($0)," } ?? ""
    return "\(prefix)\(seconds(of: record.started)),\(length),\(maximum),\(payload)\n"
  }

  /// What a line of a log says.
  struct Interval {
    var tag: String?
    var counts: [LatencyCount]
  }

  /// The tag of the row that a file has come to, without the rest of it; nil where it has none.
  static func tag(_ file: borrowing CSVFile) -> String? {
    let first = file.text(ofField: 0)
    return first.hasPrefix(tagPrefix) ? String(first.dropFirst(tagPrefix.count)) : nil
  }

  /// What lines between the histograms are there for.
  enum Aside { case version, other }

  /// nil for a row that should hold a histogram.
  static func aside(_ file: borrowing CSVFile) -> Aside? {
    let first = file.text(ofField: 0)
    if file.fieldCount == 1 && knownVersionLines.contains(first) { return .version }
    return first.hasPrefix("#") || file.fieldCount == legend.count && file.texts == legend
      ? .other : nil
  }

  /// The row that a file has come to. Ours hold no quotes but the legend's, and so the lines are rows of
  /// CSV.
  ///
  /// - Parameter place: What an error begins with: the file, and the line or the tag.
  static func interval(
    _ file: borrowing CSVFile, at place: String
  ) throws(ResultsError) -> Interval {
    let tag = tag(file)
    let fields = file.texts.dropFirst(tag == nil ? 0 : 1)
    guard fields.count == legend.count, fields.dropLast().allSatisfy({ Double($0) != nil }),
      let payload = fields.last.flatMap({ Data(base64Encoded: $0) })
    else {
      throw malformed(place, "not an interval: \(legend.joined(separator: ", "))")
    }
    do throws(HistogramEncoding.Malformed) {
      return Interval(
        tag: tag, counts: try HistogramEncoding.counts(fromCompressed: Array(payload)))
    } catch {
      throw malformed(place, error.what)
    }
  }

  static func malformed(_ place: String, _ what: String) -> ResultsError {
    ResultsError(.malformed, "\(place): \(what); restore the file, or remove it to do without")
  }

  private static func seconds(of time: UTCTime) -> String {
    let milliseconds = time.unixMicroseconds / 1000
    return "\(milliseconds / 1000).\(padded(milliseconds % 1000, to: 3))"
  }

  /// `value / unit` with six decimal places.
  private static func millionths(_ value: UInt64, per unit: UInt64) -> String {
    "\(value / unit).\(padded(value % unit / (unit / 1_000_000), to: 6))"
  }
}
