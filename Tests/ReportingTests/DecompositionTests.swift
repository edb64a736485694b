import Foundation
import Results
import Testing
import Trials

@testable import Reporting

@Suite struct DecompositionTests {
  private func decompose(
    _ mechanism: String, _ dataPath: DataPath = .copy, payload: Int = 4096,
    wait: WaitPolicy = .spin,
    in run: MadeUpRun
  ) throws -> Decomposition {
    let setting = try #require(run.evidence.settings.first { $0.wait == wait })
    return try #require(
      Dissection(evidence: run.evidence).decomposition(
        of: Contender(mechanism: mechanism, dataPath: dataPath), in: setting, payloadBytes: payload)
    )
  }

  private func source(_ part: Part, _ decomposition: Decomposition) -> String? {
    decomposition.terms.first { $0.part == part }?.source
  }

  /// Ring and pipe, spinning: 500 ns of copying, 200 and 300 ns of touching.
  private func spinning(_ floors: [Floor]) -> MadeUpRun {
    var run = MadeUpRun(floors: floors)
    run.add("shm-ring", payload: 4096, taking: around(600))
    run.add("shm-ring", payload: 4096, dataPath: .inPlace, taking: around(100))
    run.add("shm-ring", payload: 4096, touch: .full, taking: around(800))
    run.add("pipe", payload: 4096, taking: around(2000))
    run.add("pipe", payload: 4096, touch: .full, taking: around(2300))
    return run
  }

  @Test func thePartsOfASpinningRoundTripThroughTheKernel() throws {
    let run = spinning([try madeUpFloor(.systemCall, nanoseconds: 150)])
    let pipe = try decompose("pipe", in: run)
    #expect(pipe.roundTripNanoseconds == 2300)
    #expect(pipe.setting.touch == .full)
    #expect(pipe.nanoseconds(.waking) == 50)
    #expect(source(.waking, pipe) == "probes of its trials")
    #expect(pipe.nanoseconds(.systemCalls) == 600)
    #expect(pipe.nanoseconds(.copying) == 500)
    #expect(source(.copying, pipe) == "shm-ring, spin: copy − in place")
    #expect(pipe.nanoseconds(.touching) == 300)
    let parts = 50.0 + 600 + 500 + 300
    #expect(pipe.nanoseconds(.rest) == 2300 - parts)
  }

  @Test func theRingMakesNoSystemCallsAndInPlaceNoCopies() throws {
    let run = spinning([try madeUpFloor(.systemCall, nanoseconds: 150)])
    let ring = try decompose("shm-ring", in: run)
    #expect(ring.nanoseconds(.systemCalls) == nil)
    #expect(ring.nanoseconds(.copying) == 500)
    let inPlace = try decompose("shm-ring", .inPlace, in: run)
    #expect(inPlace.nanoseconds(.copying) == 0)
    #expect(inPlace.setting.touch == .header)
    #expect(inPlace.nanoseconds(.touching) == nil)
  }

  /// In place, the largest message that fits stands for larger ones.
  @Test func copyingOfWhatDoesNotFitInPlace() throws {
    var run = spinning([])
    run.add("shm-ring", payload: 65536, taking: around(5100))
    run.add("pipe", payload: 65536, taking: around(9000))
    let pipe = try decompose("pipe", payload: 65536, in: run)
    #expect(pipe.nanoseconds(.copying) == 5000)
    #expect(source(.copying, pipe) == "shm-ring, spin: copy − in place at 4 KiB")
  }

  @Test func withoutTheRingTheFloorsSayWhatCopyingTakes() throws {
    var run = MadeUpRun(floors: [
      try madeUpFloor(.crossCopy, payload: 4096, nanoseconds: 900),
      try madeUpFloor(.oneLineBounce, nanoseconds: 100),
      try madeUpFloor(
        .localCopy, .stream, payload: 4096, cores: MadeUpRun.oneCore, nanoseconds: 30),
    ])
    run.add("pipe", payload: 4096, taking: around(2000))
    let pipe = try decompose("pipe", in: run)
    #expect(pipe.nanoseconds(.copying) == 800)
    #expect(source(.copying, pipe) == "floor-copy-cross − bounce")
    run.add("pipe", payload: 4096, wait: .block, cores: MadeUpRun.oneCore, taking: around(5000))
    let onOneCore = try decompose("pipe", wait: .block, in: run)
    let copying = try #require(onOneCore.nanoseconds(.copying))
    #expect(abs(copying - 120) < 0.01)
    #expect(source(.copying, onOneCore) == "4 × floor-copy-local")
  }

  /// A hand-off that took longer before the run than round trips did in it is not cut to fit.
  @Test func sleepersStandOnTheHandOffAndTheRestMayBeNegative() throws {
    var run = MadeUpRun(floors: [
      try madeUpFloor(.wake, nanoseconds: 50_000), try madeUpFloor(.systemCall, nanoseconds: 150),
    ])
    run.add("pipe", payload: 4096, wait: .block, taking: around(40_000))
    let pipe = try decompose("pipe", wait: .block, in: run)
    #expect(pipe.nanoseconds(.waking) == 50_000)
    #expect(pipe.nanoseconds(.systemCalls) == nil)
    #expect(pipe.nanoseconds(.rest) == -10_000)
  }

  @Test func aCallIsWhatItAddsToItsSocket() throws {
    var run = MadeUpRun()
    run.add("unix-stream", payload: 4096, wait: .block, taking: around(40_000))
    run.add("onc-rpc-unix", payload: 4096, wait: .block, taking: around(60_000))
    let call = try decompose("onc-rpc-unix", wait: .block, in: run)
    #expect(call.nanoseconds(.call) == 20_000)
    #expect(source(.call, call) == "onc-rpc-unix − unix-stream")
  }

  /// The call's own figures with touch header may be of another mood of the host, and are not needed.
  @Test func whatTheCallTouchesTheSocketTouchesToo() throws {
    var run = MadeUpRun()
    run.add("unix-stream", payload: 4096, wait: .block, taking: around(40_000))
    run.add("unix-stream", payload: 4096, wait: .block, touch: .full, taking: around(45_000))
    run.add("onc-rpc-unix", payload: 4096, wait: .block, taking: around(900_000))
    run.add("onc-rpc-unix", payload: 4096, wait: .block, touch: .full, taking: around(60_000))
    let call = try decompose("onc-rpc-unix", wait: .block, in: run)
    #expect(call.nanoseconds(.call) == 15_000)
    #expect(call.nanoseconds(.touching) == 5000)
  }

  @Test func withoutFloorsThatIsSaid() throws {
    var run = MadeUpRun(host: nil)
    run.add("pipe", wait: .block, taking: around(40_000))
    let section = DecompositionSection(run.evidence).section(.full)
    #expect(section.paragraphs.contains { $0.contains("This run has no floors") })
    #expect(
      section.paragraphs[0] == "Wait block: shared memory and message passing do not meet here.")
  }

  @Test func withoutRoundTripsThereIsNothingToTakeApart() {
    var run = MadeUpRun()
    run.add("pipe", .stream, taking: around(100))
    let section = DecompositionSection(run.evidence).section(.full)
    #expect(section.charts.isEmpty)
    #expect(section.paragraphs[0].contains("nothing to take apart"))
  }

  @Test func theGapIsTakenApartAsWell() throws {
    let run = spinning([try madeUpFloor(.systemCall, nanoseconds: 150)])
    let section = DecompositionSection(run.evidence).section(.full)
    #expect(
      section.paragraphs[0]
        == "Wait spin. At 4 KiB, touch full, shm-ring takes 800 ns: waking 6 %, copying 63 %, touching 25 "
        + "% and not explained 6 %. The kernel's fastest, pipe, takes 2.30 µs: waking 2 %, system calls 26 "
        + "%, copying 22 %, touching 13 % and not explained 37 %. The 1.50 µs by which that is longer: system "
        + "calls 600 ns, touching 100 ns and not explained 800 ns.")
  }

  @Test func theChartsBarsAddUpToTheWhole() throws {
    let run = spinning([try madeUpFloor(.systemCall, nanoseconds: 150)])
    let chart = try #require(DecompositionSection(run.evidence).section(.full).charts.first)
    #expect(chart.name == "decomposition")
    let parsed = try JSONSerialization.jsonObject(with: Data(chart.specification.text.utf8))
    let specification = try #require(parsed as? [String: Any])
    let data = try #require(specification["data"] as? [String: Any])
    let rows = try #require(data["values"] as? [[String: Any]])
    let shares = Dictionary(grouping: rows) { $0["mechanism"] as? String ?? "" }
      .mapValues { bars in bars.reduce(0) { $0 + ($1["share"] as? Double ?? 0) } }
    #expect(Set(shares.keys) == ["pipe", "shm-ring", "shm-ring in place"])
    for (mechanism, sum) in shares { #expect(abs(sum - 1) < 1e-9, "\(mechanism): \(sum)") }
  }
}
