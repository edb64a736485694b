import Foundation

/// A folder of its own for a test, removed with its contents.
package struct TemporaryFolder: ~Copyable {
  package let path: String

  package init() throws {
    path = NSTemporaryDirectory() + "ipcbench-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  /// Writes a file of it, and returns the file's path.
  package func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = "\(path)/\(name)"
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Gives `body` the path of a folder that is empty before and gone after.
package func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = try TemporaryFolder()
  return try body(folder.path)
}

package func contents(_ path: String) throws -> String {
  try String(contentsOfFile: path, encoding: .utf8)
}

package func write(_ text: String, to path: String) throws {
  try text.write(toFile: path, atomically: false, encoding: .utf8)
}
