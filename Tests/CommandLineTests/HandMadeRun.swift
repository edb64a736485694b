import Foundation
import Testing

/// A run folder with values that a test chooses, in the shape of a real one: the committed reference run
/// lends its `run.json` and the columns of its `trials.csv`.
struct HandMadeRun {
  /// What the values of every trial are multiplied by: above 1 is slower.
  var slowness: @Sendable (_ mechanism: String) -> Double = { _ in 1 }
  var blocks = 14
  /// Trials that `run.json` promises; as many as there are, unless given.
  var planned: Int?
  var isFinished = true
  var isInterrupted = false
  /// The mechanism whose trials all fail; or all.
  var failing: String?
  var thresholds: [String: Double]?
  /// `base` or `head` of one measurement; nil for a run of its own.
  var side: String?
  var kernel = "6.12.0"
  /// How far values are off, as a part; the same trial of another seed is off by something else.
  var noise = 0.004
  var seed = 1

  static let mechanisms = [
    "pipe", "fifo", "unix-stream", "tcp", "shm-ring", "onc-rpc-unix", "onc-rpc-tcp",
  ]

  /// - Parameter name: The folder's, in the session's.
  func write(to name: String, in session: UserSession) throws {
    try FileManager.default.createDirectory(
      atPath: session.path(name), withIntermediateDirectories: true)
    try session.write(trials(), to: "\(name)/trials.csv")
    try session.write(description(), to: "\(name)/run.json")
  }

  private static func reference(_ file: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let run = root.appending(path: "results/reference-20261128-debian12-epyc-2vcpu")
    return String(decoding: try Data(contentsOf: run.appending(path: file)), as: UTF8.self)
  }

  private func description() throws -> String {
    var object = try jsonObject(Self.reference("run.json"))
    var host = try #require(object["host"] as? [String: Any])
    host["kernel_release"] = kernel
    object["host"] = host
    object["thresholds"] = thresholds
    object["trials"] = ["planned": planned ?? blocks * Self.mechanisms.count * 2].merging(
      ["ok", "failed", "timed_out", "died", "invalid", "tainted"].map { ($0, 0) }
    ) { first, _ in first }
    if !isFinished { object["finished_utc"] = nil }
    object["interrupted"] = isInterrupted
    if let side { object["interleaving"] = ["id": "i", "side": side, "other_run_id": "other"] }
    return String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys),
      as: UTF8.self)
  }

  private func trials() throws -> String {
    let header = try #require(Self.reference("trials.csv").split(separator: "\n").first)
    let columns = header.split(separator: ",").map(String.init)
    var lines = [String(header)]
    for block in 1...blocks {
      for (place, mechanism) in Self.mechanisms.enumerated() {
        for pattern in ["ping-pong", "stream"] {
          let row = trial(lines.count, block, mechanism, pattern, place)
          lines.append(columns.map { row[$0] ?? "" }.joined(separator: ","))
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func trial(
    _ number: Int, _ block: Int, _ mechanism: String, _ pattern: String, _ place: Int
  ) -> [String: String] {
    // Numbers that look as if they had nothing to do with each other.
    var bits = UInt64(number &+ seed &* 1_000_003) &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ (bits >> 29)) &* 0xBF58_476D_1CE4_E5B9
    let deviation = 1 + noise * (Double(bits >> 11) * 0x1p-52 - 1)
    let nanoseconds = 100_000 * Double(place + 1) * slowness(mechanism) * deviation
    var row = [
      "schema_version": "1", "run_id": "r", "trial_id": "r-\(number)",
      "started_utc": "2026-11-21T07:41:59.603856Z", "block": "\(block)", "position": "1",
      "status": "ok", "tainted": "false", "mechanism": mechanism, "pattern": pattern,
      "payload_bytes": "64", "wait": "block", "data_path": "copy", "touch": "header",
      "buffer_bytes": "131072", "idle_policy": "default", "placement": "same-core",
      "producer_core": "0", "consumer_core": "0", "messages_sent": "1000",
      "messages_received": "1000", "messages_corrupt": "0", "messages_lost": "0",
      "elapsed_ns": "\(Int(nanoseconds * 1000))",
      "throughput_messages_per_s": "\(1e9 / nanoseconds)",
      "throughput_bytes_per_s": "\(64e9 / nanoseconds)",
    ]
    if [mechanism, "all"].contains(failing) {
      for name in row.keys where name.contains("_per_s") || name.hasPrefix("messages_") {
        row[name] = nil
      }
      row["status"] = "failed"
      row["error"] = "it broke"
      return row
    }
    if pattern == "ping-pong" {
      row["latency_kind"] = "round-trip"
      row["latency_samples"] = "1000"
      row["latency_p50_ns"] = "\(Int(nanoseconds))"
    }
    return row
  }
}
