import Foundation
import Testing

@testable import Results

/// 2026-11-21T03:15:00.123456Z.
let startedUnixNanoseconds: UInt64 = 1_795_230_900_123_456_789

/// A new one for every run, unless the environment brings back an earlier one. It is an argument of
/// the tests that use it, and so a failure names it.
let seedOfThisRun =
  ProcessInfo.processInfo.environment["IPCBENCH_SEED"].flatMap { UInt64($0) }
  ?? .random(in: .min ... .max)

/// Gives `body` the path of a folder that is empty before and gone after.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "ipcbench-results-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

func contents(_ path: String) throws -> String {
  try String(contentsOfFile: path, encoding: .utf8)
}

func write(_ text: String, to path: String) throws {
  try text.write(toFile: path, atomically: false, encoding: .utf8)
}

/// What `body` throws must be a `ResultsError` of this kind with each of the texts in its message.
func expectError(
  _ kind: ResultsError.Kind, saying texts: String...,
  sourceLocation: SourceLocation = #_sourceLocation, from body: () throws -> Void
) {
  do {
    try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  } catch let error as ResultsError {
    #expect(error.kind == kind, sourceLocation: sourceLocation)
    for text in texts where !error.message.contains(text) {
      Issue.record("'\(error.message)' lacks '\(text)'", sourceLocation: sourceLocation)
    }
  } catch {
    Issue.record("unexpected \(error)", sourceLocation: sourceLocation)
  }
}
