import FoundationEssentials
import Glibc
import Paths
import Results

/// The folder that a report is written to: `report.html`, and in `charts` a specification and two
/// pictures a chart.
///
/// A folder that holds something else is never written to, nor one that is reached through a link at its end.
/// What tells a report's own folder is `report.json`, which lists the files that this program has put there: to
/// remake the report, these and no others are removed, as far as they are files such as it writes. Both folders
/// are held open, so that nothing lands anywhere else.
package final class ReportFolder: Sendable {
  private let folder: Folder
  private let charts: Folder

  private static let pageName = "report.html"
  private static let manifestName = "report.json"
  private static let chartsName = "charts"
  private static let chartKinds = ["vl.json", "svg", "png"]
  /// What a list of some thousand charts takes.
  private static let mostManifestBytes = 1 << 20

  private struct Manifest: Codable {
    static let generator = "ipcbench report"

    var generator = Self.generator
    /// Those that the report is of.
    var runs: [String]
    /// Relative to the folder.
    var files: [String]
  }

  /// Where a report goes without `--output`: into the run's folder, or beside a file.
  package static func defaultPath(forRun path: String) -> String {
    let isFolder = isDirectory(path)
    let parts = isFolder ? path.pathParts : path.pathParts.dropLast()
    return (path.isAbsolutePath ? "/" : "") + (parts + ["report"]).joined(separator: "/")
  }

  private init(_ folder: consuming Folder, charts: consuming Folder) {
    self.folder = folder
    self.charts = charts
  }

  package var path: String { folder.path }
  package var pagePath: String { folder.path(of: Self.pageName) }

  /// Makes the folder, or takes over one that a report was written to, and clears that.
  ///
  /// - Parameters:
  ///   - charts: names of those that will be put there.
  ///   - runs: names of those that the report is of.
  /// - Throws: `.cannotCreate` where something else is at `path`.
  package static func prepare(
    at path: String, charts: [String], runs: [String]
  ) throws(ResultsError) -> ReportFolder {
    // A slash at the end would have a link followed.
    let place = (path.isAbsolutePath ? "/" : "") + path.pathParts.joined(separator: "/")
    let folder: Folder
    if let old = Folder.open(place) {
      try clear(old)
      folder = old
    } else {
      guard errno == ENOENT else { throw occupied(place) }
      folder = try claimFolder(place)
    }
    guard folder.makeFolder(chartsName) || errno == EEXIST else {
      throw .creating(folder.path(of: chartsName), errno)
    }
    let report = ReportFolder(folder, charts: try openCharts(in: folder))
    let files = charts.flatMap { name in chartKinds.map { "\(chartsName)/\(name).\($0)" } }
    // First of all: a report that is cut short can be remade.
    let manifest = Manifest(runs: runs, files: files + [pageName, manifestName])
    try report.folder.replaceFile(manifestName, with: prettyJSON(manifest))
    return report
  }

  /// Why there is no folder to be had at `path`, where something is.
  private static func occupied(_ path: String) -> ResultsError {
    let code = errno
    var status = stat()
    guard path.withSystemBytes({ lstat($0, &status) }) == 0 else { return .creating(path, code) }
    switch status.st_mode & S_IFMT {
    case S_IFLNK:
      return ResultsError(
        .cannotCreate,
        "\(path): is a symbolic link, and a report follows none; give the folder itself as --output"
      )
    case S_IFDIR: return .creating(path, code)
    default:
      return ResultsError(.cannotCreate, "\(path): is a file, not a folder; give another --output")
    }
  }

  private static func openCharts(in folder: borrowing Folder) throws(ResultsError) -> Folder {
    if let charts = folder.folder(chartsName) { return charts }
    throw ResultsError(
      .cannotCreate,
      "\(folder.path(of: chartsName)): is not the folder that a report makes, and is left alone; remove it "
        + "or give another --output")
  }

  // MARK: - What was there

  private static func clear(_ folder: borrowing Folder) throws(ResultsError) {
    guard let names = folder.names() else { throw .reading(folder.path, errno) }
    guard !names.isEmpty else { return }
    guard let manifest = manifest(in: folder) else {
      throw ResultsError(
        .cannotCreate,
        "\(folder.path): holds something that is not a report of ipcbench, and is left alone; remove it or "
          + "give another --output")
    }
    guard names.contains(chartsName) else { return }
    let charts = try openCharts(in: folder)
    for file in manifest.files {
      if let name = chartFile(file) { charts.removeRegularFile(name) }
    }
    // The list itself stays until there is a new one.
    folder.removeRegularFile(pageName)
  }

  /// The name within `charts` of a file that a report can have put there; nil for all others.
  private static func chartFile(_ file: String) -> String? {
    let parts = file.pathParts
    guard parts.count == 2, file == "\(chartsName)/\(parts[1])",
      let kind = chartKinds.first(where: { parts[1].hasSuffix(".\($0)") })
    else { return nil }
    let stem = parts[1].utf8.dropLast(kind.utf8.count + 1)
    let isName = stem.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return isName && !stem.isEmpty ? parts[1] : nil
  }

  private static func manifest(in folder: borrowing Folder) -> Manifest? {
    guard
      let bytes = try? RegularFile.contents(
        manifestName, in: folder, mostBytes: mostManifestBytes),
      let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(bytes)),
      manifest.generator == Manifest.generator
    else { return nil }
    return manifest
  }

  // MARK: - What goes in

  /// `charts/NAME.vl.json` for each, with these texts by the chart's name.
  package func write(_ specifications: [String: String]) throws(ResultsError) {
    for (name, text) in specifications.sorted(by: { $0.key < $1.key }) {
      try charts.replaceFile("\(name).vl.json", with: text)
    }
  }

  /// `charts/NAME.svg` and `charts/NAME.png` for each, by the chart's name.
  package func write(_ pictures: [String: ChartPicture]) throws(ResultsError) {
    for (name, picture) in pictures.sorted(by: { $0.key < $1.key }) {
      try charts.replaceFile("\(name).svg", with: picture.svg)
      try charts.replaceFile("\(name).png", withBytes: Array(picture.png))
    }
  }

  /// - Parameters:
  ///   - pictures: those that were drawn for this page, by the chart's name. What lies in the folder is not
  ///     looked at: somebody else may have put it there.
  ///   - scripts: what makes charts interactive; nil where there is no renderer.
  ///   - missingPicture: stands in the place of each picture that is not there.
  package func writePage(
    _ report: Report, pictures: [String: ChartPicture] = [:], scripts: String?,
    missingPicture: String
  ) throws(ResultsError) {
    let page = ReportPage(
      title: report.title, runs: report.runs, sections: report.sections,
      drawings: pictures.mapValues(\.svg), scripts: scripts, missingPicture: missingPicture)
    try folder.replaceFile(Self.pageName, with: page.text)
  }
}

extension Folder {
  fileprivate func removeRegularFile(_ name: String) {
    if (status(of: name)?.st_mode ?? 0) & S_IFMT == S_IFREG { remove(name) }
  }
}
