import Foundation
import Testing
import Trials

@testable import Results

@Suite struct StoredRunTests {
  /// What the file of a run says when it is read trial by trial.
  private func expect(
    _ run: StoredRun, toHold records: [TrialRecord], _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let trialsOf = Dictionary(grouping: records, by: \.configuration)
    let configurations = records.map(\.configuration).reduce(into: [Configuration]()) {
      if $1 != $0.last, $0.count < trialsOf.count, !$0.contains($1) { $0.append($1) }
    }
    #expect(
      run.groups.map(\.configuration) == configurations, comment, sourceLocation: sourceLocation)
    for group in run.groups {
      let trials = trialsOf[group.configuration] ?? []
      let ok = trials.filter { $0.status == .ok }
      let failed = trials.filter { $0.status != .ok }
      #expect(group.trials == trials.count, comment, sourceLocation: sourceLocation)
      #expect(group.failed == failed.count, comment, sourceLocation: sourceLocation)
      #expect(
        group.firstError
          == failed.first.map { $0.error.isEmpty ? $0.status.rawValue : $0.error },
        comment, sourceLocation: sourceLocation)
      #expect(run.group(group.configuration)?.trials == trials.count)
      for metric in Metric.allCases {
        let applies = metric.applies(to: group.configuration.workload.pattern)
        let expected = (applies ? ok : []).compactMap { record in
          metric.value(of: record).map {
            StoredRun.Sample(
              block: record.block, value: $0, isTainted: record.tainted, probes: ProbePair(record))
          }
        }
        #expect(group.samples(metric) == expected, comment, sourceLocation: sourceLocation)
      }
    }
  }

  /// Those of results/, which are real ones.
  private static let committedRuns: [String] = {
    let results = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "results").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: results)) ?? []
    return names.map { "\(results)/\($0)" }
      .filter { FileManager.default.fileExists(atPath: "\($0)/trials.csv") }.sorted()
  }()

  @Test func thereAreCommittedRunsToReadHere() {
    #expect(!Self.committedRuns.isEmpty)
  }

  @Test(arguments: committedRuns)
  func aCommittedRunIsReadAsByThePlainReader(path: String) throws {
    let file = "\(path)/trials.csv"
    let records = try PlainCSV.trials(of: Data(contentsOf: URL(fileURLWithPath: file)), path: file)
    #expect(try TrialRecord.read(from: path) == records)
    let run = try StoredRun.read(from: path)
    #expect(run.runID == records.first?.runID)
    #expect(run.description?.runID == run.runID)
    #expect(run.idlePolicies == [.standard])
    expect(run, toHold: records)
  }

  @Test func trialsAddedOneByOneAreTheSameRun() throws {
    let records = recordsOfEveryKind()
    var run = StoredRun()
    for record in records { run.add(record) }
    expect(run, toHold: records)
    #expect(run.runID == fixtureRunID)
    #expect(run.group(configuration("of no trial")) == nil)
  }

  /// Damages the rows of a file at random: quotes and line ends in strange places, bytes that are no text,
  /// a torn end, wrong values. Values and errors must be those of the plain reader.
  @Test(arguments: [seedOfThisRun])
  func damagedFilesAreReadAsByThePlainReader(seed: UInt64) throws {
    var numbers = SeededGenerator(seed: seed)
    let header = Array(CSV.header(TrialRecord.columns).utf8)
    let kinds = recordsOfEveryKind()
    let texts = [
      "\"", ",", "\n", "\r\n", "\r", "x", "-", "9", "é", "\"\"", "\n\n", ",,", "\"a\nb\"",
    ]
    let debris = texts.map { Array($0.utf8) } + [[0xFC], []]
    try withTemporaryFolder { folder in
      let path = "\(folder)/trials.csv"
      var refused = 0
      for _ in 0..<400 {
        var body = (0..<(1 + numbers.next(below: 12))).flatMap { number in
          var record = kinds[numbers.next(below: kinds.count)]
          record.trialID = "drawn-\(number)"
          return Array(CSV.line(record, TrialRecord.columns).utf8)
        }
        for _ in 0..<numbers.next(below: 3) {
          let place = numbers.next(below: body.count)
          let end = min(body.count, place + numbers.next(below: 3))
          body.replaceSubrange(place..<end, with: debris[numbers.next(below: debris.count)])
        }
        if numbers.next(below: 8) == 0 { body.removeLast(numbers.next(below: body.count)) }
        try Data(header + body).write(to: URL(fileURLWithPath: path))
        let text: Comment = "\(String(decoding: body, as: UTF8.self))"
        do throws(ResultsError) {
          let records = try PlainCSV.trials(of: header + body, path: path)
          #expect(try TrialRecord.read(from: path) == records, text)
          expect(try StoredRun.read(from: path), toHold: records, text)
        } catch {
          refused += 1
          #expect(throws: error, text) { _ = try TrialRecord.read(from: path) }
          #expect(throws: error, text) { _ = try StoredRun.read(from: path) }
        }
      }
      #expect((1..<400).contains(refused))
    }
  }

  @Test func aFileOfManyBlocksIsReadWhole() throws {
    let records = recordsOfEveryKind()
    let length = records.map { CSV.line($0, TrialRecord.columns) }.joined().utf8.count
    let copies = (1 << 20) / length
    try withTemporaryFolder { folder in
      var text = CSV.header(TrialRecord.columns)
      for copy in 0..<copies {
        for (number, record) in records.enumerated() {
          var record = record
          record.trialID = "copy-\(copy * records.count + number)"
          text += CSV.line(record, TrialRecord.columns)
        }
      }
      try write(text, to: "\(folder)/trials.csv")
      let run = try StoredRun.read(from: folder)
      #expect(run.groups.map(\.trials).reduce(0, +) == copies * records.count)
      expect(run, toHold: Array((0..<copies).map { _ in records }.joined()))
    }
  }

  @Test func bothRunsAreReadAndTheBasesErrorComesFirst() throws {
    try withTemporaryFolder { folder in
      let (base, head) = ("\(folder)/base.csv", "\(folder)/head.csv")
      for (path, count) in [(base, 3), (head, 5)] {
        let lines = recordsOfEveryKind().prefix(count).map { CSV.line($0, TrialRecord.columns) }
        try write(CSV.header(TrialRecord.columns) + lines.joined(), to: path)
      }
      let runs = try StoredRun.read(base: base, head: head)
      #expect([runs.base.path, runs.head.path] == [base, head])
      #expect([runs.base, runs.head].map { $0.groups.map(\.trials).reduce(0, +) } == [3, 5])
      #expect(runs.base.description == nil)

      expectError(.missing, saying: "\(folder)/none: ") {
        _ = try StoredRun.read(base: base, head: "\(folder)/none")
      }
      try write("", to: head)
      expectError(.missing, saying: "\(folder)/none: ") {
        _ = try StoredRun.read(base: "\(folder)/none", head: head)
      }
    }
  }
}

@Suite struct TableReaderTests {
  private struct Pair: Equatable {
    var level = ""
    var value = 0
  }

  private static let columns: [Column<Pair>] = [
    Column("level", \.level, "A factor's."), Column("value", \.value, "A number."),
  ]

  private func rows(_ text: String, storing stored: Set<String>? = nil) throws -> [TableRow<Pair>] {
    try withTemporaryFolder { folder in
      try write(text, to: "\(folder)/some.csv")
      var reader = try TableReader.open(
        "\(folder)/some.csv", columns: Self.columns, blank: Pair(), storing: stored,
        repeated: ["level"])
      var rows: [TableRow<Pair>] = []
      while let row = try reader.next() { rows.append(row) }
      return rows
    }
  }

  @Test func rowsThatSayTheSameInTheRepeatedColumnsAreOfOneKind() throws {
    let read = try rows("value,level\n1,a\n2,b\n3,a\n4,\"a\"\n5,\n")
    #expect(read.map(\.kind) == [0, 1, 0, 0, 2])
    #expect(read.map(\.row.level) == ["a", "b", "a", "a", ""])
    #expect(read.map(\.row.value) == [1, 2, 3, 4, 5])
    #expect(read.map(\.line) == [2, 3, 4, 5, 6])
  }

  @Test func rowsOfMoreKindsThanAreRememberedAreReadAllTheSame() throws {
    let count = 20_000
    let lines = (1...count).map { "l\($0),\($0)\n" }.joined()
    let read = try rows("level,value\n" + lines + "l1,0\n")
    let pairs = (1...count).map { Pair(level: "l\($0)", value: $0) } + [Pair(level: "l1")]
    #expect(read.map(\.row) == pairs)
    #expect(read[count - 1].kind == nil)
    #expect(read[count].kind == 0)
  }

  @Test func columnsThatNobodyWantsAreCheckedAndNotKept() throws {
    let read = try rows("level,value\na,7\n", storing: ["level"])
    #expect(read.map(\.row) == [Pair(level: "a", value: 0)])
    expectError(.malformed, saying: "some.csv:3: value is 'x'; write a whole number") {
      _ = try rows("level,value\na,7\na,x\n", storing: ["level"])
    }
  }
}
