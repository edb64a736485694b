import Foundation
import Testing

@testable import Reporting

/// What the committed trade-off run says, letter by letter, as a reader gets it.
///
/// After an intended change, or once `make results` has measured anew: `IPCBENCH_REGENERATE_GOLDEN=1 swift
/// test --filter AnswerGoldenTests` writes it anew and still fails; read the difference, then commit it.
@Suite struct AnswerGoldenTests {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let results = tests.appending(path: "../../results").standardized

  @Test func theCommittedTradeOffRun() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.results.path)
    let name = try #require(
      names.sorted().last { $0.hasPrefix("reference-") && $0.hasSuffix("-tradeoff") },
      "no results/reference-…-tradeoff; 'make results' measures one")
    let evidence = try Evidence.read(from: Self.results.appending(path: name).path)
    let text = Answer.sections(evidence, .brief).map { $0.plainText() }.joined(separator: "\n")
    try expectGolden("answer.txt", text)
  }
}
