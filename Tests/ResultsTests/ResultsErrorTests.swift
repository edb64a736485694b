import Glibc
import Testing

@testable import Results

@Suite struct ResultsErrorTests {
  @Test func everyKindOfErrorHasItsExitCode() {
    let codes: [(Int32, ResultsError.Kind)] = [
      (65, .malformed), (66, .missing), (73, .cannotCreate), (74, .inputOutput), (77, .permission),
    ]
    for (code, kind) in codes { #expect(ResultsError(kind, "").exitCode == code) }
    #expect(ResultsError.creating("x", ENOSPC).exitCode == 74)
    #expect(ResultsError.creating("x", EROFS).exitCode == 73)
    #expect(ResultsError.writing("x", EDQUOT).exitCode == 74)
    #expect(ResultsError.reading("x", EISDIR).exitCode == 65)
  }
}
