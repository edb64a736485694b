import Glibc
import Results

extension ReportFolder {
  /// Throws unless a report can be put at `path`, before any run is read for it. Nothing is left there;
  /// whether a folder that is there is a report's own, `prepare` finds out.
  package static func requirePlace(at path: String) throws(ResultsError) {
    try OutputPlace.requireFolder(path)
  }
}
