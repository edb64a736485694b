import Glibc
import Mechanisms
import Testing
import Trials

@testable import Harness
@testable import ipcbench

/// Each way to misbehave comes out as what it is.
@Suite(.serialized, .leavesNothing) struct FaultTests {
  private func run(
    _ fault: Fault, _ pattern: Pattern, warmUpMilliseconds: UInt64 = 50,
    timeoutMilliseconds: UInt64 = 10_000
  ) throws -> TrialOutcome {
    let outcome = try BuiltProgram.driver().run(
      .of(
        fault.rawValue, pattern, warmUpMilliseconds: warmUpMilliseconds,
        timeoutMilliseconds: timeoutMilliseconds))
    #expect((outcome.status == .ok) == (outcome.error == ""), "\(outcome.error)")
    return outcome
  }

  @Test(
    arguments: [
      (.errorInLink, "fault failed while making the link: injected on purpose"),
      (.errorInAdopt, "producer: fault failed while adopting the link: injected on purpose"),
      (.error, "producer: fault failed while sending a message: injected on purpose"),
    ] as [(Fault, String)], Pattern.allCases)
  func anErrorIsQuotedWithItsSide(fault: (kind: Fault, text: String), pattern: Pattern) throws {
    let outcome = try run(fault.kind, pattern)
    #expect(outcome.status == .failed)
    #expect(outcome.error == fault.text)
    #expect(outcome.messagesSent == nil && outcome.elapsedNanoseconds == nil)
    try BuiltProgram.expectNextTrialToSucceed()
  }

  @Test(
    arguments: [
      (.crashInAdopt, ["preparing"]), (.crash, ["warming up", "timing"]),
    ] as [(Fault, [String])], Pattern.allCases)
  func aCrashIsReportedWithItsSignalSideAndStage(
    fault: (kind: Fault, stages: [String]), pattern: Pattern
  ) throws {
    let outcome = try run(fault.kind, pattern)
    #expect(outcome.status == .died)
    let texts = fault.stages.map {
      "the consumer was killed by SIGSEGV (Segmentation fault) while \($0)"
    }
    #expect(texts.contains(outcome.error), "\(outcome.error)")
    try BuiltProgram.expectNextTrialToSucceed()
  }

  @Test(
    arguments: [
      (.hangInAdopt, ["preparing"]), (.hang, ["warming up", "timing"]),
    ] as [(Fault, [String])], Pattern.allCases)
  func aHangEndsAtTheDeadline(
    fault: (kind: Fault, stages: [String]), pattern: Pattern
  ) throws {
    var outcome: TrialOutcome?
    for timeout in timeoutsInMilliseconds {
      let latest = try run(fault.kind, pattern, timeoutMilliseconds: timeout)
      #expect(latest.status == .timedOut)
      outcome = latest
      if fault.stages.contains(where: { latest.error.contains("consumer \($0)") }) { break }
    }
    let error = try #require(outcome?.error)
    #expect(fault.stages.contains { error.contains("consumer \($0)") }, "\(error)")
    #expect(error.hasPrefix("no end before the deadline (producer "))
    #expect(error.hasSuffix("a longer one is set by --timeout"))
    try BuiltProgram.expectNextTrialToSucceed()
  }

  @Test(arguments: [Fault.corrupt, .duplicate], Pattern.allCases)
  func aMessageThatIsNotAsSentProvesNothing(fault: Fault, pattern: Pattern) throws {
    let outcome = try run(fault, pattern)
    #expect(outcome.status == .invalid)
    #expect(try #require(outcome.messagesCorrupt) >= 1)
    #expect(outcome.messagesLost == 0)
    #expect(outcome.error.hasPrefix("delivery is not proven: "), "\(outcome.error)")
    try BuiltProgram.expectNextTrialToSucceed()
  }

  @Test func aMessageMissingFromAStreamIsLost() throws {
    // The warm-up is so long that the tenth message is not its last, behind which no gap shows.
    let outcome = try run(.drop, .stream, warmUpMilliseconds: 200)
    #expect(outcome.status == .invalid)
    #expect(outcome.messagesLost == 1)
    #expect(outcome.messagesCorrupt == 0)
    try BuiltProgram.expectNextTrialToSucceed()
  }

  /// Both sides wait for a message that nobody will send.
  @Test func aMessageMissingFromAPingPongEndsAtTheDeadline() throws {
    let outcome = try run(.drop, .pingPong, timeoutMilliseconds: 700)
    #expect(outcome.status == .timedOut)
    try BuiltProgram.expectNextTrialToSucceed()
  }

  @Test(arguments: Pattern.allCases)
  func aDelayIsNoFault(pattern: Pattern) throws {
    let outcome = try run(.delay, pattern)
    #expect(isProven(outcome), "\(outcome.error)")
    #expect(outcome.messagesSent == 50 && outcome.messagesReceived == 50)
  }

  @Test func theLastOfManyFailuresLeavesAsLittleAsTheFirst() throws {
    for fault in Fault.allCases where ![.hang, .hangInAdopt, .drop].contains(fault) {
      for pattern in Pattern.allCases { _ = try run(fault, pattern) }
    }
  }
}
