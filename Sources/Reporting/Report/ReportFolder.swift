import FoundationEssentials
import Glibc
import Results

/// The folder that a report is written to: `report.html`, and in `charts` a specification and two
/// pictures a chart.
///
/// A folder that holds something else is never written to. What tells a report's own folder is
/// `report.json`, which lists the files that this program has put there: to remake the report, these and
/// no others are removed.
package struct ReportFolder: Sendable {
  package let path: String

  private static let pageName = "report.html"
  private static let manifestName = "report.json"
  private static let chartsName = "charts"

  private struct Manifest: Codable {
    static let generator = "ipcbench report"

    var generator = Self.generator
    /// Those that the report is of.
    var runs: [String]
    /// Relative to the folder, without `..`.
    var files: [String]
  }

  /// Where a report goes without `--output`: into the run's folder, or beside a file.
  package static func defaultPath(forRun path: String) -> String {
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    if isDirectory(trimmed) { return "\(trimmed)/report" }
    let parts = trimmed.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return (parts.isEmpty ? "" : parts.joined(separator: "/") + "/") + "report"
  }

  /// Makes the folder, or takes over one that a report was written to, and clears that.
  ///
  /// - Parameters:
  ///   - charts: names of those that will be put there.
  ///   - runs: names of those that the report is of.
  /// - Throws: `.cannotCreate` where something else is at `path`.
  package static func prepare(
    at path: String, charts: [String], runs: [String]
  ) throws(ResultsError) -> ReportFolder {
    let folder = ReportFolder(path: path)
    try folder.clear()
    try createDirectories("\(path)/\(chartsName)")
    let files = charts.flatMap { name in
      ["vl.json", "svg", "png"].map { "\(chartsName)/\(name).\($0)" }
    }
    // First of all: a report that is cut short can be remade.
    let manifest = Manifest(runs: runs, files: files + [pageName, manifestName])
    try replaceFile("\(path)/\(manifestName)", with: prettyJSON(manifest))
    return folder
  }

  private func clear() throws(ResultsError) {
    guard let names = Self.entries(of: path) else {
      guard access(path, F_OK) != 0 else {
        throw ResultsError(
          .cannotCreate, "\(path): is a file, not a folder; give another --output")
      }
      return
    }
    guard !names.isEmpty else { return }
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: "\(path)/\(Self.manifestName)")),
      let manifest = try? JSONDecoder().decode(Manifest.self, from: data),
      manifest.generator == Manifest.generator
    else {
      throw ResultsError(
        .cannotCreate,
        "\(path): holds something that is not a report of ipcbench, and is left alone; remove it or give "
          + "another --output")
    }
    for file in manifest.files
    where !file.hasPrefix("/") && !file.split(separator: "/").contains("..") {
      unlink("\(path)/\(file)")
    }
  }

  /// nil where there is no such folder, or none that may be read.
  private static func entries(of path: String) -> [String]? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
          String(cString: $0)
        }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  // MARK: - What goes in

  package var chartsPath: String { "\(path)/\(Self.chartsName)" }
  package var pagePath: String { "\(path)/\(Self.pageName)" }

  /// `charts/NAME.vl.json` for each.
  package func write(_ charts: [Chart], footer: [String]) throws(ResultsError) {
    for chart in charts {
      try replaceFile(
        "\(chartsPath)/\(chart.name).vl.json",
        with: chart.page(footer: footer).indentedText() + "\n")
    }
  }

  /// The pictures that the renderer has drawn, by the chart's name.
  package func drawings(of charts: [Chart]) -> [String: String] {
    charts.reduce(into: [:]) { drawings, chart in
      let path = "\(chartsPath)/\(chart.name).svg"
      guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return }
      drawings[chart.name] = String(decoding: data, as: UTF8.self)
    }
  }

  /// - Parameters:
  ///   - scripts: what makes charts interactive; nil where there is no renderer.
  ///   - missingPicture: stands in the place of each picture that is not there.
  package func writePage(
    _ report: Report, scripts: String?, missingPicture: String
  ) throws(ResultsError) {
    let page = ReportPage(
      title: report.title, runs: report.runs, sections: report.sections,
      drawings: drawings(of: report.charts), scripts: scripts, missingPicture: missingPicture)
    try replaceFile(pagePath, with: page.text)
  }
}
