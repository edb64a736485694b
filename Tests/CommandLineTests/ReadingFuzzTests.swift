import Foundation
import Testing

extension AtTheCommandLine {
  /// A part of `make fuzz`, so that it is run wherever the tests are.
  @Suite struct ReadingFuzzTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private static let program =
      UserSession.ipcbench.split(separator: "/").dropLast()
      .reduce("") { "\($0)/\($1)" } + "/ReadingFuzz"

    private static let results = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "results").path

    @Test(arguments: [UInt64.random(in: .min ... .max)])
    func everyReaderSurvivesChangedRuns(seed: UInt64) throws {
      let fuzz = try session.command([
        Self.program, "--cases", "300", "--seed", "\(seed)", "--runs", Self.results,
      ])
      #expect(fuzz.exitCode == 0, "\(fuzz.output)\(fuzz.errors)")
      #expect(fuzz.output.contains("of 300 cases got past the parser"), "\(fuzz.output)")
      #expect(session.names(in: "tmp") == [])
    }

    /// The same number makes the same case, wherever it began.
    @Test func aCaseCanBeHadAgain() throws {
      for folder in ["one", "two"] {
        let fuzz = try session.command([
          Self.program, "--cases", "1", "--first", "41", "--seed", "7", "--runs", Self.results,
          "--keep", folder,
        ])
        #expect(fuzz.exitCode == 0, "\(fuzz.errors)")
        #expect(fuzz.output.hasPrefix("case 41: "))
      }
      for name in ["trials.csv", "histograms.hlog"] {
        #expect(try session.text("one/\(name)") == session.text("two/\(name)"))
      }
      #expect(try !session.text("one/trials.csv").isEmpty)
    }
  }
}
