import Mechanisms
import Results
import Trials

/// What each mechanism's link holds, as `list --capacity` shows it.
struct CapacityList {
  /// One mechanism with messages of one size.
  struct Row: Encodable {
    let mechanism: String
    let payloadBytes: Int
    /// What was asked for.
    let bufferBytes: Int
    /// What fits when the kernel is given just that number; nil where it refuses, or where the
    /// mechanism keeps its buffer itself.
    var nominalCapacityBytes: Int?
    /// What a run gives the kernel.
    var settingBytes: Int?
    /// What fits then.
    var capacityBytes: Int?
    /// What keeps it from coming nearer.
    var limit: String?
    /// Why there is no link at all.
    var error: String?

    enum CodingKeys: String, CodingKey {
      case mechanism, limit, error
      case payloadBytes = "payload_bytes"
      case bufferBytes = "buffer_bytes"
      case nominalCapacityBytes = "nominal_capacity_bytes"
      case settingBytes = "setting_bytes"
      case capacityBytes = "capacity_bytes"
    }
  }

  let rows: [Row]

  /// Measures on spare links, for the mechanisms that have a buffer of a size that can be chosen.
  init(_ mechanisms: [Mechanism], payloadBytes: [Int], bufferBytes: [Int]) {
    var rows: [Row] = []
    for mechanism in mechanisms where mechanism.unavailable() == nil {
      for buffer in bufferBytes {
        for payload in payloadBytes where payload <= mechanism.capabilities.largestPayloadBytes {
          let workload = Workload(pattern: .stream, payloadBytes: payload, bufferBytes: buffer)
          if let row = Self.row(mechanism, workload) { rows.append(row) }
        }
      }
    }
    self.rows = rows
  }

  private static func row(_ mechanism: Mechanism, _ workload: Workload) -> Row? {
    var row = Row(
      mechanism: mechanism.name, payloadBytes: workload.payloadBytes,
      bufferBytes: workload.bufferBytes)
    do throws(CallError) {
      guard let fit = try mechanism.fitBuffer(for: workload) else { return nil }
      row.settingBytes = fit.settingBytes
      row.capacityBytes = fit.capacityBytes
      row.limit = fit.limit
    } catch {
      row.error = "\(error)"
    }
    if row.settingBytes != nil {
      // Refused in some cases, which leaves an empty place.
      let nominal = try? mechanism.fitBuffer(for: workload, setting: workload.bufferBytes)
      row.nominalCapacityBytes = nominal?.capacityBytes
    }
    return row
  }

  func table() -> String {
    let table = TextTable(
      title: "Payload bytes that a link takes while nobody receives",
      columns: [
        TextTable.Column("", "mechanism"), TextTable.Column("", "payload", alignsRight: true),
        TextTable.Column("", "--buffer", alignsRight: true),
        TextTable.Column("given just", "that, holds", alignsRight: true),
        TextTable.Column("a run gives", "the kernel", alignsRight: true),
        TextTable.Column("and it", "holds", alignsRight: true), TextTable.Column("", ""),
      ],
      rows: rows.map { row in
        [
          row.mechanism, ByteSize.format(row.payloadBytes), ByteSize.format(row.bufferBytes),
          row.nominalCapacityBytes.map { "\($0)" } ?? "—",
          row.settingBytes.map { "\($0)" } ?? "—", row.capacityBytes.map { "\($0)" } ?? "—",
          row.error ?? row.limit ?? "",
        ]
      })
    return table.plainText() + "\n"
  }
}
