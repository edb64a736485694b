import Foundation
import Testing

/// A directory that stands for `/`.
struct FixtureTree {
  private let directory = FileManager.default.temporaryDirectory
    .appendingPathComponent("ipcbench-host-tests-\(UUID().uuidString)")
  var root: String { directory.path }

  /// Lays the files out for as long as `body` runs.
  static func with<Result>(
    _ files: [String: String], _ body: (FixtureTree) throws -> Result
  ) throws -> Result {
    let tree = FixtureTree()
    try FileManager.default.createDirectory(at: tree.directory, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: tree.directory) } }
    for (path, text) in files { try tree.write(text, to: path) }
    return try body(tree)
  }

  func write(_ text: String, to path: String) throws {
    let file = directory.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: false, encoding: .utf8)
  }
}
