/// How many consecutive round trips a latency sample is the mean of.
///
/// A read of the clock lengthens what it times. Where a round trip is so short that this would show, a
/// sample spans several. It is part of the configuration and decided once, before the first block,
/// because the mean of eight round trips is another thing than one of them: rows with different batches
/// are never summed up together.
public enum SampleBatch: Hashable, Sendable {
  /// Found out for each configuration by a short trial that is not recorded.
  case automatic
  /// The same for all.
  case roundTrips(Int)

  /// A read of the clock may be this part of a sample at most.
  public static let largestShareOfClock = 0.1

  /// Of the floors, a null loop's round trip is the shortest there is: a nanosecond or two.
  public static let most = 1024
  /// Powers of two, so that the mean is a shift.
  private static let sizes = (0...10).map { 1 << $0 }
  private static let automaticName = "auto"

  /// Reads `auto` or one of the sizes.
  public static func parse(_ text: String) throws(UnknownName) -> SampleBatch {
    if text == automaticName { return .automatic }
    guard let size = sizes.first(where: { "\($0)" == text }) else {
      throw UnknownName(
        kind: "batch", name: text, validNames: [automaticName] + sizes.map { "\($0)" })
    }
    return .roundTrips(size)
  }

  /// The smallest batch of which one read of the clock is not more than a tenth.
  ///
  /// - Parameter limit: the round trips of a trial, of which a batch must not take more.
  public static func needed(
    roundTripNanoseconds: Double, clockReadNanoseconds: Double, atMost limit: UInt64 = .max
  ) -> Int {
    sizes.first { size in
      clockReadNanoseconds <= Self.largestShareOfClock * roundTripNanoseconds * Double(size)
        || size == most || UInt64(size) > limit / 2
    } ?? most
  }
}

extension Configuration {
  /// Copied twice there and back, more than this takes longer than ten reads of any clock that is worth
  /// measuring by.
  private static let largestShortPayloadBytes = 16 << 10

  /// Whether its round trips can be so short that a clock read in each would show.
  public var mayNeedBatch: Bool {
    guard workload.pattern == .pingPong else { return false }
    if isFloor { return true }
    return workload.wait.spins
      && (!movesPayload || workload.payloadBytes <= Self.largestShortPayloadBytes)
  }

  /// What gets one batch: mechanisms, data paths and touches are compared with each other, and both sides
  /// of a comparison are sampled alike. A floor stands alone.
  public var sampledAlike: Configuration {
    var configuration = self
    configuration.workload.roundTripsPerSample = nil
    guard !isFloor else { return configuration }
    configuration.mechanism = ""
    configuration.workload.dataPath = .copy
    configuration.workload.touch = .header
    return configuration
  }
}
