import Glibc

/// A new one for every run, unless the environment brings back an earlier one. It is an argument of the
/// tests that use it, and so a failure names it.
package let seedOfThisRun: UInt64 =
  getenv("IPCBENCH_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: .min ... .max)

/// Random numbers that a failed test can have again: SplitMix64, which takes any seed.
package struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  package mutating func number(in range: ClosedRange<Int>) -> Int {
    .random(in: range, using: &self)
  }

  /// Small numbers as often as large ones: first how many bits, then the bits.
  package mutating func numberOfAnySize(in range: ClosedRange<Int>) -> Int {
    let bits = number(in: 0...(Int.bitWidth - 1 - range.upperBound.leadingZeroBitCount))
    return min(max(number(in: (1 << bits)...(2 << bits) - 1), range.lowerBound), range.upperBound)
  }
}
