import Results

/// What is known of a metric at a size.
struct Reading: Hashable, Sendable {
  var value: Double
  var interval: ClosedRange<Double>?
  /// The measured sizes between which it was interpolated; nil where it was measured itself.
  var between: ClosedRange<Int>?

  /// The other way round: a rate of a time.
  var inverted: Reading {
    Reading(
      value: 1e9 / value, interval: interval.map { (1e9 / $0.upperBound)...(1e9 / $0.lowerBound) },
      between: between)
  }

  /// Both together. The interval is that of two that are wrong to the same side.
  static func + (left: Reading, right: Reading) -> Reading {
    var interval: ClosedRange<Double>?
    if let first = left.interval, let second = right.interval {
      interval = (first.lowerBound + second.lowerBound)...(first.upperBound + second.upperBound)
    }
    return Reading(
      value: left.value + right.value, interval: interval, between: left.between ?? right.between)
  }
}

/// Why nothing is known at a size. Each says what is known instead.
enum NoReading: Error, Hashable {
  case notMeasured
  case outside(measured: ClosedRange<Int>)
  /// No line through the measured sizes around it passes through all their intervals.
  case notLinear(nearest: Int)
  /// Fewer than three sizes, or too few trials, so that no line can be put to the test.
  case untestable(nearest: Int)

  var reason: String {
    switch self {
    case .notMeasured: "not measured"
    case .outside(let measured):
      "measured from \(Quantity.bytes(measured.lowerBound)) to "
        + "\(Quantity.bytes(measured.upperBound)) only"
    case .notLinear(let nearest):
      "not measured at this size, and no straight line fits the sizes around it; the nearest measured "
        + "one is \(Quantity.bytes(nearest))"
    case .untestable(let nearest):
      "not measured at this size, and a straight line cannot be tested with so few sizes or trials; the "
        + "nearest measured one is \(Quantity.bytes(nearest))"
    }
  }
}

/// A metric of one configuration over the size of the message, in a unit that grows with it.
struct SizeCurve: Sendable {
  private let estimates: [(payloadBytes: Int, value: Double, interval: ClosedRange<Double>?)]

  /// - Parameter samples: by size, of the trials.
  init(_ samples: [Int: [Double]]) {
    estimates = samples.compactMap { payload, values in
      Statistics.median(values).map { (payload, $0, Statistics.medianInterval(values)) }
    }.sorted { $0.0 < $1.0 }
  }

  /// What was measured at a size, or lies on a line that the measured sizes around it agree with.
  func reading(at payloadBytes: Int) throws(NoReading) -> Reading {
    if let measured = estimates.first(where: { $0.payloadBytes == payloadBytes }) {
      return Reading(value: measured.value, interval: measured.interval)
    }
    guard let first = estimates.first, let last = estimates.last else { throw .notMeasured }
    guard let upper = estimates.firstIndex(where: { $0.payloadBytes > payloadBytes }), upper > 0
    else { throw .outside(measured: first.payloadBytes...last.payloadBytes) }
    let nearest = [estimates[upper - 1], estimates[upper]].map(\.payloadBytes)
      .min { abs($0 - payloadBytes) < abs($1 - payloadBytes) }
    let fits = regimes(around: upper).compactMap { LinearFit($0) }
    guard !fits.isEmpty else { throw .untestable(nearest: nearest ?? first.payloadBytes) }
    guard let fit = fits.first(where: \.holds) else {
      throw .notLinear(nearest: nearest ?? first.payloadBytes)
    }
    return interpolated(by: fit, at: payloadBytes, below: upper)
  }

  /// The sizes that a line may be fitted to, most of them first: all, then the two on either side of the
  /// gap, then three.
  private func regimes(around upper: Int) -> [[LinearFit.Point]] {
    let all = estimates.startIndex...(estimates.endIndex - 1)
    let wanted = [all, (upper - 2)...(upper + 1), (upper - 2)...upper, (upper - 1)...(upper + 1)]
    return wanted.map { $0.clamped(to: all) }.withoutRepetitions.compactMap { range in
      let points = estimates[range].compactMap { estimate in
        estimate.interval.map {
          LinearFit.Point(
            payloadBytes: estimate.payloadBytes, value: estimate.value, interval: $0)
        }
      }
      return points.count == range.count ? points : nil
    }
  }

  /// The ends of the interval lie on the lines between those of the neighbours, since it is only between
  /// them that the line is relied on.
  private func interpolated(by fit: LinearFit, at payloadBytes: Int, below upper: Int) -> Reading {
    let (left, right) = (estimates[upper - 1], estimates[upper])
    let part =
      Double(payloadBytes - left.payloadBytes) / Double(right.payloadBytes - left.payloadBytes)
    let value = fit.value(at: payloadBytes)
    var interval: ClosedRange<Double>?
    if let first = left.interval, let second = right.interval {
      let low = first.lowerBound + part * (second.lowerBound - first.lowerBound)
      let high = first.upperBound + part * (second.upperBound - first.upperBound)
      interval = min(low, value)...max(high, value)
    }
    return Reading(
      value: value, interval: interval, between: left.payloadBytes...right.payloadBytes)
  }
}

extension [ClosedRange<Int>] {
  fileprivate var withoutRepetitions: [ClosedRange<Int>] {
    reduce(into: []) { ranges, range in
      if !ranges.contains(range) { ranges.append(range) }
    }
  }
}
