import Foundation
import Results
import Testing
import Trials

@testable import Reporting

@Suite struct AxisTests {
  @Test(arguments: [(90.0, 2e9), (1.0, 1.0), (3.0, 4.0), (0.5, 40.0)])
  func everyValueIsOnItAndEveryTick(least: Double, most: Double) {
    let axis = Axis("time", .nanoseconds, over: [least, most, 0, -1, .infinity])
    #expect(axis.domain.contains(least) && axis.domain.contains(most))
    #expect((2...12).contains(axis.ticks.count), "\(axis.ticks)")
    #expect(axis.ticks.allSatisfy(axis.domain.contains))
  }

  @Test func fractionsAndValuesAreInverse() {
    for axis in [
      Axis("a", .nanoseconds, over: [30, 7e6]), Axis("b", .minutes, upTo: 21),
    ] {
      #expect(axis.fraction(of: axis.domain.lowerBound) == 0)
      for fraction in stride(from: 0.0, through: 1, by: 0.125) {
        #expect(abs(axis.fraction(of: axis.value(at: fraction)) - fraction) < 1e-9)
      }
    }
  }

  @Test func nothingToShowIsStillAnAxis() {
    #expect(!Axis("time", .nanoseconds, over: []).ticks.isEmpty)
    #expect(!Axis("time", .minutes, upTo: 0).ticks.isEmpty)
  }
}

@Suite struct LabelSpacingTests {
  @Test func labelsThatAreApartStayWhereTheyAre() {
    #expect(LabelSpacing.spread([80, 10, 40], distance: 12, within: 0...100) == [80, 10, 40])
  }

  @Test func neighboursShareTheMove() {
    #expect(LabelSpacing.spread([50, 50], distance: 10, within: 0...100) == [45, 55])
  }

  @Test func labelsAreKeptApartInOrderAndInBounds() {
    var generator = SeededGenerator(seed: 7)
    for count in 0..<9 {
      let positions = (0..<count).map { _ in Double(generator.next() % 100) }
      let spread = LabelSpacing.spread(positions, distance: 11, within: 5...95)
      #expect(spread.count == count)
      #expect(spread.allSatisfy { (4.999...95.001).contains($0) }, "\(positions) \(spread)")
      let sorted = spread.sorted()
      for (first, second) in zip(sorted, sorted.dropFirst()) {
        #expect(second - first > 10.999, "\(positions) \(spread)")
      }
      for (first, second) in zip(positions.indices, positions.indices.dropFirst())
      where positions[first] < positions[second] {
        #expect(spread[first] < spread[second])
      }
    }
  }

  @Test func moreLabelsThanRoomStillStandApart() {
    let spread = LabelSpacing.spread([5, 5, 5], distance: 20, within: 0...30)
    #expect(spread == [0, 20, 40])
  }
}

@Suite struct SpectrumTests {
  @Test func aSpectrumEndsWhereTenSamplesAreLeft() {
    let counts = [
      LatencyCount(nanoseconds: 100, samples: 9000), LatencyCount(nanoseconds: 900, samples: 1000),
    ]
    let points = PercentileSpectrum.points(counts)
    #expect(points.last?.oneIn == 1000)
    #expect(points.first { $0.oneIn == 2 }?.nanoseconds == 100)
    #expect(points.first { $0.oneIn == 100 }?.nanoseconds == 900)
    #expect(zip(points, points.dropFirst()).allSatisfy { $0.nanoseconds <= $1.nanoseconds })
  }

  @Test func fewerThanTenSamplesAreNoSpectrum() {
    #expect(PercentileSpectrum.points([LatencyCount(nanoseconds: 5, samples: 9)]).isEmpty)
    #expect(PercentileSpectrum.points([]).isEmpty)
  }
}

@Suite struct CrossoverTests {
  private static func curve(_ intervals: [ClosedRange<Double>?]) -> SpeedCurve {
    let configuration = Configuration(
      mechanism: "tcp", workload: Workload(pattern: .pingPong, payloadBytes: 1),
      cores: CorePair(placement: .sameCore, producer: 0, consumer: 0))
    let points = intervals.enumerated().compactMap { place, interval -> SpeedPoint? in
      var point = SpeedPoint(
        1 << place, [interval.map { ($0.lowerBound + $0.upperBound) / 2 } ?? 1])
      point?.interval = interval
      return point
    }
    return SpeedCurve(curve: Curve(configuration), points: points)
  }

  @Test func itIsTheFirstSizeFromWhichOnAllAreDecided() {
    let curve = Self.curve([0.5...0.8, 0.9...1.2, 1.1...1.3, 1.5...2])
    #expect(curve.crossovers.map(\.point.payloadBytes) == [4])
    #expect(curve.crossovers.map(\.wins) == [true])
    #expect(curve.label == "tcp, faster ≥ 4 B")
  }

  @Test func aWinnerThroughoutCrossesNowhere() {
    #expect(Self.curve([1.1...1.3, 1.5...2]).crossovers.isEmpty)
  }

  @Test func aLastSizeThatIsUndecidedLeavesItOpen() {
    #expect(Self.curve([0.5...0.8, 1.1...1.3, 0.9...1.3]).crossovers.isEmpty)
    #expect(Self.curve([nil, nil]).crossovers.isEmpty)
  }

  @Test func losingForGoodIsACrossoverToo() {
    #expect(Self.curve([0.9...1.1, 0.5...0.7]).crossovers.map(\.wins) == [false])
  }
}
