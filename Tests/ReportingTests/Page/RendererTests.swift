import Foundation
import Results
import Testing

@testable import Reporting

/// The renderer's half of the work, with programs in its place that do as it would.
@Suite struct RendererTests {
  /// Gives `body` a program that runs this shell script with the renderer's arguments.
  @discardableResult
  private static func withProgram<Result>(
    _ script: String, _ body: (ChartRenderer, String) throws -> Result
  ) throws -> Result {
    try DrawnRun.withFolder { folder in
      let program = "\(folder)/renderer"
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: program))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
      return try body(ChartRenderer(python: program), folder)
    }
  }

  @Test func itIsGivenTheFolderAndEveryChartAtOnce() throws {
    try Self.withProgram(#"shift 3; printf '%s\n' "$@""#) { renderer, folder in
      let output = try renderer.render(["latency", "cpu"], in: folder)
      #expect(output == "\(folder)\nlatency\ncpu\n")
    }
  }

  @Test func aPythonThatIsNotThereIsMissing() {
    #expect(throws: ChartRenderer.Failure.missing("/nowhere/python3: not there")) {
      try ChartRenderer(python: "/nowhere/python3").render(["cpu"], in: "/tmp")
    }
  }

  @Test func aPackageThatIsNotThereIsMissing() throws {
    try Self.withProgram("echo 'No module' >&2; exit 69") { renderer, folder in
      #expect(throws: ChartRenderer.Failure.missing("\(folder)/renderer: No module")) {
        try renderer.render(["cpu"], in: folder)
      }
    }
  }

  @Test func aFailureNamesTheChart() throws {
    try Self.withProgram("echo 'cpu: no such mark' >&2; exit 1") { renderer, folder in
      #expect(throws: ChartRenderer.Failure.failed("cpu: no such mark")) {
        try renderer.render(["cpu"], in: folder)
      }
    }
    try Self.withProgram("kill -KILL $$") { renderer, folder in
      #expect(throws: ChartRenderer.Failure.failed("\(folder)/renderer: ended by a signal")) {
        try renderer.render(["cpu"], in: folder)
      }
    }
  }

  /// It is killed and leaves nothing behind.
  @Test func oneThatHangsIsGivenUp() throws {
    try DrawnRun.withFolder { folder in
      let place = "\(folder)/id"
      let process = try CapturedProcess.start([
        "sh", "-c", "echo $$ > '\(place).part'; mv '\(place).part' '\(place)'; exec sleep 60",
      ])
      // Ten seconds at most.
      for _ in 0..<1000 where !FileManager.default.fileExists(atPath: place) { usleep(10_000) }
      let ended = process.finish(withinMilliseconds: 50)
      #expect(ended == nil)
      let text = try String(contentsOfFile: place, encoding: .utf8)
      let id = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
      #expect(kill(id, 0) == -1)
    }
  }

  @Test func moreOutputThanAPipeHoldsComesThrough() throws {
    let process = try CapturedProcess.start([
      "sh", "-c",
      "head -c 300000 /dev/zero | tr '\\0' x; head -c 200000 /dev/zero | tr '\\0' y >&2",
    ])
    let ended = process.finish(withinMilliseconds: 60_000)
    #expect(ended?.output.count == 300_000)
    #expect(ended?.errors.count == 200_000)
    #expect(ended?.exitCode == 0)
  }
}
