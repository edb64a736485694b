import Glibc
import Trials

/// A new one for every run, unless the environment brings back an earlier one. It is an argument of the
/// tests that use it, and so a failure names it.
package let seedOfThisRun: UInt64 =
  getenv("IPCBENCH_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: .min ... .max)

/// Random numbers that a failed test can have again.
package struct SeededNumbers: RandomNumberGenerator {
  private var generator: SeededGenerator

  package init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  package mutating func next() -> UInt64 { generator.next() }

  package mutating func number(in range: ClosedRange<Int>) -> Int {
    .random(in: range, using: &self)
  }

  /// Small numbers as often as large ones: first how many bits, then the bits.
  package mutating func numberOfAnySize(in range: ClosedRange<Int>) -> Int {
    let bits = number(in: 0...(Int.bitWidth - 1 - range.upperBound.leadingZeroBitCount))
    return min(max(number(in: (1 << bits)...(2 << bits) - 1), range.lowerBound), range.upperBound)
  }
}
