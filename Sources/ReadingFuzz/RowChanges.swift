import Trials

/// Changes to the rows of a run. Most leave a row that could have been measured, so that what is behind the
/// parser gets to see it; the rest do not care.
struct RowChanges {
  private var run: ValidRun
  private var draw: SeededGenerator

  static func apply(to run: ValidRun, _ draw: inout SeededGenerator) -> ValidRun {
    var changes = RowChanges(run: run, draw: draw)
    for _ in 0..<1 + changes.draw.next(below: 5) { changes.changeOnce() }
    draw = changes.draw
    return changes.run
  }

  private mutating func changeOnce() {
    guard !run.rows.isEmpty else { return }
    let row = draw.next(below: run.rows.count)
    switch draw.next(below: 40) {
    case 0..<6: scaleTimes(row)
    case 6..<10: scaleAllTimes()
    case 10..<13: changeConfiguration(row)
    case 13..<18: changeFreely(row)
    case 18..<21: changeProbes(row)
    case 21..<23: failTrial(row)
    case 23..<25: doubleRow(row, asAnother: true)
    case 25..<27: run.rows.remove(at: row)
    case 27..<29: empty(row)
    case 29..<31: swapRows(row)
    case 31..<33: changeEverywhere()
    case 33: removeColumn()
    case 34: swapColumns()
    case 35: setAnyNumber(row)
    case 36: setAnyNumberInLine(row)
    case 37: swapFields(row)
    case 38: draw.next(below: 2) == 0 ? doubleRow(row, asAnother: false) : changeName(row)
    default: changeText(row)
    }
  }

  // MARK: - Fields

  private func value(_ row: Int, _ column: String) -> String {
    run.place(of: column).map { run.rows[row][$0] } ?? ""
  }

  private mutating func set(_ row: Int, _ column: String, _ text: String) {
    if let place = run.place(of: column) { run.rows[row][place] = text }
  }

  private mutating func pick<Value>(_ values: [Value]) -> Value {
    values[draw.next(below: values.count)]
  }

  /// 1e-6 to 1e9, as often small as large, and now and then much more.
  private mutating func factor() -> Double {
    let tens = [0.1, 0.5, 0.9, 0.999, 1.001, 1.1, 2, 10, 1000, 1e-6, 1e6, 1e9]
    return pick(tens)
  }

  // MARK: - Changes that keep a row possible

  private static let times = [
    "latency_min_ns", "latency_mean_ns", "latency_p50_ns", "latency_p90_ns", "latency_p99_ns",
    "latency_p99_9_ns", "latency_p99_99_ns", "latency_max_ns", "service_p50_ns", "service_p99_ns",
  ]

  private mutating func scaleTimes(_ row: Int) { scaleTimes(row, by: factor()) }

  private mutating func scaleAllTimes() {
    let factor = factor()
    for row in run.rows.indices { scaleTimes(row, by: factor) }
  }

  private mutating func scaleTimes(_ row: Int, by factor: Double) {
    for column in Self.times {
      guard let number = Double(value(row, column)) else { continue }
      let scaled = number * factor
      set(row, column, column == "latency_mean_ns" ? Self.decimal(scaled) : Self.whole(scaled))
    }
    // Whole numbers are rounded towards 0, which may leave the mean outside of them.
    if let mean = Double(value(row, "latency_mean_ns")),
      let most = Double(value(row, "latency_max_ns")),
      mean > most
    {
      set(row, "latency_mean_ns", Self.decimal(most))
    }
    if let elapsed = Double(value(row, "elapsed_ns")) {
      set(row, "elapsed_ns", Self.whole(max(1, elapsed * factor)))
    }
    settleRates(row)
  }

  /// The rates that follow from what is counted.
  private mutating func settleRates(_ row: Int) {
    guard let messages = Double(value(row, "messages_received")),
      let elapsed = Double(value(row, "elapsed_ns")), elapsed > 0
    else { return }
    let rate = messages * 1e9 / elapsed
    if !value(row, "throughput_messages_per_s").isEmpty {
      set(row, "throughput_messages_per_s", Self.decimal(rate))
    }
    if let bytes = Double(value(row, "payload_bytes")),
      !value(row, "throughput_bytes_per_s").isEmpty
    {
      set(row, "throughput_bytes_per_s", Self.decimal(rate * bytes))
    }
  }

  private mutating func changeConfiguration(_ row: Int) {
    switch draw.next(below: 9) {
    case 0: set(row, "wait", pick(WaitPolicy.allCases).rawValue)
    case 1: set(row, "data_path", pick(DataPath.allCases).rawValue)
    case 2: set(row, "touch", pick(Touch.allCases).rawValue)
    case 3: set(row, "placement", pick(Placement.allCases).rawValue)
    case 4: set(row, "mechanism", pick(Self.mechanisms))
    case 5: set(row, "producer_core", pick(["0", "1", "2", "63", "65535"]))
    case 6: set(row, "buffer_bytes", pick(["0", "1", "4096", "9007199254740992"]))
    case 7: set(row, "memory_node", pick(["", "0", "1", "65535"]))
    default:
      set(row, "payload_bytes", pick(["1", "63", "64", "65", "4096", "1000003", "1073741824"]))
      settleRates(row)
    }
  }

  private static let mechanisms = [
    "pipe", "fifo", "unix-stream", "tcp", "shm-ring", "shm-plain", "onc-rpc-unix", "floor-wake",
    "floor-bounce-1", "fault-hang", "x", "a|b", "<b>", "é", "\u{1B}[31m", "per cent %",
  ]

  /// Values that nothing else in the row has to agree with.
  private mutating func changeFreely(_ row: Int) {
    let columns = [
      "block", "position", "producer_cpu_ns_per_message", "consumer_cpu_ns_per_message",
      "producer_waits", "consumer_waits", "steal_ns", "migrations", "major_faults",
      "producer_frequency_hz", "capacity_bytes", "scheduled_messages", "spin_budget_ns",
      "working_set_bytes", "clock_agreement_ns", "offered_rate_per_s",
    ].filter { !value(row, $0).isEmpty }
    guard !columns.isEmpty else { return }
    let column = pick(columns)
    let isMeasure = column.hasSuffix("per_message") || column.hasSuffix("per_s")
    let numbers =
      isMeasure
      ? ["1e18", "0.000001", "1", "999999999", "123.456789"]
      : ["1", "2", "7", "1000000", "9007199254740992"]
    set(row, column, pick(numbers))
  }

  private mutating func changeProbes(_ row: Int) {
    let probes = ["0", "0.1", "50", "51", "200", "1000", "1e18", "0.000001", ""]
    let rows = draw.next(below: 3) == 0 ? Array(run.rows.indices) : [row]
    for row in rows {
      set(row, "probe_before_ns", pick(probes))
      set(
        row, "probe_after_ns",
        draw.next(below: 2) == 0 ? value(row, "probe_before_ns") : pick(probes))
    }
  }

  private mutating func failTrial(_ row: Int) {
    let rows = draw.next(below: 4) == 0 ? Array(run.rows.indices) : [row]
    let status = pick(TrialStatus.allCases).rawValue
    for row in rows {
      set(row, "status", status)
      set(row, "error", pick(["", "it broke", "a|b <c>", "\u{1B}]0;x\u{7}"]))
    }
  }

  private mutating func empty(_ row: Int) {
    let columns =
      Self.times + [
        "elapsed_ns", "messages_sent", "messages_received", "throughput_messages_per_s",
        "throughput_bytes_per_s", "latency_samples", "latency_kind", "probe_before_ns",
        "producer_context_switches", "latency_round_trips_per_sample", "spin_budget_ns",
      ]
    let column = pick(columns)
    let rows = draw.next(below: 3) == 0 ? Array(run.rows.indices) : [row]
    for row in rows { set(row, column, "") }
  }

  /// One value for all rows.
  private mutating func changeEverywhere() {
    let (column, values) = pick([
      ("block", ["1", "9007199254740992"]), ("idle_policy", ["default", "poll"]),
      ("mechanism", Self.mechanisms), ("producer_core", ["0", "1", "65535"]),
      ("consumer_core", ["0", "1"]), ("tainted", ["true", "FALSE", "True"]),
      ("taint_reason", ["steal", "x;;y", "probe-unusual"]),
      ("started_utc", ["1970-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"]),
      ("run_id", ["", "r", "a<b>|c", String(repeating: "x", count: 300)]),
    ])
    let value = pick(values)
    for row in run.rows.indices { set(row, column, value) }
  }

  private mutating func swapRows(_ row: Int) {
    run.rows.swapAt(row, draw.next(below: run.rows.count))
  }

  private mutating func doubleRow(_ row: Int, asAnother: Bool) {
    let copy = run.rows[row]
    run.rows.insert(copy, at: draw.next(below: run.rows.count + 1))
    guard asAnother, let place = run.place(of: "trial_id"),
      let inserted = run.rows.firstIndex(where: { $0 == copy })
    else { return }
    run.rows[inserted][place] = "drawn-\(draw.next(below: 1 << 30))"
  }

  private mutating func swapColumns() {
    let (left, right) = (draw.next(below: run.header.count), draw.next(below: run.header.count))
    run.header.swapAt(left, right)
    for row in run.rows.indices { run.rows[row].swapAt(left, right) }
  }

  private mutating func removeColumn() {
    let place = draw.next(below: run.header.count)
    run.header.remove(at: place)
    for row in run.rows.indices { run.rows[row].remove(at: place) }
  }

  // MARK: - Changes that do not care

  private static let numbers = [
    "0", "1", "-1", "2", "7", "64", "1000", "4096", "1073741825", "9007199254740991",
    "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", "0.5", "-0.5", "1e18", "1e19", "1.797e308",
    "5e-324", "1e-6", "1e-7", "0x10", "+5", "007", "nan", "inf", "1e400", "",
  ]

  private mutating func setAnyNumber(_ row: Int) {
    let place = draw.next(below: run.header.count)
    if Double(run.rows[row][place]) != nil { run.rows[row][place] = pick(Self.numbers) }
  }

  /// As far as one is of the column's type.
  private mutating func setAnyNumberInLine(_ row: Int) {
    let place = draw.next(below: run.header.count)
    let number = pick(Self.numbers)
    for row in run.rows.indices where Double(run.rows[row][place]) != nil {
      run.rows[row][place] = number
    }
  }

  private mutating func swapFields(_ row: Int) {
    run.rows[row].swapAt(draw.next(below: run.header.count), draw.next(below: run.header.count))
  }

  private mutating func changeName(_ row: Int) {
    set(row, "trial_id", pick(["", "..", "../../x", "a/b", "x", "\u{7}", "r-1", "r-01", "é"]))
  }

  private mutating func changeText(_ row: Int) {
    let texts = ["", "\"", "a\nb", "\r", ",", "\u{FEFF}", "ok", "paced", "true", "TRUE", "1;2"]
    run.rows[row][draw.next(below: run.header.count)] = pick(texts)
  }

  // MARK: - Numbers as files have them

  private static func whole(_ number: Double) -> String {
    String(UInt64(min(max(number, 0), 0x1p53).rounded(.down)))
  }

  private static func decimal(_ number: Double) -> String {
    number == 0 || number >= 1e-3 ? "\(number)" : "0.001"
  }
}
