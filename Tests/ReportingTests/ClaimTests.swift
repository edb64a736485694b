import Results
import Testing
import Trials

@testable import Reporting

@Suite struct ClaimTests {
  /// The paragraph about a claim.
  private func paragraph(_ statement: String, _ run: MadeUpRun) throws -> String {
    let section = ClaimsSection(run.evidence).section(.brief)
    return try #require(section.paragraphs.first { $0.hasPrefix("“\(statement)") })
  }

  @Test(
    arguments: [
      ([.holds, .holds], .holds), ([.doesNotHold], .doesNotHold), ([], .notAnswerable),
      ([.notAnswerable], .notAnswerable), ([.holds, .notAnswerable], .holds),
      ([.doesNotHold, .notAnswerable], .doesNotHold), ([.holds, .doesNotHold], .holdsInPart),
      ([.holds, .holdsInPart], .holdsInPart), ([.doesNotHold, .holdsInPart], .holdsInPart),
    ] as [([Ruling], Ruling)])
  func rulingsTogether(rulings: [Ruling], ruling: Ruling) {
    #expect(Ruling.of(rulings) == ruling)
  }

  // MARK: - Large data

  /// Ring in place, both rings by copy and pipe at 64 KiB.
  private func large(
    inPlace: Double, copy: Double, pipe: Double, _ wait: WaitPolicy = .spin,
    in run: MadeUpRun = MadeUpRun()
  ) -> MadeUpRun {
    var run = run
    run.add("shm-ring", payload: 65536, wait: wait, dataPath: .inPlace, taking: around(inPlace))
    run.add("shm-ring", payload: 65536, wait: wait, taking: around(copy, upwards: false))
    run.add("shm-plain", payload: 65536, wait: wait, taking: around(copy, upwards: false))
    run.add("pipe", payload: 65536, wait: wait, taking: around(pipe))
    return run
  }

  @Test(
    arguments: [
      (100, 900, 1000, "holds here", "because nothing is copied” holds here"),
      (100, 110, 1000, "holds in part", "because nothing is copied” does not hold here"),
      (100, 2000, 1000, "holds in part", "faster from 64 KiB on” holds in part"),
      (1000, 1000, 400, "does not hold here", "nowhere ahead"),
    ] as [(Double, Double, Double, String, String)])
  func largeData(
    inPlace: Double, copy: Double, pipe: Double, verdict: String, reason: String
  ) throws {
    let text = try paragraph("Shared memory", large(inPlace: inPlace, copy: copy, pipe: pipe))
    #expect(text.contains("”: \(verdict) ("), "\(text)")
    #expect(text.contains(reason), "\(text)")
  }

  @Test func largeDataUnderOneWaitAndNotUnderTheOther() throws {
    let spin = large(inPlace: 100, copy: 400, pipe: 1000)
    let run = large(inPlace: 9000, copy: 9000, pipe: 3000, .block, in: spin)
    let text = try paragraph("Shared memory", run)
    #expect(text.contains("holds in part"))
    #expect(text.contains("“faster from 64 KiB on” holds in part"))
  }

  @Test func smallMessagesSayNothingOfLargeData() throws {
    var run = MadeUpRun()
    run.add("shm-ring", taking: around(100))
    run.add("pipe", taking: around(500))
    let text = try paragraph("Shared memory", run)
    #expect(text.contains("not answerable here"))
    #expect(text.contains("no messages of 64 KiB or more"))
  }

  // MARK: - Who is faster

  @Test(
    arguments: [
      (1000, 500, "holds here"), (500, 1000, "does not hold here"),
      (1000, 1000, "not answerable here"),
    ] as [(Double, Double, String)])
  func smallMessages(ring: Double, pipe: Double, verdict: String) throws {
    var run = MadeUpRun()
    run.add("shm-ring", taking: around(ring))
    run.add("shm-plain", taking: around(ring))
    run.add("pipe", taking: around(pipe, upwards: false))
    // Larger ones are not what the claim is about.
    run.add("shm-ring", payload: 4096, taking: around(100))
    run.add("pipe", payload: 4096, taking: around(100_000))
    #expect(try paragraph("Message passing wins", run).contains("”: \(verdict) ("))
  }

  /// One ring alone may lose for what it is.
  @Test func oneRingThatLosesDecidesNothing() throws {
    var run = MadeUpRun()
    run.add("shm-ring", taking: around(1000))
    run.add("pipe", taking: around(500, upwards: false))
    #expect(
      try paragraph("Message passing wins", run)
        == "“Message passing wins for small messages”: not answerable here (with shm-ring it holds at 64 B "
        + "in none of 1 setting, the opposite in none (it loses in 1, with nothing beside it to confirm "
        + "that)).")
    run.add("shm-plain", taking: around(400))
    #expect(try paragraph("Message passing wins", run).contains("”: does not hold here ("))
  }

  @Test func smallMessagesInPart() throws {
    var run = MadeUpRun()
    for (wait, pipe) in [(WaitPolicy.spin, 500.0), (.block, 2000)] {
      run.add("shm-ring", wait: wait, taking: around(1000))
      run.add("shm-plain", wait: wait, taking: around(1000))
      run.add("pipe", wait: wait, taking: around(pipe, upwards: false))
    }
    #expect(
      try paragraph("Message passing wins", run)
        == "“Message passing wins for small messages”: holds in part (with shared memory it holds at 64 B "
        + "in 1 of 2 settings, the opposite in 1).")
    let section = ClaimsSection(run.evidence).section(.full)
    #expect(
      section.paragraphs.contains(
        "shared memory against pipe, holds: round trips with wait spin."))
    #expect(
      section.paragraphs.contains(
        "shared memory against pipe, does not hold: round trips with wait block."))
  }

  @Test func socketsAndPipes() throws {
    var run = MadeUpRun()
    run.add("pipe", taking: around(1000))
    run.add("tcp", taking: around(4000, upwards: false))
    #expect(try paragraph("Sockets", run).contains("holds here"))
    run.add("unix-stream", taking: around(500, upwards: false))
    #expect(try paragraph("Sockets", run).contains("holds in part"))
    var without = MadeUpRun()
    without.add("pipe", taking: around(1000))
    #expect(try paragraph("Sockets", without).contains("no sockets"))
  }

  @Test func callsAreHeldAgainstTheirOwnSocket() throws {
    var run = MadeUpRun()
    run.add("onc-rpc-unix", wait: .block, taking: around(1000))
    run.add("tcp", wait: .block, taking: around(1))
    #expect(try paragraph("RPC", run).contains("not answerable here"))
    run.add("unix-stream", wait: .block, taking: around(500, upwards: false))
    #expect(try paragraph("RPC", run).contains("holds here"))
    run.add("onc-rpc-tcp", wait: .block, taking: around(1))
    let section = ClaimsSection(run.evidence).section(.full)
    let table = try #require(section.tables.first { $0.title.hasPrefix("A call takes") })
    #expect(table.rows.map { $0[4] } == ["unix-stream", "tcp"])
    #expect(table.rows.map { $0[9] } == ["holds", "undecided"])
  }

  // MARK: - Many cores

  private func onPairs(_ count: Int, host: HostEnvironment?) -> MadeUpRun {
    var run = MadeUpRun(host: host)
    for consumer in 1...count {
      let cores = CorePair(placement: .sameL3, producer: 0, consumer: consumer)
      run.add("shm-ring", cores: cores, taking: around(1000))
      run.add("shm-plain", cores: cores, taking: around(1000))
      run.add("pipe", cores: cores, taking: around(500, upwards: false))
    }
    return run
  }

  @Test(
    arguments: [
      (1, madeUpHost(), "this machine has 2, and 1 such pair was measured"),
      (1, madeUpHost(logicalCPUs: 8), "this machine has 8, and 1 such pair was measured"),
      (2, madeUpHost(logicalCPUs: 6, smtActive: true), "this machine has 3, and 2 such pairs were"),
      (2, nil, "there is no run.json"),
    ] as [(Int, HostEnvironment?, String)])
  func manyCoresTakeManyCores(pairs: Int, host: HostEnvironment?, reason: String) throws {
    let text = try paragraph("On many cores", onPairs(pairs, host: host))
    #expect(text.contains("not answerable here"))
    #expect(text.contains(reason), "\(text)")
  }

  @Test func manyCoresWithSeveralPairs() throws {
    let text = try paragraph("On many cores", onPairs(2, host: madeUpHost(logicalCPUs: 4)))
    #expect(text.contains("holds here"))
    #expect(text.contains("one pair of cores at a time"))
  }
}
