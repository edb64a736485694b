import Foundation
import Results
import Testing
import Trials

@testable import Reporting

@Suite struct AnswerTests {
  private func answer(_ run: MadeUpRun, _ detail: Answer.Detail = .brief) throws -> ReportSection {
    try #require(Answer.sections(run.evidence, detail).first { $0.name == "answer" })
  }

  @Test func aWinnerAtEverySize() throws {
    var run = MadeUpRun()
    for payload in [64, 1024] {
      run.add("shm-ring", payload: payload, taking: around(100))
      run.add("pipe", payload: payload, taking: around(400, upwards: false))
      run.add("tcp", payload: payload, taking: around(900, upwards: false))
    }
    #expect(
      try answer(run).paragraphs[2]
        == "Round trips, shm-ring against the best of pipe and tcp, with wait spin: wins at every "
        + "measured size, 64 B to 1 KiB (4.00× as fast).")
  }

  /// Medians of samples of one and of two round trips are of two things; their means are of one.
  @Test func roundTripsOfDifferentBatchesAreHeldAgainstEachOtherByTheirMeans() throws {
    var run = MadeUpRun()
    run.add("pipe", taking: around(400, upwards: false))
    run.add("shm-ring", batch: 1, taking: around(100))
    run.add("pipe", wait: .block, taking: around(4000))
    let configurations = run.evidence.run.groups.map(\.configuration)
    #expect(configurations.map(run.evidence.metric) == [.latencyP50, .latencyP50, .latencyP50])
    #expect(try answer(run).paragraphs.allSatisfy { !$0.contains("by their means") })
    run.add("shm-ring", payload: 4096, batch: 2, taking: around(100))
    run.add("pipe", payload: 4096, batch: 1, taking: around(400, upwards: false))
    // Those that sleep are not concerned.
    #expect(configurations.map(run.evidence.metric) == [.latencyMean, .latencyMean, .latencyP50])
    let paragraphs = try answer(run).paragraphs
    #expect(
      paragraphs[2]
        == "Round trips, shm-ring against pipe, the only rival measured, with wait spin: wins at every "
        + "measured size, 64 B to 4 KiB (4.00× as fast).")
    #expect(paragraphs.last?.contains("these are told by their means") == true)
    let recommendation = try Recommendation(
      for: RecommendationRequest(payloadBytes: 4096), from: run.evidence)
    #expect(recommendation.choices.first?.reason.contains("lowest mean round trip") == true)
  }

  @Test func aCrossoverAndTheDuelsThatDiffer() throws {
    var run = MadeUpRun()
    for (payload, pipe, socket) in [(64, 50.0, 300.0), (1024, 100, 300), (4096, 300, 300)] {
      run.add("shm-ring", payload: payload, cpu: 30, taking: around(100))
      run.add("pipe", payload: payload, cpu: 40, taking: around(pipe, upwards: false))
      run.add("unix-stream", payload: payload, cpu: 70, taking: around(socket, upwards: false))
    }
    let paragraphs = try answer(run, .full).paragraphs
    #expect(
      paragraphs[0]
        == "In short: of all comparisons of shm-ring with the best that the kernel offers, over sizes, "
        + "patterns, touches and cores, with wait spin it wins 1 of 3, loses 1 and leaves 1 without a "
        + "winner. What shm-ring loses is lost by this ring, and not by shared memory: that takes a "
        + "second implementation which loses as well ('ipcbench run --suite tradeoff' measures shm-plain "
        + "beside it).")
    #expect(
      paragraphs[1]
        == "The price, CPU time of both sides a message, as a multiple of that rival's: with wait spin "
        + "0.750× to 0.750×. A spinning side burns its core between messages, too.")
    #expect(
      paragraphs[3]
        == "Round trips, wait spin, touch header. shm-ring against the best of pipe and unix-stream: "
        + "loses at 64 B, no winner at 1 KiB and wins at 4 KiB, the largest; 0.500× (0.480–0.520×; "
        + "pipe, 64 B) to 3.00× (2.88–3.12×; pipe, 4 KiB) as fast. Against unix-stream alone: wins at "
        + "every measured size, 64 B to 4 KiB. CPU time of both sides, a round trip: 60.0 ns at 64 B "
        + "(pipe: 80.0 ns) and 60.0 ns at 4 KiB (pipe: 80.0 ns).")
  }

  /// Before a sentence says that shared memory loses, the plainest other implementation must lose, too.
  @Test(
    arguments: [
      (200, "wins none of 1, loses 1", "loses at 64 B"),
      (100, "wins none of 1, loses none", "no winner (shm-ring loses) at 64 B"),
      (50, "wins 1 of 1, loses none", "wins with shm-plain only (shm-ring loses) at 64 B"),
    ] as [(Double, String, String)])
  func sharedMemoryLosesWhereBothRingsDo(plain: Double, tally: String, course: String) throws {
    var run = MadeUpRun()
    run.add("shm-ring", taking: around(200))
    run.add("shm-plain", taking: around(plain))
    run.add("pipe", taking: around(100, upwards: false))
    let paragraphs = try answer(run).paragraphs
    let subject = "shared memory (the better of shm-ring and shm-plain)"
    #expect(paragraphs[0].contains("In short: of all comparisons of \(subject) with the best"))
    #expect(paragraphs[0].contains(tally), "\(paragraphs[0])")
    #expect(!paragraphs[0].contains("lost by this ring"))
    #expect(
      paragraphs[2]
        == "Round trips, \(subject) against pipe, the only rival measured, with wait spin: \(course), "
        + "the only size measured\(plain == 100 ? "" : plain == 200 ? " (0.500× as fast)" : " (2.00× as fast)")."
    )
    #expect(paragraphs.last?.contains("and loses where all of them do") == true)
    let table = try #require(try answer(run, .full).tables.first)
    #expect(Set(table.rows.map { $0[1] }) == ["shm-ring", "shm-plain"])
  }

  @Test func whatIsLostInPlaceIsLostByTheOneRingThere() throws {
    var run = MadeUpRun()
    run.add("shm-ring", dataPath: .inPlace, taking: around(200))
    run.add("pipe", taking: around(100, upwards: false))
    let text = try answer(run).paragraphs[0]
    #expect(text.contains("What shm-ring in place loses is lost by this ring"), "\(text)")
    #expect(text.contains("there is no other one in place"))
  }

  @Test func rivalsThatWereNotMeasuredEverywhereAreNotClaimed() throws {
    var run = MadeUpRun()
    run.add("shm-ring", taking: around(100))
    run.add("pipe", taking: around(400, upwards: false))
    run.add("tcp", taking: around(400, upwards: false))
    run.add("shm-ring", touch: .none, taking: around(100))
    run.add("pipe", touch: .none, taking: around(100, upwards: false))
    let paragraphs = try answer(run).paragraphs
    #expect(
      paragraphs[2].contains("against the best of pipe and tcp, with wait spin (touch header):"))
    #expect(
      paragraphs[3]
        == "Round trips, shm-ring against pipe, the only rival measured, with wait spin (touch none): no "
        + "winner at 64 B, the only size measured.")
  }

  @Test func whatIsMissingIsSaid() throws {
    var run = MadeUpRun()
    run.add("shm-ring", .stream, taking: around(100))
    run.add("tcp", .stream, taking: around(400, upwards: false))
    run.add("tcp", .stream, payload: 1024, status: .failed, taking: [400])
    let text = try answer(run).plainText().split(separator: "\n").joined(separator: " ")
    #expect(
      text.contains(
        "Not measured here: round trips, wait block, wait adaptive, touch full, pipe, unix-stream and "
          + "shared memory in place; 'ipcbench run --suite tradeoff' measures all of it."))
    #expect(text.contains("Without a median somewhere"))
    #expect(text.contains("streams of 1 KiB by tcp."))
  }

  @Test(
    arguments: [
      ([], "no round trips or streams of shared memory or message"),
      (["pipe", "tcp"], "streams of shared memory (shm-ring, shm-plain)."),
      (["shm-ring", "onc-rpc-tcp"], "streams of message passing (pipe"),
      (["floor-wake"], "shared memory or message"),
    ] as [([String], String)])
  func aRunWithoutBothCannotTell(mechanisms: [String], reason: String) throws {
    var run = MadeUpRun()
    for mechanism in mechanisms { run.add(mechanism, taking: around(100)) }
    let section = try answer(run)
    #expect(section.paragraphs.count == 1)
    #expect(section.paragraphs[0].contains(reason), "\(section.paragraphs)")
    #expect(section.paragraphs[0].contains("ipcbench run --suite tradeoff"))
  }

  @Test func bothThatNeverMeetCannotTell() throws {
    var run = MadeUpRun()
    run.add("shm-ring", payload: 64, taking: around(100))
    run.add("pipe", payload: 128, taking: around(100))
    #expect(try answer(run).paragraphs[0].contains("differ in more than that"))
  }

  /// Responses are not what the question is about.
  @Test func pacedMessagesAloneCannotTell() throws {
    var run = MadeUpRun()
    run.add("shm-ring", .paced, pace: 1000, taking: around(100))
    run.add("pipe", .paced, pace: 1000, taking: around(100))
    #expect(try answer(run).paragraphs[0].contains("no round trips or streams"))
  }

  @Test func theTableHasEverySizeWithItsInterval() throws {
    var run = MadeUpRun()
    for payload in [64, 1024] {
      run.add("shm-ring", payload: payload, cpu: 10, taking: around(100))
      run.add("pipe", payload: payload, cpu: 20, taking: around(400, upwards: false))
    }
    let table = try #require(try answer(run, .full).tables.first)
    #expect(
      table.rows.first == [
        "header", "shm-ring", "64 B", "100 ns", "pipe", "400 ns", "4.00×", "3.84–4.16×",
        "4.00× (3.84–4.16×)", "—", "20.0 ns", "40.0 ns", "wins",
      ])
    #expect(table.rows.count == 2)
    #expect(table.columns.count == table.rows[0].count)
  }

  @Test func longLinesAreBroken() {
    let lines = ReportSection.wrapped("aa bb ccccccccccc dd", width: 5).split(separator: "\n")
    #expect(lines == ["aa bb", "ccccccccccc", "dd"])
  }

  @Test func asMarkdown() {
    let section = ReportSection(
      name: "s", title: "T", paragraphs: ["words"],
      tables: [TextTable(title: "rows", columns: [.init("a")], rows: [["1"]])])
    #expect(section.markdown() == "## T\n\nwords\n\n### rows\n\n| a |\n| --- |\n| 1 |\n")
  }
}
