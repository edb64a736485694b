import FoundationEssentials
import Glibc
import Paths
import Results
import Trials

/// A chart as the renderer has drawn it.
package struct ChartPicture: Sendable {
  package var svg: String
  package var png: Data
}

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

  /// What came of the drawing.
  package struct Drawing: Sendable {
    /// By the chart's name; of those that could be drawn.
    package var pictures: [String: ChartPicture] = [:]
    /// What makes charts interactive (Vega, Vega-Lite and Vega-Embed, as one); nil unless all were drawn.
    package var scripts: String?
    package var failure: Failure?
  }

  /// Draws charts.
  ///
  /// - Parameter specifications: Vega-Lite by the chart's name.
  package func draw(_ specifications: [String: String]) -> Drawing {
    var drawing = Drawing()
    let names = specifications.keys.sorted()
    let input = JSON.object(names.map { JSON.Member($0, .string(specifications[$0] ?? "")) })
    let process: CapturedProcess
    do throws(CapturedProcess.StartFailure) {
      process = try CapturedProcess.start(
        starting([python, "-B", "-c", RenderingScript.text] + names), input: input.text)
    } catch {
      let failure = SystemFailure(error.code, .starting)
      // Of a program that is there and cannot be started, another installation is no remedy.
      drawing.failure =
        failure.kind == .missing || failure.kind == .permission
        ? .missing("\(python): \(failure.cause)") : .failed("\(python): \(failure.text)")
      return drawing
    }
    guard let ended = process.finish(withinMilliseconds: Self.timeoutMilliseconds) else {
      drawing.failure = .timedOut(seconds: Self.timeoutMilliseconds / 1000)
      return drawing
    }
    drawing.take(ended.output, of: Set(names))
    drawing.failure = failure(of: ended, missing: names.filter { drawing.pictures[$0] == nil })
    if drawing.failure != nil { drawing.scripts = nil }
    return drawing
  }

  private func failure(of ended: CapturedProcess.Ended, missing: [String]) -> Failure? {
    let complaint = ended.errors.split(separator: "\n").joined(separator: "; ")
    switch ended.exitCode {
    case 0:
      return missing.first.map { .failed("\(python): it says that all is drawn, but not \($0)") }
    case RenderingScript.missingPackageExitCode: return .missing("\(python): \(complaint)")
    case let code? where notStartedExitCodes.contains(code): return .missing(complaint)
    case let code?:
      return .failed(complaint.isEmpty ? "\(python): exit code \(code)" : complaint)
    case nil:
      return .failed("\(python): ended by a signal\(complaint.isEmpty ? "" : "; \(complaint)")")
    }
  }
}

extension ChartRenderer.Drawing {
  /// Takes what the renderer has printed. What was not asked for is not taken.
  fileprivate mutating func take(_ output: String, of names: Set<String>) {
    /// A chart's pictures, or the scripts.
    struct Line: Decodable {
      var chart: String?
      var svg: String?
      var png: Data?
      var scripts: String?
    }
    for text in output.split(separator: "\n") {
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else { continue }
      if let name = line.chart, names.contains(name), let svg = line.svg, let png = line.png {
        pictures[name] = ChartPicture(svg: svg, png: png)
      }
      if let code = line.scripts { scripts = code }
    }
  }
}
