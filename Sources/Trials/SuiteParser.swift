internal import Yams

extension Suite {
  /// Reads a suite from the text of a YAML file.
  ///
  /// - Parameters:
  ///   - path: Where the text comes from, for errors: `path:line:column: what is wrong`.
  ///   - mechanisms: Every mechanism there is, offered here or not; a name outside of them is a
  ///     mistake.
  ///   - metrics: Every metric that can have a threshold; likewise.
  public static func parse(
    _ text: String, path: String, mechanisms: [String], metrics: [String]
  ) throws(SuiteError) -> Suite {
    try SuiteParser(path: path, mechanisms: mechanisms, metrics: metrics).suite(from: text)
  }
}

/// Keys that stand only at the top of a suite file.
private enum SuiteKey: String, CaseIterable {
  case name, description, trials, precision
  case maxTrials = "max-trials"
  case duration, messages, warmup, timeout, seed
  case idlePolicy = "idle-policy"
  case batch
  case thresholds, matrix

  var example: String {
    switch self {
    case .name: "name: my-suite"
    case .description: "description: What this suite is for"
    case .trials: "trials: 10"
    case .precision: "precision: 2%"
    case .maxTrials: "max-trials: 50"
    case .duration: "duration: 500ms"
    case .messages: "messages: 100000"
    case .warmup: "warmup: 100ms"
    case .timeout: "timeout: 30s"
    case .seed: "seed: 1"
    case .idlePolicy: "idle-policy: poll"
    case .batch: "batch: auto"
    case .thresholds: "thresholds: {latency_p50_ns: 5%}"
    case .matrix: "matrix: [{mechanism: pipe, payload: [64, 4KiB]}]"
    }
  }
}

/// Keys that stand in a group of the matrix, and at the top as defaults for all groups.
private enum AxisKey: String, CaseIterable {
  case mechanism, pattern, rate, arrivals, payload, wait
  case spinBudget = "spin-budget"
  case touch
  case dataPath = "data-path"
  case buffer
  case workingSet = "working-set"
  case placement
  case memoryNode = "memory-node"

  var example: String {
    switch self {
    case .mechanism: "mechanism: [pipe, tcp]"
    case .pattern: "pattern: [ping-pong, stream]"
    case .rate: "rate: [1k, 10k..1M, 50%]"
    case .arrivals: "arrivals: poisson"
    case .payload: "payload: [64, 4KiB, 64KiB..1MiB]"
    case .wait: "wait: [block, spin, adaptive]"
    case .spinBudget: "spin-budget: 50us"
    case .touch: "touch: header"
    case .dataPath: "data-path: [copy, in-place]"
    case .buffer: "buffer: 128KiB"
    case .workingSet: "working-set: [0, 64MiB]"
    case .placement: "placement: [default, same-core]"
    case .memoryNode: "memory-node: first-touch"
    }
  }
}

/// One `key: value` of the file. Nodes keep their marks, which is why the file is composed and not
/// decoded: a decoder's errors do not say where.
private struct Entry {
  var key: String
  var keyNode: Node
  var value: Node
}

private struct SuiteParser {
  let path: String
  let mechanisms: [String]
  let metrics: [String]

  func suite(from text: String) throws(SuiteError) -> Suite {
    let root = try rootNode(of: text)
    let keys = SuiteKey.allCases.map(\.rawValue) + AxisKey.allCases.map(\.rawValue)
    let entries = try entries(of: root, named: "a suite file", keys: keys)

    var suite = Suite(name: "", groups: [])
    var defaults = AxisChoices()
    for entry in entries {
      if let key = SuiteKey(rawValue: entry.key) {
        try read(entry, as: key, into: &suite)
      } else if let key = AxisKey(rawValue: entry.key) {
        try read(entry, as: key, into: &defaults)
      }
    }
    for (key, isMissing) in [(SuiteKey.name, suite.name.isEmpty), (.matrix, suite.groups.isEmpty)]
    where isMissing {
      throw error(at: root, "no key '\(key.rawValue)'; write for example \(key.example)")
    }
    try checkLength(suite.limits, entries)
    suite.groups = suite.groups.map { $0.filled(from: defaults).filled(from: .standard) }
    return suite
  }

  // MARK: Keys

  private func read(
    _ entry: Entry, as key: SuiteKey, into suite: inout Suite
  ) throws(SuiteError) {
    if key == .matrix {
      suite.groups = try groups(entry.value)
      return
    }
    if key == .thresholds {
      suite.thresholds = try thresholds(entry.value)
      return
    }
    let text = try text(of: entry, example: key.example)
    if key == .idlePolicy {
      suite.idlePolicy = try locate(entry.value) { () throws(UnknownName) in
        try parseName(text, kind: key.rawValue)
      }
      return
    }
    if key == .batch {
      suite.batch = try locate(entry.value) { () throws(UnknownName) in
        try SampleBatch.parse(text)
      }
      return
    }
    try locate(entry.value) { () throws(QuantityError) in
      switch key {
      case .name: suite.name = text
      case .description: suite.description = String(text.trimmingSpaces())
      case .trials: suite.trials = Int(try Count.parse(text, in: 1...Suite.mostTrials))
      case .precision:
        suite.precision = try Percentage.parse(text)
      case .maxTrials:
        suite.mostTrials = Int(try Count.parse(text, in: 1...Suite.mostTrials))
      case .duration: suite.limits.length = .nanoseconds(try TimeSpan.parse(text))
      case .messages: suite.limits.length = .messages(try Count.parse(text))
      case .warmup: suite.limits.warmUpNanoseconds = try TimeSpan.parse(text, allowingZero: true)
      case .timeout: suite.limits.timeoutNanoseconds = try TimeSpan.parse(text)
      case .seed: suite.seed = try Count.parse(text, in: 0...UInt64.max)
      case .idlePolicy, .batch, .thresholds, .matrix: break
      }
    }
    if key == .name { try checkName(text, entry.value) }
  }

  private func read(
    _ entry: Entry, as key: AxisKey, into choices: inout AxisChoices
  ) throws(SuiteError) {
    let items = try items(of: entry, example: key.example)
    switch key {
    case .mechanism:
      choices.mechanisms = try mechanismChoice(items)
    case .pattern:
      choices.patterns = try names(items, kind: key.rawValue)
    case .rate:
      choices.rates = try values(items) { text throws(QuantityError) in
        try OfferedRate.parseList(text)
      }
    case .arrivals:
      choices.arrivals = try names(items, kind: key.rawValue)
    case .payload:
      choices.payloadBytes = try values(items) { text throws(QuantityError) in
        try ByteSize.parseList(text, limit: Workload.largestPayloadBytes)
      }
    case .wait:
      choices.waits = try names(items, kind: key.rawValue)
    case .spinBudget:
      choices.spinBudgetsNanoseconds = try values(items) { text throws(QuantityError) in
        try TimeSpan.parseList(text)
      }
    case .touch:
      choices.touches = try names(items, kind: key.rawValue)
    case .dataPath:
      choices.dataPaths = try names(items, kind: key.rawValue)
    case .buffer:
      choices.bufferBytes = try values(items) { text throws(QuantityError) in
        try ByteSize.parseList(text)
      }
    case .workingSet:
      choices.workingSetBytes = try values(items) { text throws(QuantityError) in
        try WorkingSet.parseList(text)
      }
    case .placement:
      choices.placements = try values(items) { text throws(UnknownName) in
        try PlacementChoice.parse(text)
      }
    case .memoryNode:
      choices.memoryNodes = try values(items) { text throws(QuantityError) in
        // The kernel numbers nodes below 1024 (CONFIG_NODES_SHIFT is 10 at most).
        text == "first-touch" ? [nil] : [Int(try Count.parse(text, in: 0...1023))]
      }
    }
  }

  private func groups(_ node: Node) throws(SuiteError) -> [AxisChoices] {
    let example = "matrix: [{mechanism: pipe, payload: [64, 4KiB]}]"
    guard case .sequence(let sequence) = node else {
      throw error(
        at: node,
        "'matrix' takes a list of groups, not \(description(of: node)); "
          + "write for example \(example)")
    }
    guard !sequence.isEmpty else {
      throw error(at: node, "the matrix is empty; write for example \(example)")
    }
    var groups: [AxisChoices] = []
    for group in sequence {
      var choices = AxisChoices()
      let keys = AxisKey.allCases.map(\.rawValue)
      for entry in try entries(of: group, named: "a group of the matrix", keys: keys) {
        guard let key = AxisKey(rawValue: entry.key) else { continue }
        try read(entry, as: key, into: &choices)
      }
      groups.append(choices)
    }
    return groups
  }

  private func thresholds(_ node: Node) throws(SuiteError) -> [String: Double] {
    let example = SuiteKey.thresholds.example
    let entries = try entries(
      of: node, named: "'thresholds'", keys: metrics, kind: "metric", example: example)
    guard !entries.isEmpty else {
      throw error(at: node, "'thresholds' names no metric; write for example \(example)")
    }
    var thresholds: [String: Double] = [:]
    for entry in entries {
      let text = try text(of: entry, example: example)
      thresholds[entry.key] = try locate(entry.value) { () throws(QuantityError) in
        try Percentage.parse(text)
      }
    }
    return thresholds
  }

  // MARK: Values

  private func mechanismChoice(_ items: [Node.Scalar]) throws(SuiteError) -> MechanismChoice {
    var named: [String] = []
    for item in items {
      let choice = try locate(.scalar(item)) { () throws(UnknownName) in
        try MechanismChoice.parse(item.string, known: mechanisms)
      }
      guard case .named(let names) = choice else { return .all }
      named += names
    }
    return .named(named.withoutDuplicates())
  }

  private func names<Value: RawRepresentable<String> & CaseIterable & Hashable>(
    _ items: [Node.Scalar], kind: String
  ) throws(SuiteError) -> [Value] {
    try values(items) { text throws(UnknownName) in try parseNames(text, kind: kind) }
  }

  /// What each item stands for, joined. An item may itself be a list between commas, as on the
  /// command line: `payload: 64,4KiB` means the same as `payload: [64, 4KiB]`.
  private func values<Value: Hashable, Failure: Error & CustomStringConvertible>(
    _ items: [Node.Scalar], _ parse: (String) throws(Failure) -> [Value]
  ) throws(SuiteError) -> [Value] {
    var values: [Value] = []
    for item in items {
      values += try locate(.scalar(item)) { () throws(Failure) in try parse(item.string) }
    }
    return values.withoutDuplicates()
  }

  private func checkName(_ name: String, _ node: Node) throws(SuiteError) {
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard allowed, name.first != ".", name.first != "-", name.utf8.count <= 64 else {
      throw error(
        at: node,
        "the run's folder is called after the suite, and \(name.quoted()) is no name for one: "
          + "use up to 64 letters, digits, '.', '_' and '-'; write for example name: my-suite")
    }
  }

  /// Duration and number of messages exclude each other, and the deadline lies behind the end.
  private func checkLength(_ limits: TrialLimits, _ entries: [Entry]) throws(SuiteError) {
    func entry(_ key: SuiteKey) -> Entry? { entries.first { $0.key == key.rawValue } }
    if let duration = entry(.duration), entry(.messages) != nil {
      throw error(
        at: duration.keyNode, "both 'duration' and 'messages' say how long a trial is; keep one")
    }
    guard let shortest = limits.shortestTrialNanoseconds,
      limits.timeoutNanoseconds <= shortest,
      let cause = entry(.timeout) ?? entry(.duration) ?? entry(.warmup)
    else { return }
    throw error(
      at: cause.value,
      "timeout \(TimeSpan.format(limits.timeoutNanoseconds)) is not longer than warmup and "
        + "duration together (\(TimeSpan.format(shortest))), so that every trial would be killed; "
        + "raise 'timeout'")
  }

  // MARK: Nodes

  private func rootNode(of text: String) throws(SuiteError) -> Node {
    let root: Node?
    do {
      // Scalars are read by their key, so nothing has to guess at types: 010, 1e3 and no stay text.
      root = try compose(yaml: text, .basic)
    } catch let problem as YamlError {
      throw error(problem, in: text)
    } catch {
      throw malformed("not valid YAML: \(error)")
    }
    guard let root else {
      throw malformed(
        line: 1, column: 1, "the file is empty; copy Benchmarks/quick.yaml to begin with")
    }
    return root
  }

  /// - Parameter kind: What a key names, for errors.
  private func entries(
    of node: Node, named what: String, keys: [String], kind: String = "key",
    example: String = "payload: 4KiB"
  ) throws(SuiteError) -> [Entry] {
    guard case .mapping(let mapping) = node else {
      throw error(
        at: node,
        "\(what) holds keys and values, not \(description(of: node)); "
          + "write for example \(example)")
    }
    var entries: [Entry] = []
    for (keyNode, value) in mapping {
      guard case .scalar(let scalar) = keyNode else {
        throw error(
          at: keyNode,
          "a key is a name, not \(description(of: keyNode)); "
            + "write for example \(example)")
      }
      let key = scalar.string
      guard keys.contains(key) else {
        if kind == "key", SuiteKey(rawValue: key) != nil {
          throw error(
            at: keyNode, "'\(key)' holds for the whole suite; move it to the top of the file")
        }
        throw error(at: keyNode, "\(UnknownName(kind: kind, name: key, validNames: keys))")
      }
      guard !entries.contains(where: { $0.key == key }) else {
        throw error(at: keyNode, repetition(of: key))
      }
      entries.append(Entry(key: key, keyNode: keyNode, value: value))
    }
    return entries
  }

  private func text(of entry: Entry, example: String) throws(SuiteError) -> String {
    guard case .scalar(let scalar) = entry.value else {
      throw error(
        at: entry.value,
        "'\(entry.key)' takes one value, not \(description(of: entry.value)); "
          + "write for example \(example)")
    }
    guard !scalar.isNull else {
      throw error(at: entry.keyNode, "'\(entry.key)' has no value; write for example \(example)")
    }
    return scalar.string
  }

  /// A single value is a list of one.
  private func items(of entry: Entry, example: String) throws(SuiteError) -> [Node.Scalar] {
    guard case .sequence(let sequence) = entry.value else {
      guard case .scalar(let scalar) = entry.value else {
        throw error(
          at: entry.value,
          "'\(entry.key)' takes a value or a list, not "
            + "\(description(of: entry.value)); write for example \(example)")
      }
      _ = try text(of: entry, example: example)
      return [scalar]
    }
    guard !sequence.isEmpty else {
      throw error(
        at: entry.value, "'\(entry.key)' is an empty list; write for example \(example)")
    }
    var items: [Node.Scalar] = []
    for node in sequence {
      guard case .scalar(let scalar) = node, !scalar.isNull else {
        throw error(
          at: node,
          "'\(entry.key)' lists single values, not \(description(of: node)); "
            + "write for example \(example)")
      }
      items.append(scalar)
    }
    return items
  }

  private func description(of node: Node) -> String {
    switch node {
    case .scalar(let scalar) where scalar.isNull: "an empty value"
    case .scalar(let scalar): "the single value \(scalar.string.quoted())"
    case .sequence: "a list"
    case .mapping: "keys and values"
    case .alias: "an alias"
    }
  }

  // MARK: Errors

  private func locate<Value, Failure: Error & CustomStringConvertible>(
    _ node: Node, _ body: () throws(Failure) -> Value
  ) throws(SuiteError) -> Value {
    do {
      return try body()
    } catch {
      throw self.error(at: node, error.description)
    }
  }

  private func error(at node: Node, _ message: String) -> SuiteError {
    malformed(line: node.mark?.line, column: node.mark?.column, message)
  }

  private func malformed(
    line: Int? = nil, column: Int? = nil, _ message: String
  ) -> SuiteError {
    SuiteError(kind: .malformed, path: path, line: line, column: column, message: message)
  }

  private func repetition(of key: String) -> String {
    "key \(key.quoted()) is given more than once here; keep one"
  }

  /// Yams' own descriptions go over several lines and quote the file; a suite's error is one line.
  private func error(_ problem: YamlError, in text: String) -> SuiteError {
    switch problem {
    case .scanner(let context, let what, let mark, _), .parser(let context, let what, let mark, _),
      .composer(let context, let what, let mark, _):
      let setting = context.map { "\($0.text.trimmingSpaces()), " } ?? ""
      return malformed(
        line: mark.line, column: mark.column,
        "not valid YAML: \(setting)\(what); \(remedy(line: mark.line, of: text))")
    case .duplicatedKeysInMapping(let keys, let context):
      return malformed(
        line: context.mark.line, column: context.mark.column, repetition(of: keys.first ?? ""))
    case .reader(let what, let offset, _, _):
      let before = text.prefix(offset ?? 0)
      let line = before.count(where: \.isNewline) + 1
      let column =
        before.split(
          omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).last?.unicodeScalars.count ?? 0
      return malformed(
        line: line, column: column + 1, "not valid YAML: \(what); remove the character")
    case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
      return malformed("not valid YAML: \(problem)")
    }
  }
}

/// A tab where a line begins is the slip that libyaml's messages explain least.
private func remedy(line: Int, of text: String) -> String {
  let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  let indentation = lines.dropFirst(line - 1).first?.prefix(while: \.isWhitespace) ?? ""
  return indentation.contains("\t")
    ? "indent with spaces, not with tabs" : "compare with Benchmarks/quick.yaml"
}

extension Node.Scalar {
  /// Whether nothing was written, or YAML's words for it; a quoted text is never null.
  fileprivate var isNull: Bool {
    style == .plain && ["", "~", "null"].contains(string)
  }
}
