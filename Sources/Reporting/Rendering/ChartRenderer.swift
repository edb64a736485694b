import Glibc
import Results

/// Draws the charts of a report, by vl-convert.
package struct ChartRenderer: Sendable {
  /// A Python that has the package vl-convert-python; looked for in PATH if it has no slash.
  private let python: String
  /// Makes the words that start it out of its own.
  private let starting: @Sendable ([String]) -> [String]
  /// What it ends with where that fails.
  private let notStartedExitCodes: Set<Int32>

  /// A dozen charts take some five seconds; who waits this long is waiting for something else.
  private static let timeoutMilliseconds = 180_000

  /// - Parameter starting: Puts what starts it before its words; it has to end with one of
  ///   `notStartedExitCodes` where it cannot.
  package init(
    python: String, startedBy starting: @escaping @Sendable ([String]) -> [String] = { $0 },
    notStartedExitCodes: Set<Int32> = []
  ) {
    self.python = python
    self.starting = starting
    self.notStartedExitCodes = notStartedExitCodes
  }

  /// Why charts were not drawn.
  package enum Failure: Error, Hashable, Sendable {
    /// There is no such Python, or it lacks the package.
    case missing(String)
    /// It ran and failed; in its own words, with the chart's name.
    case failed(String)
    case timedOut(seconds: Int)
  }

  /// Draws `NAME.vl.json` as `NAME.svg` and `NAME.png`, each put in place whole.
  ///
  /// - Parameters:
  ///   - names: of charts in the folder; without path.
  ///   - folder: where the specifications are and the pictures go.
  /// - Returns: the scripts that make charts interactive (Vega, Vega-Lite and Vega-Embed, as one).
  package func render(_ names: [String], in folder: String) throws(Failure) -> String {
    let words = [python, "-B", "-c", RenderingScript.text, folder] + names
    var process: CapturedProcess
    do throws(CapturedProcess.StartFailure) {
      process = try CapturedProcess.start(starting(words))
    } catch {
      throw .missing("\(python): \(String(cString: strerror(error.code)))")
    }
    guard let ended = process.finish(withinMilliseconds: Self.timeoutMilliseconds) else {
      throw .timedOut(seconds: Self.timeoutMilliseconds / 1000)
    }
    let complaint = ended.errors.split(separator: "\n").joined(separator: "; ")
    switch ended.exitCode {
    case 0: return ended.output
    case RenderingScript.missingPackageExitCode: throw .missing("\(python): \(complaint)")
    case let code? where notStartedExitCodes.contains(code): throw .missing(complaint)
    case let code?: throw .failed(complaint.isEmpty ? "\(python): exit code \(code)" : complaint)
    case nil:
      throw .failed("\(python): ended by a signal\(complaint.isEmpty ? "" : "; \(complaint)")")
    }
  }
}
