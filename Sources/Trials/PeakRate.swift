/// What a configuration reached as a stream, which shares of its peak are taken of.
public struct PeakRate: Codable, Hashable, Sendable {
  public var mechanism: String
  public var payloadBytes: Int
  public var wait: WaitPolicy
  public var spinBudgetNanoseconds: UInt64?
  public var dataPath: DataPath
  public var touch: Touch
  public var bufferBytes: Int
  /// nil in files from before it was a factor, when it was 0.
  public var workingSetBytes: Int?
  public var producerCore: Int
  public var consumerCore: Int
  public var memoryNode: Int?
  /// Median over a few short trials; nil if one of them failed.
  public var messagesPerSecond: Double?
  /// Why there is no rate.
  public var error: String?

  /// - Parameter configuration: The stream that was measured.
  public init(
    of configuration: Configuration, messagesPerSecond: Double?, error: String? = nil
  ) {
    let workload = configuration.workload
    mechanism = configuration.mechanism
    payloadBytes = workload.payloadBytes
    wait = workload.wait
    spinBudgetNanoseconds = workload.spinBudgetNanoseconds
    dataPath = workload.dataPath
    touch = workload.touch
    bufferBytes = workload.bufferBytes
    workingSetBytes = workload.workingSetBytes
    producerCore = configuration.cores.producer
    consumerCore = configuration.cores.consumer
    memoryNode = configuration.memoryNode
    self.messagesPerSecond = messagesPerSecond
    self.error = error
  }

  /// A share of the peak, to three significant digits: a cell of the matrix is one constant rate, and
  /// the peak is not known any better than that.
  func share(percent: Int) -> Double? {
    guard let messagesPerSecond else { return nil }
    let rate = messagesPerSecond * Double(percent) / 100
    guard rate >= OfferedRate.smallestPerSecond else { return nil }
    return min(OfferedRate.rounded(rate), OfferedRate.largestPerSecond)
  }

  enum CodingKeys: String, CodingKey {
    case mechanism
    case payloadBytes = "payload_bytes"
    case wait
    case spinBudgetNanoseconds = "spin_budget_ns"
    case dataPath = "data_path"
    case touch
    case bufferBytes = "buffer_bytes"
    case workingSetBytes = "working_set_bytes"
    case producerCore = "producer_core"
    case consumerCore = "consumer_core"
    case memoryNode = "memory_node"
    case messagesPerSecond = "messages_per_s"
    case error
  }
}

extension Configuration {
  /// The stream whose rate is this paced configuration's peak: all else equal.
  var asStream: Configuration {
    var configuration = self
    configuration.workload.pattern = .stream
    configuration.workload.pace = nil
    configuration.workload.roundTripsPerSample = nil
    return configuration
  }
}
