import Results

/// A straight line over the size of a message: so much a message, and so much a byte.
///
/// It holds in a regime, such as while a message fits into a cache or a buffer, and breaks at its ends.
/// So it has to prove itself: it must pass through the 95 % interval of every size that it is fitted to, and
/// near its median, because an interval that is wide enough lets any line through.
struct LinearFit: Sendable {
  struct Point: Hashable, Sendable {
    var payloadBytes: Int
    var value: Double
    var interval: ClosedRange<Double>
  }

  /// How far from a median the line may be, as a part of it.
  private static let largestResidual = 0.1

  let intercept: Double
  let slope: Double
  /// Whether the line passes through all the intervals, and near the medians.
  let holds: Bool

  /// Least squares, each point weighted by how narrow its interval is. nil with fewer than three points:
  /// through two there is always a line, which proves nothing.
  init?(_ points: [Point]) {
    guard points.count >= 3 else { return nil }
    let weights = points.map { point in
      // An interval of no width would weigh infinitely; nothing is known better than to a thousandth.
      let width = max(point.interval.upperBound - point.interval.lowerBound, point.value / 1000)
      return width > 0 ? 1 / (width * width) : 0
    }
    let total = weights.reduce(0, +)
    guard total > 0 else { return nil }
    func mean(_ values: [Double]) -> Double {
      zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 } / total
    }
    let sizes = points.map { Double($0.payloadBytes) }
    let centre = (size: mean(sizes), value: mean(points.map(\.value)))
    let spread = mean(sizes.map { ($0 - centre.size) * ($0 - centre.size) })
    guard spread > 0 else { return nil }
    let products = points.map { point in
      (Double(point.payloadBytes) - centre.size) * (point.value - centre.value)
    }
    let slope = mean(products) / spread
    let intercept = centre.value - slope * centre.size
    self.slope = slope
    self.intercept = intercept
    holds = points.allSatisfy { point in
      let fitted = intercept + slope * Double(point.payloadBytes)
      return point.interval.contains(fitted)
        && abs(fitted - point.value) <= Self.largestResidual * point.value
    }
  }

  func value(at payloadBytes: Int) -> Double { intercept + slope * Double(payloadBytes) }
}
