/// Keeps labels beside line ends from covering each other.
enum LabelSpacing {
  /// Moves positions apart until neighbours are `distance` apart, each as little as can be: the sum of
  /// the squared moves is the least possible, by pooling neighbours that get in each other's way (R. E.
  /// Barlow and others, "Statistical Inference under Order Restrictions", 1972, section 1.2).
  ///
  /// - Parameters:
  ///   - positions: in pixels, in any order.
  ///   - bounds: where labels may stand, as far as there is room for all of them.
  /// - Returns: the new positions in the order of the old.
  static func spread(
    _ positions: [Double], distance: Double, within bounds: ClosedRange<Double>
  ) -> [Double] {
    let order = positions.indices.sorted { positions[$0] < positions[$1] }
    // Less the distance that must be there, positions only have to be in order.
    var pools: [(sum: Double, count: Int)] = []
    for (rank, index) in order.enumerated() {
      pools.append((positions[index] - Double(rank) * distance, 1))
      while pools.count > 1, mean(pools[pools.count - 2]) > mean(pools[pools.count - 1]) {
        let last = pools.removeLast()
        pools[pools.count - 1].sum += last.sum
        pools[pools.count - 1].count += last.count
      }
    }
    let room = Double(max(0, positions.count - 1)) * distance
    let highest = max(bounds.lowerBound, bounds.upperBound - room)
    let placed = pools.flatMap { pool in
      Array(repeating: min(max(mean(pool), bounds.lowerBound), highest), count: pool.count)
    }
    var spread = positions
    for (rank, index) in order.enumerated() {
      spread[index] = placed[rank] + Double(rank) * distance
    }
    return spread
  }

  private static func mean(_ pool: (sum: Double, count: Int)) -> Double {
    pool.sum / Double(pool.count)
  }
}
