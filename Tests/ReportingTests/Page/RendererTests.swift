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
    try withTemporaryFolder { folder in
      let program = "\(folder)/renderer"
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: program))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
      return try body(ChartRenderer(python: program), folder)
    }
  }

  @Test func itIsGivenEverySpecificationAtOnceAndNoPath() throws {
    let script = #"shift 3; printf '%s\n' "$@" >"$0.seen"; cat >>"$0.seen"; exit 3"#
    try Self.withProgram(script) { renderer, folder in
      let drawing = renderer.draw(["latency": "{\"a\":1}", "cpu": "{}"])
      #expect(drawing.failure == .failed("\(folder)/renderer: exit code 3"))
      let seen = try String(contentsOfFile: "\(folder)/renderer.seen", encoding: .utf8)
      #expect(seen == "cpu\nlatency\n" + #"{"cpu":"{}","latency":"{\"a\":1}"}"#)
    }
  }

  @Test func whatItDrawsIsTakenIfItWasAskedFor() throws {
    let script = #"""
      printf '%s\n' '{"chart":"cpu","svg":"<svg/>","png":"iVBORw=="}' '{"chart":"../x","svg":"","png":""}' \
        'no JSON' '{"scripts":"code"}'
      """#
    try Self.withProgram(script) { renderer, _ in
      let drawing = renderer.draw(["cpu": "{}"])
      #expect(drawing.failure == nil)
      #expect(drawing.scripts == "code")
      #expect(Array(drawing.pictures.keys) == ["cpu"])
      #expect(drawing.pictures["cpu"]?.svg == "<svg/>")
      #expect(drawing.pictures["cpu"].map { Array($0.png) } == [0x89, 0x50, 0x4E, 0x47])
    }
  }

  @Test func aChartThatIsNotDrawnIsMissed() throws {
    try Self.withProgram("true") { renderer, folder in
      let failure = renderer.draw(["cpu": "{}"]).failure
      #expect(failure == .failed("\(folder)/renderer: it says that all is drawn, but not cpu"))
    }
  }

  @Test func aPythonThatIsNotThereIsMissing() {
    #expect(
      ChartRenderer(python: "/nowhere/python3").draw(["cpu": "{}"]).failure
        == .missing("/nowhere/python3: not there"))
  }

  @Test func aPackageThatIsNotThereIsMissing() throws {
    try Self.withProgram("echo 'No module' >&2; exit 69") { renderer, folder in
      #expect(renderer.draw(["cpu": "{}"]).failure == .missing("\(folder)/renderer: No module"))
    }
  }

  @Test func aFailureNamesTheChart() throws {
    try Self.withProgram("echo 'cpu: no such mark' >&2; exit 1") { renderer, folder in
      #expect(renderer.draw(["cpu": "{}"]).failure == .failed("cpu: no such mark"))
    }
    try Self.withProgram("kill -KILL $$") { renderer, folder in
      #expect(
        renderer.draw(["cpu": "{}"]).failure == .failed("\(folder)/renderer: ended by a signal"))
    }
  }

  /// It is killed and leaves nothing behind.
  @Test func oneThatHangsIsGivenUp() throws {
    try withTemporaryFolder { folder in
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
