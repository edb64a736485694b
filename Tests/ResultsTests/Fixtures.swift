import Testing

@testable import Results

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
