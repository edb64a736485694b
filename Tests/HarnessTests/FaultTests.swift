import Glibc
import Mechanisms
import Testing
import Trials

@testable import Harness
@testable import ipcbench

/// Each way to misbehave comes out as what it is.
@Suite(.serialized, .leavesNothing) struct FaultTests {
  private func run(
    _ fault: Fault, _ pattern: Pattern, timeoutMilliseconds: UInt64 = 10_000
  ) throws -> TrialOutcome {
    let outcome = try BuiltProgram.driver().run(
      .of(fault.rawValue, pattern, timeoutMilliseconds: timeoutMilliseconds))
    #expect((outcome.status == .ok) == (outcome.error == ""), "\(outcome.error)")
    return outcome
  }

  @Test(
    arguments: [
      (.errorInLink, "fault failed while making the link: injected on purpose"),
      (.errorInAdopt, "producer: fault failed while adopting the link: injected on purpose"),
      (.error, "producer: fault failed while sending a message: injected on purpose"),
      (
        .noRoomInAdopt,
        "consumer: mmap failed while touching shared memory: a page found no room (SIGBUS); free memory "
          + "and /dev/shm"
      ),
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
      (.crashInAdopt, "preparing"), (.crash, "timing"),
    ] as [(Fault, String)], Pattern.allCases)
  func aCrashIsReportedWithItsSignalSideAndStage(
    fault: (kind: Fault, stage: String), pattern: Pattern
  ) throws {
    let outcome = try run(fault.kind, pattern)
    #expect(outcome.status == .died)
    #expect(
      outcome.error
        == "the consumer was killed by SIGSEGV (Segmentation fault) while \(fault.stage)")
    try BuiltProgram.expectNextTrialToSucceed()
  }

  @Test(
    arguments: [
      (.hangInAdopt, "preparing"), (.hang, "timing"),
    ] as [(Fault, String)], Pattern.allCases)
  func aHangEndsAtTheDeadline(
    fault: (kind: Fault, stage: String), pattern: Pattern
  ) throws {
    var outcome: TrialOutcome?
    for timeout in timeoutsInMilliseconds {
      let latest = try run(fault.kind, pattern, timeoutMilliseconds: timeout)
      #expect(latest.status == .timedOut)
      outcome = latest
      if latest.error.contains("consumer \(fault.stage)") { break }
    }
    let error = try #require(outcome?.error)
    #expect(error.contains("consumer \(fault.stage)"), "\(error)")
    #expect(error.hasPrefix("no end before the deadline (producer "))
    #expect(error.hasSuffix("a longer one is set by --timeout"))
    try BuiltProgram.expectNextTrialToSucceed()
  }

  @Test(arguments: [Fault.corrupt, .duplicate, .overlong], Pattern.allCases)
  func aMessageThatIsNotAsSentProvesNothing(fault: Fault, pattern: Pattern) throws {
    let outcome = try run(fault, pattern)
    #expect(outcome.status == .invalid)
    #expect(try #require(outcome.messagesCorrupt) >= 1)
    #expect(outcome.messagesLost == 0)
    #expect(outcome.error.hasPrefix("delivery is not proven: "), "\(outcome.error)")
    try BuiltProgram.expectNextTrialToSucceed()
  }

  @Test func aMessageMissingFromAStreamIsLost() throws {
    let outcome = try run(.drop, .stream)
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

  /// Behind the last message no gap shows; the reason must say who waits, and that the other is done.
  @Test func aMissingLastMessageOfAStreamTellsWhoWaitsForIt() throws {
    var error = ""
    for timeout in timeoutsInMilliseconds where !error.contains("done timing") {
      let outcome = try run(.dropLast, .stream, timeoutMilliseconds: timeout)
      #expect(outcome.status == .timedOut)
      error = outcome.error
    }
    #expect(error.contains("(producer done timing, consumer timing)"), "\(error)")
  }

  @Test func messagesThatChangePlacesProveNothing() throws {
    let outcome = try run(.reorder, .stream)
    #expect(outcome.status == .invalid)
    #expect(try #require(outcome.messagesCorrupt) >= 1)
    #expect(outcome.messagesSent == 50 && outcome.messagesReceived == 50)
  }

  @Test(arguments: Pattern.allCases)
  func aClockThatIsAheadMakesATrialInvalid(pattern: Pattern) throws {
    let outcome = try run(.clockAhead, pattern)
    #expect(outcome.status == .invalid)
    #expect(
      outcome.error.hasPrefix("the clocks disagree: the consumer's is at least "),
      "\(outcome.error)")
    #expect(outcome.messagesLost == 0 && outcome.messagesCorrupt == 0)
  }

  /// The time of a stream ends with the consumer, however early the producer is done.
  @Test func aSlowConsumerDeterminesTheTimeOfAStream() throws {
    let outcome = try run(.slowConsumer, .stream)
    #expect(outcome.status == .ok, "\(outcome.error)")
    #expect(try #require(outcome.elapsedNanoseconds) >= 50 * Fault.slowReceiveNanoseconds)
  }

  @Test(arguments: Pattern.allCases)
  func aFaultyMechanismWithoutAFaultIsSound(pattern: Pattern) throws {
    let outcome = try run(.none, pattern)
    #expect(outcome.status == .ok, "\(outcome.error)")
    #expect(outcome.messagesSent == 50 && outcome.messagesReceived == 50)
  }

  @Test(arguments: Pattern.allCases)
  func aDelayIsNoFault(pattern: Pattern) throws {
    let outcome = try run(.delay, pattern)
    #expect(isProven(outcome), "\(outcome.error)")
    #expect(outcome.messagesSent == 50 && outcome.messagesReceived == 50)
  }

  @Test func theLastOfManyFailuresLeavesAsLittleAsTheFirst() throws {
    let hanging: Set<Fault> = [.hang, .hangInAdopt, .drop, .dropLast, .reorder]
    for fault in Fault.allCases where !hanging.contains(fault) {
      for pattern in Pattern.allCases { _ = try run(fault, pattern) }
    }
  }
}
