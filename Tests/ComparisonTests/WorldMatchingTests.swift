import Testing
import Trials

@testable import Comparison
@testable import Results

/// Values of one world are not held against those of another.
@Suite struct WorldMatchingTests {
  private let ring = configuration("shm-ring", wait: .spin)

  /// Twelve trials of a configuration whose values and probes are these, block by block.
  private func run(
    _ configuration: Configuration, _ values: [(value: Double, probe: Double)],
    _ description: RunDescription? = description()
  ) -> StoredRun {
    var run = StoredRun(path: "run", description: description)
    add(configuration, values, to: &run)
    return run
  }

  private func add(
    _ configuration: Configuration, _ values: [(value: Double, probe: Double)],
    to run: inout StoredRun
  ) {
    for (place, value) in values.enumerated() {
      var record = trial(configuration, block: place + 1, value.value + Double(place))
      record.probeBeforeNanoseconds = value.probe
      record.probeAfterNanoseconds = value.probe * 1.03
      run.add(record)
    }
  }

  private func all(_ value: Double, _ probe: Double) -> [(value: Double, probe: Double)] {
    (0..<12).map { (value, probe + Double($0) / 2) }
  }

  /// Every other trial in the one world, every other in the other.
  private func alternating(
    _ near: Double, _ far: Double, startingNear: Bool = true
  ) -> [(value: Double, probe: Double)] {
    (0..<12).map { ($0 % 2 == 0) == startingNear ? (near, 60) : (far, 340) }
  }

  @Test func runsOfDifferentWorldsAreNotCompared() throws {
    let (base, head) = (run(ring, all(200, 60)), run(ring, all(1000, 340)))
    let comparison = Comparison(base, head)
    #expect(comparison.rows.map(\.verdict).allSatisfy { $0 == .notComparable })
    #expect(!comparison.rows.isEmpty)
    let note = try #require(comparison.worldNotes.first)
    #expect(note.hasPrefix("Different worlds (CPU 0 → 1): probes near "), "\(note)")
    // Before any table.
    let text = comparison.text(as: .table)
    let place = try #require(text.range(of: "Different worlds"))
    let table = try #require(text.range(of: "verdict"))
    #expect(place.lowerBound < table.lowerBound)
    #expect(comparison.text(as: .json).contains("Different worlds"))

    let forced = Comparison(base, head, ComparisonRules(isForced: true))
    #expect(forced.rows.contains { $0.verdict == .slower })
    #expect(forced.worldNotes.first?.contains("compared by --force") == true)
  }

  @Test func onOneCoreTheProbeSaysNothingOfWorlds() {
    let alone = configuration("pipe", cores: (0, 0))
    let comparison = Comparison(run(alone, all(200, 6)), run(alone, all(1000, 30)))
    #expect(comparison.rows.contains { $0.verdict == .slower })
    #expect(comparison.worldNotes.isEmpty)
  }

  @Test func runsAreComparedWithinTheWorldThatBothHave() throws {
    let base = run(ring, alternating(200, 1000))
    let head = run(ring, all(1000, 345))
    let comparison = Comparison(base, head)
    let row = try #require(comparison.rows.first)
    #expect(row.base?.trials == 6 && row.head?.trials == 12)
    #expect(row.effect.map { abs($0.ratio - 1) < 0.05 } == true)
    #expect(row.verdict != .slower && row.verdict != .notComparable)
    let note = try #require(comparison.worldNotes.first)
    #expect(note.hasPrefix("Two worlds (CPU 0 → 1): "), "\(note)")
    #expect(note.contains("compared are 6 of 12 trials with 12 of 12"), "\(note)")
  }

  @Test func runsOfOneAndTheSameWorldAreComparedWithoutAWord() {
    let comparison = Comparison(run(ring, all(200, 60)), run(ring, all(1000, 70)))
    #expect(comparison.worldNotes.isEmpty)
    #expect(comparison.rows.contains { $0.verdict == .slower })
  }

  @Test func aBlockIsAPairOnlyWithinAWorld() throws {
    let sides = interleaved()
    // In the last four blocks the host moved the cores between the two trials.
    let near: [(value: Double, probe: Double)] = alternating(200, 1000)
    let other = (0..<12).map { place in
      place < 8
        ? (near[place].value * 1.1, near[place].probe)
        : (place % 2 == 0 ? (1000, 340) : (200, 60))
    }
    let comparison = Comparison(run(ring, near, sides.base), run(ring, other, sides.head))
    let row = try #require(comparison.rows.first)
    #expect(row.effect?.pairs == 8)
    #expect(row.effect.map { $0.ratio > 1.05 && $0.ratio < 1.15 } == true)
    #expect(comparison.worldNotes.count == 2)
  }

  @Test func levelsOfOneRunArePairedWithinAWorld() throws {
    var both = run(configuration("pipe", wait: .spin), alternating(2000, 4000))
    add(ring, alternating(200, 1000, startingNear: false), to: &both)
    // In no block did both run in one world.
    let apart = try Comparison(within: both, by: .mechanism, head: "shm-ring")
    #expect(apart.rows.allSatisfy { $0.effect?.pairs == nil })

    both = run(configuration("pipe", wait: .spin), alternating(2000, 4000))
    add(ring, alternating(200, 1000), to: &both)
    let together = try Comparison(within: both, by: .mechanism, head: "shm-ring")
    let row = try #require(together.rows.first)
    #expect(row.effect?.pairs == 12)
    // Medians are of one world.
    #expect(row.base?.trials == 6 && row.head?.trials == 6)
  }
}
