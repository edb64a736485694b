/// How a mechanism's buffer came to hold what a run asked for; a row of the table in `run.json`.
///
/// What counts is what fits in flight: payload bytes that the link takes while nobody receives. The
/// number that the kernel is given says little about that: it books its own bookkeeping on a socket's
/// buffer, doubles what it is asked for, and keeps whole pages in a pipe.
public struct BufferFit: Codable, Hashable, Sendable {
  public var mechanism: String
  public var payloadBytes: Int
  public var dataPath: DataPath
  /// What was asked for.
  public var bufferBytes: Int
  /// What the kernel is given for it; nil where the mechanism lays out its buffer itself.
  public var settingBytes: Int?
  /// Payload bytes that the link takes while nobody receives.
  public var capacityBytes: Int
  /// The kernel's limit that kept the capacity from coming nearer, and how to raise it; nil where
  /// none did.
  public var limit: String?

  public init(
    mechanism: String, workload: Workload, settingBytes: Int?, capacityBytes: Int,
    limit: String? = nil
  ) {
    self.mechanism = mechanism
    payloadBytes = workload.payloadBytes
    dataPath = workload.dataPath
    bufferBytes = workload.bufferBytes
    self.settingBytes = settingBytes
    self.capacityBytes = capacityBytes
    self.limit = limit
  }

  /// Whether the capacity is more than a tenth off what was asked for.
  public var isFarOff: Bool { isFarOff(byMoreThan: 1.1) }

  package func isFarOff(byMoreThan times: Double) -> Bool {
    Self.distance(capacityBytes, from: bufferBytes) > times
  }

  /// How many times one size is the other, the larger one by the smaller: 1 where they are equal.
  package static func distance(_ first: Int, from second: Int) -> Double {
    guard first > 0, second > 0 else { return .infinity }
    return Double(max(first, second)) / Double(min(first, second))
  }

  enum CodingKeys: String, CodingKey {
    case mechanism
    case payloadBytes = "payload_bytes"
    case dataPath = "data_path"
    case bufferBytes = "buffer_bytes"
    case settingBytes = "setting_bytes"
    case capacityBytes = "capacity_bytes"
    case limit
  }
}

/// The buffers of a run, each worked out once.
public struct BufferFits: Sendable {
  /// What a capacity depends on. How a side waits changes nothing about what the link holds.
  private struct Key: Hashable {
    let mechanism: String
    let payloadBytes: Int
    let dataPath: DataPath
    let bufferBytes: Int

    init(_ configuration: Configuration) {
      let workload = configuration.workload
      mechanism = configuration.mechanism
      payloadBytes = workload.payloadBytes
      dataPath = workload.dataPath
      bufferBytes = workload.bufferBytes
    }

    init(_ fit: BufferFit) {
      mechanism = fit.mechanism
      payloadBytes = fit.payloadBytes
      dataPath = fit.dataPath
      bufferBytes = fit.bufferBytes
    }
  }

  private var found: [Key: BufferFit] = [:]
  /// In the order in which they were found.
  public private(set) var all: [BufferFit] = []

  public init() {}

  /// Keeps what is new; what is known stays as it is.
  public mutating func add(_ fit: BufferFit) {
    guard found[Key(fit)] == nil else { return }
    found[Key(fit)] = fit
    all.append(fit)
  }

  public subscript(configuration: Configuration) -> BufferFit? { found[Key(configuration)] }

  /// One configuration for each that is to be measured: those that differ in nothing that matters here
  /// have the same buffer.
  public static func distinct(_ configurations: [Configuration]) -> [Configuration] {
    var seen: Set<Key> = []
    return configurations.filter { seen.insert(Key($0)).inserted }
  }
}
