import Foundation
import Testing

/// Holds a text against the file of that name in the folder `Golden` beside the test.
///
/// With `IPCBENCH_REGENERATE_GOLDEN=1` the file is written anew and the test still fails: read the
/// difference, then commit it.
package func expectGolden(
  _ name: String, _ text: String, beside test: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let file = URL(filePath: test).deletingLastPathComponent().appending(path: "Golden/\(name)")
  if ProcessInfo.processInfo.environment["IPCBENCH_REGENERATE_GOLDEN"] == "1" {
    try Data(text.utf8).write(to: file)
    Issue.record("\(name) was written anew; read the difference", sourceLocation: sourceLocation)
    return
  }
  let golden = String(decoding: try Data(contentsOf: file), as: UTF8.self)
  #expect(text == golden, sourceLocation: sourceLocation)
}
