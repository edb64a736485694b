import Testing

@testable import Trials

private let knownMechanisms = [
  "pipe", "fifo", "unix-stream", "tcp", "shm-ring", "onc-rpc-unix", "onc-rpc-tcp",
]

private let knownMetrics = ["latency_p50_ns", "latency_p99_ns", "throughput_messages_per_s"]

private func parse(_ text: String) throws -> Suite {
  try Suite.parse(
    text, path: "s.yaml", mechanisms: knownMechanisms, metrics: knownMetrics)
}

@Suite struct SuiteParsingTests {
  @Test func aGroupTakesWhatItDoesNotSayFromTheTopAndThenTheStandard() throws {
    let suite = try parse(
      """
      name: mine
      description: >
        Two lines
        of text
      trials: 3
      precision: 0.5%
      max-trials: 20
      messages: 1000
      warmup: 0s
      timeout: 2.5s
      seed: 0
      idle-policy: poll
      thresholds: {latency_p99_ns: 12.5%, throughput_messages_per_s: 5%}
      wait: [spin, block]
      buffer: 64KiB
      matrix:
        - mechanism: [pipe, tcp]
          payload: [1, 64..1KiB*4]
          wait: block
        - pattern: stream
          data-path: copy
          placement: [default, same-core]
          memory-node: [first-touch, 0]
          touch: none,full
          spin-budget: 20us, 1ms
          rate: [1k, 50%]
          arrivals: fixed
      """)
    #expect(
      suite
        == Suite(
          name: "mine", description: "Two lines of text", trials: 3,
          limits: TrialLimits(
            length: .messages(1000), warmUpNanoseconds: 0, timeoutNanoseconds: 2_500_000_000),
          seed: 0, precision: 0.005, mostTrials: 20, idlePolicy: .poll,
          thresholds: ["latency_p99_ns": 0.125, "throughput_messages_per_s": 0.05],
          groups: [
            AxisChoices(
              mechanisms: .named(["pipe", "tcp"]), patterns: [.pingPong, .stream],
              rates: OfferedRate.standard, arrivals: [.poisson],
              payloadBytes: [1, 64, 256, 1024], waits: [.block],
              spinBudgetsNanoseconds: [50_000], touches: [.header],
              dataPaths: [.copy], bufferBytes: [64 << 10],
              workingSetBytes: [0], placements: [.standard],
              memoryNodes: [nil]),
            AxisChoices(
              mechanisms: .all, patterns: [.stream],
              rates: [.perSecond(1000), .ofPeak(percent: 50)],
              arrivals: [.fixed], payloadBytes: [64], waits: [.spin, .block],
              spinBudgetsNanoseconds: [20_000, 1_000_000],
              touches: [.none, .full], dataPaths: [.copy], bufferBytes: [64 << 10],
              workingSetBytes: [0],
              placements: [.standard, .named(.sameCore)], memoryNodes: [nil, 0]),
          ]))
  }

  @Test func theShortestSuiteMeasuresEverythingPlain() throws {
    let suite = try parse("{name: least, matrix: [{}]}")
    #expect(suite == Suite(name: "least", groups: [.standard]))
    #expect(suite.limits == Suite.defaultLimits)
    #expect(suite.trials == 10)
    #expect(suite.idlePolicy == .standard)
    #expect(suite.thresholds.isEmpty)
  }

  @Test func anchorsSaveRepetition() throws {
    let suite = try parse(
      "name: a\nmatrix: [{payload: &sizes [1, 2]}, {payload: *sizes, mechanism: all}]")
    #expect(suite.groups.map(\.payloadBytes) == [[1, 2], [1, 2]])
  }

  @Test func placementsAndMechanismsResolveAtTheCaller() throws {
    let suite = try parse("{name: a, matrix: [{mechanism: all, placement: [default, smt]}]}")
    let pair = CorePair(placement: .sameL2, producer: 2, consumer: 3)
    var asked: [PlacementChoice] = []
    let axes = suite.axes(allMechanisms: ["tcp"]) { choice in
      asked.append(choice)
      return choice == .standard ? [pair] : []
    }
    #expect(asked == [.standard, .named(.smt)])
    #expect(
      axes == [
        Axes(
          mechanisms: ["tcp"], patterns: [.pingPong, .stream], payloadBytes: [64],
          placements: [pair])
      ])
  }

  /// However a file is damaged, it is read or refused in words; it never traps.
  @Test(arguments: [UInt64.random(in: 0...UInt64.max)])
  func anyTextIsReadOrRefused(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let original = Array(try suiteText("quick").utf8)
    let spices = Array("\n\t:-[]{}&*!|>'\"#%@`,? 0k\u{0}".utf8) + [0x80, 0xFF]
    for _ in 0..<300 {
      var bytes = original
      for _ in 0...generator.next(below: 4) {
        let at = generator.next(below: bytes.count)
        switch generator.next(below: 3) {
        case 0: bytes[at] = spices[generator.next(below: spices.count)]
        case 1: bytes.insert(spices[generator.next(below: spices.count)], at: at)
        default: bytes.removeSubrange(at..<min(bytes.count, at + 1 + generator.next(below: 9)))
        }
      }
      do {
        _ = try Suite.parse(
          String(decoding: bytes, as: UTF8.self), path: "s.yaml", mechanisms: knownMechanisms,
          metrics: knownMetrics)
      } catch {
        #expect(error.exitCode == 65, "seed \(seed)")
        #expect(error.description.hasPrefix("s.yaml:"), "seed \(seed)")
        #expect(!error.description.contains("\n"), "seed \(seed): \(error)")
      }
    }
  }
}

@Suite struct SuiteErrorTests {
  static let start = "name: a\n"
  static let valid =
    "Valid: name, description, trials, precision, max-trials, duration, messages, warmup, timeout, "
    + "seed, idle-policy, batch, thresholds, matrix, mechanism, pattern, rate, arrivals, payload, wait, spin-budget, touch, data-path, "
    + "buffer, working-set, placement, memory-node"
  static let exampleMatrix = "matrix: [{mechanism: pipe, payload: [64, 4KiB]}]"

  static let structure: [(String, String)] = [
    ("", "1:1: the file is empty; copy Benchmarks/quick.yaml to begin with"),
    ("# only a comment\n", "1:1: the file is empty; copy Benchmarks/quick.yaml to begin with"),
    (
      "- a", "1:1: a suite file holds keys and values, not a list; write for example payload: 4KiB"
    ),
    (
      "hello",
      "1:1: a suite file holds keys and values, not the single value 'hello'; "
        + "write for example payload: 4KiB"
    ),
    ("matrix: [{}]", "1:1: no key 'name'; write for example name: my-suite"),
    ("name: a", "1:1: no key 'matrix'; write for example \(exampleMatrix)"),
    (start + "matrix: []", "2:9: the matrix is empty; write for example \(exampleMatrix)"),
    (
      start + "matrix: {wait: spin}",
      "2:9: 'matrix' takes a list of groups, not keys and values; "
        + "write for example \(exampleMatrix)"
    ),
    (
      start + "matrix:\n",
      "2:8: 'matrix' takes a list of groups, not an empty value; "
        + "write for example \(exampleMatrix)"
    ),
    (
      start + "matrix: [pipe]",
      "2:10: a group of the matrix holds keys and values, "
        + "not the single value 'pipe'; write for example payload: 4KiB"
    ),
    ("paylod: 64", "1:1: unknown key 'paylod'; did you mean 'payload'? \(valid)"),
    (
      start + "matrix:\n  - paylod: 64",
      "3:5: unknown key 'paylod'; did you mean 'payload'? Valid: mechanism, pattern, rate, "
        + "arrivals, payload, wait, spin-budget, touch, data-path, buffer, working-set, placement, "
        + "memory-node"
    ),
    (
      start + "matrix: [{trials: 3}]",
      "2:11: 'trials' holds for the whole suite; move it to the top of the file"
    ),
    ("[1]: 2", "1:1: a key is a name, not a list; write for example payload: 4KiB"),
    ("seed: 1\nname: a\nseed: 2", "1:1: key 'seed' is given more than once here; keep one"),
    (
      "name: a\n\"name\": b", "1:1: key 'name' is given more than once here; keep one"
    ),
    // To YAML these two keys differ by their tag; to a reader they are the same.
    ("name: a\n!other name: b", "2:1: key 'name' is given more than once here; keep one"),
    (
      start + "matrix: [{wait: spin, wait: block}]",
      "2:11: key 'wait' is given more than once here; keep one"
    ),
  ]

  static let thresholds: [(String, String)] = [
    (
      "thresholds: 5%",
      "1:13: 'thresholds' holds keys and values, not the single value '5%'; "
        + "write for example thresholds: {latency_p50_ns: 5%}"
    ),
    (
      "thresholds: {}",
      "1:13: 'thresholds' names no metric; write for example thresholds: {latency_p50_ns: 5%}"
    ),
    (
      "thresholds: {latency_p5_ns: 5%}",
      "1:14: unknown metric 'latency_p5_ns'; did you mean 'latency_p50_ns'? "
        + "Valid: latency_p50_ns, latency_p99_ns, throughput_messages_per_s"
    ),
    (
      "thresholds: {latency_p50_ns: 5}",
      "1:30: '5' is not a usable percentage: it has no unit (%); write for example 2%"
    ),
    (
      "thresholds: {latency_p50_ns: [5%]}",
      "1:30: 'latency_p50_ns' takes one value, not a list; "
        + "write for example thresholds: {latency_p50_ns: 5%}"
    ),
    (
      start + "matrix: [{thresholds: {latency_p50_ns: 5%}}]",
      "2:11: 'thresholds' holds for the whole suite; move it to the top of the file"
    ),
  ]

  static let values: [(String, String)] = [
    (
      "name: my suite",
      "1:7: the run's folder is called after the suite, and 'my suite' is no name "
        + "for one: use up to 64 letters, digits, '.', '_' and '-'; write for example name: my-suite"
    ),
    (
      "name: ../a",
      "1:7: the run's folder is called after the suite, and '../a' is no name "
        + "for one: use up to 64 letters, digits, '.', '_' and '-'; write for example name: my-suite"
    ),
    ("name:", "1:1: 'name' has no value; write for example name: my-suite"),
    ("trials: [3]", "1:9: 'trials' takes one value, not a list; write for example trials: 10"),
    ("trials: 0", "1:9: '0' is not a usable count: it is zero; write for example 10"),
    (
      "trials: many",
      "1:9: 'many' is not a usable count: it does not start with a number; "
        + "write for example 10"
    ),
    (
      "trials: 1000000",
      "1:9: '1000000' is not a usable count: it is more than 100000; "
        + "write for example 100000"
    ),
    (
      "batch: many",
      "1:8: unknown batch 'many'. Valid: auto, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024"
    ),
    (
      "idle-policy: pol",
      "1:14: unknown idle-policy 'pol'; did you mean 'poll'? Valid: default, poll"
    ),
    ("seed: -1", "1:7: '-1' is not a usable count: it is negative; write for example 10"),
    (
      "duration: 50",
      "1:11: '50' is not a usable duration: it has no unit (ns, us or µs, ms, s); "
        + "write for example 500ms"
    ),
    (
      "warmup: {}",
      "1:9: 'warmup' takes one value, not keys and values; "
        + "write for example warmup: 100ms"
    ),
    (
      "payload: 4KB",
      "1:10: '4KB' is not a usable size: unknown unit 'KB' "
        + "(units are B, K, KiB, M, MiB, G, GiB); write for example 4KiB"
    ),
    ("payload: [64, 0]", "1:15: '0' is not a usable size: it is zero; write for example 4KiB"),
    (
      "payload:\n  - 64\n  - 2GiB",
      "3:5: '2GiB' is not a usable size: it is more than 1GiB; "
        + "write for example 1GiB"
    ),
    (
      "payload: []",
      "1:10: 'payload' is an empty list; "
        + "write for example payload: [64, 4KiB, 64KiB..1MiB]"
    ),
    (
      "payload: ~",
      "1:1: 'payload' has no value; "
        + "write for example payload: [64, 4KiB, 64KiB..1MiB]"
    ),
    (
      "payload: {a: b}",
      "1:10: 'payload' takes a value or a list, not keys and values; "
        + "write for example payload: [64, 4KiB, 64KiB..1MiB]"
    ),
    (
      "buffer: [[64]]",
      "1:10: 'buffer' lists single values, not a list; "
        + "write for example buffer: 128KiB"
    ),
    (
      "wait: [block, ~]",
      "1:15: 'wait' lists single values, not an empty value; "
        + "write for example wait: [block, spin, adaptive]"
    ),
    ("wait: blok", "1:7: unknown wait 'blok'; did you mean 'block'? Valid: block, spin, adaptive"),
    ("touch: all", "1:8: unknown touch 'all'. Valid: none, header, full"),
    (
      "pattern: [stream, pingpong]",
      "1:19: unknown pattern 'pingpong'; did you mean 'ping-pong'? "
        + "Valid: ping-pong, stream, paced"
    ),
    ("data-path: zero", "1:12: unknown data-path 'zero'. Valid: copy, in-place"),
    (
      "placement: same-cor",
      "1:12: unknown placement 'same-cor'; did you mean 'same-core'? Valid: "
        + "default, same-core, smt, same-l2, same-l3, same-package, cross-package, cross-numa, "
        + "every-pair"
    ),
    (
      "mechanism: [pipe, shmring]",
      "1:19: unknown mechanism 'shmring'; did you mean 'shm-ring'? "
        + "Valid: pipe, fifo, unix-stream, tcp, shm-ring, onc-rpc-unix, onc-rpc-tcp, all"
    ),
    (
      "memory-node: local",
      "1:14: 'local' is not a usable count: it does not start with a number; "
        + "write for example 10"
    ),
    (
      "duration: 1s\nmessages: 5\nname: a\nmatrix: [{}]",
      "1:1: both 'duration' and 'messages' say how long a trial is; keep one"
    ),
    (
      "name: a\nmatrix: [{}]\nduration: 1s\ntimeout: 1s",
      "4:10: timeout 1s is not longer than warmup "
        + "and duration together (1100ms), so that every trial would be killed; raise 'timeout'"
    ),
    (
      "name: a\nmatrix: [{}]\nduration: 60s",
      "3:11: timeout 30s is not longer than warmup "
        + "and duration together (60100ms), so that every trial would be killed; raise 'timeout'"
    ),
  ]

  static let syntax: [(String, String)] = [
    (
      "matrix: [",
      "2:1: not valid YAML: while parsing a flow node, did "
        + "not find expected node content; compare with Benchmarks/quick.yaml"
    ),
    (
      "name: 'a",
      "1:9: not valid YAML: while scanning a quoted scalar, "
        + "found unexpected end of stream; compare with Benchmarks/quick.yaml"
    ),
    (
      "a: b: c",
      "1:5: not valid YAML: mapping values are not allowed "
        + "in this context; compare with Benchmarks/quick.yaml"
    ),
    (
      "\tname: a",
      "1:1: not valid YAML: while scanning for the next token, "
        + "found character that cannot start any token; indent with spaces, not with tabs"
    ),
    (
      "name: *nobody",
      "1:7: not valid YAML: found undefined alias; compare "
        + "with Benchmarks/quick.yaml"
    ),
    (
      "name: a\n---\nname: b",
      "2:1: not valid YAML: expected a single document in the stream, but found another document; "
        + "compare with Benchmarks/quick.yaml"
    ),
    (
      "name: é\u{1}",
      "1:8: not valid YAML: control characters are not allowed; "
        + "remove the character"
    ),
  ]

  @Test(arguments: structure + thresholds + values + syntax)
  func saysWhereAndWhatAndWhatToDo(text: String, message: String) {
    let error = #expect(throws: SuiteError.self) { try parse(text) }
    #expect(error?.description == "s.yaml:\(message)")
    #expect(error?.exitCode == 65)
  }

  /// libyaml refuses deep nesting before the parser's recursion could exhaust the stack.
  @Test func refusesNestingWithoutEnd() {
    let error = #expect(throws: SuiteError.self) {
      try parse("matrix: " + String(repeating: "[", count: 200_000))
    }
    #expect(error?.kind == .malformed)
  }
}

@Suite struct SuiteOverrideTests {
  private let suite = Suite(
    name: "two", trials: 6, seed: 4,
    groups: [
      AxisChoices(mechanisms: .named(["pipe"]), payloadBytes: [64], waits: [.block, .spin]),
      AxisChoices(mechanisms: .named(["onc-rpc-unix"]), payloadBytes: [4096], waits: [.block]),
    ])

  @Test func nothingSaidChangesNothing() {
    #expect(suite.applying(SuiteOverrides()) == suite)
  }

  @Test func anAxisIsReplacedInEveryGroup() {
    let changed = suite.applying(SuiteOverrides(axes: AxisChoices(payloadBytes: [1, 2])))
    #expect(changed.groups.map(\.payloadBytes) == [[1, 2], [1, 2]])
    #expect(changed.groups.map(\.waits) == suite.groups.map(\.waits))
  }

  @Test func aPaceIsReadLikeAnyOtherAxis() throws {
    let suite = try parse(
      """
      name: steady
      rate: 10%..30%
      matrix:
        - pattern: paced
          arrivals: [fixed, poisson]
        - pattern: paced
          rate: [1k/s, "2k..8k", 1000]
      """)
    #expect(suite.groups[0].rates == [10, 20, 30].map { .ofPeak(percent: $0) })
    #expect(suite.groups[0].arrivals == [.fixed, .poisson])
    #expect(suite.groups[1].rates == [.perSecond(1000), .perSecond(2000), .perSecond(8000)])
    #expect(suite.groups[1].arrivals == [.poisson])
    let changed = suite.applying(
      SuiteOverrides(axes: AxisChoices(rates: [.perSecond(5)], arrivals: [.fixed])))
    #expect(changed.groups.allSatisfy { $0.rates == [.perSecond(5)] && $0.arrivals == [.fixed] })
  }

  @Test func everyAxisCanBeReplaced() {
    let axes = AxisChoices(
      mechanisms: .named(["tcp"]), patterns: [.stream], payloadBytes: [7], waits: [.adaptive],
      spinBudgetsNanoseconds: [1], touches: [.full], dataPaths: [.inPlace], bufferBytes: [9],
      workingSetBytes: [5], placements: [.cores(producer: 1, consumer: 0)], memoryNodes: [0])
    #expect(suite.applying(SuiteOverrides(axes: axes)).groups == [axes, axes])
  }

  @Test func groupsThatBecomeEqualAreMeasuredOnce() throws {
    let changed = suite.applying(
      SuiteOverrides(
        axes: AxisChoices(mechanisms: .named(["tcp"]), payloadBytes: [1], waits: [.block])))
    let axes = changed.axes(allMechanisms: []) { _ in
      [CorePair(placement: .sameL3, producer: 0, consumer: 1)]
    }
    let matrix = try TrialMatrix(crossing: axes, capabilities: [Capabilities(name: "tcp")])
    #expect(matrix.configurations.count == 2)
  }

  @Test func limitsAreReplacedOneByOne() {
    let changed = suite.applying(
      SuiteOverrides(
        trials: 2, length: .messages(5), warmUpNanoseconds: 0, timeoutNanoseconds: 9, seed: 0,
        precision: 0.01, mostTrials: 7, idlePolicy: .poll))
    #expect(changed.trials == 2)
    #expect(changed.precision == 0.01)
    #expect(changed.mostTrials == 7)
    #expect(changed.seed == 0)
    #expect(changed.idlePolicy == .poll)
    #expect(
      changed.limits
        == TrialLimits(length: .messages(5), warmUpNanoseconds: 0, timeoutNanoseconds: 9))
    let back = changed.applying(SuiteOverrides(length: .nanoseconds(1)))
    #expect(back.limits.length == .nanoseconds(1))
    #expect(back.limits.timeoutNanoseconds == 9)
    #expect(back.idlePolicy == .poll)
  }
}
